"""Clip by norm: a gradient longer than c is shortened to c; all parameters together, so that the direction is kept.

    g ← g min(1, c / ‖g‖),   ‖g‖ = (Σ |g_i|^p)^(1/p) over every entry of every gradient        c max_norm, p norm_type

Source   Pascanu, Mikolov, Bengio, On the difficulty of training recurrent neural networks, 2013, algorithm 1.
Variant  torch's clip_grad_norm_: `torch_clip`, c / (‖g‖ + 1e-6), which shortens from ‖g‖ = c - 1e-6 on and is
         idempotent to 1e-6 only. Keras: clipnorm is `clip_each`, every variable by itself (Keras 2: all together);
         global_clipnorm is this. An infinite entry becomes nan and all others 0, as where ‖g‖ overflows; one nan makes
         all nan. torch takes a negative max_norm and turns the gradient round.
"""

from collections.abc import Sequence

import numpy as np

from .. import _arguments as require
from .._arrays import Array


def norm(gradients: Sequence[Array], *, norm_type: float = 2.0) -> Array:
    """The p-norm of all entries together; inf is the largest. 0 of none at all. ValueError unless p >= 1."""
    if not norm_type >= 1:
        raise ValueError(f"norm_type must be at least 1, got {norm_type}")
    sizes = [np.reshape(abs(g), -1) for g in gradients if np.size(g)]
    if not sizes:
        return np.float64(0)
    every = np.concatenate(sizes)
    if norm_type == np.inf:
        return np.max(every)
    return np.sqrt(np.sum(np.square(every))) if norm_type == 2 else np.sum(every**norm_type) ** (1 / norm_type)


def clip(gradients: Sequence[Array], *, max_norm: float, norm_type: float = 2.0) -> tuple[list[Array], Array]:
    """The gradients shortened, and the norm that they had. ValueError for max_norm < 0 and norm_type < 1."""
    length = norm(gradients, norm_type=norm_type)
    require.at_least("max_norm", max_norm, 0)
    if length <= max_norm:
        return [g * 1.0 for g in gradients], length
    return [g * (max_norm / length) for g in gradients], length


def torch_clip(gradients: Sequence[Array], *, max_norm: float, norm_type: float = 2.0) -> tuple[list[Array], Array]:
    """As `clip`, with 1e-6 in the denominator."""
    length = norm(gradients, norm_type=norm_type)
    scale = np.minimum(require.at_least("max_norm", max_norm, 0) / (length + 1e-6), 1.0)
    return [g * scale for g in gradients], length


def clip_each(gradients: Sequence[Array], *, max_norm: float, norm_type: float = 2.0) -> tuple[list[Array], Array]:
    """Every gradient by itself, and the norm of all: the direction of the whole changes."""
    each = [clip([g], max_norm=max_norm, norm_type=norm_type)[0][0] for g in gradients]
    return each, norm(gradients, norm_type=norm_type)
