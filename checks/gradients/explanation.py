"""The reasons behind a verdict: why there is no derivative, why an agreement means nothing, and what explains a gap."""

from __future__ import annotations

import numpy as np

from fiducial.checks.evidence import Gap
from fiducial.checks.gradients import diagnosis
from fiducial.checks.gradients.differences import Slope
from fiducial.checks.gradients.directions import ROUNDINGS, TAIL, Claims, Pairs, claims, culprit, slopes
from fiducial.checks.gradients.subject import UNIT, Differentiable, Unusable
from fiducial.checks.gradients.verdicts import Failure, Verdict


def worst_gap(claimed: Claims, found: Slope) -> Gap:
    """The pair that uses most of what it is allowed."""
    return Gap.worst([Gap(float(abs(a - b)), float(e + own), f"uᵀJv of pair {i}") for i, (a, own, b, e)
                      in enumerate(zip(claimed.value, claimed.error, found.value, found.error, strict=True))])


def oddity(subject: Differentiable, pairs: Pairs, claimed: Claims, found: Slope,
            seed: int) -> tuple[Verdict, str] | None:
    """Why there is no derivative to judge, in a word and a sentence."""
    agrees = worst_gap(claimed, found).holds and vague(subject, claimed, found) is None
    seems_rough = bool((found.noise > diagnosis.HALF_OF_THE_DIGITS * found.magnitude).any())
    seen = diagnosis.sides(subject, pairs) if seems_rough or not agrees else None
    if seen is not None and (words := diagnosis.undefined(seen)) is not None:
        return Verdict.OUT_OF_DOMAIN, words
    if seen is not None and (leap := diagnosis.jump(seen)).any():
        return Verdict.DISCONTINUOUS, f"f jumps by {np.abs(leap).max():.3g} at x along a random direction; move x"
    if (jumps := diagnosis.kink(found)).any():
        i = int(np.argmax(np.abs(jumps)))
        low, high = found.value[i] - jumps[i] / 2, found.value[i] + jumps[i] / 2
        return Verdict.KINK, f"the one-sided slopes along a random direction are {low:.6g} and {high:.6g}; move x"
    if seen is not None and (rough := float(diagnosis.roughness(seen).max())) > diagnosis.HALF_OF_THE_DIGITS:
        return Verdict.NOISY, f"f repeats to {rough:.1g} of its size only; compute it in float64 throughout"
    still = bool((np.abs(found.value) <= found.error).all())
    if still and diagnosis.flat(subject, seed):
        said = ("its gradient teaches nothing" if not claimed.value.any()
                else "yet its gradient is claimed not to be zero (a straight-through estimator?)")
        return Verdict.FLAT, f"f varies, but is constant around every point tried: {said}"
    return None


def vague(subject: Differentiable, claimed: Claims, found: Slope) -> str | None:
    """Why an agreement means nothing: error bars of the size of the derivative itself, and of half the digits of f."""
    bar = claimed.error + found.error
    size = np.sqrt(np.mean(np.square([claimed.value, found.value])))
    limit = max(size / 2, subject.roundoff**0.5 * float(found.magnitude.max()))
    if np.isfinite(bar).all() and (bar <= limit).all():
        return None
    return f"the error bar {bar.max():.1g} is too wide beside the slope {size:.1g}; try other inputs or a wider dtype"


def locate(subject: Differentiable, pairs: Pairs, claimed: Claims, found: Slope, reason: str) -> Failure:
    """The wrong entry behind the pair that disagrees most, or the pair itself."""
    ratios = np.nan_to_num(np.abs(claimed.value - found.value) / (claimed.error + found.error), nan=np.inf)
    i = int(np.argmax(ratios))
    place = culprit(subject, pairs.u[i], pairs.v[i])
    if place is None:
        return Failure("u·f", (), "v", (), float(claimed.value[i]), float(found.value[i]),
                       float(claimed.error[i] + found.error[i]), reason)
    output, entry = place
    unit = Pairs(np.eye(1, subject.outputs.size, output), np.eye(1, subject.x.size, entry) * subject.scale)
    one, seen, s = claims(subject, unit, measured=True), slopes(subject, unit), subject.scale[entry]
    return Failure(*subject.outputs.locate(output), *subject.inputs.locate(entry), float(one.value[0] / s),
                   float(seen.value[0] / s), float((one.error[0] + seen.error[0]) / s), reason)


def explain(subject: Differentiable, pairs: Pairs, claimed: Claims, found: Slope) -> str:
    """The simplest mistake that accounts for all pairs."""
    if not np.isfinite(claimed.value).all():
        return "the analytic gradient is not finite; guard the operation that divides or overflows"
    if not claimed.value.any():
        return "the analytic gradient is zero; is the graph detached?"
    if not found.value.any():
        return "the analytic gradient is not zero, but f does not change"
    with np.errstate(divide="ignore", invalid="ignore"):  # no factor accounts for a slope of zero
        factor = claimed.value / found.value
        within = (claimed.error + found.error) / np.abs(found.value)
    if (np.abs(factor - factor[0]) <= within + within[0] + 1e-6).all() and claimed.value.size > 1:
        negated = abs(factor[0] + 1) <= 1e-6 + within[0]
        return "the sign is wrong" if negated else f"it is off by the factor {factor[0]:.7g}"
    if subject.x.size == subject.outputs.size:
        swapped = np.einsum("ki,ki->k", subject.pull(subject.x, pairs.v), pairs.u)
        if (np.abs(swapped - found.value) <= 2 * (claimed.error + found.error)).all():
            return "the Jacobian is transposed"
    return "the analytic and the numeric derivative differ by more than their error bars"


def forward_against_reverse(subject: Differentiable, pairs: Pairs) -> Gap:
    """The dot-product test: u·(Jv) by forward mode equals (Jᵀu)·v by reverse mode.

    Allowed  6.11 × 8 roundings of the products' norms, each side once, in the subject's dtype.
    Rejects  a reverse rule that forgets the factor which its forward rule has.
    """
    if subject.push is None:
        raise Unusable("there is no forward mode; pass forward=, a function (x, v) -> tangent of f")
    reverse = claims(subject, pairs, measured=subject.roundoff > UNIT)
    gaps = []
    for i, (u, v) in enumerate(zip(pairs.u, pairs.v, strict=True)):
        tangent = subject.push(subject.x, v)
        own = TAIL * ROUNDINGS * subject.roundoff * float(np.linalg.norm(u * tangent))
        gaps.append(Gap(float(abs(u @ tangent - reverse.value[i])), own + float(reverse.error[i]), f"u·Jv of pair {i}"))
    return Gap.worst(gaps)
