"""Cosine annealing against its claims, torch's CosineAnnealingLR among its subjects."""

import math

from fiducial.reference.schedules import cosine
from fiducial.suites.bindings import Binding, Wrong, define_test
from fiducial.suites.rules.schedules import COSINE, whole_runs
from fiducial.suites.schedules.wrong_runs import chained_early, forgetful, late

FOLLOWS, CHAIN, RELOAD, RISES_AGAIN = COSINE.claims


def down_to_zero(k: int, *, base: float, T_max: int, eta_min: float = 0.0) -> float:
    """The lowest rate added on top: η_min + ½ η₀ (1 + cos)."""
    return eta_min + base * (1 + math.cos(math.pi * k / T_max)) / 2


def staying_down(k: int, *, base: float, T_max: int, eta_min: float = 0.0) -> float:
    """A cosine that stays at its minimum after T."""
    return cosine.rate(min(k, T_max), base=base, T_max=T_max, eta_min=eta_min)


BINDING = Binding(
    row="cosine", section=9, rule=COSINE, against=("torch.optim.lr_scheduler:CosineAnnealingLR",),
    wrong=[
        Wrong(whole_runs(down_to_zero), by=FOLLOWS),
        Wrong(late(COSINE.definition), by=FOLLOWS),
        Wrong(chained_early(COSINE.definition), by=CHAIN),
        Wrong(forgetful(COSINE.definition), by=RELOAD),
        Wrong(whole_runs(staying_down), by=RISES_AGAIN),
    ])

test_cosine = define_test(BINDING)
