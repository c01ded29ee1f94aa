"""Frobenius penalty: λ times the squared Frobenius norm of a matrix.

    Ω = λ ‖W‖_F² = λ Σ_ij W_ij² = λ tr(WᵀW) = λ Σ_k σ_k²          ∂Ω/∂W = 2 λ W          W: m×n

Source   Golub, Van Loan, Matrix computations, 2013, section 2.3; as a penalty of a layer: the lectures.
Variant  none in use. The norm itself, without its square, has gradient λ W / ‖W‖_F and is no weight decay.
"""

import numpy as np

from .._arguments import at_least, real
from .._arrays import Array


def _matrix(w: Array) -> Array:
    if np.ndim(real("w", w)) != 2:
        raise ValueError(f"w must be a matrix, got {np.ndim(w)} dimensions")
    return w


def forward(w: Array, *, lam: float) -> Array:
    """λ tr(WᵀW). Raises ValueError unless W is a matrix and λ is 0 or more."""
    return at_least("lam", lam, 0) * np.einsum("ij,ij->", _matrix(w), w)


def backward(w: Array, g: Array, *, lam: float) -> Array:
    """2 λ W g."""
    return 2 * at_least("lam", lam, 0) * _matrix(w) * g
