"""Batch-size growth against its claims."""

import pytest

from fiducial.checks.step_control import floors_differ_by_the_step_alone, growth_does_what_decay_does
from fiducial.reference.schedules import batch_growth
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def at_every_step(k: int, *, base: int, growth: int = 2, every: int) -> int:
    """A batch that grows with every step."""
    return int(base * growth**k)


def without_the_examples(eta: float, B: float, *, N: float) -> float:
    """η (N - B): the batch is not divided by."""
    return eta * (N - B)


def to_first_order(eta: float, B: float, *, h: float, variance: float) -> float:
    """ησ²/(2Bh), without the factor 2 - ηh."""
    return eta * variance / (2 * B * h)


BINDING = Binding(
    row="batch-size growth", section=9, definition=batch_growth,
    claims=(growth_does_what_decay_does, floors_differ_by_the_step_alone),
    wrong=[
        Wrong(variant(batch_growth, batch=at_every_step), by=growth_does_what_decay_does),
        Wrong(variant(batch_growth, noise_scale=without_the_examples), by=growth_does_what_decay_does),
        Wrong(variant(batch_growth, noise_floor=to_first_order), by=floors_differ_by_the_step_alone),
    ])

test_batch_growth = define_test(BINDING)


def test_the_whole_set_as_a_batch_has_no_noise_and_more_is_refused() -> None:
    assert batch_growth.noise_scale(0.1, 50_000, N=50_000) == 0
    with pytest.raises(ValueError) as raised:
        batch_growth.noise_scale(0.1, 50_001, N=50_000)
    assert str(raised.value) == "B must lie in (0, 50000], got 50001"


def test_a_rate_beyond_stability_has_no_noise_floor() -> None:
    with pytest.raises(ValueError) as raised:
        batch_growth.noise_floor(2.0, 8, h=1.0, variance=1.0)
    assert str(raised.value) == "eta must be below 2/h = 2.0, got 2.0"
