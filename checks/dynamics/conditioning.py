"""What is claimed of the shape of a bowl: correlated inputs, the angle of the gradient, fan-in, and their cure."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from fiducial.checks import statistics
from fiducial.checks.claims import claim
from fiducial.checks.dynamics.recurrences import farthest
from fiducial.checks.dynamics.walks import U, walk
from fiducial.checks.evidence import Array, Gap

CORRELATIONS = st.sampled_from((0.0, 0.5, 0.9, 0.99, 0.999))
DIMENSIONS = st.sampled_from((2, 3, 10))
SEEDS = st.integers(0, 2**16)
FAN_IN = st.sampled_from((1, 3, 7, 31))  # one less than a power of two: as many balanced columns exist
MEANS = st.sampled_from((0.0, 0.5, 1.0, 2.0))


def _curvatures(n: int, rho: float) -> tuple[float, float]:
    """The least and the largest eigenvalue of (1-ρ) I + ρ 1 1ᵀ."""
    return 1 - rho, 1 + (n - 1) * rho


def _extremes(n: int) -> Array:
    """(1, …, 1)/√n and (1, -1, 0, …)/√2 as rows: the directions of largest and of least curvature."""
    return np.stack([np.full(n, 1 / math.sqrt(n)), np.append(np.array([1.0, -1.0]) / math.sqrt(2), np.zeros(n - 2))])


@claim("behaviour", n=DIMENSIONS, rho=CORRELATIONS, examples=20)
def condition_grows_with_correlation(f: Any, n: int, rho: float) -> Gap:
    """Correlated inputs make a long valley: its condition number grows without bound as ρ → 1.

        κ = (1 + (n-1) ρ) / (1 - ρ)       measured on ∇f along the axes

    Allowed  8 n κ² u: an eigenvalue errs by at most n u L, which is n κ u of the least one, and so of κ.
    Rejects  a bowl that is scaled by the correlation, not stretched by it.
    """
    h = np.stack([f.gradient(axis, rho=rho) for axis in np.eye(n)])
    found, (low, high) = np.linalg.eigvalsh(h), _curvatures(n, rho)
    kappa = high / low
    return Gap(float(abs(found[-1] / found[0] - kappa)), 8 * n * kappa**2 * U, "condition number", {"found": found})


@claim("behaviour", n=DIMENSIONS, rho=CORRELATIONS, examples=20)
def best_plain_rate_is_set_by_the_condition(f: Any, n: int, rho: float) -> Gap:
    """Descent's best rate lets the error fall by (κ - 1)/(κ + 1) a step; any other rate is slower in some direction.

        |x| = max(|x · u_L|, |x · u_ℓ|):   η = 2/(L+ℓ): |x_t| = ((κ-1)/(κ+1))^t |x_0|;   η (1 ± ⅛): larger at t = 60

    Allowed  12 (n + 4) t u of ‖x_0‖ ((κ-1)/(κ+1))^{t-1}: n + 4 roundings of at most (1 + ηL) ≤ 3 ‖x‖ a step;
             where κ = 1, each step leaves 12 (n + 4) u of the last.
    Rejects  momentum; descent at half its rate.
    """
    low, high = _curvatures(n, rho)
    ends, steps = _extremes(n), np.arange(61)
    paths = [np.abs(walk(f, ends.sum(axis=0), 60, of={"rho": rho}, lr=c * 2 / (low + high)) @ ends.T).max(axis=1)
             for c in (1.0, 0.875, 1.125)]
    rate = (high - low) / (high + low)
    slack = 12 * (n + 4) * (steps + 1) * U * paths[0][0] * max(rate, 12 * (n + 4) * U) ** np.maximum(steps - 1, 0)
    best = farthest(paths[0], paths[0][0] * rate**steps, slack)
    return Gap.worst([best, *(Gap(float(paths[0][-1]), float(other[-1]), "slower at another rate")
                              for other in paths[1:])])


@claim("behaviour", n=DIMENSIONS, rho=CORRELATIONS, seed=SEEDS, examples=40)
def gradient_points_off_the_minimum(f: Any, n: int, rho: float, seed: int) -> Gap:
    """The angle between the negative gradient and the way to the minimum grows with κ, to a worst that is attained.

        cos(-g, x* - x) ≥ 2√κ/(1+κ)      equal where the parts of x along ℓ and L are as √L to √ℓ (Kantorovich)

    Allowed  8 n κ u: the cosine's roundings, those of g relative to ‖g‖ being n κ u.
    Rejects  Newton's direction, which meets the minimum whatever κ is.
    """
    low, high = _curvatures(n, rho)
    along, across = _extremes(n)
    kappa = high / low
    worst, drawn = math.sqrt(low) * along + math.sqrt(high) * across, np.random.default_rng(seed).normal(size=n)

    def cosine(x: Array) -> float:
        g = f.gradient(x, rho=rho)
        return float(g @ x / (np.linalg.norm(g) * np.linalg.norm(x)))

    bound, slack = 2 * math.sqrt(kappa) / (1 + kappa), 8 * n * kappa * U
    return Gap.worst([Gap(abs(cosine(worst) - bound), slack, "worst angle"),
                      Gap(bound - cosine(drawn), slack, "drawn angle")])


@claim("behaviour", seed=SEEDS, rho=st.sampled_from((0.5, 0.9, 0.99)), n=st.sampled_from((2, 3, 6)), examples=20)
def whitening_makes_the_bowl_round(f: Any, seed: int, rho: float, n: int) -> Gap:
    """Whitened inputs give least squares κ = 1, and descent one step to the minimum, however they were correlated.

        z = whiten(x):   λ_min = λ_max = 1 of ZᵀZ/N;   at η = 1:   θ_1 = θ*

    Allowed  32 n κ u: whitening divides by √s, each eigenvalue s erring by n u L.
    Rejects  standardized inputs, which stay correlated; division by the eigenvalue.
    """
    rng = np.random.default_rng(seed)
    mixing = np.linalg.cholesky(np.full((n, n), rho) + (1 - rho) * np.eye(n))
    x = rng.normal(size=(200, n)) @ mixing.T
    centred = x - x.mean(axis=0)
    kappa = float(np.linalg.cond(centred.T @ centred))
    z, t = f.whiten(x), rng.normal(size=200)
    values = np.linalg.eigvalsh(f.hessian(np.zeros(n), x=z, t=t))
    theta = walk(f, np.zeros(n), 1, of={"x": z, "t": t}, lr=1.0)[1]
    left = float(np.linalg.norm(f.gradient(theta, x=z, t=t)))
    slack = 32 * n * kappa * U
    return Gap.worst([Gap(float(np.abs(values - 1).max()), slack, "eigenvalues"),
                      Gap(left, slack * float(np.linalg.norm(theta) + 1), "gradient after one step")])


@claim("behaviour", seed=SEEDS, rho=st.sampled_from((0.0, 0.5, 0.9, -0.5)), level=st.sampled_from((0.25, 1.0, 9.0)))
def gradient_is_normal_to_its_level_set(f: Any, seed: int, rho: float, level: float) -> Gap:
    """A gradient is normal to the level set through its point.

        x(φ) = √(2F) (cos φ u₁/√λ₁ + sin φ u₂/√λ₂):   f(x(φ)) = F,   ∇f(x(φ)) · x'(φ) = 0

    Allowed  64 κ u F for the value, 64 √κ u ‖∇f‖ ‖x'‖ for the product: sums of two, x being rounded relative to ‖x‖ √κ.
    Rejects  the direction to the minimum, which is normal to circles only.
    """
    phi = np.random.default_rng(seed).uniform(0, 2 * math.pi)
    low, high = sorted((1 - rho, 1 + rho))
    first, second = np.array([1.0, 1.0]) / math.sqrt(2 * (1 + rho)), np.array([1.0, -1.0]) / math.sqrt(2 * (1 - rho))
    size = math.sqrt(2 * level)
    x = size * (math.cos(phi) * first + math.sin(phi) * second)
    tangent = size * (-math.sin(phi) * first + math.cos(phi) * second)
    g, stretch = f.gradient(x, rho=rho), math.sqrt(high / low)
    sizes = float(np.linalg.norm(g) * np.linalg.norm(tangent))
    return Gap.worst([Gap(abs(float(f.value(x, rho=rho)) - level), 64 * stretch**2 * U * level, "value"),
                      Gap(abs(float(g @ tangent)), 64 * stretch * U * sizes, "along the level set")])


@claim("behaviour", seed=SEEDS, n=DIMENSIONS, lr=st.sampled_from((0.01, 1.0)))
def one_example_moves_along_its_input(f: Any, seed: int, n: int, lr: float) -> Gap:
    """One example of linear regression moves the weights along its input, and onto its constraint at η = 1/‖x‖².

        θ' - θ ∝ x_n;      η = 1/‖x_n‖²:   x_n · θ' = t_n

    Allowed  8 n u (‖θ‖ + ‖θ'-θ‖) across; on the constraint, 8 n u (‖x_n‖ (‖θ‖ + ‖θ'-θ‖) + |t_n|).
    Rejects  the gradient of the whole batch.
    """
    rng = np.random.default_rng(seed)
    x, t, theta = rng.normal(size=(4, n)), rng.normal(size=4), rng.normal(size=n)
    row, square = x[2], float(x[2] @ x[2])
    of = {"x": x, "t": t, "n": 2}
    moved = walk(f, theta, 1, along=lambda at: f.one_gradient(at, **of), lr=lr)[1] - theta
    across = moved - (moved @ row) / square * row
    landed = walk(f, theta, 1, along=lambda at: f.one_gradient(at, **of), lr=1 / square)[1]
    size = float(np.linalg.norm(theta) + np.linalg.norm(moved))
    reach = float(np.linalg.norm(row) * (np.linalg.norm(theta) + np.linalg.norm(landed - theta)) + abs(t[2]))
    return Gap.worst([Gap(float(np.linalg.norm(across)), 8 * n * U * size, "across the input"),
                      Gap(abs(float(row @ landed) - t[2]), 8 * n * U * reach, "off the constraint")])


def balanced(n: int, mean: float) -> Array:
    """n + 1 examples whose n features have this mean, variance 1 and no correlation, exactly: m ± 1 by Hadamard."""
    signs = np.ones((1, 1))
    while len(signs) < n + 1:
        signs = np.block([[signs, signs], [signs, -signs]])
    return mean + signs[:, 1:]


@claim("value", n=FAN_IN, mean=MEANS, examples=16)
def top_curvature_grows_with_fan_in(f: Any, n: int, mean: float) -> Gap:
    """With inputs of unit variance the trace of the Hessian is n E x², its top eigenvalue 1 + n mean².

        H = I + m² 1 1ᵀ:   trace n (1 + m²),   λ = 1 + n m² once, 1 otherwise

    Allowed  16 n u of the top eigenvalue; the trace is exact, 8 n u is allowed for its order.
    Rejects  a Hessian of centred inputs, or of sums in place of means over the examples.
    """
    x = balanced(n, mean)
    h = f.hessian(np.zeros(n), x=x, t=np.zeros(len(x)))
    top, expected = float(np.linalg.eigvalsh(h)[-1]), 1 + n * mean**2
    return Gap.worst([Gap(abs(top - expected), 16 * n * U * expected, "top eigenvalue"),
                      Gap(abs(float(np.trace(h)) - n * (1 + mean**2)), 8 * n**2 * U * (1 + mean**2), "trace")])


@claim("behaviour", n=FAN_IN, mean=MEANS, c=st.sampled_from((0.9375, 1.0625)), examples=24)
def stable_rate_falls_with_fan_in(f: Any, n: int, mean: float, c: float) -> Gap:
    """Fan-in sets the overshoot: descent is stable below 2/(1 + n mean²), as 1/n, unless the mean is taken off.

        θ along 1:   ‖θ_T‖ = |1 - ηλ|^T ‖θ_0‖,   λ = 1 + n m²;   η = 2c/λ:  falls for c < 1, grows for c > 1;   T = 40

    Allowed  24 (n + 4) T u |1 - ηλ|^T ‖θ_0‖, as n + 4 roundings of at most 3 ‖θ‖ √n a step; |1 - ηλ| ≥ ⅞.
    Rejects  a rate divided by the fan-in; inputs without their mean.
    """
    x = balanced(n, mean)
    of, top, start = {"x": x, "t": np.zeros(len(x))}, 1 + n * mean**2, np.ones(n)
    last = float(np.linalg.norm(walk(f, start, 40, of=of, lr=2 * c / top)[-1]))
    expected = abs(1 - 2 * c) ** 40 * math.sqrt(n)
    return Gap(abs(last - expected), 24 * (n + 4) * math.sqrt(n) * 40 * U * expected, "distance", {"found": last})


@claim("distribution", random=True)
def trace_is_the_sum_of_mean_squares(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Over drawn inputs the Hessian's trace is n times their mean square, whatever their law.

        E trace H = n E x²       x uniform on {m - 1, m + 1}: E x² = 1 + m², m = ½, n = 20

    Allowed  `mean_of_bounded` over 2000 examples' mean squares, on [(m-1)², (m+1)²], at α: an error of 0.13 of 1.25 is
             found with power 0.99.
    Rejects  a Hessian of centred inputs, whose trace is 1.
    """
    x = 0.5 + rng.choice([-1.0, 1.0], size=(2000, 20))
    traces = np.array([np.trace(f.hessian(np.zeros(20), x=row[None], t=np.zeros(1))) / 20 for row in x])
    return statistics.mean_of_bounded(traces, 1.25, (0.25, 2.25), alpha=alpha)
