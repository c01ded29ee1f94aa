"""ZCA whitening: whiten, and turn back, so that the result stays as near to the data as a white one can.

    W = C^{-1/2} = U diag(1 / √(s + ε)) Uᵀ             μ, U, s as in `decorrelate`; symmetric, positive definite
    y = (x - μ) W                                      x, y (N, D); covariance U diag(s / (s + ε)) Uᵀ
    at ε = 0 and full rank the covariance is I; else it projects onto the components that have variance

Source   Bell, Sejnowski, The independent components of natural scenes are edge filters, 1997; that W is the nearest of
         all whitenings: Kessy, Lewin, Strimmer, Optimal whitening and decorrelation, 2018, section 3.
Variant  ε: 0 here; about 1e-5 (data of unit range) to 0.1 for photographs, whose smallest variances are noise.
         Keras's generator (zca_whitening) has 1e-6. Lecture notes print C^{-1/2} without its two conditions.
"""

from .._arguments import real
from .._arrays import Array
from .decorrelate import Axes, fit
from .whiten_pca import gains

__all__ = ["Axes", "backward", "fit", "forward", "matrix"]


def matrix(fitted: Axes, *, eps: float = 0.0) -> Array:
    """W: D × D. A component of variance 0 gets the gain 0 at ε = 0."""
    return (fitted.u * gains(fitted.values, eps)) @ fitted.u.T


def forward(x: Array, fitted: Axes, *, eps: float = 0.0) -> Array:
    """x (N, D) whitened by the axes of the training set."""
    return (real("x", x) - fitted.mean) @ matrix(fitted, eps=eps)


def backward(x: Array, fitted: Axes, g: Array, *, eps: float = 0.0) -> Array:
    """The gradient for x: W is its own transpose."""
    return g @ matrix(fitted, eps=eps)
