"""Gain: by how much to widen weights of variance 1/n for an activation.

    linear, convolutions, sigmoid  1        tanh  5/3        selu  3/4
    relu  √2        leaky_relu  √(2 / (1 + a²)),  a = 0.01 unless given

Only the ReLUs' gains restore the second moment, gain² E φ(z)² = 1 for z ~ N(0, 1); the others are conventions:
5/3 keeps tanh's signal at a point other than 0, 3/4 trades selu's normalization (gain 1) for steadier gradients.

Source   He, Zhang, Ren, Sun, Delving deep into rectifiers, 2015, equation 15 (relu, leaky_relu);
         LeCun, Bottou, Orr, Müller, Efficient BackProp, 1998, section 4.4 (the odd sigmoid 1.7159 tanh(2s/3)).
Variant  torch: as here, `calculate_gain`.
"""

from math import sqrt

from .._arguments import number, one_of

TABLE = {"linear": 1.0, "conv1d": 1.0, "conv2d": 1.0, "conv3d": 1.0, "sigmoid": 1.0,
         "tanh": 5 / 3, "relu": sqrt(2), "selu": 3 / 4}


def gain(nonlinearity: str, param: float | None = None) -> float:
    """The gain; param is the slope of leaky_relu. Raises ValueError for an activation that the table lacks."""
    if one_of("nonlinearity", nonlinearity, [*TABLE, "leaky_relu"]) == "leaky_relu":
        return sqrt(2 / (1 + float(number("param", 0.01 if param is None else param)) ** 2))
    return TABLE[nonlinearity]
