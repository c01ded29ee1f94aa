"""What is taken and what is refused: flags that exclude each other, unknown keywords, tensors of unusual kinds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from fiducial.checks.contract.claims import claim
from fiducial.checks.contract.laboratory import Laboratory, NotApplicable, Raised, Refused
from fiducial.checks.contract.runs import alike
from fiducial.checks.contract.streams import simple_plan
from fiducial.checks.evidence import Array, Gap, Severity
from fiducial.checks.plans import Failure, Plan, Rows, Tensor

SHOULD = Severity.SHOULD
EXCLUDING = (("foreach", "fused"), ("differentiable", "fused"))
MISSPELT = "lernign_rate"
NOT_BY_ITSELF = "not claimed: the rule does not work on each real number by itself"
OWN_KIND = "not claimed: the rule has gradients of its own kind"
Form = Callable[[Plan], tuple[Plan, Plan]]  # a plan in an unusual form, and in the plain one


@claim("construction", 9, SHOULD, None)
def refuses_incompatible_flags(lab: Laboratory, _: None) -> Gap:
    """Flags that exclude each other raise; capturable on a CPU raises too, or changes nothing.

        cls(params, foreach=True, fused=True), cls(params, differentiable=True, fused=True), capturable=True on a CPU

    Allowed  an exception, in the constructor or in the first step; for capturable also 4 × the running
             error bounds of both runs.
    Rejects  a class that takes foreach and fused at once, and drops one of them without a word.
    Mend     compare the flags in __init__: if foreach and fused: raise RuntimeError("foreach and fused exclude …").
    Cares    whoever sets a flag measures or differentiates what it promises; one that is dropped silently is believed.
    """
    known: frozenset[str] = getattr(lab.subject, "known", frozenset()) - getattr(lab.subject, "settings", {}).keys()
    pairs = [pair for pair in EXCLUDING if known.issuperset(pair)]
    if not pairs and "capturable" not in known:
        raise NotApplicable("not claimed: takes no flags that exclude each other")
    taken = [f"accepted {' and '.join(pair)} at once" for pair in pairs
             if lab.subject.construct("list", dict.fromkeys(pair, True), steps=2).failure is None]
    gap = Gap(float(len(taken)), 0.0, "; ".join(taken), {"accepted": taken} if taken else {})
    return Gap.worst([gap, _captured(lab)]) if "capturable" in known else gap


def _captured(lab: Laboratory) -> Gap:
    """A capturable step on a CPU beside the plain one; raised is as good."""
    plan = _plain(lab)
    try:
        return alike(lab, plan.with_options(capturable=True), plan) or Gap(0.0, 0.0)
    except Refused:
        return Gap(0.0, 0.0)


@claim("construction", 67, SHOULD, None, needs_step=False)
def refuses_unknown_keywords(lab: Laboratory, _: None) -> Gap:
    """A keyword that the constructor does not know is refused, warned of, or handed on to where options are listed.

        cls(params, lernign_rate=0.1)

    Allowed  an exception, a warning, or the keyword among `defaults` or the options of a group.
    Rejects  def __init__(self, params, lr, **kwargs) that never looks at its kwargs.
    Mend     leave **kwargs out, or: if kwargs: raise TypeError(f"unexpected keywords: {', '.join(kwargs)}").
    Cares    a misspelt option is otherwise the default option, and a whole sweep is run over nothing.
    """
    outcome = lab.subject.construct("list", {MISSPELT: 0.1})
    silent = outcome.failure is None and not outcome.warned and not outcome.shows(MISSPELT)
    return Gap(float(silent), 0.0, f"accepted {MISSPELT}=0.1 without a word")


@claim("construction", 10, SHOULD, None)
def complex_is_refused_or_right(lab: Laboratory, _: None) -> Gap:
    """A complex parameter is refused with an error, or it is stepped as the pairs of real numbers that it is.

        θ ∈ ℂⁿ: step() raises, or R(θ) = R(view_as_real(θ))

    Allowed  any exception; else 4 × the running error bounds of both runs.
    Rejects  Adam whose second moment is g² for a complex g, which is no square of a length.
    Mend     if torch.is_complex(p): p, g and the state = torch.view_as_real(…); or raise where you find one.
    Cares    signal processing and quantum models train complex weights; a wrong second moment turns their steps.
    """
    if lab.definition.scope not in ("element", "all") or lab.definition.demands.rows:
        raise NotApplicable(NOT_BY_ITSELF)
    return plainest(lab, complex_and_paired, "construction.complex-is-refused-or-right")[0]


@claim("construction", 10, SHOULD, None)
def sparse_is_refused_or_right(lab: Laboratory, _: None) -> Gap:
    """A sparse gradient is refused with an error, or the step is that of the same gradient laid out densely.

        g sparse: step() raises, or R(θ, g) = R(θ, dense(g)), where g touches every row

    Allowed  any exception; else 4 × the running error bounds of both runs.
    Rejects  a class that steps by the first of the rows that a sparse gradient lists, and drops the others.
    Mend     if p.grad.is_sparse: raise RuntimeError("… does not support sparse gradients"), or g = p.grad.to_dense().
    Cares    nn.Embedding(sparse=True) hands sparse gradients to any optimizer that does not refuse them.
    """
    if lab.definition.demands.rows or lab.definition.demands.objective:
        raise NotApplicable(OWN_KIND)
    return plainest(lab, sparse_and_dense, "construction.sparse-is-refused-or-right")[0]


@claim("construction", 10, SHOULD, None)
def integers_are_refused(lab: Laboratory, _: None) -> Gap:
    """An integer tensor with a gradient is refused, or left alone: it cannot hold a step.

        θ ∈ ℤⁿ: step() raises, or θ_t = θ_0

    Allowed  any exception.
    Rejects  p.copy_(p - lr * g), which cuts every step down to a whole number.
    Mend     update in place (p.add_, p.sub_), which torch refuses for integers; or look at p.is_floating_point().
    Cares    a quantized tensor that slips into the list is otherwise destroyed without an error.
    """
    outcome = lab.subject.attempt("integers")
    if outcome.failure is not None:
        return Gap(0.0, 0.0)
    became, was = outcome.value
    return Gap(float(became != was), 0.0, f"{was} became {became}")


@claim("construction", 10, SHOULD, None)
def meta_is_refused_or_passed_over(lab: Laboratory, _: None) -> Gap:
    """A tensor without data, on the meta device, is refused, or stays there and changes nothing for its neighbours.

        R(θ, θ_meta, θ') = R(θ, θ') for θ and θ'

    Allowed  any exception; else nothing.
    Rejects  a class that ends its step at a tensor without data, so that those behind it never move.
    Mend     treat it as any other parameter: operations on meta tensors compute nothing; no return, no .to("cpu").
    Cares    large models are built on the meta device and filled piece by piece; steps are rehearsed there.
    """
    if lab.definition.demands.objective or lab.definition.demands.rows:
        raise NotApplicable(OWN_KIND)
    outcome = lab.subject.attempt("meta")
    if outcome.failure is not None:
        return Gap(0.0, 0.0)
    return Gap(float(bool(outcome.value)), 0.0, outcome.value)


def _plain(lab: Laboratory) -> Plan:
    """Two steps of default settings on one matrix; a rate of its own where the subject takes one."""
    return simple_plan({"lr": 0.1} if lab.has("lr") else {}, steps=2, tensors=1)


def plainest(lab: Laboratory, form: Form, name: str) -> tuple[Gap, Failure | None]:
    """The plainest run in an unusual form beside the same in the plain form; or the exception that it ended with."""
    kept = lab.notes.setdefault("plainest", {})
    if name not in kept:
        try:
            kept[name] = alike(lab, *form(_plain(lab))) or Gap(0.0, 0.0), None
        except Raised:  # the plain run itself
            raise
        except Refused as why:
            kept[name] = Gap(0.0, 0.0), why.failure
    found: tuple[Gap, Failure | None] = kept[name]
    return found


def must_be_right_in_the_plainest(lab: Laboratory, form: Form, name: str) -> None:
    """Raises NotApplicable where an unusual form is refused, or its plainest step is wrong: another check fails that.

    It takes a step, so it is asked where a check is judged, never where the subject is loaded.
    """
    gap, failure = plainest(lab, form, name)
    if failure is not None:
        raise NotApplicable(f"refused: {failure}")
    if not gap.holds:
        raise NotApplicable(f"not claimed: its plainest step is another than in the plain form ({name})")


def complex_and_paired(plan: Plan) -> tuple[Plan, Plan]:
    """The plan with every tensor complex, and with the same numbers as pairs."""
    made = plan.map_tensors(as_complex)
    return made, in_plain_form(made)


def sparse_and_dense(plan: Plan) -> tuple[Plan, Plan]:
    """The plan with sparse gradients that list every row once, and as it is."""
    return listing_rows(plan, "once"), plan


def in_plain_form(plan: Plan) -> Plan:
    """The same numbers in real and dense tensors."""
    return plan.map_tensors(lambda t: replace(t, complex=False, rows=""))


def as_complex(tensor: Tensor) -> Tensor:
    """The tensor with an imaginary part beside every number: half of the number at the other end."""

    def pairs(x: Array) -> Array:
        return np.stack([x, np.flip(x) / 2], axis=-1)

    return replace(tensor.map(pairs, pairs), complex=True, layout="contiguous", gradient_layout="contiguous")


def listing_rows(plan: Plan, rows: Rows) -> Plan:
    """The plan with sparse gradients, but for tensors that have no rows."""
    return plan.map_tensors(lambda t: replace(t, rows=rows, gradient_layout="contiguous") if t.start.ndim else t)
