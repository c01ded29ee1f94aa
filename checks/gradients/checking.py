"""Judge the gradient of one function at one point: screening, random directions, the whole Jacobian, and the reason."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Literal

import numpy as np

from fiducial.checks.evidence import Gap
from fiducial.checks.gradients.differences import Slope
from fiducial.checks.gradients.directions import (
    ESCAPE,
    Claims,
    Pairs,
    claims,
    draw,
    enough_pairs,
    slopes,
    smallest_ratio,
)
from fiducial.checks.gradients.explanation import explain, forward_against_reverse, locate, oddity, vague, worst_gap
from fiducial.checks.gradients.jacobians import judge_entries
from fiducial.checks.gradients.subject import UNIT, Differentiable, Unusable, numpy_subject
from fiducial.checks.gradients.verdicts import Failure, Report, Verdict

Method = Literal["auto", "directions", "jacobian"]
SMALL = 4096  # a Jacobian with at most so many entries is judged whole by default


def subject_of(f: Callable[..., Any], xs: Sequence[Any], backward: Callable[..., Any] | None = None,
               forward: Callable[..., Any] | None = None, order: int = 1) -> Differentiable:
    """The function with its claims: autograd's for torch, jax.vjp's for JAX, `backward` for NumPy.

    Raises Unusable.
    """
    if order not in (1, 2):
        raise ValueError(f"order must be 1 or 2, got {order}")
    if not xs:
        raise ValueError("at least one input is needed: check_gradient(f, x)")
    kinds = {root for kind in (type(f), *map(type, xs)) for root in (c.__module__.split(".")[0] for c in kind.__mro__)}
    if backward is None and "torch" in kinds:
        from fiducial.checks.adapters.differentiable import torch_subject
        return torch_subject(f, xs, order=order)
    if backward is None and kinds & {"jax", "jaxlib"}:
        from fiducial.checks.adapters.differentiable import jax_subject
        return jax_subject(f, xs, order=order)
    if order == 2:
        raise ValueError("order=2 needs torch or JAX; for NumPy pass the gradient as f and its own backward")
    return numpy_subject(f, xs, backward, forward)


def check_gradient(f: Callable[..., Any], *xs: Any, backward: Callable[..., Any] | None = None,
                   forward: Callable[..., Any] | bool = False, method: Method = "auto", order: int = 1,
                   pairs: int | None = None, seed: int = 0) -> Report:
    """Judge the gradient that f claims at xs against differences of f.

    f          a NumPy function with `backward`: (x…, g) -> cotangents of x…; or a torch function, Function.apply or
               Module (whose parameters are inputs too); or a JAX function
    forward    True: hold torch's or JAX's forward mode against reverse mode by the dot-product test as well; for a
               NumPy function its forward mode, (x…, v…) -> tangent
    method     "directions": `pairs` random numbers uᵀJv (see `enough_pairs`); "jacobian": every entry besides;
               "auto": the latter up to 4096 entries in float64
    order      2 judges the gradient of the gradient
    Allowed    the error of the difference and the rounding of the claim in the dtype of xs (`directions.claims`);
               f itself is evaluated in float64.
    Raises ValueError for a wrong call; a function that cannot be judged has the verdict `unusable`.
    """
    if pairs is not None and pairs < 1:
        raise ValueError(f"pairs must be at least 1, got {pairs}")
    if method not in ("auto", "directions", "jacobian"):
        raise ValueError(f"method must be auto, directions or jacobian, got {method!r}")
    try:
        subject = subject_of(f, xs, backward, forward if callable(forward) else None, order)
        drawn = draw(subject, pairs or enough_pairs(subject), seed)
        return screen(subject) or _judge(subject, drawn, method, seed, forward=bool(forward))
    except Unusable as error:
        return Report(Verdict.UNUSABLE, str(error), Gap(np.nan, 0.0, "screening"))


def assert_gradient(f: Callable[..., Any], *xs: Any, backward: Callable[..., Any] | None = None,
                    forward: Callable[..., Any] | bool = False, method: Method = "auto", order: int = 1,
                    pairs: int | None = None, seed: int = 0, scales: Sequence[float] = (1.0,),
                    accept: Collection[Verdict | str] = ()) -> None:
    """Raise AssertionError, in at most eight lines, unless the gradient of f at xs is right.

    `scales` judges it at scale·x for each scale too; `accept` names other verdicts that will do, such as "kink here".
    The other arguments are those of `check_gradient`.

    >>> import numpy as np
    >>> assert_gradient(np.sin, np.array([0.5, 1.0]), backward=lambda x, g: g * np.cos(x))
    >>> assert_gradient(np.sin, np.array([0.5, 1.0]), backward=lambda x, g: g * np.sin(x))
    Traceback (most recent call last):
    AssertionError: gradient wrong: ...
    """
    for scale in scales:
        at = xs if scale == 1 else tuple(scale * x for x in xs)
        report = check_gradient(f, *at, backward=backward, forward=forward, method=method, order=order, pairs=pairs,
                                seed=seed)
        if not report.holds and report.verdict not in accept:
            raise AssertionError(str(report) + ("" if scale == 1 else f"\n  at {scale:g} times the inputs"))


def screen(subject: Differentiable) -> Report | None:
    """The faults that make every number worthless: nan at x itself, inputs written to, two calls that differ."""
    def unusable(reason: str, verdict: Verdict = Verdict.UNUSABLE) -> Report:
        return Report(verdict, reason, Gap(np.nan, 0.0, "screening"))

    if subject.x.size == 0 or subject.outputs.size == 0:
        return unusable("there is nothing to differentiate; pass inputs and outputs that are not empty")
    if not np.isfinite(subject.x).all():
        return unusable("x is not finite; pass finite inputs")
    mine = subject.x.copy()
    first = subject.value(mine)
    if not np.array_equal(mine, subject.x):
        return unusable("f changes its input; let it work on a copy")
    if not np.array_equal(first, subject.value(subject.x.copy()), equal_nan=True):
        return unusable("f is not deterministic: two calls on one input differ; fix its seed, or switch dropout off")
    if not np.isfinite(first).all():
        name, index = subject.outputs.locate(int(np.argmin(np.isfinite(first))))
        return unusable(f"f(x) is {first[~np.isfinite(first)][0]} at {name} {list(index)}; move x inside the domain",
                        Verdict.OUT_OF_DOMAIN)
    return None


def _judge(subject: Differentiable, pairs: Pairs, method: Method, seed: int, *, forward: bool) -> Report:
    claimed, found = claims(subject, pairs, measured=subject.roundoff > UNIT), slopes(subject, pairs)
    odd = oddity(subject, pairs, claimed, found, seed)
    if odd is not None:
        return _report(subject, claimed, found, *odd)
    if not worst_gap(claimed, found).holds:
        claimed = claims(subject, pairs, measured=True)
    if not worst_gap(claimed, found).holds:
        reason = explain(subject, pairs, claimed, found)
        failures = (locate(subject, pairs, claimed, found, reason),)
        return _report(subject, claimed, found, Verdict.WRONG, reason, failures)
    if (words := vague(subject, claimed, found)) is not None:
        return _report(subject, claimed, found, Verdict.UNDECIDED, words)
    if forward and not (swapped := forward_against_reverse(subject, pairs)).holds:
        return _report(subject, claimed, found, Verdict.WRONG, "forward mode and reverse mode disagree", gap=swapped)
    small = subject.x.size * subject.outputs.size <= SMALL and subject.roundoff == UNIT
    if method == "jacobian" or (method == "auto" and small):
        return _judge_whole(subject, claimed, found, seed)
    return _report(subject, claimed, found, Verdict.RIGHT, "random directions agree")


def _judge_whole(subject: Differentiable, claimed: Claims, found: Slope, seed: int) -> Report:
    judged = judge_entries(subject, seed=seed)
    gap = Gap(judged.measured, judged.allowed, f"the whole Jacobian, bars up to {judged.bar:.1g}", {"bar": judged.bar})
    if not judged.wrong:
        return _report(subject, claimed, found, Verdict.RIGHT, "every entry agrees", gap=gap, columns=judged.columns)
    reason = "the entry differs by more than its error bar"
    failures = tuple(Failure(*subject.outputs.locate(e.output), *subject.inputs.locate(e.input), e.analytic, e.numeric,
                             e.error, reason) for e in judged.wrong)
    words = "entries of the Jacobian differ by more than their error bars"
    return _report(subject, claimed, found, Verdict.WRONG, words, failures, gap=gap, columns=judged.columns)


def _report(subject: Differentiable, claimed: Claims, found: Slope, verdict: Verdict, reason: str,
            failures: tuple[Failure, ...] = (), *, gap: Gap | None = None, columns: int = 0) -> Report:
    bar = float(np.max(claimed.error + found.error))
    defect = smallest_ratio(claimed.value.size, single=subject.outputs.size == 1) * bar
    norm = float(np.sqrt(np.mean(found.value**2)))
    return Report(verdict, reason, gap or worst_gap(claimed, found), claimed.value.size,
                  ESCAPE if np.isfinite(bar) else 1.0, defect, defect / norm if norm > 0 else np.inf, columns, failures)


def dot_product_test(f: Callable[..., Any], *xs: Any, backward: Callable[..., Any] | None = None,
                     forward: Callable[..., Any] | None = None, pairs: int | None = None, seed: int = 0) -> Gap:
    """Forward mode against reverse mode at xs, without any difference: see `forward_against_reverse`.

    torch and JAX bring their own forward mode; a NumPy function needs `backward` and `forward`.
    Raises ValueError where there is none.
    """
    subject = subject_of(f, xs, backward, forward)
    return forward_against_reverse(subject, draw(subject, pairs or enough_pairs(subject), seed))
