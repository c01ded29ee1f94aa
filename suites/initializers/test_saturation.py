"""Weights that are too large saturate tanh, weights that are too small lose the signal, both as predicted."""

import math

from fiducial.checks.moments_of_nets import (
    backward_factor_is_the_integral,
    derivative_dies_as_the_sums_grow,
    mean_derivative_is_the_integral,
    saturation_is_what_nets_show,
    signal_changes_geometrically,
)
from fiducial.reference.initializers import saturation
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def at_the_typical_sum(rho: float) -> float:
    """tanh'(ρ)."""
    return 1 - math.tanh(rho) ** 2


def square_of_the_mean(rho: float, n: int, sigma: float) -> float:
    """n σ² (E tanh'(s))²."""
    return n * sigma**2 * saturation.mean_derivative(rho) ** 2


def growth_of_the_size(n: int, sigma: float, depth: int) -> float:
    """(σ √n)^L."""
    return (sigma * math.sqrt(n)) ** depth


TYPICAL = variant(saturation, mean_derivative=at_the_typical_sum)
CLAIMS = (mean_derivative_is_the_integral, backward_factor_is_the_integral, derivative_dies_as_the_sums_grow,
          signal_changes_geometrically, saturation_is_what_nets_show)
BINDING = Binding(row="too large / too small", section=5, definition=saturation, claims=CLAIMS, wrong=[
    Wrong(TYPICAL, by=mean_derivative_is_the_integral),
    Wrong(variant(saturation, backward_factor=square_of_the_mean), by=backward_factor_is_the_integral),
    Wrong(variant(saturation, mean_derivative=lambda rho: 1.0), by=derivative_dies_as_the_sums_grow),
    Wrong(variant(saturation, growth=growth_of_the_size), by=signal_changes_geometrically),
    Wrong(TYPICAL, by=saturation_is_what_nets_show),
])
test_saturation = define_test(BINDING)


def test_the_gradient_of_a_wide_net_shrinks_for_small_sigma_and_grows_for_large() -> None:
    """A unit's own derivative dies for large σ, but nσ² gives more back: χ ≈ nσ² √(2/π) 2/3 / ρ at ρ = σ√n."""
    n = 256
    small, large = 0.5 / math.sqrt(n), 4 / math.sqrt(n)
    assert saturation.backward_factor(0.5, n, small) < 0.25
    assert saturation.mean_derivative(4.0) < 0.2
    assert saturation.backward_factor(4.0, n, large) > 1.9
