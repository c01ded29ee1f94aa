"""RMS normalization against its claims and torch."""

from typing import Any

import numpy as np

from fiducial.checks.claims import Claim
from fiducial.checks.evidence import Array
from fiducial.checks.rounding import Rounded
from fiducial.reference.normalization import layer_norm, rms_norm
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.normalization.wrong_layers import by_memory, through_float16
from fiducial.suites.rules.normalization import RMS_NORM

CLAIMS: dict[str, Claim] = {claim.id: claim for claim in RMS_NORM.claims}


def _root(x: Array, gamma: Array, eps: float) -> Array:
    axes = tuple(range(x.ndim - gamma.ndim, x.ndim))
    return np.asarray(np.sqrt((x**2).mean(axis=axes, keepdims=True) + eps))


def epsilon_outside(x: Array, gamma: Array, eps: float) -> Array:
    """γ x / (√q + ε)."""
    return np.asarray(gamma * x / (_root(x, gamma, 0.0) + eps))


def standardized(x: Array, gamma: Array, eps: float) -> Array:
    """The standard deviation instead of the root mean square, and no mean taken off."""
    axes = tuple(range(x.ndim - gamma.ndim, x.ndim))
    return np.asarray(gamma * x / np.sqrt(x.var(axis=axes, keepdims=True) + eps))


def over_the_batch(x: Array, gamma: Array, eps: float) -> Array:
    """The mean square of each feature over the examples."""
    return np.asarray(gamma * x / np.sqrt((x**2).mean(axis=0) + eps))


def constant_root(x: Array, gamma: Array, g: Array, eps: float) -> Any:
    """∂L/∂x = γ g / r."""
    return rms_norm.backward(x, gamma, g, eps=eps)._replace(x=gamma * g / _root(x, gamma, eps))


def without_root(x: Array, gamma: Array, g: Array, eps: float) -> Any:
    """∂L/∂γ = Σ g x / r²."""
    right = rms_norm.backward(x, gamma, g, eps=eps)
    leading = tuple(range(x.ndim - gamma.ndim))
    return right._replace(gamma=(g * x / _root(x, gamma, eps) ** 2).sum(axis=leading))


def altered(**functions: Any) -> Any:
    """The definition with other functions."""
    return variant(rms_norm, **functions)


BINDING = Binding(
    row="RMS norm, weight norm, spectral norm", section=4, rule=RMS_NORM,
    against=("torch.nn.functional:rms_norm", "torch.nn:RMSNorm"),
    wrong=[Wrong(altered(forward=epsilon_outside), by=CLAIMS["value.follows-definition"]),
           Wrong(altered(backward=without_root), by=CLAIMS["gradient.follows-backward-definition"]),
           Wrong(altered(backward=constant_root), by=CLAIMS["gradient.is-the-derivative"]),
           Wrong(through_float16(rms_norm), by=CLAIMS["value.float32-follows-definition"]),
           Wrong(altered(forward=lambda **s: by_memory(rms_norm, None, s)),
                 by=CLAIMS["invariance.layouts-change-nothing"]),
           Wrong(altered(forward=standardized), by=CLAIMS["value.output-root-mean-square"]),
           Wrong(altered(forward=epsilon_outside), by=CLAIMS["invariance.scale-moves-with-epsilon"]),
           Wrong(altered(backward=constant_root), by=CLAIMS["gradient.gradient-along-the-input"]),
           Wrong(altered(forward=over_the_batch), by=CLAIMS["invariance.independent-of-the-batch"])])
test_rms_norm = define_test(BINDING)


def test_of_features_without_a_mean_it_is_layer_norm() -> None:
    x = np.random.default_rng(8).normal(size=(5, 4))
    centred, one = x - x.mean(axis=1, keepdims=True), np.ones(4)
    exact: Any = rms_norm.forward(Rounded(centred, 1e-15), one, eps=1e-5)
    assert (abs(layer_norm.forward(centred, one, np.zeros(4), eps=1e-5) - exact.value) <= 4 * exact.error).all()
