"""Early stopping: when it ends a run, and what ending descent early does to a least-squares fit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap, same

UNIT = 2.0**-53
EIGHTHS = st.integers(-16, 16).map(lambda k: k / 8)  # sums and differences of these are exact
MONITORED = st.lists(st.one_of(EIGHTHS, st.sampled_from([math.nan, math.inf, -math.inf])), min_size=1, max_size=12)
MARGINS = st.sampled_from([0.0, 0.125, 0.5, -0.25])
PATIENCES = st.integers(0, 4)
MODES = st.sampled_from(["min", "max"])
SEEDS = st.integers(0, 2**32 - 1)
STEPS = st.integers(1, 20)
RATES = st.sampled_from([0.5, 0.1, 0.9])

Told = tuple[bool, int, int, str]


def records(values: Sequence[float], margin: float, sign: float, *, first_counts: bool) -> list[int]:
    """The epochs that are better than the record before them by more than the margin. sign: -1 turns max into min."""
    found: list[int] = []
    for t, value in enumerate(values):
        before = sign * values[found[-1]] if found else math.inf
        if sign * value < before - abs(margin) or (first_counts and t == 0):
            found.append(t)
    return found


def ending(values: Sequence[float], margin: float, patience: int, mode: str, *, first_counts: bool) -> Told:
    """Brute force: the first epoch that closes a window of epochs without a record, with the record before it.

    Returns whether it ends early, how many epochs it lasts, the epoch of the best number and that number.
    """
    sign = 1.0 if mode == "min" else -1.0
    window = max(patience, 1) if first_counts else patience + 1
    for end in range(window - 1, len(values)):
        found = records(values[:end + 1], margin, sign, first_counts=first_counts)
        if not set(range(end - window + 1, end + 1)) & set(found):
            return True, end + 1, *_best(values, found, sign)
    return False, len(values), *_best(values, records(values, margin, sign, first_counts=first_counts), sign)


def _best(values: Sequence[float], found: list[int], sign: float) -> tuple[int, str]:
    return (found[-1], str(values[found[-1]])) if found else (-1, str(sign * math.inf))


def told(state: Any) -> Told:
    """What a state says, with the best number as text, so that a nan equals a nan."""
    return bool(state.stopped), int(state.t), int(state.epoch), str(float(state.best))


@claim("behaviour", examples=120, values=MONITORED, min_delta=MARGINS, patience=PATIENCES, mode=MODES)
def ends_after_patience(f: Any, values: list[float], min_delta: float, patience: int, mode: str) -> Gap:
    """Training ends with the (patience + 1)th epoch in a row that improves on nothing, and the best one is known.

        improved iff c < best - |δ| (min), c > best + |δ| (max); best = ±∞ at first

    Allowed  nothing: the numbers are eighths, so that the sums are exact. The oracle looks at every window of epochs.
    Rejects  stopping one epoch early; a wait that an improvement does not reset.
    """
    state = f.run(values, min_delta=min_delta, patience=patience, mode=mode, step=f.step)
    expected = ending(values, min_delta, patience, mode, first_counts=False)
    return same(expected, told(state), "(ended, after, best, value)")


@claim("behaviour", examples=120, values=MONITORED, min_delta=MARGINS, patience=PATIENCES, mode=MODES)
def keras3_ends_after_patience(f: Any, values: list[float], min_delta: float, patience: int, mode: str) -> Gap:
    """As Keras 3 counts, training ends with epoch number max(patience, 1) in a row that improves on nothing.

        the first number is the best at first, whatever it is: a nan there is never improved on

    Allowed  nothing, as above.
    Rejects  the count of the lecture's Keras, one epoch longer; ±∞ for the best at first.
    """
    state = f.run(values, min_delta=min_delta, patience=patience, mode=mode, step=f.keras3_step)
    expected = ending(values, min_delta, patience, mode, first_counts=True)
    return same(expected, told(state), "(ended, after, best, value)")


@claim("invariance", values=MONITORED, min_delta=MARGINS, patience=PATIENCES, mode=MODES)
def nan_never_improves(f: Any, values: list[float], min_delta: float, patience: int, mode: str) -> Gap:
    """A nan counts as the worst number there is.

        run(…, nan, …) = run(…, ±∞, …)

    Allowed  nothing.
    Rejects  improved taken as "not worse", which a nan satisfies.
    """
    worst = math.inf if mode == "min" else -math.inf
    options = {"min_delta": min_delta, "patience": patience, "mode": mode, "step": f.step}
    bare = [worst if math.isnan(value) else value for value in values]
    return same(told(f.run(bare, **options)), told(f.run(values, **options)), "(ended, after, best, value)")


@claim("invariance", values=MONITORED, min_delta=MARGINS, patience=PATIENCES)
def modes_mirror_each_other(f: Any, values: list[float], min_delta: float, patience: int) -> Gap:
    """The largest of the numbers is sought as the smallest of their negatives.

        run(-c; max) = -run(c; min)

    Allowed  nothing.
    Rejects  a margin that is added in both modes.
    """
    state = f.run([-value for value in values], min_delta=min_delta, patience=patience, mode="max", step=f.step)
    expected = told(f.run(values, min_delta=min_delta, patience=patience, mode="min", step=f.step))
    return same(expected, told(state._replace(best=-state.best)), "(ended, after, best, value)")


@claim("invariance", values=MONITORED, min_delta=MARGINS, patience=PATIENCES, mode=MODES)
def sign_of_the_margin_does_not_matter(f: Any, values: list[float], min_delta: float, patience: int, mode: str) -> Gap:
    """Only the size of min_delta counts.

        run(c; δ) = run(c; -δ)

    Allowed  nothing.
    Rejects  c + δ < best without |·|, for which a number that is worse improves.
    """
    first, second = (told(f.run(values, min_delta=delta, patience=patience, mode=mode, step=f.step))
                     for delta in (min_delta, -min_delta))
    return same(first, second, "(ended, after, best, value)")


@claim("behaviour")
def auto_goes_by_the_name(f: Any) -> Gap:
    """Mode auto takes accuracies and F measures upwards, everything else downwards, by the letters of the name.

        "acc" anywhere or "fmeasure" in front: max

    Allowed  nothing. "val_fmeasure" is minimized, as its name begins otherwise.
    Rejects  a table that knows "acc" only in front.
    """
    expected = {"acc": "max", "val_acc": "max", "val_accuracy": "max", "fmeasure": "max", "val_fmeasure": "min",
                "loss": "min", "val_loss": "min", "val_auc": "min"}
    return same(expected, {name: f.mode_of(name) for name in expected}, "modes")


class Fit:
    """A least-squares problem whose curvatures lie within a factor 1000, with its eigenvalues s and its scale."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.n, self.d = 8, 3
        self.x = rng.integers(-4, 5, (self.n, self.d)) / 2
        self.y = rng.integers(-4, 5, self.n) / 2
        self.h, self.b = self.x.T @ self.x / self.n, self.x.T @ self.y / self.n
        self.s, self.v = np.linalg.eigh(self.h)
        self.judgeable = bool(self.s[0] > 1e-3 * self.s[-1])

    def through(self, share: Array) -> Array:
        """V diag(share / s) Vᵀ b: what is left of w* where each of its components is cut down to a share."""
        return np.asarray(self.v @ (share / self.s * (self.v.T @ self.b)))

    def bound(self, eta: float, t: int) -> float:
        """Rounding of t steps beside the closed form.

        A step rounds by (n + d + 6) u η (‖X‖² ‖w‖ + ‖X‖ ‖y‖)/n + 2u ‖w‖, is a contraction, and ‖w‖ ≤ ‖b‖/s_min.
        The eigenpairs are those of H + E, ‖E‖ ≤ 10 d u ‖H‖, which moves w_t by ≤ (η t)²/2 ‖E‖ ‖b‖ and ≤ ‖E‖ ‖b‖/s_min².
        The filter rounds by (t + 2) u, over s_min.
        """
        b, low = float(np.linalg.norm(self.b)), float(self.s[0])
        w = b / low
        steps = eta * self.of_one_gradient() + 2 * w
        pairs = 10 * self.d * float(self.s[-1]) * b * (min((eta * t) ** 2 / 2, 1 / low**2) + 1 / low**2)
        return UNIT * (t * steps + pairs + (t + 2 + 4 * self.d) * w)

    def of_one_gradient(self) -> float:
        """(n + d + 6) (‖X‖² ‖w‖ + ‖X‖ ‖y‖)/n: the rounding of Xᵀ(X w - y)/n, in u."""
        w, size = float(np.linalg.norm(self.b) / self.s[0]), float(np.linalg.norm(self.x))
        return (self.n + self.d + 6) * (size**2 * w + size * float(np.linalg.norm(self.y))) / self.n

    def bound_of_gradient(self, eta: float, t: int) -> float:
        """‖H‖ times the rounding of w_t, one gradient's, and that of V diag((1 - η s)ᵗ) Vᵀ b.

        In the last the power rounds by (t + 2) u, the products by 4 d u, and E moves it by ≤ t η ‖E‖ ‖b‖.
        """
        closed = (t + 2 + 4 * self.d + t * eta * 10 * self.d * float(self.s[-1])) * float(np.linalg.norm(self.b))
        return float(self.s[-1]) * self.bound(eta, t) + UNIT * (self.of_one_gradient() + closed)


