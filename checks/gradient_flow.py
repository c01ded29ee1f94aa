"""What is claimed of gradients on their way through many layers: where they vanish, explode, or keep their size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count, pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy import stats

from fiducial.checks.claims import Claim, claim
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.gradients import second_derivative
from fiducial.checks.networks import MLP, PAIR, Samples, data, sized
from fiducial.checks.rounding import Rounded

U = 2.0**-53
LENGTHS: Any = st.shared(st.integers(1, 8), key="chain")
CHAIN: Samples = {"x": data(()), "w": sized(LENGTHS, lambda n: (n,), 2.0), "b": sized(LENGTHS, lambda n: (n,))}
DEPTHS: Any = st.shared(st.tuples(st.integers(1, 2), st.integers(2, 4), st.integers(1, 3)), key="deep")
DEEP: Samples = {"x": sized(DEPTHS, lambda s: s[:2]), "w": sized(DEPTHS, lambda s: (s[2], s[1], s[1])),
        "v": sized(DEPTHS, lambda s: (s[2], s[1], s[1]))}
G = st.sampled_from((1.0, -2.0, 0.25)).map(np.asarray)
SQUARES = {"depth": 10, "width": 64}
NETS, MISS = 24, 0.1  # medians of means: nets in a group, and how often a group may miss


@claim("gradient", **CHAIN, g=G)
def product_of_slopes_and_weights(f: Any, x: Array, w: Array, b: Array, g: Array) -> Gap | None:
    """The gradient by the first bias is one product over the chain.

        ∂C/∂b₁ = σ'(z₁) · Π_{k>1} w_k σ'(z_k) · ∂C/∂a_L

    Allowed  4 × the running error bound of the product, evaluated from the input to the output.
    Rejects  a chain that carries the weight of the wrong layer back.
    """
    a, product = Rounded(x), Rounded(g)
    for k in range(len(w)):
        half = 0.5 * np.tanh(0.5 * (w[k] * a + b[k]))
        product = product * ((0.5 + half) * (0.5 - half)) * (w[k] if k else 1.0)
        a = 0.5 + half
    if not np.isfinite(product.error):
        return None
    return Gap(abs(float(f.backward(x, w, b, g).b[0]) - float(product.value)), 4 * float(product.error))


@claim("gradient", **CHAIN, g=G)
def bounded_by_quarters_of_the_weights(f: Any, x: Array, w: Array, b: Array, g: Array) -> Gap:
    """A sigmoid's slope is at most ¼, so each layer costs the gradient a factor of at most ¼|w|.

        |∂C/∂b_j| ≤ ¼ · Π_{k>j} ¼|w_k| · |∂C/∂a_L| = f.bound(w, g)_j

    Allowed  a slope errs by at most 13 u relative to ¼, a product of 2 L factors by 2 L u more: 15 L u of the bound.
    Rejects  a bound without absolute values, which a negative weight makes negative.
    """
    bound = f.bound(w, g)
    excess = np.abs(f.backward(x, w, b, g).b) - bound
    worst = int(np.argmax(excess - 15 * len(w) * U * np.abs(bound)))
    return Gap(float(excess[worst]), 15 * len(w) * U * float(abs(bound[worst])), f"layer {worst + 1}")


@claim("behaviour", w=st.sampled_from((2.0, 4.0, 8.0, 16.0)), depth=st.integers(1, 30))
def fate_at_the_fixed_point(f: Any, w: float, depth: int) -> Gap:
    """A chain that stays at σ = ½ multiplies the gradient by w/4: it vanishes, keeps its size or explodes.

        b = -w/2, x = ½:   ∂C/∂b₁ = ¼ (w/4)^{L-1}

    Allowed  0: z is exactly 0 in every layer, and powers of two are exact.
    Rejects  the alternative of vanishing or exploding: at w = 4 it does neither.
    """
    found = f.backward(np.asarray(0.5), np.full(depth, w), np.full(depth, -w / 2), np.asarray(1.0)).b[0]
    return Gap(float(abs(found - 0.25 * (w / 4) ** (depth - 1))), 0.0)


def weights(theta: Array, sizes: Sequence[int]) -> list[Array]:
    """The weight matrices in θ = (W₁, b₁, …), rows first."""
    found, start = [], 0
    for m, n in pairwise(sizes):
        found.append(theta[start:start + n * m].reshape(n, m))
        start += n * (m + 1)
    return found


@claim("gradient", **MLP)
def jacobian_is_bounded_by_the_weights(f: Any, x: Array, theta: Array, sizes: tuple[int, ...]) -> Gap:
    """The Jacobian of a sigmoid net is at most the product of its weights' norms, each over four.

        ‖∂y_L/∂x‖₂ ≤ Π_k ¼ ‖W_k‖₂            an upper bound: of use where ‖W_k‖₂ < 4

    Allowed  a layer errs by at most (n + 16) u relative to |h| |W|, and ‖|W|‖₂ ≤ n^½ ‖W‖₂: L (n + 16) u n^{L/2}.
    Rejects  tanh, whose slope is 1 at the origin.
    """
    rows = [f.backward(x[:1], theta, g[None], sizes=sizes).x[0] for g in np.eye(sizes[-1])]
    norms = [float(np.linalg.norm(w, 2)) for w in weights(theta, sizes)]
    bound, most = float(np.prod([n / 4 for n in norms])), max(sizes)
    slack = len(norms) * (most + 16) * U * most ** (len(norms) / 2)
    return Gap(float(np.linalg.norm(rows, 2)), bound * (1 + slack))


def _mean_square(f: Any, rng: np.random.Generator, depth: int, width: int) -> float:
    """‖∂y_L/∂x‖_F² / n for one drawn net: the mean square of the pulled-back gradient, over that of what is pulled."""
    drawn = f.draw(depth, width, rng=rng)
    parameters = drawn if isinstance(drawn, tuple) else (drawn,)
    x = np.tile(rng.normal(size=width), (width, 1))
    return float(np.sum(f.backward(x, *parameters, np.eye(width)).x ** 2)) / width


def median_of_means(f: Any, rng: np.random.Generator, alpha: float, mean: float, second: float) -> Gap:
    """The median over groups of nets of the mean of the squared norm, beside its expectation.

    A group's mean misses by √(variance / (nets · MISS)) with probability at most MISS (Chebyshev); the median misses
    only if half of the groups do, and there are so many that this binomial tail is below alpha. Nothing of the law
    is assumed but the first two moments, the second of which `second` bounds from above.
    """
    groups = next(n for n in count(1, 2) if stats.binom.sf(n // 2, n, MISS) <= alpha)
    means = [np.mean([_mean_square(f, rng, **SQUARES) for _ in range(NETS)]) for _ in range(groups)]
    allowed = float(np.sqrt((second - mean**2) / (NETS * MISS)))
    return Gap(float(abs(np.median(means) - mean)), allowed, "mean square of the gradient, over that of what is pulled",
               {"expected": mean, "found": float(np.median(means)), "nets": groups * NETS})


@claim("distribution", random=True)
def he_keeps_the_mean_square(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """A ReLU net at He scale neither shrinks nor swells the gradient's mean square, averaged over nets.

        E ‖∂y_L/∂x‖_F² / n = 1                depth 10, width 64

    Allowed  for a fixed v, each layer multiplies ‖v‖² by (2/n) χ²_K, K ~ Binomial(n, ½), independent of the layers
             before (w·v has the law of -w·v, so its square tells nothing of the sign of w·y): mean 1, second moment
             1 + 5/n, and E (‖J‖_F²/n)² ≤ (1 + 5/n)^L by Cauchy and Schwarz. Median of means of 24 nets: ±0.68.
             A weight variance 15 % off moves the mean to 4.0 or 0.20: found with power above 0.999999.
    Rejects  weights of variance 1/n (the gradient falls by 2^-10), or of variance 1.
    """
    return median_of_means(f, rng, alpha, 1.0, (1 + 5 / SQUARES["width"]) ** SQUARES["depth"])


@claim("distribution", random=True)
def residual_nets_keep_the_mean_square(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """A residual net whose branches share one unit of variance swells the gradient's mean square by less than e.

        E ‖∂y_L/∂x‖_F² / n = (1 + 1/L)^L     depth 10, width 64: 2.59

    Allowed  a block adds to a fixed v of norm 1 entries of N(0, s), s = (2/(L n²)) χ²_K, K ~ Binomial(n, ½): given s
             the squared norm has mean 1 + n s and second moment (1 + n s)² + 2 n s² + 4 s, with E s = 1/(L n) and
             E s² = (2/(L n²))² (n² + 5 n)/4. Median of means of 24 nets: ±0.42.
    Rejects  branches without the factor L^{-½}: 2^L.
    """
    n, depth = SQUARES["width"], SQUARES["depth"]
    s, s2 = 1 / (depth * n), (2 / (depth * n**2)) ** 2 * (n**2 + 5 * n) / 4
    second = 1 + (2 * n + 4) * s + (n**2 + 2 * n) * s2
    return median_of_means(f, rng, alpha, (1 + 1 / depth) ** depth, second**depth)


def diagonal_of(objective: Callable[..., Any]) -> Claim:
    """The claim that a curvature is the second derivative of an objective of (x, t, θ)."""

    @claim("gradient", examples=12, **PAIR)
    def diagonal_of_the_hessian(f: Any, x: Array, t: Array, theta: Array, sizes: tuple[int, ...]) -> Gap:
        """Each entry is the second derivative of the objective by its own parameter.

            f(x, t, θ)_i = ∂²E/∂θ_i²

        Allowed  the error bar of the numerical second derivative, and the running error bound of f's own evaluation.
        Rejects  a diagonal without the term in σ'', as in the Gauss-Newton approximation.
        """
        found, gaps = f.forward(Rounded(x), Rounded(t), Rounded(theta), sizes=sizes), []
        for i, row in enumerate(np.eye(theta.size)):
            bend = second_derivative(lambda p: objective(x[None], t[None], p, sizes=sizes), theta, row)
            gaps.append(Gap(abs(float(found.value[i]) - float(bend.value)),
                            float(bend.error) + float(found.error[i]), f"parameter {i}"))
        return Gap.worst(gaps)

    return diagonal_of_the_hessian


@claim("gradient", theta=sized(st.just(0), lambda _: (80,)), x=data((4,)), t=st.sampled_from((0.0, 1.0)).map(
    lambda value: np.full(4, value)))
def curvature_falls_towards_the_input(f: Any, theta: Array, x: Array, t: Array) -> Gap:
    """In a sigmoid net with weights of norm 1, each layer before has at most a quarter of the curvature's bound.

        ‖H_L‖ ≤ 1/16 + d_L/(6√3),   ‖H_{k-1}‖ ≤ ‖H_k‖/16 + d_{k-1}/(6√3),   d_L = ‖t - y‖ ≤ 2,   d_{k-1} = d_k/4

    Allowed  the bound, from 0 < σ' ≤ ¼ and |σ''| ≤ 1/(6√3), and 2000 u of it: products of 4 terms, ‖|W|‖₂ ≤ 2.
    Rejects  layers whose slopes are left out.
    """
    sizes = (4, 4, 4, 4, 4)
    scaled = np.concatenate([np.append((w / max(np.linalg.norm(w, 2), 1e-9)).ravel(), np.zeros(4))
                             for w in weights(theta, sizes)])
    found = [float(np.linalg.norm(h, 2)) for h in f.blocks(x, t, scaled, sizes=sizes)][::-1]
    d, bound, gaps = 2.0, 1 / 16 + 2 / (6 * 3**0.5), []
    for k, norm in enumerate(found):
        gaps.append(Gap(norm, bound * (1 + 2000 * U), f"layer {len(found) - k}"))
        d /= 4
        bound = bound / 16 + d / (6 * 3**0.5)
    return Gap.worst(gaps)
