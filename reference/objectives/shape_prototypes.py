"""Shape prototypes: the curves of one number that unit tests of optimizers are put together from, at any scale.

    f(x) = Σ_i φ(x_i / s),   ∂_i = φ'(x_i / s) / s,   ∇²f = diag(φ''(x_i / s) / s²)                    x (n,), s > 0
    line -z · bowl ½z² · absolute |z| · rectified max(z, 0) · exponential e^z · valley √(1 + z²) - 1 · quartic ¼z⁴
    gaussian 1 - exp(-½z²) · laplace 1 - exp(-|z|) · step ½ (1 + tanh z) · inflexion z³

At the kinks of absolute, rectified and laplace the slope is 0.

Source   Schaul, Antonoglou, Silver, Unit tests for stochastic optimization, 2014, sections 2.1 and 2.2.
Variant  the paper joins pieces of such curves at junctions, where they are differentiable; here each is one formula, so
         that its infimum is known. How steep the pieces are is not in its text: s = 1 is ours.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .._arguments import one_of, positive, real
from .._arrays import Array

Curve = Callable[[Array], Array]


class Shape(NamedTuple):
    """φ, φ', φ'', and the infimum of φ."""

    value: Curve
    slope: Curve
    bend: Curve
    infimum: float


def _none(z: Array) -> Array:
    return np.zeros_like(z)


def _bell(z: Array) -> Array:
    return np.exp(-0.5 * z**2)


def _sech(z: Array) -> Array:
    """1 / cosh, which squared is the slope of tanh without cancellation."""
    fall = np.exp(-np.abs(z))
    return 2 * fall / (1 + fall**2)


SHAPES = {
    "line": Shape(lambda z: -z, lambda z: -np.ones_like(z), _none, -math.inf),
    "bowl": Shape(lambda z: 0.5 * z**2, lambda z: z, np.ones_like, 0.0),
    "absolute": Shape(np.abs, np.sign, _none, 0.0),
    "rectified": Shape(lambda z: np.maximum(z, 0.0), lambda z: np.where(z > 0, 1.0, 0.0), _none, 0.0),
    "exponential": Shape(np.exp, np.exp, np.exp, 0.0),
    "valley": Shape(lambda z: z**2 / (np.sqrt(1 + z**2) + 1), lambda z: z / np.sqrt(1 + z**2),
                    lambda z: (1 + z**2) ** -1.5, 0.0),
    "quartic": Shape(lambda z: 0.25 * z**4, lambda z: z**3, lambda z: 3 * z**2, 0.0),
    "gaussian": Shape(lambda z: -np.expm1(-0.5 * z**2), lambda z: z * _bell(z), lambda z: (1 - z**2) * _bell(z), 0.0),
    "laplace": Shape(lambda z: -np.expm1(-np.abs(z)), lambda z: np.sign(z) * np.exp(-np.abs(z)),
                     lambda z: -np.abs(np.sign(z)) * np.exp(-np.abs(z)), 0.0),
    "step": Shape(lambda z: 0.5 + 0.5 * np.tanh(z), lambda z: 0.5 * _sech(z) ** 2,
                  lambda z: -np.tanh(z) * _sech(z) ** 2, 0.0),
    "inflexion": Shape(lambda z: z**3, lambda z: 3 * z**2, lambda z: 6 * z, -math.inf),
}


def _of(shape: str) -> Shape:
    return SHAPES[one_of("shape", shape, tuple(SHAPES))]


def forward(x: Array, *, shape: str = "bowl", scale: float = 1.0) -> Array:
    """f, a scalar. Raises ValueError for another shape, or a scale that is not positive."""
    return np.sum(_of(shape).value(real("x", x, ndim=1) / positive("scale", scale)))


def backward(x: Array, g: Array, *, shape: str = "bowl", scale: float = 1.0) -> Array:
    """g ∇f, shaped like x."""
    return g * _of(shape).slope(x / scale) / scale


def hessian(x: Array, *, shape: str = "bowl", scale: float = 1.0) -> Array:
    """(n, n)."""
    return np.diag(_of(shape).bend(x / scale)) / scale**2


def infimum(*, shape: str = "bowl", scale: float = 1.0, n: int = 1) -> float:
    """The greatest lower bound of f for n entries."""
    return n * _of(shape).infimum
