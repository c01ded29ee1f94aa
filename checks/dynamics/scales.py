"""What is claimed of layers and scale: of weights before a normalization, and of gradients on their way down."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap

U = 2.0**-53
SEEDS = st.integers(0, 2**16)
LENGTHS = st.integers(1, 30)


def _drawn(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).normal(size=shape)


@claim("invariance", seed=SEEDS, power=st.sampled_from((-3, 1, 5)), examples=30)
def scale_before_batch_norm_changes_nothing(f: Any, seed: int, power: int) -> Gap:
    """Weights before batch norm may be scaled, unit by unit: the loss does not change, and the gradient shrinks.

        y(x, c ⊙ W) = y(x, W),   ∂L/∂W(c ⊙ W) = ∂L/∂W(W) / c,   c = 4^±k by unit, ε = 0

    Allowed  0: every operation on a power of two, and the root of its square, is exact.
    Rejects  layer norm, which is invariant to one scale for all units only.
    """
    x, w, g = _drawn(seed, 12, 4), _drawn(seed + 1, 3, 4), _drawn(seed + 2, 12, 3)
    c = 4.0 ** np.array([power, -power, 2 * power])
    value = np.count_nonzero(f.forward(x, w) != f.forward(x, c[:, None] * w))
    slope = np.count_nonzero(f.gradient(x, w, g) != c[:, None] * f.gradient(x, c[:, None] * w, g))
    return Gap(float(value + slope), 0.0, "entries that differ", {"values": int(value), "gradients": int(slope)})


@claim("invariance", seed=SEEDS, examples=30)
def gradient_before_batch_norm_is_across(f: Any, seed: int) -> Gap:
    """The gradient for a unit's weights before batch norm has no part along them: a step can only lengthen them.

        w_i · ∂L/∂w_i = 0 for every unit i, ε = 0

    Allowed  512 u ‖w_i‖ Σ|x| |∂L/∂z|: sums over 12 examples and 4 inputs, the backward pass with about ten roundings a
             term, each of which is at most the product of the largest terms here.
    Rejects  a layer whose backward pass holds the statistics fixed.
    """
    x, w, g = _drawn(seed, 12, 4), _drawn(seed + 1, 3, 4), _drawn(seed + 2, 12, 3)
    z = x @ w.T
    terms = np.abs(x).sum() * np.abs(g).sum(axis=0) / z.std(axis=0)
    along = np.abs(np.sum(w * f.gradient(x, w, g), axis=1))
    allowed = 512 * U * np.linalg.norm(w, axis=1) * terms
    worst = int(np.argmax(along / allowed))
    return Gap(float(along[worst]), float(allowed[worst]), f"unit {worst}")


@claim("invariance", seed=SEEDS, examples=30)
def batch_norm_decorrelates_nothing(f: Any, seed: int) -> Gap:
    """Batch norm gives each feature mean 0 and variance 1, and leaves every correlation as it was.

        mean y_i = 0,   mean y_i² = 1,   mean y_i y_j = corr(z_i, z_j)

    Allowed  64 κ u: sums of 40 terms of size 1, divided by a deviation that cancellation of the mean by |mean|/σ ≤ κ
             has cost its last digits.
    Rejects  whitening, whose correlations are 0.
    """
    z = _drawn(seed, 40, 3) @ _drawn(seed + 1, 3, 3) + 2
    y = f.standardized(z)
    centred = z - z.mean(axis=0)
    covariance = centred.T @ centred / 40
    deviation = np.sqrt(np.diag(covariance))
    kappa = 1 + float((np.abs(z).max(axis=0) / deviation).max())
    return Gap.worst([Gap(float(np.abs(y.mean(axis=0)).max()), 64 * kappa * U, "mean"),
                      Gap(float(np.abs(y.T @ y / 40 - covariance / np.outer(deviation, deviation)).max()),
                          64 * kappa * U, "second moments")])


@claim("gradient", seed=SEEDS, length=st.integers(2, 12), size=st.sampled_from((0.5, 2.0, 8.0)), examples=40)
def sigmoid_layer_costs_a_quarter(f: Any, seed: int, length: int, size: float) -> Gap:
    """In a chain of sigmoids each layer costs the gradient a factor of at most ¼|w|, whatever the biases.

        |∂C/∂b_j| ≤ ¼ |w_{j+1}| |∂C/∂b_{j+1}|

    Allowed  16 u of the bound: a slope is a product of two sigmoids, each within 3 u.
    Rejects  tanh, whose slope is up to 1; a chain that leaves the slopes out.
    """
    w, b = size * _drawn(seed, length), _drawn(seed + 1, length)
    found = np.abs(f.backward(np.asarray(0.3), w, b, np.asarray(1.0)).b)
    excess = found[:-1] - 0.25 * np.abs(w[1:]) * found[1:] * (1 + 16 * U)
    return Gap(float(excess.max()), 2.0**-1074, f"layer {int(np.argmax(excess)) + 1}")


@claim("gradient", length=LENGTHS, w=st.sampled_from((0.5, 1.0, 2.0, 0.75)), x=st.sampled_from((1.0, -1.0, 3.0)))
def active_relu_path_costs_its_weights(f: Any, length: int, w: float, x: float) -> Gap:
    """A ReLU path that is active costs the gradient nothing but its weights, and one that is not costs all of it.

        ∂y/∂x = Π w_k for x > 0, w_k > 0;      0 for x < 0

    Allowed  L u of the product.
    Rejects  sigmoids; leaky units, which let a hundredth through.
    """
    found = float(f.backward(np.array([[x]]), np.full((length, 1, 1), w), np.ones((1, 1))).x[0, 0])
    expected = w**length if x > 0 else 0.0
    return Gap(abs(found - expected), length * U * expected, "slope of the path")


def _layers(theta: Array, sizes: tuple[int, ...]) -> list[tuple[Array, Array]]:
    """(W_k, b_k) of a vector (W₁, b₁, …), rows of W first."""
    found, start = [], 0
    for m, n in pairwise(sizes):
        found.append((theta[start:start + n * m].reshape(n, m), theta[start + n * m:start + n * (m + 1)]))
        start += n * (m + 1)
    return found


@claim("gradient", seed=SEEDS, depth=st.integers(2, 8), size=st.sampled_from((1.0, 0.5)), examples=30)
def early_sigmoid_layers_learn_slowly(f: Any, seed: int, depth: int, size: float) -> Gap:
    """In a deep sigmoid net with small weights each layer before gets at most a quarter of the gradient.

        ‖W_k‖₂ = s ≤ 1:   ‖∂C/∂b_k‖ ≤ (s/4) ‖∂C/∂b_{k+1}‖,   so that the rates that layers need differ

    Allowed  64 u of the bound, for sums of 5 terms and the norms.
    Rejects  a net of tanh, or without activations.
    """
    sizes = (5,) * (depth + 1)
    scaled = [np.append((size * w / np.linalg.norm(w, 2)).ravel(), b)
              for w, b in _layers(_drawn(seed, 30 * depth), sizes)]
    g = f.backward(_drawn(seed + 1, 1, 5), np.concatenate(scaled), _drawn(seed + 2, 1, 5), sizes=sizes).theta
    norms = [float(np.linalg.norm(b)) for _, b in _layers(g, sizes)]
    excess = [before / after * 4 / size - 1 for before, after in pairwise(norms)]
    return Gap(float(np.max(excess)), 64 * U, f"layer {int(np.argmax(excess)) + 1}", {"norms": norms})
