"""Cyclical rates against their claims, torch's CyclicLR among the subjects."""

from typing import Any

from fiducial.reference.schedules import cyclic
from fiducial.suites.bindings import Binding, Wrong, define_test
from fiducial.suites.rules.schedules import CYCLIC, whole_runs
from fiducial.suites.schedules.wrong_runs import forgetful, late, still

FOLLOWS, RELOAD, BOTH_ENDS, AGAINST, MOMENTUM = CYCLIC.claims


def as_steep_down_as_up(k: int, *, base: float, max_lr: float, step_size_up: int = 2000,
                        step_size_down: int | None = None, **options: Any) -> float:
    """The length of the way down is forgotten."""
    return cyclic.rate(k, base=base, max_lr=max_lr, step_size_up=step_size_up, **options)


def halved_at_once(k: int, *, base: float, max_lr: float, **options: Any) -> float:
    """Cycles counted from 1 in triangular2: the first one is halved already."""
    high = (base + max_lr) / 2 if options.get("mode") == "triangular2" else max_lr
    return cyclic.rate(k, base=base, max_lr=high, **options)


def with_the_rate(k: int, *, base_momentum: float = 0.8, max_momentum: float = 0.9, **options: Any) -> float:
    """A momentum that rises with the rate."""
    return cyclic.momentum(k, base_momentum=max_momentum, max_momentum=base_momentum, **options)


def momenta(steps: int, *, base: float, max_lr: float, **options: Any) -> list[float]:
    """A run of it."""
    return [with_the_rate(k, **options) for k in range(steps + 1)]


RISING = whole_runs(cyclic.rate)
RISING.momenta = momenta

BINDING = Binding(
    row="cyclic", section=9, rule=CYCLIC, against=("torch.optim.lr_scheduler:CyclicLR",),
    wrong=[
        Wrong(whole_runs(as_steep_down_as_up), by=FOLLOWS),
        Wrong(late(CYCLIC.definition), by=FOLLOWS),
        Wrong(forgetful(CYCLIC.definition), by=RELOAD),
        Wrong(whole_runs(halved_at_once), by=BOTH_ENDS),
        Wrong(still(CYCLIC.definition), by=AGAINST),
        Wrong(RISING, by=MOMENTUM),
    ])

test_cyclic = define_test(BINDING)
