"""Maximization: any optimizer climbs if it is given the negative gradient.

    g ← -g

Source   torch.optim, the option maximize.
Variant  torch negates before coupled weight decay is added, so that the penalty still shrinks the parameters.
"""

from .._arrays import Array


def ascent(g: Array) -> Array:
    """The gradient of -L."""
    return -g
