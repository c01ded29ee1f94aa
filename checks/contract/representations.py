"""One number in another representation: a rate as a tensor, complex numbers as pairs, gradients as lists of rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fiducial.checks.contract.acceptance import (
    NOT_BY_ITSELF,
    OWN_KIND,
    as_complex,
    complex_and_paired,
    in_plain_form,
    listing_rows,
    must_be_right_in_the_plainest,
    sparse_and_dense,
)
from fiducial.checks.contract.claims import claim, takes
from fiducial.checks.contract.laboratory import Laboratory
from fiducial.checks.contract.runs import alike
from fiducial.checks.contract.streams import KINDS, RATED
from fiducial.checks.draws import touching_rows
from fiducial.checks.evidence import Gap, Severity
from fiducial.checks.plans import Plan

MUST, SHOULD = Severity.MUST, Severity.SHOULD
FOLLOWS = ("rule.follows-definition",)


@claim("rule", 27, SHOULD, RATED, rests_on=FOLLOWS, applies=takes("lr"))
def tensor_rate_equals_number(lab: Laboratory, plan: Plan) -> Gap | None:
    """A learning rate given as a tensor, and filled anew on the way, gives the steps of the same numbers.

        R(…; tensor(η_1) … tensor(η_t)) = R(…; η_1 … η_t), the tensor filled in place as torch's schedulers do

    Allowed  4 × the running error bounds of both runs. (A class that raises does not take one.)
    Rejects  lr /= 1 - beta1**t, which for a tensor divides the caller's own rate, again at every step.
    Mend     never write lr in place: step_size = lr / (1 - beta1**t); read group["lr"] anew in every step().
    Cares    capturable and compiled training loops must hold the rate in a tensor, or they compile at every change.
    """
    rate = plan.options_at(0, 0, lab.defaults)["lr"]
    groups = tuple(replace(group, options={**group.options, "lr": rate}) for group in plan.groups)
    held = {k: by for k, by in plan.changes.items() if k % 2 == 0}  # in between, the tensor must be what it was
    plain = replace(plan, groups=groups, changes=held)
    return alike(lab, replace(plain, tensor_rate=True), plain)


def _on_each_number(lab: Laboratory) -> str | None:
    """Complex numbers are claimed of rules that see no shape, and of their gradients as they are."""
    by_itself = lab.definition.scope in ("element", "all") and not lab.definition.demands.rows
    return None if by_itself else NOT_BY_ITSELF


@claim("rule", 28, MUST, KINDS, rests_on=FOLLOWS, applies=_on_each_number)
def complex_equals_two_reals(lab: Laboratory, plan: Plan) -> Gap | None:
    """A complex parameter takes the steps of its real and imaginary parts, beside real ones and in a closure too.

        R(θ ∈ ℂ) = R(view_as_real(θ)), with every option, in lists that mix both kinds, with and without a closure

    Allowed  4 × the running error bounds of both runs.
    Rejects  a class that views parameter and gradient as real, and decays by the real part alone.
    Mend     view p, g and every tensor of the state as real at one place, before the first of them is used.
    Cares    an option that nobody tried with complex weights is where their steps go wrong unseen.
    """
    must_be_right_in_the_plainest(lab, complex_and_paired, "construction.complex-is-refused-or-right")
    first, *rest = plan.tensors
    mixed = replace(plan, groups=(replace(plan.groups[0], tensors=(as_complex(first), first, *map(as_complex, rest))),))
    gaps = [alike(lab, replace(mixed, closure=closure), in_plain_form(mixed)) for closure in (False, True)]
    judged = [gap for gap in gaps if gap is not None]
    return Gap.worst(judged) if judged else None


def _dense_rule(lab: Laboratory) -> str | None:
    """Sparse gradients are claimed of rules that are given their gradients, and are not about sparse ones."""
    return OWN_KIND if lab.definition.demands.rows or lab.definition.demands.objective else None


@claim("rule", 29, MUST, KINDS, rests_on=FOLLOWS, applies=_dense_rule)
def sparse_equals_dense(lab: Laboratory, plan: Plan) -> Gap | None:
    """A sparse gradient takes the step of the same gradient laid out densely, rows listed in halves included.

        R(θ, sparse(g)) = R(θ, g), g with rows of zeros, each other row listed once, or twice with half its values

    Allowed  4 × the running error bounds of both runs. A class whose rows without a gradient rest follows another
             rule where there are such rows, and is judged on gradients that touch all of them.
    Rejects  Adagrad that squares the halves of a row before it has added them up.
    Mend     g = p.grad.coalesce() before anything else than a sum is made of its values.
    Cares    an embedding that is looked up twice in a batch lists its row twice.
    """
    must_be_right_in_the_plainest(lab, sparse_and_dense, "construction.sparse-is-refused-or-right")
    thin = touching_rows(plan)
    gaps = [alike(lab, listing_rows(plan, "twice"), plan)]
    for listed in (listing_rows(thin, "once"), listing_rows(thin, "twice")):
        gap = alike(lab, listed, thin)
        gaps += [] if gap is None or (not gap.holds and _rests(lab, listed)) else [gap]
    judged = [gap for gap in gaps if gap is not None]
    return Gap.worst(judged) if judged else None


def _rests(lab: Laboratory, plan: Plan) -> bool:
    """Whether every row without a gradient stayed where it was, though some would move by the definition."""
    record, exact = lab.completed(plan), lab.expected(plan)
    moves = False
    for i, tensor in enumerate(plan.tensors):
        for k, gradient in enumerate(tensor.gradients):
            if gradient is None or not tensor.rows:
                continue
            still = ~np.any(np.reshape(gradient, (len(gradient), -1)) != 0, axis=1)
            was, now = (record.values(i)[n][still] for n in (k, k + 1))
            if not np.array_equal(was, now):
                return False
            before, after = (exact.points[i][n].x.value[still] for n in (k, k + 1))
            moves = moves or not np.array_equal(before, after)
    return moves
