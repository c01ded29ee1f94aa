"""Gradient noise: its claims, the schedule being that of the variance."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks import ensembles as claims
from fiducial.reference.regularization import gradient_noise
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def as_deviation(g: Any, z: Any, t: int, *, eta: float, gamma: float = 0.55) -> Any:
    """η/(1+t)^γ is the standard deviation."""
    return g + gradient_noise.variance(t, eta=eta, gamma=gamma) * z


def counted_from_one(g: Any, z: Any, t: int, **options: Any) -> Any:
    """t is one ahead."""
    return gradient_noise.forward(g, z, t + 1, **options)


def relative(g: Any, z: Any, t: int, **options: Any) -> Any:
    """Noise in proportion to the gradient."""
    return g + np.abs(g) * (gradient_noise.forward(g, z, t, **options) - g)


def of_one_sign(g: Any, z: Any, t: int, **options: Any) -> Any:
    """|z| for z."""
    return gradient_noise.forward(g, np.abs(z), t, **options)


BINDING = Binding(
    row="gradient noise", section=6, definition=gradient_noise,
    claims=(claims.noise_follows_the_schedule, claims.mean_is_the_gradient, claims.variance_falls_as_a_power),
    wrong=[
        Wrong(variant(gradient_noise, forward=as_deviation), by=claims.noise_follows_the_schedule),
        Wrong(variant(gradient_noise, forward=counted_from_one), by=claims.noise_follows_the_schedule),
        Wrong(variant(gradient_noise, forward=relative), by=claims.noise_follows_the_schedule),
        Wrong(variant(gradient_noise, forward=of_one_sign), by=claims.mean_is_the_gradient),
        Wrong(variant(gradient_noise, variance=lambda t, *, eta, gamma: eta / np.float64(t) ** gamma),
              by=claims.variance_falls_as_a_power),
        Wrong(variant(gradient_noise, variance=lambda t, *, eta, gamma: eta / (1 + t) ** (2 * gamma)),
              by=claims.variance_falls_as_a_power),
    ])

test_gradient_noise = define_test(BINDING)


@pytest.mark.parametrize(("t", "eta", "sentence"), [
    (-1, 0.1, "t must be a whole number of at least 0, got -1"), (0, -0.1, "eta must be at least 0, got -0.1")])
def test_bad_input_is_refused_in_one_sentence(t: int, eta: float, sentence: str) -> None:
    with pytest.raises(ValueError) as refusal:
        gradient_noise.variance(t, eta=eta)
    assert str(refusal.value) == sentence
