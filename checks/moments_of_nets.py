"""Claims about predicted moments: what random weights do to second moments, by enumerating every net of ±σ weights.

A mean over all sign patterns is an expectation without sampling: the claims hold to rounding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy import integrate

from fiducial.checks import statistics
from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.initializers import EPS, SEEDS

SHAPES = st.sampled_from([(2, 2, 1, 2), (3, 1, 2), (1, 2, 2, 1), (2, 3, 1), (1, 3, 2)])  # at most 4096 nets
SIGMAS = st.lists(st.floats(0.125, 2), min_size=3, max_size=3)
WHOLE = st.integers(-8, 8)


def every_sign(count: int) -> Array:
    """All 2^count rows of ±1."""
    return 1.0 - 2.0 * ((np.arange(2**count)[:, None] >> np.arange(count)) & 1)


def every_net(widths: Sequence[int], sigmas: Sequence[float]) -> list[Array]:
    """The weights of each layer in all nets whose entries are ±σ: (nets, n_out, n_in)."""
    shapes = [(n_out, n_in) for n_in, n_out in pairwise(widths)]
    ends = np.cumsum([0, *(math.prod(shape) for shape in shapes)])
    signs = every_sign(int(ends[-1]))
    return [sigma * signs[:, start:end].reshape(-1, *shape)
            for sigma, shape, (start, end) in zip(sigmas, shapes, pairwise(ends), strict=False)]


def apart(predicted: Sequence[float], found: Sequence[float], widths: Sequence[int], where: str) -> Gap:
    """Predicted moments beside enumerated ones; each layer may cancel up to a factor n, and rounds 2(n + 4) times."""
    if len(predicted) != len(found):
        return Gap(math.inf, 0.0, f"{len(predicted)} moments for {len(found)} layers")
    allowed = (16 + 2 * len(widths) * (max(widths) + 4)) * math.prod(widths) * EPS
    return Gap.worst([Gap(abs(p - m), allowed * m, f"{where}, layer {d + 1}")
                      for d, (p, m) in enumerate(zip(predicted, found, strict=True))])


def start(seed: int, count: int) -> tuple[Array, float]:
    """Small whole numbers, not all 0, and their mean square."""
    x = np.random.default_rng(seed).integers(1, 5, count).astype(np.float64)
    return x, float(np.mean(x**2))


@claim("value", examples=30, seed=SEEDS, widths=SHAPES, sigmas=SIGMAS)
def linear_moments_are_those_of_all_nets(f: Any, seed: int, widths: tuple[int, ...], sigmas: list[float]) -> Gap:
    """In a linear net the second moment of a layer is the input's times the product of n_j D(w_j).

        E x_{d+1}² = E x_1² Π_{j ≤ d} n_j v_j,   the mean over all nets with entries ±√v_j

    Allowed  rounding: 2(n + 4) operations a layer, whose sums cancel by n at most.
    Rejects  the fan-out for the fan-in; the variance of the weights taken for their σ.
    """
    x, moment = start(seed, widths[0])
    signal, found = x[None, :], [moment]
    for w in every_net(widths, sigmas):
        signal = np.einsum("bji,bi->bj", w, np.broadcast_to(signal, (len(w), w.shape[2])))
        found.append(float(np.mean(signal**2)))
    return apart(f.linear(moment, widths, [s**2 for s in sigmas[: len(widths) - 1]]), found, widths, "E x²")


@claim("value", examples=30, seed=SEEDS, widths=SHAPES, sigmas=SIGMAS)
def rectified_moments_are_those_of_all_nets(f: Any, seed: int, widths: tuple[int, ...], sigmas: list[float]) -> Gap:
    """In a net of ReLUs each hidden layer passes half on; the input, which no ReLU has cut, passes whole.

        E s_1² = n_1 v_1 E x_1²,   E s_{d+1}² = ½ n_{d+1} v_{d+1} E s_d²

    Allowed  rounding: 2(n + 4) operations a layer, whose sums cancel by n at most.
    Rejects  ½ in front of every layer's factor, the input's too.
    """
    x, moment = start(seed, widths[0])
    signal, found = x[None, :], []
    for w in every_net(widths, sigmas):
        s = np.einsum("bji,bi->bj", w, np.broadcast_to(signal, (len(w), w.shape[2])))
        found.append(float(np.mean(s**2)))
        signal = np.maximum(s, 0.0)
    return apart(f.rectified(moment, widths, [s**2 for s in sigmas[: len(widths) - 1]]), found, widths, "E s²")


@claim("value", examples=30, seed=SEEDS, widths=SHAPES, sigmas=SIGMAS)
def gradient_moments_are_those_of_all_nets(f: Any, seed: int, widths: tuple[int, ...], sigmas: list[float]) -> Gap:
    """In a linear net the second moment of a layer's gradient is the output's times the factors of N - d layers.

        E g_d² = E g_N² Π_{d ≤ j ≤ N-1} n_{j+1} v_j

    Allowed  rounding: 2(n + 4) operations a layer, whose sums cancel by n at most.
    Rejects  a product that runs to N, one layer too far.
    """
    g, moment = start(seed, widths[-1])
    gradient, found = g[None, :], [moment]
    for w in reversed(every_net(widths, sigmas)):
        gradient = np.einsum("bji,bj->bi", w, np.broadcast_to(gradient, (len(w), w.shape[1])))
        found.append(float(np.mean(gradient**2)))
    predicted = f.backward(moment, widths, [s**2 for s in sigmas[: len(widths) - 1]])
    return apart(predicted, found[::-1], widths, "E g²")


@claim("value", examples=30, seed=SEEDS, n=st.integers(1, 6), sigma=st.floats(0.125, 2), beta=st.floats(0.125, 2))
def a_random_bias_adds_its_variance(f: Any, seed: int, n: int, sigma: float, beta: float) -> Gap:
    """A random bias adds its own variance to that of the sum.

        E (Σ_i w_i x_i + b)² = n v E x² + D(b),   the mean over all w_i = ±√v, b = ±β

    Allowed  rounding: 2(n + 4) operations, whose sum cancels by n + 1 at most.
    Rejects  the goal n v = 1 said to be met whatever the bias.
    """
    x, moment = start(seed, n)
    signs = every_sign(n + 1)
    found = float(np.mean((sigma * signs[:, :n] @ x + beta * signs[:, n]) ** 2))
    return apart([f.biased(moment, n, sigma**2, beta**2)], [found], (n + 1, 1), "E s²")


@claim("value", examples=50, u=st.tuples(WHOLE, WHOLE), w=st.tuples(WHOLE, WHOLE))
def product_has_this_variance(f: Any, u: tuple[int, int], w: tuple[int, int]) -> Gap:
    """The variance of a product of independent numbers.

        D(u w) = E u² E w² - (E u)² (E w)²,   u and w each one of two whole numbers, equally often

    Allowed  0: halves and quarters of small whole numbers are exact.
    Rejects  (E u²)² (E w²)² subtracted, of the second moments' squares.
    """
    products = np.outer(u, w).astype(np.float64)
    found = float(np.mean(products**2) - np.mean(products) ** 2)
    moments = [value for pair in (u, w) for value in ((pair[0] + pair[1]) / 2, ((pair[0] - pair[1]) / 2) ** 2)]
    return Gap(abs(f.product(*moments) - found), 0.0, "D(u w)")


@claim("value", examples=50, values=st.lists(WHOLE, min_size=4, max_size=4))
def rectifying_halves_the_second_moment(f: Any, values: list[int]) -> Gap:
    """Of a symmetric sum a ReLU leaves half of the variance as second moment.

        E max(s, 0)² = ½ D(s),   s = ± one of four whole numbers, equally often

    Allowed  0: eighths of small whole numbers are exact.
    Rejects  half of the variance of s².
    """
    s = np.array([*values, *(-v for v in values)], dtype=np.float64)
    return Gap(abs(float(f.half(s)) - float(np.mean(np.maximum(s, 0.0) ** 2))), 0.0, "E max(s, 0)²")


def _sech2(s: float) -> float:
    return 1 / math.cosh(s) ** 2


def _integral(rho: float, power: int) -> tuple[float, float]:
    """E tanh'(s)^power for s ~ N(0, ρ²), and the quadrature's own error."""
    edge = min(38.0 * rho, 340.0 / power)
    cut = [p for p in (min(rho, 1.0), 5 * min(rho, 1.0)) if p < edge]
    found, error = integrate.quad(lambda s: _sech2(s) ** power * math.exp(-((s / rho) ** 2) / 2), 0, edge,
                                  points=cut, limit=200, epsabs=0, epsrel=1e-12)[:2]
    scale = 2 / (rho * math.sqrt(2 * math.pi))
    return found * scale, error * scale


RHOS = st.floats(-6, 6).map(lambda log: 10.0**log)


@claim("value", examples=50, rho=RHOS)
def mean_derivative_is_the_integral(f: Any, rho: float) -> Gap:
    """The mean derivative of tanh over normal sums is the integral that says so.

        E tanh'(s) = ∫ sech²(s) N(s; 0, ρ²) ds

    Allowed  the adaptive quadrature's own error bar, and 64 ulp for 2561 terms of one sign, summed in pairs.
    Rejects  tanh'(ρ), the derivative at the typical sum.
    """
    exact, error = _integral(rho, 1)
    return Gap(abs(f.mean_derivative(rho) - exact), error + 64 * EPS * exact, "E tanh'(s)")


@claim("value", examples=50, rho=RHOS, n=st.integers(1, 512), sigma=st.floats(0.01, 4))
def backward_factor_is_the_integral(f: Any, rho: float, n: int, sigma: float) -> Gap:
    """What a wide layer multiplies E g² by.

        χ = n σ² ∫ sech⁴(s) N(s; 0, ρ²) ds

    Allowed  the adaptive quadrature's own error bar, and 64 ulp for 2561 terms of one sign, summed in pairs.
    Rejects  the mean derivative squared for the mean of its square.
    """
    exact, error = _integral(rho, 2)
    size = n * sigma**2
    return Gap(abs(f.backward_factor(rho, n, sigma) - size * exact), size * (error + 64 * EPS * exact), "χ")


@claim("behaviour", examples=50, rho=st.floats(0, 9).map(lambda log: 10.0**log))
def derivative_dies_as_the_sums_grow(f: Any, rho: float) -> Gap:
    """Too large: a tanh unit's mean derivative dies like 1/ρ.

        √(2/π)/ρ (1 - π²/24ρ²) ≤ E tanh'(s) ≤ √(2/π)/ρ,   since ∫ sech² = 2, ∫ s² sech² = π²/6, 1 - x ≤ e^-x ≤ 1

    Allowed  64 ulp outside of the bracket.
    Rejects  a unit that does not saturate.
    """
    top = math.sqrt(2 / math.pi) / rho
    found, bottom = f.mean_derivative(rho), top * (1 - math.pi**2 / (24 * rho**2))
    return Gap(max(found - top, bottom - found, 0.0), 64 * EPS * top, "E tanh'(s) outside of its bracket")


@claim("behaviour", examples=30, n=st.integers(1, 4), sigma=st.floats(0.1, 2), seed=SEEDS)
def signal_changes_geometrically(f: Any, n: int, sigma: float, seed: int) -> Gap:
    """Too large or too small: the signal of a linear net grows or shrinks by nσ² in each layer.

        E x_L² / E x_0² = (n σ²)^L,   over all nets of one unit a layer that reads n copies of the one before, L = 3

    Allowed  rounding: 2(n + 4) operations a layer, whose sums cancel by n at most.
    Rejects  σ√n, the factor of the size, taken for that of its square.
    """
    signs = every_sign(3 * n).reshape(-1, 3, n)
    ratio = float(np.mean(np.prod(sigma * signs.sum(axis=2), axis=1) ** 2))
    return apart([f.growth(n, sigma, 3)], [ratio], (n, n, n), "E x_L² / E x_0²")


@claim("distribution", random=True)
def saturation_is_what_nets_show(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Over a sweep of σ the derivatives of a layer of tanh units average to what is predicted.

        mean of tanh'(s_j) = E tanh'(s),  s_j = Σ_i w_ji x_i, w ~ N(0, σ²), ρ² = n σ² mean x²;  σ = 0.01, 0.1, 1, 10

    Allowed  α/4 for each σ: independent values in [0, 1] (Bernstein, Chernoff); 20,000 units find a mean off by 0.04
             with power 0.99.
    Rejects  tanh'(ρ) for the mean; σ taken for ρ.
    """
    n, gaps = 64, []
    for sigma in (0.01, 0.1, 1.0, 10.0):
        x = rng.standard_normal(n)
        slopes = 1 - np.tanh(sigma * rng.standard_normal((20_000, n)) @ x) ** 2
        gaps.append(statistics.mean_of_bounded(slopes, f.mean_derivative(sigma * float(np.linalg.norm(x))), (0, 1),
                                               alpha=alpha / 4))
    return Gap.worst(gaps)