@claim("value", seed=SEEDS, rate=RATES, t=STEPS)
def descent_is_the_filter(f: Any, seed: int, rate: float, t: int) -> Gap | None:
    """Stopped after t steps from 0, descent has found the filter's share of each component of the minimizer.

        w_t = V diag(1 - (1 - η s)ᵗ) Vᵀ w*

    Allowed  the rounding of t steps, which are contractions, and of the eigenpairs: `Fit.bound`.
    Rejects  a filter that counts one step more.
    """
    fit = Fit(seed)
    if not fit.judgeable:
        return None
    eta = rate / float(fit.s[-1])
    expected = fit.through(np.asarray(f.forward(fit.s, eta=eta, t=t)))
    measured = np.linalg.norm(np.asarray(f.descend(fit.x, fit.y, eta=eta, t=t)) - expected)
    return Gap(float(measured), fit.bound(eta, t), "w_t")


@claim("value", seed=SEEDS, alpha=st.sampled_from([1.0, 0.1, 10.0]))
def ridge_is_the_filter(f: Any, seed: int, alpha: float) -> Gap | None:
    """A ridge penalty leaves its filter's share of each component of the minimizer.

        argmin L(w) + α/2 ‖w‖² = V diag(s / (s + α)) Vᵀ w*

    Allowed  the solution of a system of condition κ, 20 d² κ u ‖w‖, and the rounding of the eigenpairs: `Fit.bound`.
    Rejects  a penalty of α ‖w‖², which is twice as strong.
    """
    fit = Fit(seed)
    if not fit.judgeable:
        return None
    expected = fit.through(np.asarray(f.ridge(fit.s, alpha=alpha)))
    measured = np.linalg.norm(np.asarray(f.ridge_solution(fit.x, fit.y, alpha=alpha)) - expected)
    solving = 20 * fit.d**2 * float(fit.s[-1] + alpha) / float(fit.s[0] + alpha) * UNIT * np.linalg.norm(expected)
    return Gap(float(measured), float(solving) + fit.bound(1 / float(fit.s[-1]), 1), "solution")


