"""Too large, too small: what a weight's σ does to a deep net of linear or tanh units.

    linear   E x_L² = (n σ²)^L E x_0²                            shrinks or grows geometrically unless σ = 1/√n
    tanh     E tanh'(s) = ∫ sech²(s) N(s; 0, ρ²) ds              ρ² = n σ² E x², the variance of the sums
             → 1 as ρ → 0,  → √(2/π) / ρ as ρ → ∞                each unit's own derivative dies

In a wide net with a large σ the gradient as a whole need not die: what one unit's derivative takes, nσ² may give back.
That factor of E g² is `backward_factor` per layer, below 1 for small σ and above 1 for large.

Source   Glorot, Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010, section 3;
         Poole et al., Exponential expressivity in deep neural networks through transient chaos, 2016 (χ).
Variant  none in use.
"""

import numpy as np

from .._arguments import at_least, positive, whole
from .._arrays import Array

STEP, EDGE = 1 / 32, 40.0  # the trapezoidal rule's error for sech² falls as exp(-π² / STEP); sech²(40) < 1e-34


def growth(n: int, sigma: float, depth: int) -> float:
    """E x_L² / E x_0² of a linear net of width n."""
    return float((whole("n", n, least=1) * at_least("sigma", sigma, 0) ** 2) ** whole("depth", depth))


def _mean_of_powers(rho: float, power: int) -> float:
    """E sech(s)^{2 power}, s ~ N(0, ρ²): over s where the derivative is narrow, over z = s/ρ where the law is."""
    s = np.arange(-EDGE, EDGE + STEP, STEP)
    if rho < 1:
        return float(STEP * np.sum(_sech(rho * s) ** (2 * power) * np.exp(-s**2 / 2)) / np.sqrt(2 * np.pi))
    density = np.exp(-((s / rho) ** 2) / 2) / (rho * np.sqrt(2 * np.pi))
    return float(STEP * np.sum(_sech(s) ** (2 * power) * density))


def _sech(s: Array) -> Array:
    return 2 / (np.exp(s) + np.exp(-s))


def mean_derivative(rho: float) -> float:
    """E tanh'(s) for s ~ N(0, ρ²). Raises ValueError unless ρ is positive."""
    return _mean_of_powers(positive("rho", rho), 1)


def backward_factor(rho: float, n: int, sigma: float) -> float:
    """χ = n σ² E tanh'(s)²: by how much a layer multiplies E g² in a wide net."""
    return n * sigma**2 * _mean_of_powers(positive("rho", rho), 2)
