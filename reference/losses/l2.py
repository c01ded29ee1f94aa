"""L2 penalty: λ times the sum of squared weights.

    Ω = λ Σ w²          ∂Ω/∂w = 2 λ w              w of any shape
    one step of descent at rate η:  w - η 2 λ w = (1 - 2ηλ) w

Source   Krogh, Hertz, A simple weight decay can improve generalization, 1991 (half); the lectures.
Variant  `half_forward`: ½ λ Σ w², whose gradient λ w makes λ the weight decay of the optimizers, with factor 1 - ηλ.
         λ Σ w² is decay by 2λ, for plain descent only. Keras' regularizers.L2: as `forward`.
"""

import numpy as np

from .._arguments import at_least, real
from .._arrays import Array


def forward(w: Array, *, lam: float) -> Array:
    """λ Σ w². Raises ValueError for a negative λ, like all functions here."""
    return at_least("lam", lam, 0) * np.sum(np.square(real("w", w)))


def backward(w: Array, g: Array, *, lam: float) -> Array:
    """2 λ w g."""
    return 2 * at_least("lam", lam, 0) * real("w", w) * g


def half_forward(w: Array, *, lam: float) -> Array:
    """½ λ Σ w²."""
    return 0.5 * forward(w, lam=lam)


def half_backward(w: Array, g: Array, *, lam: float) -> Array:
    """λ w g."""
    return at_least("lam", lam, 0) * real("w", w) * g