@claim("value", s=st.floats(1e-6, 1.0), t=STEPS, eta=RATES)
def filter_rises_with_time(f: Any, s: float, t: int, eta: float) -> Gap:
    """A longer descent shrinks less, and never overshoots: its capacity grows.

        0 ≤ φ_t(s) ≤ φ_{t+1}(s) ≤ 1  while 0 < η s < 1

    Allowed  the rounding of two powers: 2 (t + 3) u.
    Rejects  (1 - η s)ᵗ, what is still missing.
    """
    now, then = (float(np.asarray(f.forward(np.array(s), eta=eta, t=k))) for k in (t, t + 1))
    return Gap(max(now - then, -now, then - 1, 0.0), 2 * (t + 3) * UNIT, "fall of the filter")


@claim("value", product=st.floats(1e-6, 1.0), t=STEPS, eta=RATES)
def filters_agree_to_first_order(f: Any, product: float, t: int, eta: float) -> Gap:
    """Descent for t steps at rate η shrinks like a ridge of α = 1/(η t), to first order.

        |1 - (1 - η s)ᵗ - s/(s + 1/(η t))| ≤ a²,  a = η s t ≤ 1

    Allowed  a²: both lie in [a - a², a], by 1 - (1 - a/t)ᵗ ≥ a - a²/2 and a/(1 + a) ≥ a - a²; and (2t + 10) u.
    Rejects  α = η t for its reciprocal.
    """
    s = np.array(product / (eta * t))
    gap = abs(float(np.asarray(f.forward(s, eta=eta, t=t))) - float(np.asarray(f.ridge(s, alpha=1 / (eta * t)))))
    return Gap(gap, product**2 + (2 * t + 10) * UNIT, "descent beside ridge")


@claim("value", seed=SEEDS, rate=RATES, t=STEPS)
def gradient_that_is_left(f: Any, seed: int, rate: float, t: int) -> Gap | None:
    """Where descent is stopped the gradient is not small: each component still has the share that the filter lacks.

        Vᵀ ∇L(w_t) = (1 - η s)ᵗ ⊙ Vᵀ ∇L(0)

    Allowed  the rounding of w_t times ‖H‖, of one gradient, and of the closed form: `Fit.bound_of_gradient`.
    Rejects  stopping taken for convergence: a gradient of 0.
    """
    fit = Fit(seed)
    if not fit.judgeable:
        return None
    eta = rate / float(fit.s[-1])
    left = np.asarray(f.gradient(fit.x, fit.y, np.asarray(f.descend(fit.x, fit.y, eta=eta, t=t))))
    expected = fit.v @ ((1 - eta * fit.s) ** t * (fit.v.T @ -fit.b))
    return Gap(float(np.linalg.norm(left - expected)), fit.bound_of_gradient(eta, t), "gradient")
