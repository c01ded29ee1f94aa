"""The look-ahead form of Nesterov momentum, its shifted form, and torch's, on quadratics ½ Σ h x²."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import nesterov, nesterov_buffer
from fiducial.suites.optimizers.trajectories import Plan, gap

RATES = {"constant": [0.125] * 30, "falling": [0.125 * 0.9**t for t in range(30)]}
ALPHA = exact(0.9)
TORCH = (nesterov_buffer.init, nesterov_buffer.step)
CURVATURE = abs(Plan(1).start)


def gradient(x: Any) -> Any:
    return CURVATURE * x


def look_ahead(rates: list[float]) -> list[Any]:
    """φ = x + α v along the look-ahead form."""
    x = exact(Plan(0).start)
    state, course = nesterov.init(x), []
    for rate in rates:
        x, state = nesterov.step(x, gradient, state, lr=exact(rate), momentum=ALPHA)
        course.append(nesterov.shifted(x, state, momentum=ALPHA))
    return course


def followed(form: tuple[Any, Any], rates: list[float]) -> list[Any]:
    """Parameters along a form that meets the gradient where its parameters are."""
    x = exact(Plan(0).start)
    state, course = form[0](x), []
    for rate in rates:
        x, state = form[1](x, gradient(x), state, lr=exact(rate), momentum=ALPHA)
        course.append(x)
    return course


def largest_gap(one: list[Any], other: list[Any]) -> float:
    return float(np.max([gap(a, b) for a, b in zip(one, other, strict=True)]))


@pytest.mark.parametrize("rates", RATES.values(), ids=RATES)
def test_the_shifted_form_is_the_look_ahead_form_at_any_rates(rates: Any) -> None:
    shifted = followed((nesterov.init, nesterov.shifted_step), rates)
    assert largest_gap(look_ahead(rates), shifted) <= 1


def test_torchs_form_is_the_same_at_a_constant_rate_only() -> None:
    gaps = {name: largest_gap(look_ahead(rates), followed(TORCH, rates)) for name, rates in RATES.items()}
    assert gaps["constant"] <= 1
    assert gaps["falling"] > 1e6


def test_the_look_ahead_is_not_plain_momentum() -> None:
    """The gradient at x + α v differs from that at x as soon as there is a velocity."""
    x = exact(Plan(0).start)
    state = nesterov.State(v=exact(Plan(2).start))
    ahead, _ = nesterov.step(x, gradient, state, lr=exact(0.125), momentum=ALPHA)
    here, _ = nesterov.step(x, lambda _: gradient(x), state, lr=exact(0.125), momentum=ALPHA)
    assert gap(ahead, here) > 1e6


def test_unshifting_undoes_shifting() -> None:
    x, state = exact(Plan(0).start), nesterov.State(v=exact(Plan(2).start))
    there = nesterov.shifted(x, state, momentum=ALPHA)
    assert gap(nesterov.unshifted(there, state, momentum=ALPHA), x) <= 1
