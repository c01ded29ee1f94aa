"""Loss slices: the objective along a line between two parameter vectors, and on a plane through one.

    segment    J((1 - t) θ₀ + t θ₁)                                                   t in [0, 1], or beyond
    plane      J(θ + α d + β e)
    filter-normalised direction: d_i ← d_i ‖θ_i‖ / ‖d_i‖ for each filter i, 0 where θ_i = 0 or d_i = 0

θ: a list of arrays, one a layer; a filter is a row along the first axis (a unit's weights); one-dimensional
arrays, the biases, are one filter each.

Source   Goodfellow, Vinyals, Saxe, Qualitatively characterizing neural network optimization problems, 2015, section 2.
         Li, Xu, Taylor, Studer, Goldstein, Visualizing the loss landscape of neural nets, 2018, section 4.
Variant  Li et al. set the directions of biases and of batch norm to 0: pass zeros for them. Normalising layer by layer.
"""

from collections.abc import Callable, Sequence

import numpy as np

from .._arguments import real
from .._arrays import Array

Layers = Sequence[Array]
Objective = Callable[[list[Array]], Array]


def _moved(theta: Layers, *moves: tuple[float, Layers]) -> list[Array]:
    found = [real("theta", layer) for layer in theta]
    for amount, direction in moves:
        found = [layer + amount * d for layer, d in zip(found, direction, strict=True)]
    return found


def segment(objective: Objective, start: Layers, end: Layers, ts: Sequence[float]) -> Array:
    """J at every t, shaped like ts; exactly J(θ₀) at 0 and J(θ₁) at 1."""
    return np.array([objective([(1 - t) * a + t * b for a, b in zip(start, end, strict=True)]) for t in ts])


def plane(objective: Objective, theta: Layers, d: Layers, e: Layers, alphas: Sequence[float],
          betas: Sequence[float]) -> Array:
    """J at every (α, β), shaped (alphas, betas)."""
    return np.array([[objective(_moved(theta, (alpha, d), (beta, e))) for beta in betas] for alpha in alphas])


def _norms(layer: Array) -> Array:
    """The norm of each filter, shaped to divide by."""
    rows = np.reshape(layer, (layer.shape[0], -1) if layer.ndim > 1 else (1, -1))
    return np.reshape(np.sqrt(np.sum(rows**2, axis=1)), (rows.shape[0],) + (1,) * (layer.ndim - 1))


def filter_normalised(direction: Layers, theta: Layers) -> list[Array]:
    """Each filter of the direction as long as that of θ. Raises ValueError where shapes differ."""
    found = []
    for d, layer in zip(direction, theta, strict=True):
        if real("direction", d, at_least_1d=True).shape != real("theta", layer).shape:
            raise ValueError(f"direction must have the shapes of theta, got {d.shape} beside {layer.shape}")
        sizes = _norms(d)
        found.append(d * np.where(sizes > 0, _norms(layer) / np.where(sizes > 0, sizes, 1.0), 0.0))
    return found


def random_direction(theta: Layers, *, rng: np.random.Generator) -> list[Array]:
    """A Gaussian direction, filter-normalised."""
    return filter_normalised([rng.standard_normal(layer.shape) for layer in theta], theta)
