"""L1 penalty: λ times the sum of absolute weights.

    Ω = λ Σ |w|          ∂Ω/∂w = λ sign(w), 0 taken at the kink w = 0          w of any shape

Source   Tibshirani, Regression shrinkage and selection via the lasso, 1996, in its penalized form.
Variant  torch's abs: slope 0 at 0, as here. Subgradient methods may take any slope in [-λ, λ] there.
"""

import numpy as np

from .._arguments import at_least, real
from .._arrays import Array


def forward(w: Array, *, lam: float) -> Array:
    """λ Σ |w|. Raises ValueError for a negative λ."""
    return at_least("lam", lam, 0) * np.sum(np.abs(real("w", w)))


def backward(w: Array, g: Array, *, lam: float) -> Array:
    """λ sign(w) g."""
    return at_least("lam", lam, 0) * np.sign(real("w", w)) * g
