"""What objectives that fit data claim: least squares one example at a time, examples that disagree, deep products."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from fiducial.checks import statistics
from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap, identical
from fiducial.checks.objectives import ONE, Draws, U, places

CASES: Draws = st.shared(st.sampled_from(((3, 2), (5, 1), (4, 3), (8, 4))), key="examples and weights")
SEEDS: Draws = st.integers(0, 2**20)
LAYERS: Draws = st.shared(st.sampled_from(((2, 2, 2), (1, 1, 1, 1), (2, 3, 1), (3, 1, 2), (2, 2, 2, 2))), key="widths")
DRAWN = 4096  # examples of one random claim


def tables(of: Draws, shape: Any, stream: int, grain: int = 16) -> Draws:
    """Arrays of sixteenths from -4 to 4 of the shape that a drawn size asks for."""
    return st.builds(lambda size, seed: np.random.default_rng([stream, seed]).integers(
        -4 * grain, 4 * grain + 1, shape(size)) / grain, of, SEEDS)


def weights(widths: tuple[int, ...]) -> int:
    """How many weights a net of these widths has."""
    return sum(above * below for above, below in pairwise(widths))


THETA: Draws = tables(CASES, lambda case: case[1:], 1)
INPUTS: Draws = tables(CASES, lambda case: case, 2)
TARGETS: Draws = tables(CASES, lambda case: case[:1], 3)
FACTORS: Draws = tables(LAYERS, weights, 4).map(lambda t: t / 2)
MAP: Draws = tables(LAYERS, lambda n: (n[-1], n[0]), 5)


def conditioned(rest: Any) -> float:
    """By how many units of rounding of its norm a least-squares solution may be off: 64 N d κ²."""
    x = rest["x"]
    singular = np.linalg.svd(x, compute_uv=False)
    return float(64 * x.size * (singular[0] / singular[-1]) ** 2) if singular[-1] > 0 else np.inf


@claim("gradient", examples=40, theta=THETA, x=INPUTS, t=TARGETS)
def the_batch_averages_single_examples(f: Any, theta: Array, x: Array, t: Array) -> Gap:
    """The gradient of the whole batch is the mean of those of single examples.

        ∇f = 1/N Σ_n ∇f_n

    Allowed  16 (N + d) u Σ_n |x_n| (|t_n| + |x_n|·|θ|): sums of N terms, each with a sum of d.
    Rejects  the sum in the place of the mean.
    """
    mean = np.mean([f.one_backward(theta, x, t, n) for n in range(len(x))], axis=0)
    size = float((np.abs(x).T @ (np.abs(t) + np.abs(x) @ np.abs(theta))).max())
    return Gap(float(np.abs(mean - f.backward(theta, x, t, ONE)).max()), 16 * sum(x.shape) * U * size)


@claim("behaviour", examples=40, theta=THETA, x=INPUTS, t=TARGETS, n=st.integers(0, 2))
def one_example_leads_onto_its_constraint(f: Any, theta: Array, x: Array, t: Array, n: int) -> Gap | None:
    """A step of 1/‖x_n‖² on one example moves along its inputs, and ends where they are fitted exactly.

        θ' - θ ∥ x_n,   x_n·θ' = t_n

    Allowed  32 d u (|t_n| + 2 |x_n|·|θ| + |x_n|·|θ' - θ|) for the fit, a sum of d products, and
             32 d u (‖θ‖ + ‖θ' - θ‖) off the line.
    Rejects  a step of 1/‖x_n‖.
    """
    row = x[n]
    if not row.any():
        return None
    moved = f.onto_constraint(theta, x, t, n)
    way = moved - theta
    beside = way - row * float(way @ row) / float(row @ row)
    size = float(abs(t[n]) + np.abs(row) @ (2 * np.abs(theta) + np.abs(way)))
    return Gap.worst([Gap(abs(float(row @ moved - t[n])), 32 * row.size * U * size, "distance from the constraint"),
                      Gap(float(np.linalg.norm(beside)),
                          32 * row.size * U * float(np.linalg.norm(theta) + np.linalg.norm(way)), "off the line")])


NOISY: dict[str, Any] = {"x": places(1), "h": st.sampled_from((1.0, 0.25, 4.0)), "c": st.sampled_from((0.0, 1.5)),
                           "sigma": st.sampled_from((1.0, 0.5, 3.0))}
NODES = (-np.sqrt(3.0), 0.0, np.sqrt(3.0))  # with weights 1/6, 2/3, 1/6 exact for polynomials of degree 5 in N(0, 1)
WEIGHTS = (1 / 6, 2 / 3, 1 / 6)


@claim("value", examples=40, lr=st.sampled_from((0.0, 0.1, 0.5, 1.0)), **NOISY)
def stated_means_are_the_integrals(f: Any, x: Array, h: float, c: float, sigma: float, lr: float) -> Gap:
    """The stated expectations, before a step and after it, are the integrals over the noise.

        E f(x; ξ) = Σ w_i f(x; c + σ z_i),   E f(x - η ∇f(x; ξ); ξ') likewise over both: Gauss-Hermite, 3 nodes each

    Allowed  256 u h (|x| + |c| + 4σ)² (1 + η h)²: nine squares and their sum, each of at most this size.
    Rejects  an expectation without its noise floor ½ h σ².
    """
    minima = [np.full(1, c + sigma * z) for z in NODES]
    before = sum(w * float(f.forward(x, xi, h=h)) for w, xi in zip(WEIGHTS, minima, strict=True))
    after = sum(w * v * float(f.forward(x - lr * f.backward(x, xi, ONE, h=h), other, h=h))
                for w, xi in zip(WEIGHTS, minima, strict=True) for v, other in zip(WEIGHTS, minima, strict=True))
    allowed = 256 * U * h * (abs(float(x[0])) + abs(c) + 4 * sigma) ** 2 * (1 + lr * h) ** 2
    options = {"h": h, "c": c, "sigma": sigma}
    return Gap.worst([Gap(abs(float(f.expected(x, **options)) - before), allowed, "before a step"),
                      Gap(abs(float(f.expected_after(x, lr=lr, **options)) - after), allowed, "after a step")])


@claim("value", examples=40, part=st.sampled_from((0.0, 0.5, 0.9, 1.1, 2.0)), **NOISY)
def no_rate_is_better(f: Any, x: Array, h: float, c: float, sigma: float, part: float) -> Gap:
    """No rate makes the expected objective after one step smaller than the best rate does.

        E f(x - η* ∇f) ≤ E f(x - η ∇f)   for every η

    Allowed  64 u h ((x - c)² + 3σ²) (1 + part)²: two sums of three squares.
    Rejects  1/h, which forgets the noise.
    """
    options = {"h": h, "c": c, "sigma": sigma}
    best = f.best_rate(x, **options)
    lost = float(f.expected_after(x, lr=best, **options)) - float(f.expected_after(x, lr=part / h, **options))
    size = h * (float((x[0] - c) ** 2) + 3 * sigma**2) * (1 + part) ** 2
    return Gap(max(0.0, lost), 64 * U * size)


@claim("distribution", random=True)
def gradients_scatter_about_the_mean_one(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Over drawn examples the gradient is normal, with the slope of the mean parabola for its mean and variance h² σ².

        E ∇f = h (x - c) = -1,   Var ∇f = h² σ² = 36      at h = 2, σ = 3, c = 1, x = ½

    Allowed  `mean_of_normal` and `variance_of_normal` for 4096 draws at α/2 each; at 1e-9 a mean off by 0.14 of the
             deviation and a variance off by 21 % are found with probability 0.99.
    Rejects  minima drawn about 0; a deviation of σ² in the place of σ.
    """
    xi = np.asarray(f.draw((DRAWN, 1), rng=rng, c=1.0, sigma=3.0))
    slopes = np.array([f.backward(np.array([0.5]), each, ONE, h=2.0)[0] for each in xi])
    return Gap.worst([statistics.mean_of_normal(slopes, -1.0, 6.0, alpha=alpha / 2),
                      statistics.variance_of_normal(slopes, 36.0, alpha=alpha / 2)])


@claim("gradient", examples=30, theta=FACTORS, m=MAP, sizes=LAYERS)
def neighbouring_layers_balance(f: Any, theta: Array, m: Array, sizes: tuple[int, ...]) -> Gap:
    """Along the gradient neighbouring layers exchange nothing: what one gains from above the other loses from below.

        W_{k+1}ᵀ ∂W_{k+1} = ∂W_k W_kᵀ      (so W_{k+1}ᵀ W_{k+1} - W_k W_kᵀ is kept by gradient flow)

    Allowed  256 u times the product of all ‖W‖_F and of ‖P‖_F + ‖M‖_F: a chain of at most 7 products of widths ≤ 3.
    Rejects  a gradient in which one layer's own factor is left in.
    """
    ws, gs = f.factors(theta, sizes), f.factors(f.backward(theta, m, ONE, sizes=sizes), sizes)
    norms = [float(np.linalg.norm(w)) for w in ws]
    size = float(np.prod(norms)) * (float(np.prod(norms)) + float(np.linalg.norm(m)))
    return Gap.worst([Gap(float(np.abs(ws[k + 1].T @ gs[k + 1] - gs[k] @ ws[k].T).max()), 256 * U * size, f"layer {k}")
                      for k in range(len(ws) - 1)])


@claim("invariance", examples=30, theta=FACTORS, m=MAP, sizes=LAYERS, power=st.integers(-3, 3))
def scale_moves_between_layers(f: Any, theta: Array, m: Array, sizes: tuple[int, ...], power: int) -> Gap:
    """A factor taken from one layer and given to the next changes nothing.

        f(W_1 c, W_2 / c, …) = f(W_1, W_2, …)

    Allowed  0: c is a power of two.
    Rejects  a penalty on the weights.
    """
    ws = f.factors(theta, sizes)
    moved = [ws[0] * 2.0**power, ws[1] * 2.0**-power, *ws[2:]]
    again = f.forward(np.concatenate([w.ravel() for w in moved]), m, sizes=sizes)
    return identical(np.asarray(f.forward(theta, m, sizes=sizes)), np.asarray(again), "objective")


@claim("gradient", examples=30, m=MAP, sizes=LAYERS)
def nothing_moves_at_zero(f: Any, m: Array, sizes: tuple[int, ...]) -> Gap:
    """With every weight at 0 the gradient is 0, though nothing is learnt; the Hessian is 0 too beyond two layers.

        ∇f(0) = 0,   f(0) = ½ ‖M‖²,   ∇²f(0) = 0 for L > 2

    Allowed  0, and 16 u f(0) for the height.
    Rejects  a net that learns from weights of 0.
    """
    zero = np.zeros(weights(sizes))
    height = 0.5 * float(np.sum(m**2))
    bends = np.abs(f.hessian(zero, m, sizes=sizes)).max() if len(sizes) > 3 else 0.0
    return Gap.worst([Gap(float(np.abs(f.backward(zero, m, ONE, sizes=sizes)).max()), 0.0, "slope"),
                      Gap(float(bends), 0.0, "bend"),
                      Gap(abs(float(f.forward(zero, m, sizes=sizes)) - height), 16 * U * height, "height")])
