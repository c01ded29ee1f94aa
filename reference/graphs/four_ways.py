"""Four ways to one gradient: by formula, by differences, by back-propagation, and by a machine that records.

    E(w, b) = ½ (t - σ(w·x + b))²                           a logistic neuron; x, w (n,), b, t scalars
    analytic         ∂E/∂b = (y - t) y (1 - y),  ∂E/∂w = x ∂E/∂b        the formula, derived on paper
    numerical        (E(θ + h e_i) - E(θ - h e_i)) / 2h                  2 (n + 1) evaluations; off by O(h²) + u/h
    backpropagation  y ← forward;  h ← y - t;  h ← h σ'(z);  ∂w = h x    the same, layer by layer
    automatic        reverse mode on the graph that evaluating E writes

Each returns (∂E/∂w…, ∂E/∂b) in one vector of n + 1 numbers.

Source   Baydin, Pearlmutter, Radul, Siskind, Automatic differentiation in machine learning: a survey, 2018, section 2.
Variant  symbolic differentiation: the first way done by a machine.
"""

import numpy as np

from .._arguments import positive, real, shaped
from .._arrays import Array
from . import reverse_mode


def _sigmoid(z: Array) -> Array:
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def objective(x: Array, t: float, w: Array, b: float) -> Array:
    """E. Raises ValueError unless x and w are vectors of one length."""
    shaped("w", w, real("x", x, ndim=1).shape)
    return 0.5 * (t - _sigmoid(np.dot(w, x) + b)) ** 2


def analytic(x: Array, t: float, w: Array, b: float) -> Array:
    """By the formula."""
    y = _sigmoid(np.dot(w, x) + b)
    return (y - t) * y * (1 - y) * np.append(x, 1.0)


def numerical(x: Array, t: float, w: Array, b: float, *, h: float = 2.0**-17) -> Array:
    """By central differences of step h."""
    theta, steps = np.append(w, b), positive("h", h) * np.eye(w.size + 1)
    up, down = ([objective(x, t, moved[:-1], moved[-1]) for moved in theta + sign * steps] for sign in (1, -1))
    return (np.array(up) - np.array(down)) / (2 * h)


def backpropagation(x: Array, t: float, w: Array, b: float) -> Array:
    """By one pass forward and one back, each layer knowing its own slope alone."""
    z = np.dot(w, x) + b
    h = _sigmoid(z) - t
    h = h * _sigmoid(z) * _sigmoid(-z)
    return np.append(h * x, h)


def automatic(x: Array, t: float, w: Array, b: float) -> Array:
    """By recording the evaluation, and reverse mode."""
    def recorded(*theta: float) -> Array:
        return 0.5 * (t - _sigmoid(np.dot(np.array(theta[:-1], dtype=object), x) + theta[-1])) ** 2

    return np.array(reverse_mode.jacobian(recorded, *w, b)[0], dtype=np.float64)
