"""Focal loss: binary cross-entropy with logits in which examples that are already right count less.

    z = (2t - 1) x,   p = σ(z),   α_t = α t + (1 - α)(1 - t)            x, t of one shape, t in {0, 1}
    L = α_t (1 - p)^γ (-log p)
    ∂L/∂x = (2t - 1) α_t (1 - p)^γ (γ p log p - (1 - p))

Source   Lin, Goyal, Girshick, He, Dollár, Focal loss for dense object detection, 2017, equations 4 and 5, appendix B.
Variant  torchvision's sigmoid_focal_loss: α = ¼, γ = 2, reduction none; α < 0 leaves α_t out, here α = None does; it
         subtracts 1 - p, which loses digits where p is near 1, here σ(-z) is taken.
         At γ = 0 it is α_t times the binary cross-entropy.
"""

import numpy as np

from .._arguments import at_least, probability, real, shaped
from .._arrays import Array
from . import _reductions


def _log_sigmoid(z: Array) -> Array:
    return np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z)))


def _parts(x: Array, t: Array, alpha: float | None, gamma: float) -> tuple[Array, Array, Array]:
    """2t - 1, α_t (1 - p)^γ, and z."""
    shaped("t", real("t", t), real("x", x).shape)
    share = 1.0 if alpha is None else probability("alpha", alpha) * t + (1 - alpha) * (1 - t)
    side = 2 * t - 1
    return side, share * np.exp(at_least("gamma", gamma, 0) * _log_sigmoid(-side * x)), side * x


def forward(x: Array, t: Array, *, alpha: float | None = 0.25, gamma: float = 2.0, reduction: str = "none") -> Array:
    """The loss. Raises ValueError unless 0 ≤ α ≤ 1 (or None), γ ≥ 0 and t has the shape of x."""
    _, factor, z = _parts(x, t, alpha, gamma)
    return _reductions.forward(-factor * _log_sigmoid(z), reduction=reduction)


def backward(x: Array, t: Array, g: Array, *, alpha: float | None = 0.25, gamma: float = 2.0,
             reduction: str = "none") -> Array:
    """The gradient for x."""
    side, factor, z = _parts(x, t, alpha, gamma)
    p, rest = np.exp(_log_sigmoid(z)), np.exp(_log_sigmoid(-z))
    slope = side * factor * (gamma * p * _log_sigmoid(z) - rest)
    return slope * _reductions.backward(slope, g, reduction=reduction)
