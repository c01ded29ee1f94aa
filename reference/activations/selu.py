"""SELU: an ELU scaled so that mean 0 and variance 1 are kept from layer to layer.

    y = λ elu(x; α),  α = 1.6732632423543772, λ = 1.0507009873554805     x, y, g of one shape
    ∂x = λ g elu'(x; α)

α and λ are where x ~ N(0, 1) gives E y = 0 and Var y = 1.

Source   Klambauer, Unterthiner, Mayr, Hochreiter, Self-normalizing neural networks, NIPS 2017, eq. 2.
Variant  none in use.
"""

from .._arrays import Array
from . import elu

ALPHA = 1.6732632423543772
LAMBDA = 1.0507009873554805


def forward(x: Array) -> Array:
    """SELU, entry by entry. Raises ValueError unless x is real float64."""
    return LAMBDA * elu.forward(x, alpha=ALPHA)


def backward(x: Array, g: Array) -> Array:
    """The gradient with respect to x."""
    return LAMBDA * elu.backward(x, g, alpha=ALPHA)
