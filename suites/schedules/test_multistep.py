"""Step decay by milestones against its claims, torch's MultiStepLR among its subjects."""

from bisect import bisect_right
from collections.abc import Sequence

from fiducial.suites.bindings import Binding, Wrong, define_test
from fiducial.suites.rules.schedules import MULTISTEP, whole_runs
from fiducial.suites.schedules.wrong_runs import chained_early, forgetful, late, to_a_fixed_rate

FOLLOWS, CHAIN, RELOAD, SCALES, ORDER = MULTISTEP.claims


def each_milestone_once(k: int, *, base: float, milestones: Sequence[int], gamma: float = 0.1) -> float:
    """A milestone that stands twice counts once."""
    return base * gamma ** sum(milestone <= k for milestone in set(milestones))


def bisected_as_given(k: int, *, base: float, milestones: Sequence[int], gamma: float = 0.1) -> float:
    """A bisection of milestones that nobody sorted."""
    return base * gamma ** bisect_right(milestones, k)


BINDING = Binding(
    row="step decay, by milestones", section=9, rule=MULTISTEP, against=("torch.optim.lr_scheduler:MultiStepLR",),
    wrong=[
        Wrong(whole_runs(each_milestone_once), by=FOLLOWS),
        Wrong(late(MULTISTEP.definition), by=FOLLOWS),
        Wrong(chained_early(MULTISTEP.definition), by=CHAIN),
        Wrong(forgetful(MULTISTEP.definition), by=RELOAD),
        Wrong(to_a_fixed_rate(MULTISTEP.definition), by=SCALES),
        Wrong(whole_runs(bisected_as_given), by=ORDER),
    ])

test_multistep = define_test(BINDING)
