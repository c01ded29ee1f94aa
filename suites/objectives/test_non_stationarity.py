"""Optima that move against their claims."""

from __future__ import annotations

from typing import Any

import pytest

from fiducial.checks.prototypes import descent_lags_behind_a_drift, optima_move_as_named
from fiducial.reference.objectives import non_stationarity
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def without_the_rate(*, lr: float, h: float = 1.0, delta: float = 0.01) -> float:
    """δ/h."""
    return delta / h


def in_small_steps(t: int, *, kind: str = "drift", delta: float = 0.01, period: int = 100) -> Any:
    """δ t/T: a jump that moves with every step."""
    return delta * t / period if kind == "jump" else non_stationarity.optimum(t, kind=kind, delta=delta, period=period)


BINDING = Binding(
    row="shapes × scale × noise × curl × non-stationarity: non-stationarity", section=11, definition=non_stationarity,
    claims=(descent_lags_behind_a_drift, optima_move_as_named),
    wrong=[Wrong(variant(non_stationarity, lag=without_the_rate), by=descent_lags_behind_a_drift),
           Wrong(variant(non_stationarity, optimum=in_small_steps), by=optima_move_as_named)])
test_non_stationarity = define_test(BINDING)


def test_a_rate_that_diverges_has_no_lag() -> None:
    with pytest.raises(ValueError) as raised:
        non_stationarity.lag(lr=2.0)
    assert str(raised.value) == "lr must be below 2/h = 2.0, got 2.0"
