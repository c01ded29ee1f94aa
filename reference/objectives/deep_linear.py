"""Deep linear net: a product of matrices that is to equal one; as a function of the factors it is not convex.

    f(θ) = ½ ‖P - M‖_F²,   P = W_L ⋯ W_1,   R = P - M                    W_k (n_k, n_{k-1}), M (n_L, n_0), n = `sizes`
    ∂W_k = A_kᵀ R B_kᵀ,   A_k = W_L ⋯ W_{k+1},   B_k = W_{k-1} ⋯ W_1        so that W_{k+1}ᵀ ∂W_{k+1} = ∂W_k W_kᵀ
    θ = (W_1, …, W_L) in one vector, rows first
    with r = min n_k and σ_i the singular values of M: minimum ½ Σ_{i>r} σ_i², no other local minima;
    θ = 0 is a critical point, a saddle for L = 2 and degenerate for L > 2

Source   Saxe, McClelland, Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear neural
         networks, 2014. Kawaguchi, Deep learning without poor local minima, 2016, theorem 2.3.
         Eckart, Young, The approximation of one matrix by another of lower rank, 1936 (the bottleneck).
Variant  none in use: inputs are taken as whitened.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from .._arguments import real, shaped, whole
from .._arrays import Array
from ._critical import Critical, critical


def factors(theta: Array, sizes: Sequence[int]) -> list[Array]:
    """W_1, …, W_L. Raises ValueError unless θ holds exactly these numbers."""
    widths = [whole("sizes", n, least=1) for n in sizes]
    shapes = [(n, m) for m, n in pairwise(widths)]
    total = sum(n * m for n, m in shapes)
    if not shapes or real("theta", theta, ndim=1).size != total:
        raise ValueError(f"theta must hold {total or 'one or more'} numbers for sizes {tuple(widths)}, "
                         f"got {theta.size}")
    ends = np.cumsum([0] + [n * m for n, m in shapes])
    return [np.reshape(theta[start:stop], shape) for (start, stop), shape in zip(pairwise(ends), shapes, strict=True)]


def product(ws: Sequence[Array], width: int) -> Array:
    """W_k ⋯ W_j for ws = (W_j, …, W_k); the identity of this width for none."""
    found = np.eye(width)
    for w in ws:
        found = np.matmul(w, found)
    return found


def forward(theta: Array, m: Array, *, sizes: Sequence[int]) -> Array:
    """f, a scalar. Raises ValueError where the shapes do not fit."""
    p = product(factors(theta, sizes), sizes[0])
    return 0.5 * np.sum((p - shaped("m", m, (sizes[-1], sizes[0]))) ** 2)


def backward(theta: Array, m: Array, g: Array, *, sizes: Sequence[int]) -> Array:
    """g ∇f, shaped like θ."""
    ws = factors(theta, sizes)
    r = g * (product(ws, sizes[0]) - m)
    found = [np.matmul(np.transpose(product(ws[k + 1:], sizes[k + 1])),
                       np.matmul(r, np.transpose(product(ws[:k], sizes[0])))) for k in range(len(ws))]
    return np.concatenate([np.reshape(each, (-1,)) for each in found])


def moved(ws: Sequence[Array], vs: Sequence[Array], width: int) -> Array:
    """d/dt of the product of W_k + t V_k at t = 0."""
    return sum((product([*ws[:k], v, *ws[k + 1:]], width) for k, v in enumerate(vs)), start=np.zeros(()))


def curved(theta: Array, m: Array, v: Array, *, sizes: Sequence[int]) -> Array:
    """∇²f v, shaped like θ: the three terms of the product rule for A_kᵀ R B_kᵀ."""
    ws, vs = factors(theta, sizes), factors(v, sizes)
    r, dr = product(ws, sizes[0]) - m, moved(ws, vs, sizes[0])
    found = []
    for k in range(len(ws)):
        a, b = product(ws[k + 1:], sizes[k + 1]), product(ws[:k], sizes[0])
        da, db = (moved(ws[part], vs[part], width) for part, width in
                  ((slice(k + 1, None), sizes[k + 1]), (slice(k), sizes[0])))
        da, db = np.broadcast_to(da, a.shape), np.broadcast_to(db, b.shape)
        found.append(np.reshape(da.T @ r @ b.T + a.T @ dr @ b.T + a.T @ r @ db.T, (-1,)))
    return np.concatenate(found)


def hessian(theta: Array, m: Array, *, sizes: Sequence[int]) -> Array:
    """Every second derivative, (θ, θ)."""
    return np.stack([curved(theta, m, direction, sizes=sizes) for direction in np.eye(theta.size)])


def points(*, m: Array, sizes: Sequence[int]) -> tuple[Critical, ...]:
    """A minimum: every factor has the L-th root of the largest min n_k singular values."""
    u, s, vt = np.linalg.svd(real("m", m, ndim=2))
    rank = min(sizes)
    root = np.diag(s[:rank] ** (1 / (len(sizes) - 1)))
    ends = [vt[:rank].T, *(np.eye(n, rank) for n in sizes[1:-1]), u[:, :rank]]
    parts = [np.reshape(above @ root @ below.T, (-1,)) for below, above in pairwise(ends)]
    return (critical(np.concatenate(parts), np.float64(infimum(m=m, sizes=sizes)), "minimum"),)


def infimum(*, m: Array, sizes: Sequence[int]) -> float:
    """The greatest lower bound of f."""
    return float(np.sum(np.linalg.svd(m, compute_uv=False)[min(sizes):] ** 2) / 2)
