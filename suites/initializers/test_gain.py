"""Gains are those of the table, and a ReLU's makes up for what it takes."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from fiducial.checks.claims import Claim
from fiducial.checks.gains import gain_is_the_tables, gain_restores_the_second_moment, tanh_gain_keeps_a_signal
from fiducial.reference.initializers import gain
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def always(value: float) -> Any:
    """One gain for every activation."""
    return variant(gain, gain=lambda nonlinearity, param=None: value)


def slope_not_squared(nonlinearity: str, param: float | None = None) -> float:
    """√(2 / (1 + a))."""
    return math.sqrt(2 / (1 + abs(param or 0.0)))


CLAIMS = (gain_is_the_tables, gain_restores_the_second_moment, tanh_gain_keeps_a_signal)
BINDING = Binding(row="gain table", section=5, definition=gain, claims=CLAIMS, wrong=[
    Wrong(always(1.0), by=gain_is_the_tables),
    Wrong(always(math.sqrt(2)), by=gain_restores_the_second_moment),
    Wrong(variant(gain, gain=slope_not_squared), by=gain_restores_the_second_moment),
    Wrong(always(1.0), by=tanh_gain_keeps_a_signal),
])
test_gain = define_test(BINDING)


@pytest.mark.parametrize("claim", CLAIMS, ids=[claim.id for claim in CLAIMS])
def test_torchs_gains(claim: Claim) -> None:
    init = pytest.importorskip("torch.nn.init")
    assert claim.examine(SimpleNamespace(gain=init.calculate_gain)).status == "passed"
