"""Linear regression: half the mean squared residual, by the whole batch or one example at a time.

    f(θ) = 1/(2N) Σ_n (t_n - x_n·θ)²,   ∇f = -1/N Xᵀ (t - Xθ),   ∇²f = XᵀX/N               θ (d,), x (N, d), t (N,)
    one example: ∇f_n = -(t_n - x_n·θ) x_n, along x_n; the mean of all N is ∇f
    minimum where XᵀXθ = Xᵀt; a step of η = 1/‖x_n‖² on example n ends on its constraint x_n·θ = t_n

Source   Widrow, Hoff, Adaptive switching circuits, 1960 (one example at a time).
         Kaczmarz, Angenäherte Auflösung von Systemen linearer Gleichungen, 1937 (the step onto the constraint).
Variant  ½ Σ in place of the mean, whose curvature grows with N.
"""

import numpy as np

from .._arguments import real, shaped
from .._arrays import Array
from ._critical import Critical, critical


def residual(theta: Array, x: Array, t: Array) -> Array:
    """t - Xθ, shaped (N,). Raises ValueError where the shapes do not fit."""
    shaped("theta", theta, real("x", x, ndim=2).shape[1:])
    shaped("t", t, x.shape[:1])
    return t - np.matmul(x, theta)


def forward(theta: Array, x: Array, t: Array) -> Array:
    """f, a scalar. Raises ValueError where the shapes do not fit."""
    return np.sum(residual(theta, x, t) ** 2) / (2 * x.shape[0])


def backward(theta: Array, x: Array, t: Array, g: Array) -> Array:
    """g ∇f, shaped like θ."""
    return -g * np.matmul(np.transpose(x), residual(theta, x, t)) / x.shape[0]


def hessian(theta: Array, x: Array, t: Array) -> Array:
    """(d, d)."""
    return np.matmul(np.transpose(x), x) / x.shape[0]


def one_backward(theta: Array, x: Array, t: Array, n: int) -> Array:
    """∇f_n: what online descent follows."""
    return -residual(theta, x[n:n + 1], t[n:n + 1])[0] * x[n]


def onto_constraint(theta: Array, x: Array, t: Array, n: int) -> Array:
    """θ after one step of 1/‖x_n‖² on example n. Raises ValueError for x_n = 0."""
    square = np.sum(x[n] ** 2)
    if not square > 0:
        raise ValueError(f"x[{n}] must not be zero: it constrains nothing")
    return theta - one_backward(theta, x, t, n) / square


def points(*, x: Array, t: Array) -> tuple[Critical, ...]:
    """The minimum of least norm (the only one where x has d independent columns)."""
    best = np.linalg.lstsq(real("x", x, ndim=2), shaped("t", t, x.shape[:1]))[0]
    return (critical(best, forward(best, x, t), "minimum"),)


def infimum(*, x: Array, t: Array) -> float:
    """The greatest lower bound of f."""
    return points(x=x, t=t)[0].value
