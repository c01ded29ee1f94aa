"""The noise of unit tests against its claims."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fiducial.checks.prototypes import (
    HERE,
    SIGMA,
    a_mask_keeps_the_mean,
    gaussian_noise,
    half_of_cauchy_noise_is_within_sigma,
)
from fiducial.reference.objectives import noise_prototypes
from fiducial.suites.bindings import Binding, Wrong, define_test, variant

ADDITIVE, MULTIPLICATIVE = gaussian_noise("additive", SIGMA), gaussian_noise("multiplicative", SIGMA * abs(HERE))


def exchanged(g: Any, z: Any, *, kind: str, sigma: float = 1.0) -> Any:
    """Additive for multiplicative noise, and the reverse."""
    other = {"additive": "multiplicative", "multiplicative": "additive"}
    return noise_prototypes.forward(g, z, kind=other.get(kind, kind), sigma=sigma)


def gaussian_all_over(shape: Any, *, kind: str, sigma: float = 1.0, rng: np.random.Generator) -> Any:
    """No outliers."""
    return rng.standard_normal(shape)


def not_enlarged(g: Any, z: Any, *, kind: str, sigma: float = 1.0) -> Any:
    """A mask without its 1/p."""
    return g * (z != 0)


BINDING = Binding(
    row="shapes × scale × noise × curl × non-stationarity: noise", section=11, definition=noise_prototypes,
    claims=(ADDITIVE, MULTIPLICATIVE, half_of_cauchy_noise_is_within_sigma, a_mask_keeps_the_mean),
    wrong=[Wrong(variant(noise_prototypes, forward=exchanged), by=ADDITIVE),
           Wrong(variant(noise_prototypes, forward=exchanged), by=MULTIPLICATIVE),
           Wrong(variant(noise_prototypes, draw=gaussian_all_over), by=half_of_cauchy_noise_is_within_sigma),
           Wrong(variant(noise_prototypes, forward=not_enlarged), by=a_mask_keeps_the_mean)])
test_noise_prototypes = define_test(BINDING)


@pytest.mark.parametrize("kind", noise_prototypes.KINDS)
def test_without_a_deviation_every_gradient_is_the_true_one(kind: str) -> None:
    g = np.array([1.0, -2.0])
    z = noise_prototypes.draw(g.shape, kind=kind, sigma=0.0, rng=np.random.default_rng(0))
    assert np.array_equal(noise_prototypes.forward(g, z, kind=kind, sigma=0.0), g)


def test_an_unknown_kind_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError) as raised:
        noise_prototypes.draw((1,), kind="pink", rng=np.random.default_rng(0))
    assert str(raised.value) == "kind must be one of additive, multiplicative, cauchy, mask, got 'pink'"
