"""Linear warm-up and decay against their claims, torch's LinearLR among the subjects."""

from fiducial.suites.bindings import Binding, Wrong, define_test
from fiducial.suites.rules.schedules import LINEAR, whole_runs
from fiducial.suites.schedules.wrong_runs import chained_early, forgetful, late, to_a_fixed_rate

FOLLOWS, CHAIN, RELOAD, SCALES, STRAIGHT = LINEAR.claims


def for_ever(k: int, *, base: float, start_factor: float = 1 / 3, end_factor: float = 1.0,
             total_iters: int = 5) -> float:
    """A line that goes on after T."""
    return base * (start_factor + (end_factor - start_factor) * k / total_iters)


def always_to_one(k: int, *, base: float, start_factor: float = 1 / 3, end_factor: float = 1.0,
                  total_iters: int = 5) -> float:
    """The end factor is forgotten."""
    return base * (start_factor + (1 - start_factor) * min(k, total_iters) / total_iters)


BINDING = Binding(
    row="gradual warm-up", section=9, rule=LINEAR, against=("torch.optim.lr_scheduler:LinearLR",),
    wrong=[
        Wrong(whole_runs(always_to_one), by=FOLLOWS),
        Wrong(late(LINEAR.definition), by=FOLLOWS),
        Wrong(chained_early(LINEAR.definition), by=CHAIN),
        Wrong(forgetful(LINEAR.definition), by=RELOAD),
        Wrong(to_a_fixed_rate(LINEAR.definition), by=SCALES),
        Wrong(whole_runs(for_ever), by=STRAIGHT),
    ])

test_linear = define_test(BINDING)
