"""What is claimed of slices through an objective: their ends, their shape, and what a normalised direction ignores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap, identical

Draws = SearchStrategy[Any]
U = 2.0**-53
SEEDS: Draws = st.integers(0, 2**20)
SHAPES = ((3, 2), (3,), (2, 3))
TS = (0.0, 0.25, 0.5, 1.0, 1.5)


def layers(seed: int, *, stream: int = 0) -> list[Array]:
    """Weights in sixteenths of a net 2-3-2 with biases in its hidden layer."""
    rng = np.random.default_rng([stream, seed])
    return [rng.integers(-32, 33, shape) / 16 for shape in SHAPES]


def quadratic(theta: list[Array]) -> Array:
    """½ Σ (θ - 1)²."""
    return np.asarray(0.5 * sum(float(((layer - 1) ** 2).sum()) for layer in theta))


def relu_net(seed: int) -> Callable[[list[Array]], Array]:
    """The mean squared error of the net on six examples."""
    rng = np.random.default_rng([9, seed])
    x, t = rng.standard_normal((6, 2)), rng.standard_normal((6, 2))

    def objective(theta: list[Array]) -> Array:
        w, b, v = theta
        return np.asarray(((np.maximum(x @ w.T + b, 0.0) @ v.T - t) ** 2).mean())

    return objective


@claim("value", examples=40, seed=SEEDS)
def ends_are_the_ends(f: Any, seed: int) -> Gap:
    """A segment begins and ends with the objective of its ends, bit for bit.

        slice(0) = J(θ₀),   slice(1) = J(θ₁)

    Allowed  0: (1 - t) a + t b is exact at t = 0 and 1.
    Rejects  ends exchanged.
    """
    objective, (start, end) = relu_net(seed), (layers(seed), layers(seed, stream=1))
    found = np.asarray(f.segment(objective, start, end, (0.0, 1.0)))
    return identical(np.array([objective(start), objective(end)]), found, "ends")


@claim("value", examples=40, seed=SEEDS)
def slices_of_a_quadratic_are_parabolas(f: Any, seed: int) -> Gap:
    """Along a line a quadratic is a parabola, and on a plane a quadratic of both coordinates.

        J((1 - t) a + t b) = (1 - t) J(a) + t J(b) - ½ t (1 - t) ‖b - a‖²
        J(θ + α d + β e) = J(θ) + α g·d + β g·e + ½ ‖α d + β e‖²,   g = θ - 1

    Allowed  256 u times the sum of the terms' sizes: sums of 15 squares.
    Rejects  a segment that begins at 0; α and β exchanged.
    """
    a, b, d = (layers(seed, stream=k) for k in range(3))
    flat = [np.concatenate([layer.ravel() for layer in theta]) for theta in (a, b, d)]
    j = [float(quadratic(theta)) for theta in (a, b)]
    square = float(((flat[1] - flat[0]) ** 2).sum())
    line = f.segment(quadratic, a, b, TS)
    exact = [(1 - t) * j[0] + t * j[1] - 0.5 * t * (1 - t) * square for t in TS]
    plane = np.asarray(f.plane(quadratic, a, b, d, (0.0, 0.5), (-1.0, 0.0, 2.0)))
    spread = np.array([[0.5 * float(((flat[0] - 1 + alpha * flat[1] + beta * flat[2]) ** 2).sum())
                        for beta in (-1.0, 0.0, 2.0)] for alpha in (0.0, 0.5)])
    if plane.shape != spread.shape:
        return Gap(np.inf, 0.0, f"a plane of shape {plane.shape}")
    size = 4 * (sum(j) + square) + float(spread.max())
    return Gap.worst([Gap(float(np.abs(line - exact).max()), 256 * U * size, "line"),
                      Gap(float(np.abs(plane - spread).max()), 256 * U * size, "plane")])


@claim("value", examples=40, seed=SEEDS)
def filters_have_the_nets_norms(f: Any, seed: int) -> Gap:
    """Each filter of a normalised direction is as long as the net's, and points where it pointed.

        ‖d_i‖ = ‖θ_i‖,   d_i ∥ drawn d_i;   0 where θ_i = 0

    Allowed  32 u ‖θ_i‖: two norms of at most 3 squares and a quotient.
    Rejects  one norm for a whole layer.
    """
    theta, drawn = layers(seed), layers(seed, stream=1)
    theta[0][1] = 0.0
    found = f.filter_normalised(drawn, theta)
    gaps = []
    for d, raw, layer in zip(found, drawn, theta, strict=True):
        rows = [(d[i], raw[i], layer[i]) for i in range(len(layer))] if layer.ndim > 1 else [(d, raw, layer)]
        for one, before, weights in rows:
            length = float(np.linalg.norm(weights)) if before.any() else 0.0
            along = one * np.linalg.norm(before) - before * length
            gaps += [Gap(abs(float(np.linalg.norm(one)) - length), 32 * U * length, "length of a filter"),
                     Gap(float(np.abs(along).max()), 32 * U * length * float(np.linalg.norm(before)), "its direction")]
    return Gap.worst(gaps)


@claim("invariance", examples=40, seed=SEEDS, power=st.integers(-8, 8))
def rescaled_layers_look_the_same(f: Any, seed: int, power: int) -> Gap:
    """A ReLU layer scaled up and the next scaled down is the same net, and has the same normalised landscape.

        J(θ' + α d') = J(θ + α d),   θ' = (c W, c b, V/c),   d, d' one draw, normalised by θ and by θ'

    Allowed  0: c is a power of two.
    Rejects  a direction that is not normalised: the larger the weights, the flatter it looks.
    """
    c, theta, objective = 2.0**power, layers(seed), relu_net(seed)
    scaled = [c * theta[0], c * theta[1], theta[2] / c]
    views = []
    for net in (theta, scaled):
        d, e = (f.random_direction(net, rng=np.random.default_rng([k, seed])) for k in (3, 4))
        views.append(np.asarray(f.plane(objective, net, d, e, (-0.5, 0.0, 1.0), (0.0, 0.25))))
    return identical(views[0], views[1], "view")
