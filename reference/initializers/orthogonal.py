"""Orthogonal: an orthogonal matrix from the uniform (Haar) law, so that a linear layer keeps every length.

    A = Q R,   A_ij ~ N(0, 1),   W = gain · Q sign(diag R)       A tall; a wide W is the transpose of a tall one
    WᵀW = gain² I  (W Wᵀ = gain² I when wide)                    w (out, in, …), its trailing axes taken as one

Without the signs Q is whatever the factorisation returns; Householder's has Q_11 < 0 always.

Source   Saxe, McClelland, Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear neural
         networks, 2014; the signs: Mezzadri, How to generate random matrices from the classical compact groups, 2007.
Variant  none in use.
"""

from math import prod

import numpy as np

from .._arguments import number
from .._arrays import Array
from ._fans import sizes


def draw(shape: tuple[int, ...], *, rng: np.random.Generator, gain: float = 1.0) -> Array:
    """Fresh weights. Raises ValueError for fewer than two dimensions and unless gain is finite."""
    rows, *others = sizes(shape, least=2)
    columns = prod(others)
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)
    return number("gain", gain) * (q if rows >= columns else q.T).reshape(shape)
