"""Softmax: scores into probabilities, along one axis.

    p_k = e^(x_k - m) / Σ_j e^(x_j - m),  m = max_j x_j          x, p, g of one shape
    ∂x = p ⊙ (g - Σ_j g_j p_j)                                   the Jacobian is diag(p) - p pᵀ

m changes no probability: it keeps e^x from overflowing.

Source   Bridle, Training stochastic model recognition algorithms as networks can lead to maximum mutual information
         estimation of parameters, NIPS 1989. The maximum: Blanchard, Higham, Higham, Accurately computing the
         log-sum-exp and softmax functions, IMA J. Numer. Anal. 41, 2021, section 1.
Variant  none in use; the axis is -1 here, and named in every call of torch's.
"""

import numpy as np

from .._arguments import axis_of, real
from .._arrays import Array


def forward(x: Array, *, axis: int = -1) -> Array:
    """Probabilities along `axis`. Raises ValueError unless x is real float64 with such an axis."""
    k = axis_of("axis", axis, real("x", x, at_least_1d=True).ndim)
    if x.size == 0:
        return x
    e = np.exp(x - np.max(x, axis=k, keepdims=True))
    return e / np.sum(e, axis=k, keepdims=True)


def backward(x: Array, g: Array, *, axis: int = -1) -> Array:
    """The gradient with respect to x."""
    p = forward(x, axis=axis)
    return p * (g - np.sum(g * p, axis=axis, keepdims=True))
