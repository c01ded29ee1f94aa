"""Logistic regression on counted groups, whose optimum is known exactly where there are as many groups as weights.

    f(θ) = 1/N Σ_g n_g ln(1 + e^{z_g}) - k_g z_g,   z = Xθ,   N = Σ n_g          θ (d,), x (G, d), k, n (G,), 0 < k < n
    ∇f = 1/N Xᵀ (n σ(z) - k),   ∇²f = 1/N Xᵀ diag(n σ(z) σ(-z)) X
    X square and invertible: minimum at θ = X⁻¹ ln(k / (n - k)), where f is the entropy
        H = -1/N Σ_g k_g ln(k_g/n_g) + (n_g - k_g) ln(1 - k_g/n_g)

k_g of the n_g examples of group g are positive; all have the inputs x_g.

Source   McCullagh, Nelder, Generalized linear models, 1989, chapter 4 (grouped data).
Variant  one example a row is n = 1, k in {0, 1}: separable data then has no minimum.
"""

from collections.abc import Sequence

import numpy as np

from .._arguments import real, shaped, whole
from .._arrays import Array
from ..activations import sigmoid, softplus
from ._critical import Critical, critical

Counts = Sequence[int]


def counts(k: Counts, n: Counts, groups: int) -> tuple[Array, Array]:
    """k and n as arrays. Raises ValueError unless there is one of each for a group, and 0 < k < n."""
    positives = np.array([whole("k", entry, least=1) for entry in k], dtype=np.float64)
    sizes = np.array([whole("n", entry, least=2) for entry in n], dtype=np.float64)
    if positives.shape != (groups,) or sizes.shape != (groups,):
        raise ValueError(f"k and n must hold {groups} numbers, one for each row of x, got {len(k)} and {len(n)}")
    if not (positives < sizes).all():
        raise ValueError(f"k must be below n in every group, got k = {list(k)}, n = {list(n)}")
    return positives, sizes


def _scores(theta: Array, x: Array) -> Array:
    shaped("theta", theta, real("x", x, ndim=2).shape[1:])
    return np.matmul(x, theta)


def forward(theta: Array, x: Array, *, k: Counts, n: Counts) -> Array:
    """f, a scalar. Raises ValueError where shapes or counts do not fit."""
    positives, sizes = counts(k, n, real("x", x, ndim=2).shape[0])
    z = _scores(theta, x)
    return np.sum(sizes * softplus.forward(z) - positives * z) / np.sum(sizes)


def backward(theta: Array, x: Array, g: Array, *, k: Counts, n: Counts) -> Array:
    """g ∇f, shaped like θ."""
    positives, sizes = counts(k, n, x.shape[0])
    missed = sizes * sigmoid.forward(_scores(theta, x)) - positives
    return g * np.matmul(np.transpose(x), missed) / np.sum(sizes)


def hessian(theta: Array, x: Array, *, k: Counts, n: Counts) -> Array:
    """(d, d)."""
    z, sizes = _scores(theta, x), counts(k, n, x.shape[0])[1]
    weights = sizes * sigmoid.forward(z) * sigmoid.forward(-z) / np.sum(sizes)
    return np.matmul(np.transpose(x) * weights, x)


def points(*, x: Array, k: Counts, n: Counts) -> tuple[Critical, ...]:
    """The minimum. Raises ValueError unless x is square; numpy.linalg.LinAlgError where it has no inverse."""
    positives, sizes = counts(k, n, x.shape[0])
    if real("x", x, ndim=2).shape[0] != x.shape[1]:
        raise ValueError(f"x must have as many rows as columns for a closed form, got shape {x.shape}")
    best = np.linalg.solve(x, np.log(positives / (sizes - positives)))
    return (critical(best, np.float64(infimum(x=x, k=k, n=n)), "minimum"),)


def infimum(*, x: Array, k: Counts, n: Counts) -> float:
    """The greatest lower bound of f: the entropy."""
    positives, sizes = counts(k, n, x.shape[0])
    share = positives / sizes
    return float(-np.sum(positives * np.log(share) + (sizes - positives) * np.log1p(-share)) / np.sum(sizes))
