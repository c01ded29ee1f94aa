"""Randomized leaky ReLU: a leak drawn for every entry in training, and its mean at test time.

    a ~ U(l, u)                                                  a, x, y, g of one shape; 0 ≤ l < u
    training    y = x if x > 0, else a x          ∂x = g if x > 0, else a g
    test        y = x if x > 0, else ½(l + u) x

The test form is the expectation of the training form: y is linear in a.

Source   Xu, Wang, Chen, Li, Empirical evaluation of rectified activations in convolutional network, 2015.
Variant  torch: as here, l = 1/8, u = 1/3. The paper divides: `dividing_train`, y = x / a with a ~ U(3, 8), tested at
         x / 5.5, `dividing_test`; that is not the expectation, E[1/a] = ln(8/3)/5 = 0.196 being more than 1/5.5.
"""

import numpy as np

from .._arguments import at_least, real, shaped
from .._arrays import Array


def draw(shape: tuple[int, ...], *, rng: np.random.Generator, lower: float = 1 / 8, upper: float = 1 / 3) -> Array:
    """Leaks for an input of that shape. Raises ValueError unless 0 ≤ lower ≤ upper."""
    return rng.uniform(at_least("lower", lower, 0), at_least("upper", upper, lower), shape)


def forward(x: Array, a: Array) -> Array:
    """The training form, for drawn leaks. Raises ValueError unless a is shaped like x."""
    return np.where(real("x", x) > 0, x, shaped("a", a, x.shape) * x)


def backward(x: Array, a: Array, g: Array) -> Array:
    """The gradient of the training form with respect to x."""
    return np.where(real("x", x) > 0, g, shaped("a", a, x.shape) * g)


def train(x: Array, *, rng: np.random.Generator, lower: float = 1 / 8, upper: float = 1 / 3) -> Array:
    """The training form, by leaks of its own."""
    return forward(x, draw(x.shape, rng=rng, lower=lower, upper=upper))


def train_with_gradient(x: Array, g: Array, *, rng: np.random.Generator,
                        lower: float = 1 / 8, upper: float = 1 / 3) -> tuple[Array, Array]:
    """The training form and its gradient with respect to x, by one draw of leaks."""
    a = draw(x.shape, rng=rng, lower=lower, upper=upper)
    return forward(x, a), backward(x, a, g)


def test(x: Array, *, lower: float, upper: float) -> Array:
    """The test form."""
    return np.where(real("x", x) > 0, x, (lower + upper) / 2 * x)


def dividing_train(x: Array, *, rng: np.random.Generator, lower: float = 3.0, upper: float = 8.0) -> Array:
    """The paper's training form: x / a, a ~ U(l, u), where x is not positive."""
    return forward(x, 1.0 / draw(x.shape, rng=rng, lower=lower, upper=upper))


def dividing_test(x: Array, *, lower: float = 3.0, upper: float = 8.0) -> Array:
    """The paper's test form: x / ½(l + u) where x is not positive, which is not the mean of x / a."""
    return np.where(real("x", x) > 0, x, x / ((lower + upper) / 2))
