"""Behaviour: what an optimizer does to a loss. The definition's own walk says what is owed, or theory does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from fiducial.checks.contract.claims import Level, Stream, claim, every, takes
from fiducial.checks.contract.frameworks import steps_as_told
from fiducial.checks.contract.laboratory import Laboratory, NotApplicable
from fiducial.checks.contract.walks import (
    BEALE,
    BOWL,
    ROSENBROCK,
    Landscape,
    Sown,
    best_rate,
    defined,
    least_squares,
    trembling,
    walked,
)
from fiducial.checks.evidence import Array, Gap, Severity
from fiducial.checks.plans import Options

MAY = Severity.MAY
DEEP = "statistics of training are judged at level deep"
ALPHA = 1e-6  # the chance of a false alarm of the one claim that is about chance
HALF_A_DIGIT = math.sqrt(10)
UNIT = 2.0**-53
DRAWS = 6


def _sown(lab: Laboratory, level: Level) -> Any:
    return [(st.builds(lambda seed: Sown((), seed=seed), st.integers(0, 2**20)), DRAWS)]


def _sown_once(lab: Laboratory, level: Level) -> Any:
    return [(st.builds(lambda seed: Sown((), seed=seed), st.integers(0, 2**20)), 1)]


SOWN = Stream("sown", _sown)
ONCE = Stream("sown-once", _sown_once)  # each draw of a claim about chance would cost a share of its α
WALKED = every(steps_as_told, takes("lr"))


def _in_float64(lab: Laboratory) -> str | None:
    """Applies where theory is met to the last digits of float64."""
    narrow = lab.handling.format
    return f"not judgeable: it is declared to compute in {narrow}" if narrow else None


def _ball(x: Array, slopes: Sequence[Array], lr: float, beta: float) -> list[Array]:
    """x_{t+1} = x_t - η g_t + β (x_t - x_{t-1}), at rest at first."""
    places = [x, x - lr * slopes[0]]
    for g in slopes[1:]:
        places.append(places[-1] - lr * g + beta * (places[-1] - places[-2]))
    return places


def _rolls(beta: float) -> Any:
    """Applies where the definition itself is descent with this momentum, seen on three slopes."""

    def reason(lab: Laboratory) -> str | None:
        start, slopes = np.array([1.0, -2.0]), [np.array([0.5, 1.0]), np.array([-1.0, 0.25]), np.array([2.0, -0.5])]
        if beta and not lab.has("momentum"):
            return "not claimed: the rule is no descent with momentum"
        options = _rolling(lab, 0.1, beta)
        found = defined(lab, start, lambda x, k: (0.0, slopes[k]), options, 3) \
            if not lab.definition.demands.objective and lab.definition.scope != "matrix" else [np.full(2, np.nan)]
        near = np.allclose(found[-1], _ball(start, slopes, 0.1, beta)[-1], rtol=1e-12, atol=0)
        return None if near else f"not claimed: the rule is no {'descent with momentum' if beta else 'plain descent'}"

    return reason


def _rolling(lab: Laboratory, lr: float, beta: float) -> Options:
    """The options of descent with momentum."""
    return {"lr": lr, **({"momentum": beta} if lab.has("momentum") else {})}


@claim("behaviour", 68, MAY, SOWN, applies=WALKED, deep=DEEP)
def falls_on_least_squares(lab: Laboratory, sown: Sown) -> Gap | None:
    """Twenty steps on random least squares lower the loss, and raise it under maximize.

        L(θ_20) < L(θ_0)        ½ ‖Aθ - b‖² / 8, θ_0 = 0, η the best of nine for the definition

    Allowed  nothing. Judged are draws on which the definition itself loses half of its height: rounding does not undo
             that, so that a sound subject fails with probability 0, whatever the seed.
    Rejects  a class that walks uphill as soon as maximize is given, whatever it is.
    Mend     take the sign of the update from group["maximize"], not from its presence.
    Cares    it is the first thing that anybody sees of an optimizer. Alone it proves little: of 234 wrong versions of
             torch's classes it finds 12 %.
    """
    land = least_squares(sown.seed)
    rate = best_rate(lab, land, 20)
    start, gaps = land.height(land.start), []
    for options in ({"lr": rate}, {"lr": rate, "maximize": True}) if lab.has("maximize") else ({"lr": rate},):
        owed = land.height(defined(lab, land.start, land.told, options, 20)[-1])
        end = land.height(walked(lab, land.start, land.told, options, 20)[-1])
        if len(options) == 2 and owed > 1.5 * start:
            gaps.append(Gap(start - end, 0.0, f"loss at the start less that after 20 steps uphill, lr = {rate:.3g}"))
        if len(options) == 1 and owed < 0.5 * start:
            gaps.append(Gap(end - start, 0.0, f"loss after 20 steps less that at the start, lr = {rate:.3g}"))
    return Gap.worst(gaps) if gaps else None


@claim("behaviour", 69, MAY, None, applies=WALKED, deep=DEEP)
def reaches_the_optimum(lab: Laboratory, _: None) -> Gap:
    """In as many steps as the definition it comes as near to the minimum of a quadratic, Rosenbrock's and Beale's.

        f(θ_T) - f* ≤ √10 · worst of the definition's nine walks        T = 200 (10 for rules that evaluate the loss)

    Allowed  half a digit above the worst of nine walks of the definition whose slopes are a rounding apart. Where these
             nine differ by more, rounding decides where a walk ends, and nothing is judged.
    Rejects  a class that halves its rate every fifty steps, in order to settle.
    Mend     remove schedules and safeguards that the rule does not have; they belong around the optimizer.
    Cares    a walk adds up what single steps hide: a wrong power of the count, a moment that leaks.
    """
    steps, gaps = 10 if lab.definition.demands.objective else 200, []
    for land in (BOWL, ROSENBROCK, BEALE):
        options = {"lr": best_rate(lab, land, steps)}
        ends = trembling(lab, land, options, steps)
        floor = UNIT * land.height(land.start)
        if ends[-1] > HALF_A_DIGIT * max(ends[0], floor):
            continue
        end = land.height(walked(lab, land.start, land.told, options, steps)[-1])
        gaps.append(Gap(end, HALF_A_DIGIT * max(ends[-1], floor),
                        f"height above the minimum of {land.name} after {steps} steps at lr = {options['lr']:.3g}"))
    if not gaps:
        raise NotApplicable("not judgeable: rounding decides where the definition's walks end")
    return Gap.worst(gaps)


@claim("behaviour", 70, MAY, None, applies=every(WALKED, _in_float64, _rolls(0.0)), deep=DEEP)
def descent_contracts_at_its_rate(lab: Laboratory, _: None) -> Gap:
    """Plain descent on a quadratic contracts each axis by |1 - ηh|, the whole by the largest of these.

        θ_T = (1 - ηh)^T θ_0        h = 1, 2, 3, 4, η = 0.3, T = 100

    Allowed  in each step two roundings of θ and of ηhθ: 4u(1 + 2ηh)/|1 - ηh| of θ_T a step.
    Rejects  a rate that is 1 % too small, which no loss curve shows.
    Mend     multiply by group["lr"] once, and by nothing else.
    Cares    the best rate of theory, 2/(h_min + h_max), is only best for the step that theory means.
    """
    lr, steps, h = 0.3, 100, 1.0 + np.arange(4)
    end = walked(lab, BOWL.start, BOWL.told, _rolling(lab, lr, 0.0), steps)[-1]
    owed = (1 - lr * h) ** steps * BOWL.start
    allowed = steps * 4 * UNIT * (1 + 2 * lr * h) / np.abs(1 - lr * h) * np.abs(owed)
    return _worst_axis(end - owed, allowed, "θ after 100 steps")


@claim("behaviour", 70, MAY, None, applies=every(WALKED, _in_float64, _rolls(0.8)), deep=DEEP)
def momentum_contracts_at_its_rate(lab: Laboratory, _: None) -> Gap:
    """Descent with momentum on a quadratic swings, and its swings contract by √β a step.

        θ_t = β^(t/2) (θ_0 cos ωt + c sin ωt),  cos ω = (1 + β - ηh) / 2√β,  c from θ_1 = (1 - ηh) θ_0
        h = 1, 2, 3, 4, η = 0.1, β = 0.8, t = 100

    Allowed  16 roundings a step of what the swing is then, each passed on by at most 2β^((T-t)/2)/|sin ω|.
    Rejects  momentum that is averaged: (1-β)g in place of g, which slows every axis.
    Mend     b ← βb + g, θ ← θ - ηb; the factor 1-β belongs to another rule (dampening).
    Cares    the speed-up that momentum promises, √ of the condition number, comes from this √β.
    """
    lr, beta, steps, h = 0.1, 0.8, 100, 1.0 + np.arange(4)
    end = walked(lab, BOWL.start, BOWL.told, _rolling(lab, lr, beta), steps)[-1]
    omega = np.arccos((1 + beta - lr * h) / 2 / math.sqrt(beta))
    swing = ((1 - lr * h) / math.sqrt(beta) - np.cos(omega)) / np.sin(omega)
    owed = beta ** (steps / 2) * BOWL.start * (np.cos(omega * steps) + swing * np.sin(omega * steps))
    reach = beta ** (steps / 2) * np.abs(BOWL.start) * np.hypot(1, swing)
    return _worst_axis(end - owed, steps * 16 * UNIT * reach * 2 / np.abs(np.sin(omega)), "θ after 100 steps")


def _worst_axis(missed: Array, allowed: Array, where: str) -> Gap:
    """The worst axis."""
    return Gap.worst([Gap(abs(float(m)), float(a), f"{where}, axis {i}")
                      for i, (m, a) in enumerate(zip(missed, allowed, strict=True))])


@claim("behaviour", 72, MAY, ONCE, applies=every(WALKED, _rolls(0.0)), deep=DEEP, alpha=ALPHA)
def noise_floor_of_descent(lab: Laboratory, sown: Sown) -> Gap:
    """At a constant rate noise keeps plain descent from the minimum, by a variance that is known.

        Var θ = ησ² / (h (2 - ηh))        slopes hθ + σξ, ξ ~ N(0, 1), h = 2, η = 0.3, σ = 1.5, 60 steps from 0

    Allowed  the χ² law of 4000 walks at α = 1e-6, which is this certificate's chance of a false alarm; what 60 steps
             leave of the start is 0.4^120. A variance off by 18 % is found with power 0.99.
    Rejects  a class that smooths its gradients a little, without being asked.
    Mend     use the gradient that is given; smoothing is momentum, and belongs to an option.
    Cares    the floor sets how far a rate must fall at the end of training: schedules are tuned to it.
    """
    from fiducial.checks.statistics.variances import variance_about

    rng = np.random.default_rng([sown.seed, 72])
    noise = 1.5 * rng.standard_normal((60, 4000))
    told = lambda x, k: (0.0, 2.0 * x + noise[k])  # noqa: E731
    end = walked(lab, np.zeros(4000), told, _rolling(lab, 0.3, 0.0), 60)[-1]
    return variance_about(end, 0.3 * 2.25 / (2 * (2 - 0.6)), 0.0, alpha=ALPHA)


def _decays_apart(lab: Laboratory) -> str | None:
    """Applies to Adam's kind with decoupled decay: seen on the definition's own steps along a constant slope."""
    if "bias-correction" not in lab.laws:
        return "not claimed: the rule does not take equal steps along a constant slope"
    x = defined(lab, np.array([1.0]), lambda x, k: (0.0, np.array([2.0])), {"lr": 0.1, "weight_decay": 0.5}, 2)
    y = defined(lab, np.array([1.0]), lambda x, k: (0.0, np.array([2.0])), {"lr": 0.1, "weight_decay": 0.0}, 2)
    apart = np.allclose(x[1] - y[1], -0.05, rtol=1e-6) and np.allclose(x[2] - 0.95 * x[1], y[2] - y[1], rtol=1e-6)
    return None if apart else "not claimed: the rule's decay goes through its moments"


@claim("behaviour", 73, MAY, None, applies=every(WALKED, takes("weight_decay"), _in_float64, _decays_apart), deep=DEEP)
def decay_meets_its_equilibrium(lab: Laboratory, _: None) -> Gap:
    """Along a constant slope decoupled decay holds the weights at -1/λ in units of the step: they come near at 1 - ηλ.

        θ_T = θ* + (1 - ηλ)^T (θ_0 - θ*),  θ* = -d/λ,  d = the definition's step over η        η = 0.1, λ = 0.5, T = 200

    Allowed  16 roundings a step of |θ| + η|d|, damped by 1 - ηλ, and 3T roundings of the moments behind d.
    Rejects  decay by λ alone, which holds the weights at -η/λ.
    Mend     θ ← θ (1 - ηλ), before or after the step as the rule has it, and nothing of it in the moments.
    Cares    where weights settle is what decay is for; with another equilibrium no published λ can be reused.
    """
    lr, decay, steps, start = 0.1, 0.5, 200, np.array([1.0, -3.0, 0.25])
    slope = np.array([2.0, -0.5, 30.0])
    told = lambda x, k: (0.0, slope)  # noqa: E731
    step = defined(lab, start, told, {"lr": lr, "weight_decay": 0.0}, 1)[1] - start
    rest, left = step / lr / decay, (1 - lr * decay) ** steps
    end = walked(lab, start, told, {"lr": lr, "weight_decay": decay}, steps)[-1]
    size = np.abs(start) + np.abs(rest) + np.abs(step)
    allowed = UNIT * (16 * size + 3 * steps * np.abs(step)) / (lr * decay)
    return _worst_axis(end - (rest + left * (start - rest)), allowed, "θ after 200 steps")


@claim("behaviour", 73, MAY, None, applies=every(WALKED, takes("beta1", "beta2", "amsgrad")), deep=DEEP)
def reddi_is_met_as_declared(lab: Laboratory, _: None) -> Gap:
    """On Reddi's sequence Adam ends at the worst point of [-1, 1], and AMSGrad leaves it for the best.

        slopes 4, -1, -1, 4, -1, -1 …;  β₁ = 0, β₂ = 1/17, η = 0.1, back into [-1, 1] after each step:
        θ_{3k+1} = 1 for Adam; θ_300 < 0 for AMSGrad

    Allowed  1e-6 below 1, a hundredth of what one step covers; judged is what the definition does too.
    Rejects  a class that always keeps the largest second moment.
    Mend     divide by √v̂ of the running mean unless group["amsgrad"] is set.
    Cares    who asks for AMSGrad asks for the guarantee that this example was made for.
    """
    told = lambda x, k: (0.0, np.full(1, 4.0 if k % 3 == 0 else -1.0))  # noqa: E731
    gaps = []
    for largest in (False, True):
        options = {"lr": 0.1, "beta1": 0.0, "beta2": 1 / 17, "amsgrad": largest}
        owed, found = (walk(lab, np.ones(1), told, options, 300, 1.0) for walk in (defined, walked))
        if largest and owed[-1][0] < -0.5:
            gaps.append(Gap(float(found[-1][0]), 0.0, "AMSGrad's place after 300 steps"))
        if not largest and min(float(x[0]) for x in owed[::3]) > 1 - 1e-9:
            gaps.append(Gap(max(1 - float(x[0]) for x in found[::3]), 1e-6, "Adam's distance from 1, every third step"))
    if not gaps:
        raise NotApplicable("not claimed: the rule itself behaves otherwise")
    return Gap.worst(gaps)


@claim("behaviour", 74, MAY, SOWN, applies=every(WALKED, _rolls(0.0)), deep=DEEP)
def never_rises_within_the_bound(lab: Laboratory, sown: Sown) -> Gap:
    """Plain descent at a rate below 2/L never raises the loss of a convex quadratic.

        f(θ_{t+1}) ≤ f(θ_t)        f = ½ θᵀHθ, H random with eigenvalues in (0, L], η = 1.9/L, 60 steps

    Allowed  rounding: 16 n units of L ‖θ‖² in each step.
    Rejects  a class whose first step is longer, to get going.
    Mend     leave out momentum, extrapolation and warm starts that the rule does not have.
    Cares    within the bound a loss that rises means a bug elsewhere; so it must not come from here.
    """
    rng = np.random.default_rng([sown.seed, 74])
    turn, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    eigenvalues = np.array([1.0, *rng.uniform(0.05, 1.0, 4)])
    h = turn * eigenvalues @ turn.T
    land = Landscape("quadratic", rng.normal(size=5), lambda x, k: (float(x @ h @ x) / 2, h @ x))
    places = walked(lab, land.start, land.told, _rolling(lab, 1.9, 0.0), 60)
    return Gap.worst([Gap(land.height(b) - land.height(a), 16 * 5 * UNIT * float(a @ a), f"rise in step {k + 1}")
                      for k, (a, b) in enumerate(pairwise(places))])
