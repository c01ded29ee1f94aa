"""Bagging: train each of k members on a bootstrap sample of the training set, and average what they predict.

    i_1 … i_n ~ U{0 … n-1}, independent           the examples of one member, with replacement
    P(an example is in it) = 1 - (1 - 1/n)ⁿ → 1 - 1/e
    ŷ = 1/k Σ_j f_j(x)                            f (k, …) → ŷ (…)
    Var ŷ = ρ σ² + (1 - ρ) σ² / k                 members of variance σ² that correlate by ρ; σ²/k only at ρ = 0

Source   Breiman, Bagging predictors, 1996; the variance of an average: Hastie, Tibshirani, Friedman, The elements of
         statistical learning, 2009, equation 15.1.
Variant  a vote of the members' classes instead of a mean: `vote`.
"""

import numpy as np

from .._arguments import at_least, between, real, whole
from .._arrays import Array


def draw(n: int, *, k: int, rng: np.random.Generator) -> Array:
    """The examples of k members: k × n whole numbers below n."""
    return rng.integers(whole("n", n, 1), size=(whole("k", k, 1), n))


def inclusion(n: int) -> float:
    """The chance that a given one of n examples is in a bootstrap sample."""
    return 1 - (1 - 1 / whole("n", n, 1)) ** n


def forward(predictions: Array) -> Array:
    """The mean over the members: (k, …) → (…)."""
    return np.mean(real("predictions", predictions, at_least_1d=True), axis=0)


def backward(predictions: Array, g: Array) -> Array:
    """The gradient for each member's prediction: an equal share."""
    return np.broadcast_to(g / predictions.shape[0], predictions.shape)


def vote(classes: Array, *, count: int) -> Array:
    """The class that most members name, the lowest of equals: whole numbers (k, …) below count → (…)."""
    return np.argmax((np.asarray(classes)[..., None] == np.arange(whole("count", count, 1))).sum(axis=0), axis=-1)


def variance(*, k: int, sigma2: float, rho: float) -> float:
    """The variance of the mean of k members. Raises ValueError for a correlation that k members cannot have."""
    least = -1 / (k - 1) if whole("k", k, 1) > 1 else -1.0
    rho = between("rho", rho, least, 1)
    return float(at_least("sigma2", sigma2, 0) * (rho + (1 - rho) / k))
