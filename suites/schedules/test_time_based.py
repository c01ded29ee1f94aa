"""Time-based decay against its claims, and the decay inside torch's Adagrad beside it."""

import math
from types import SimpleNamespace

import pytest
from hypothesis import strategies as st

from fiducial.checks.evidence import Status
from fiducial.checks.rate_shapes import reciprocal_is_straight
from fiducial.checks.schedules import follows_definition, scales_with_the_base
from fiducial.reference.schedules import time_based
from fiducial.suites.bindings import Binding, Wrong, define_test
from fiducial.suites.rules.schedules import whole_runs
from fiducial.suites.schedules.wrong_runs import late, to_a_fixed_rate


def exponential(k: float, *, base: float, decay: float) -> float:
    """e^(-dk)."""
    return base * math.exp(-decay * k)


def adagrad_rates(steps: int, *, base: float, decay: float) -> list[float]:
    """The rates that torch's Adagrad steps with: under gradients of 1 step t is η_t / √t, each from x = 0."""
    import torch

    x = torch.nn.Parameter(torch.zeros((), dtype=torch.float64))
    optimizer = torch.optim.Adagrad([x], lr=base, lr_decay=decay, eps=0.0)
    rates = []
    for t in range(1, steps + 2):
        x.grad = torch.ones_like(x)
        optimizer.step()
        rates.append(-x.item() * math.sqrt(t))
        x.data.zero_()
    return rates


DEFINITION = whole_runs(time_based.rate)
DECAYS = st.sampled_from((0.0, 1.0)) | st.floats(1e-3, 2)
FOLLOWS, SCALES = follows_definition(DEFINITION, decay=DECAYS), scales_with_the_base(decay=DECAYS)

BINDING = Binding(
    row="time-based decay", section=9, definition=DEFINITION, claims=(FOLLOWS, SCALES, reciprocal_is_straight),
    wrong=[
        Wrong(late(DEFINITION), by=FOLLOWS),
        Wrong(to_a_fixed_rate(DEFINITION), by=SCALES),
        Wrong(whole_runs(exponential), by=reciprocal_is_straight),
    ])

test_time_based = define_test(BINDING)


def test_the_decay_inside_torchs_adagrad_is_this_one() -> None:
    pytest.importorskip("torch")
    assert FOLLOWS.examine(SimpleNamespace(rates=adagrad_rates)).status is Status.PASSED
