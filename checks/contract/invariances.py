"""Laws of the update: how a step answers to a sign, a permutation, a cut, a larger rate, where the rule has the law."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fiducial.checks.contract.claims import claim, lawful, takes
from fiducial.checks.contract.laboratory import Laboratory
from fiducial.checks.contract.runs import close_runs, last_updates
from fiducial.checks.contract.streams import RELATIONS
from fiducial.checks.evidence import Array, Gap, Severity
from fiducial.checks.plans import Plan, Tensor

FOLLOWS = ("rule.follows-definition",)
DEGREE = "gradient-degree-"  # the law that says how a step answers to larger gradients


@claim("rule", 20, Severity.MUST, RELATIONS, rests_on=FOLLOWS, applies=takes("maximize"))
def maximize_mirrors_gradient(lab: Laboratory, plan: Plan) -> Gap | None:
    """maximize=True with g takes the steps of maximize=False with -g.

        R(g; maximize) = R(-g)

    Allowed  4 × the running error bounds of both runs.
    Rejects  maximize that also flips the decay.
    Mend     g = -p.grad if group["maximize"] else p.grad as the first line, a new tensor; decay and signs stay as they
             are.
    Cares    ascent is used for adversarial examples and rewards: decay that is flipped too makes the weights explode.
    """
    mirrored = plan.map_tensors(lambda t: t.map(np.negative))
    return close_runs(lab, plan.with_options(maximize=True), mirrored.with_options(maximize=False))


@claim("rule", 21, Severity.SHOULD, RELATIONS, rests_on=FOLLOWS, applies=lawful("linear-in-rate", "steps linear in lr"))
def step_is_linear_in_rate(lab: Laboratory, plan: Plan) -> Gap | None:
    """From equal state, a learning rate 2¹⁰ times as large takes 2¹⁰ times the step.

        θ_t - θ_{t-1} at 2¹⁰η = 2¹⁰ (θ_t - θ_{t-1} at η)

    Allowed  4 × the running error bounds of both runs before and after that step.
    Rejects  a class that caps its rate at 1.
    Mend     multiply by lr once, at the end; no cap, no clamp and no lr inside the state.
    Cares    rules for scaling the rate with the batch, and sweeps over it, assume that twice the rate is twice the
             step.
    """
    if not lab.has("lr"):
        return None
    last = plan.steps - 1
    rate = plan.options_at(last, 0, lab.defaults)["lr"]
    first, second = (replace(plan, changes={last: {0: {"lr": r}}}) for r in (rate * 2**10, rate))
    return last_updates(lab, first, second, 2.0**10)


def _degree(lab: Laboratory) -> int | None:
    """The degree in the gradient that the rule promises: 1 as descent's, 0 as a sign's."""
    return next((int(law.removeprefix(DEGREE)) for law in lab.laws if law.startswith(DEGREE)), None)


def _of_a_degree(lab: Laboratory) -> str | None:
    return "not claimed: the rule does not promise a degree in the gradient" if _degree(lab) is None else None


@claim("rule", 23, Severity.SHOULD, RELATIONS, rests_on=FOLLOWS, applies=_of_a_degree)
def step_is_of_its_degree_in_gradients(lab: Laboratory, plan: Plan) -> Gap | None:
    """Without decay, gradients 2¹⁰ times as large take steps 2¹⁰ times as large, or the same, as the rule promises.

        θ_t - θ_{t-1} under c·g_1 … c·g_t = c^p (θ_t - θ_{t-1} under g_1 … g_t),  c = 2¹⁰, p the rule's degree

    Allowed  4 × the running error bounds of both runs before and after that step.
    Rejects  descent that clips each entry of its gradient at 1.
    Mend     take clipping and thresholds on the gradient out of the step: clip_grad_norm_ stands outside, where it can
             be seen.
    Cares    a loss that is summed instead of averaged, or scaled for half precision, is undone in the rate, by the
             degree; a hidden threshold breaks that in silence.
    """
    degree = _degree(lab)
    assert degree is not None, "applies only where there is one"
    plain = plan.with_options(weight_decay=0.0) if lab.has("weight_decay") else plan
    larger = plain.map_tensors(lambda t: t.map(lambda g: g * 2.0**10))
    return last_updates(lab, larger, plain, 2.0 ** (10 * degree))


@claim("rule", 24, Severity.SHOULD, RELATIONS, rests_on=FOLLOWS, applies=lawful("odd", "an odd update"))
def sign_symmetry(lab: Laboratory, plan: Plan) -> Gap | None:
    """Negated parameters under negated gradients take the negated path.

        R(-θ, -g) = -R(θ, g)

    Allowed  4 × the running error bounds of both runs.
    Rejects  a class that clips its parameters from below.
    Mend     treat both signs alike: clamp from both sides or not at all, and use g.abs() or g² in what is kept.
    Cares    no coordinate has a preferred sign; a method that has one drifts, and no loss curve says so.
    """
    mirrored = plan.map_tensors(lambda t: t.map(np.negative, np.negative))
    return close_runs(lab, plan, mirrored, lambda values: [-v for v in values])


@claim("rule", 25, Severity.SHOULD, RELATIONS, rests_on=FOLLOWS, applies=lawful("permutation", "entries treated alike"))
def permutation_equivariance(lab: Laboratory, plan: Plan) -> Gap | None:
    """Permuting the entries of a tensor permutes its path and changes nothing else.

        R(Pθ, Pg) = P R(θ, g)

    Allowed  4 × the running error bounds of both runs.
    Rejects  a class that treats the first entry differently.
    Mend     work on whole tensors; a statistic of all entries (a mean, a norm) must not depend on their order.
    Cares    neurons may be renumbered freely: which index a weight has must not decide how it is trained.
    """

    def reverse(x: Array) -> Array:
        return x.ravel()[::-1].reshape(x.shape)

    return close_runs(lab, plan, plan.map_tensors(lambda t: t.map(reverse, reverse)),
                      lambda values: [reverse(v) for v in values])


@claim("rule", 26, Severity.MUST, RELATIONS, rests_on=FOLLOWS, applies=lawful("splitting", "entries on their own"))
def splitting_changes_nothing(lab: Laboratory, plan: Plan) -> Gap | None:
    """A tensor cut in two, each half its own parameter, takes the same path.

        R((θ', θ''), (g', g'')) = (R(θ', g'), R(θ'', g''))

    Allowed  4 × the running error bounds of both runs.
    Rejects  a class that divides the gradient by its norm.
    Mend     drop norms and means over the tensor; a rule that has them (LAMB, LARS) is another: name that one with
             --rule.
    Cares    fused projections (q, k, v in one matrix), sharding and flattening cut tensors anew, and must not change
             training.
    """

    if any(t.start.size < 2 for t in plan.tensors):  # half of it would be empty, which is another check's matter
        return None

    def halves(t: Tensor) -> tuple[Tensor, ...]:
        middle = (t.start.size + 1) // 2
        return (t.map(lambda g: g.ravel()[:middle], lambda x: x.ravel()[:middle]),
                t.map(lambda g: g.ravel()[middle:], lambda x: x.ravel()[middle:]))

    shapes = [t.start.shape for t in plan.tensors]
    cut = replace(plan, groups=tuple(replace(g, tensors=tuple(h for t in g.tensors for h in halves(t)))
                                     for g in plan.groups))

    def joined(values: list[Array]) -> list[Array]:
        return [np.concatenate([values[2 * i], values[2 * i + 1]]).reshape(shape) for i, shape in enumerate(shapes)]

    return close_runs(lab, plan, cut, joined)


@claim("rule", 26, Severity.MUST, RELATIONS, rests_on=FOLLOWS, applies=lawful("splitting", "entries on their own"))
def reshaping_changes_nothing(lab: Laboratory, plan: Plan) -> Gap | None:
    """A tensor reshaped into a column takes the same path.

        R(vec θ, vec g) = vec R(θ, g)

    Allowed  4 × the running error bounds of both runs.
    Rejects  a class that centres the gradient over its first axis.
    Mend     drop what depends on p.shape, such as g - g.mean(dim=0) (a rule that centres is another: name it).
    Cares    convolutions stored flat and parameters flattened for communication must train as before.
    """
    shapes = [t.start.shape for t in plan.tensors]
    column = plan.map_tensors(lambda t: t.map(lambda g: g.reshape(-1, 1), lambda x: x.reshape(-1, 1)))
    return close_runs(lab, plan, column, lambda values: [v.reshape(s) for v, s in zip(values, shapes, strict=True)])
