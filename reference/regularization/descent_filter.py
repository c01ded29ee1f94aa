"""Early stopping as capacity control: descent from 0 that is stopped after t steps shrinks like a ridge penalty.

    L(w) = ‖X w - y‖² / 2n,   XᵀX/n = V diag(s) Vᵀ          X (n, d), y (n), w (d)
    w_t  = w_{t-1} - η ∇L(w_{t-1}),  w_0 = 0
         = V diag(1 - (1 - η s)ᵗ) Vᵀ w*                      w* a minimizer; 0 < η s < 1: the filter rises with t
    ridge with penalty α/2 ‖w‖²:  V diag(s / (s + α)) Vᵀ w*
    1 - (1 - η s)ᵗ = η s t + O((η s t)²) = s / (s + 1/(η t))   to first order: η t stands for 1/α

Source   Goodfellow, Bengio, Courville, Deep learning, 2016, section 7.8; Bishop, Regularization and complexity control
         in feed-forward networks, 1995.
Variant  none in use.
"""

import numpy as np

from .._arguments import at_least, positive, real, shaped, whole
from .._arrays import Array


def forward(s: Array, *, eta: float, t: int) -> Array:
    """The share of each component of w* that t steps have found. s any shape, not negative."""
    return 1 - (1 - positive("eta", eta) * real("s", s)) ** whole("t", t)


def ridge(s: Array, *, alpha: float) -> Array:
    """The share of each component of w* that a penalty α/2 ‖w‖² leaves. Raises ValueError unless α > 0."""
    return real("s", s) / (s + positive("alpha", alpha))


def gradient(x: Array, y: Array, w: Array) -> Array:
    """∇L(w) = Xᵀ(X w - y) / n."""
    return real("x", x, ndim=2).T @ (x @ w - shaped("y", y, x.shape[:1])) / len(x)


def descend(x: Array, y: Array, *, eta: float, t: int) -> Array:
    """w_t, step by step."""
    w = np.zeros(real("x", x, ndim=2).shape[1])
    for _ in range(whole("t", t)):
        w = w - positive("eta", eta) * gradient(x, y, w)
    return w


def ridge_solution(x: Array, y: Array, *, alpha: float) -> Array:
    """The minimizer of L(w) + α/2 ‖w‖²."""
    n, d = real("x", x, ndim=2).shape
    return np.linalg.solve(x.T @ x / n + at_least("alpha", alpha, 0) * np.eye(d), x.T @ shaped("y", y, (n,)) / n)
