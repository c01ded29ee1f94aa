"""SiLU: the input weighed by its own sigmoid.

    y = x σ(βx)                                                  x, y, g of one shape
    ∂x = g (σ(βx) + β x σ(βx) σ(-βx))

Source   Elfwing, Uchibe, Doya, Sigmoid-weighted linear units for neural network function approximation in
         reinforcement learning, Neural Networks 107, 2018. Ramachandran, Zoph, Le, Searching for
         activation functions, 2017: Swish, with β.
Variant  torch, JAX and Keras have β = 1.
"""

from .._arguments import number, real
from .._arrays import Array
from . import sigmoid


def forward(x: Array, *, beta: float = 1.0) -> Array:
    """x σ(βx), entry by entry. Raises ValueError unless x is real float64 and β finite."""
    return real("x", x) * sigmoid.forward(number("beta", beta) * x)


def backward(x: Array, g: Array, *, beta: float = 1.0) -> Array:
    """The gradient with respect to x."""
    z = number("beta", beta) * real("x", x)
    return g * sigmoid.forward(z) * (1.0 + z * sigmoid.forward(-z))
