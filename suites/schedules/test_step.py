"""Step decay against its claims, torch's StepLR among its subjects."""

from fiducial.suites.bindings import Binding, Wrong, define_test
from fiducial.suites.rules.schedules import STEP, whole_runs
from fiducial.suites.schedules.wrong_runs import chained_early, forgetful, late, to_a_fixed_rate

FOLLOWS, CHAIN, RELOAD, SCALES, AT_MULTIPLES = STEP.claims


def after_the_multiple(k: int, *, base: float, step_size: int, gamma: float = 0.1) -> float:
    """The decay begins one step after the multiple."""
    return base * gamma ** (max(k - 1, 0) // step_size)


def smooth(k: int, *, base: float, step_size: int, gamma: float = 0.1) -> float:
    """γ^(k/s) without its floor."""
    return float(base * gamma ** (k / step_size))


BINDING = Binding(
    row="step decay, every s steps", section=9, rule=STEP, against=("torch.optim.lr_scheduler:StepLR",),
    wrong=[
        Wrong(whole_runs(smooth), by=FOLLOWS),
        Wrong(late(STEP.definition), by=FOLLOWS),
        Wrong(chained_early(STEP.definition), by=CHAIN),
        Wrong(forgetful(STEP.definition), by=RELOAD),
        Wrong(to_a_fixed_rate(STEP.definition), by=SCALES),
        Wrong(whole_runs(after_the_multiple), by=AT_MULTIPLES),
    ])

test_step = define_test(BINDING)
