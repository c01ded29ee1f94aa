"""Exponential decay against its claims, torch's ExponentialLR among its subjects."""

from fiducial.suites.bindings import Binding, Wrong, define_test
from fiducial.suites.rules.schedules import EXPONENTIAL, whole_runs
from fiducial.suites.schedules.wrong_runs import chained_early, forgetful, late, to_a_fixed_rate

FOLLOWS, CHAIN, RELOAD, SCALES, RATIO = EXPONENTIAL.claims


def from_one(k: int, *, base: float, gamma: float) -> float:
    """Steps counted from 1."""
    return float(base * gamma ** (k + 1))


def straight(k: int, *, base: float, gamma: float) -> float:
    """A decay that is linear in k."""
    return base * (1 - (1 - gamma) * k)


BINDING = Binding(
    row="exponential", section=9, rule=EXPONENTIAL, against=("torch.optim.lr_scheduler:ExponentialLR",),
    wrong=[
        Wrong(whole_runs(from_one), by=FOLLOWS),
        Wrong(late(EXPONENTIAL.definition), by=FOLLOWS),
        Wrong(chained_early(EXPONENTIAL.definition), by=CHAIN),
        Wrong(forgetful(EXPONENTIAL.definition), by=RELOAD),
        Wrong(to_a_fixed_rate(EXPONENTIAL.definition), by=SCALES),
        Wrong(whole_runs(straight), by=RATIO),
    ])

test_exponential = define_test(BINDING)
