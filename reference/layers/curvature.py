"""Curvature by layer: the diagonal of the Hessian of ½‖t - y‖² for one example of a sigmoid MLP, exact.

    δ_L = y - t,   δ_{k-1} = W_kᵀ (σ'(z_k) ⊙ δ_k)                       ∂E/∂y_k, as in `mlp`; x (n₀,), t (n_L,)
    H_k = D_k C_k D_k + diag(σ''(z_k) ⊙ δ_k),   D_k = diag(σ'(z_k))     ∂²E/∂z_k², (n_k, n_k)
    C_L = I,   C_{k-1} = W_kᵀ H_k W_k                                    ∂²E/∂y_k²
    ∂²E/∂W_k[i,j]² = H_k[i,i] y_{k-1}[j]²,   ∂²E/∂b_k[i]² = H_k[i,i]     laid out like θ

As 0 < σ' ≤ ¼ and |σ''| ≤ 1/(6√3),
    ‖H_{k-1}‖₂ ≤ (¼ ‖W_k‖₂)² ‖H_k‖₂ + ‖W_k‖₂ ‖σ'(z_k) ⊙ δ_k‖₂ / (6√3),
so with ‖W_k‖₂ < 4 both terms fall towards the input.

Source   Bishop, Exact calculation of the Hessian matrix for the multilayer perceptron, 1992.
         LeCun, Bottou, Orr, Müller, Efficient backprop, 1998, section 7.2 (equations 36 to 39) and 8.6.
Variant  LeCun's: C_k without its off-diagonal entries, and without the term in σ'' (then it is positive).
"""

from collections.abc import Sequence

import numpy as np

from .._arguments import shaped
from .._arrays import Array
from .mlp import LOGISTIC, layers, passed


def blocks(x: Array, t: Array, theta: Array, *, sizes: Sequence[int]) -> list[Array]:
    """H_1, …, H_L. Raises ValueError where the shapes do not fit."""
    shaped("t", t, (sizes[-1],))
    ys, zs = passed(np.reshape(x, (1, -1)), theta, sizes, LOGISTIC)
    delta, c, found = ys[-1][0] - t, np.eye(sizes[-1]), []
    for (w, _), z in zip(reversed(layers(theta, sizes)), reversed(zs), strict=True):
        y, slope = LOGISTIC.value(z[0]), LOGISTIC.slope(z[0])
        h = slope[:, None] * c * slope + np.eye(slope.shape[0]) * (slope * (1 - 2 * y) * delta)
        found.append(h)
        c, delta = np.matmul(np.matmul(np.transpose(w), h), w), np.matmul(slope * delta, w)
    return found[::-1]


def forward(x: Array, t: Array, theta: Array, *, sizes: Sequence[int]) -> Array:
    """The diagonal, laid out like θ."""
    ys, _ = passed(np.reshape(x, (1, -1)), theta, sizes, LOGISTIC)
    parts = []
    for h, y in zip(blocks(x, t, theta, sizes=sizes), ys, strict=False):
        bend = np.diag(h)
        parts += [np.reshape(bend[:, None] * y[0] ** 2, (-1,)), bend]
    return np.concatenate(parts)
