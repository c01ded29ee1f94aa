"""Fixed-order product: a matrix product whose entries are all summed in one order: equal rows give equal results.

    y_jn = (…((w_j1 x_1n + w_j2 x_2n) + w_j3 x_3n) … )           w (units, inputs), x (inputs, examples)

Units that start equal stay equal bit for bit only under such a product. A tuned one sums the units at the edge of its
blocks in another order; they drift apart by rounding, and training may amplify that.

Source   Higham, Accuracy and stability of numerical algorithms, 2nd ed., 2002, section 3.1.
Variant  none in use: BLAS promises no order.
"""

import numpy as np

from .._arguments import real
from .._arrays import Array


def product(w: Array, x: Array) -> Array:
    """w @ x, term by term from the first. Raises ValueError unless both are matrices that fit."""
    real("w", w, ndim=2), real("x", x, ndim=2)
    if w.shape[1] != x.shape[0]:
        raise ValueError(f"x must have {w.shape[1]} rows, one for each column of w, got shape {x.shape}")
    y = np.zeros((w.shape[0], x.shape[1]))
    for i in range(w.shape[1]):
        y = y + w[:, i, None] * x[None, i, :]
    return y
