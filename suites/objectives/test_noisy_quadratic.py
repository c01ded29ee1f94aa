"""The noisy quadratic against its claims."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st

from fiducial.checks.fitted_objectives import (
    gradients_scatter_about_the_mean_one,
    no_rate_is_better,
    stated_means_are_the_integrals,
)
from fiducial.checks.objectives import places
from fiducial.reference.objectives import noisy_quadratic
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.objectives.landscapes import Landscape

NOISY = Landscape(noisy_quadratic, {"x": places(2), "xi": places(2), "h": st.sampled_from((1.0, 0.1, 50.0))},
                  critical=False, bounded=False)


def without_its_floor(x: Any, *, h: float = 1.0, c: float = 0.0, sigma: float = 1.0) -> Any:
    """½ h (x - c)²."""
    return 0.5 * h * np.sum((x - c) ** 2)


def about_zero(shape: Any, *, rng: np.random.Generator, c: float = 0.0, sigma: float = 1.0) -> Any:
    """c is forgotten."""
    return sigma * rng.standard_normal(shape)


def too_wide(shape: Any, *, rng: np.random.Generator, c: float = 0.0, sigma: float = 1.0) -> Any:
    """A deviation of σ²."""
    return c + sigma**2 * rng.standard_normal(shape)


def blind(x: Any, *, h: float = 1.0, **options: Any) -> float:
    """1/h: Newton's rate."""
    return 1 / h


BINDING = Binding(
    row="noisy quadratic", section=11, definition=noisy_quadratic,
    claims=(*NOISY.claims, stated_means_are_the_integrals, no_rate_is_better, gradients_scatter_about_the_mean_one),
    wrong=[*NOISY.wrong,
           Wrong(variant(noisy_quadratic, expected=without_its_floor), by=stated_means_are_the_integrals),
           Wrong(variant(noisy_quadratic, best_rate=blind), by=no_rate_is_better),
           Wrong(variant(noisy_quadratic, draw=about_zero), by=gradients_scatter_about_the_mean_one),
           Wrong(variant(noisy_quadratic, draw=too_wide), by=gradients_scatter_about_the_mean_one)])
test_noisy_quadratic = define_test(BINDING)


def in_torch(x: torch.Tensor, xi: torch.Tensor, h: float) -> torch.Tensor:
    """The formula."""
    return 0.5 * h * (x - xi).square().sum()


test_torch_agrees = NOISY.agrees_with_torch(in_torch)


def test_without_noise_the_best_rate_is_newtons_and_at_the_minimum_of_noise_it_is_zero() -> None:
    assert noisy_quadratic.best_rate(np.ones(1), h=4.0, sigma=0.0) == 0.25
    assert noisy_quadratic.best_rate(np.zeros(1), h=4.0, sigma=0.0) == 0.25
    assert noisy_quadratic.best_rate(np.zeros(1), h=4.0, sigma=1.0) == 0
