"""Constant warm-up against its claims, torch's ConstantLR among its subjects."""

from fiducial.suites.bindings import Binding, Wrong, define_test
from fiducial.suites.rules.schedules import CONSTANT, whole_runs
from fiducial.suites.schedules.wrong_runs import chained_early, forgetful, late, to_a_fixed_rate

FOLLOWS, CHAIN, RELOAD, SCALES, LOW_THEN_HIGH = CONSTANT.claims


def one_step_too_many(k: int, *, base: float, factor: float = 1 / 3, total_iters: int = 5) -> float:
    """Low up to step T, T included."""
    return base * factor if k <= total_iters else base


def upside_down(k: int, *, base: float, factor: float = 1 / 3, total_iters: int = 5) -> float:
    """The base rate divided by the factor after the warm-up."""
    return base if k < total_iters else base / factor


BINDING = Binding(
    row="constant warm-up", section=9, rule=CONSTANT, against=("torch.optim.lr_scheduler:ConstantLR",),
    wrong=[
        Wrong(whole_runs(upside_down), by=FOLLOWS),
        Wrong(late(CONSTANT.definition), by=FOLLOWS),
        Wrong(chained_early(CONSTANT.definition), by=CHAIN),
        Wrong(forgetful(CONSTANT.definition), by=RELOAD),
        Wrong(to_a_fixed_rate(CONSTANT.definition), by=SCALES),
        Wrong(whole_runs(one_step_too_many), by=LOW_THEN_HIGH),
    ])

test_constant = define_test(BINDING)
