"""The complex step: the derivative of an analytic function to the last digit, from one evaluation and no subtraction.

    d/dt f(x + t v) = Im f(x + i h v) / h + O(h²),      h = 2⁻¹⁰⁰

Source  Squire and Trapp, Using complex variables to estimate derivatives of real functions, 1998.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from fiducial.checks.gradients.differences import Estimate, derivative
from fiducial.checks.gradients.subject import UNIT, Unusable, guarded

STEP = 2.0**-100


def complex_step(f: Callable[..., ArrayLike], x: ArrayLike, direction: ArrayLike) -> Estimate:
    """d/dt f(x + t·direction) at t = 0 for an analytic NumPy function of one real array.

    Error   16 u |value|: h² is far below u, so that what is left is the rounding of f's own operations, each of which
            moves the imaginary part relatively; f is taken to be a chain of at most sixteen. Entries that cancel inside
            f are the worse for it, and `derivative` then gives the honest error.
    Raises ValueError where f is not analytic: central differences must agree within their own error.
    """
    real, v = np.asarray(x, dtype=np.float64), np.asarray(direction, dtype=np.float64)
    y = np.asarray(guarded(f, real + 1j * STEP * v))
    if not np.iscomplexobj(y):
        raise Unusable("f returned real numbers for a complex input, so it is not analytic; use derivative")
    value = y.imag / STEP
    error = 16 * UNIT * np.abs(value)
    check = derivative(f, real, v)
    if not np.all(np.abs(value - check.value) <= error + check.error):
        worst = int(np.argmax(np.ravel(np.abs(value - check.value) - check.error)))
        raise Unusable(f"f is not analytic here: the complex step gives {np.ravel(value)[worst]:.6g} where differences "
                       f"give {np.ravel(check.value)[worst]:.6g}; use derivative")
    return Estimate(value, error)
