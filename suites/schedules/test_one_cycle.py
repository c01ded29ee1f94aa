"""One cycle against its claims, torch's OneCycleLR among its subjects."""

from typing import Any

import pytest

from fiducial.reference.schedules import one_cycle
from fiducial.suites.bindings import Binding, Wrong, define_test
from fiducial.suites.rules.schedules import ONE_CYCLE, whole_runs
from fiducial.suites.schedules.wrong_runs import forgetful, late, still

FOLLOWS, RELOAD, SHAPE, MOMENTUM = ONE_CYCLE.claims


def peak_one_step_late(k: float, *, total_steps: int, pct_start: float = 0.3, **options: Any) -> float:
    """The top at step pN."""
    return one_cycle.rate(k, total_steps=total_steps, pct_start=pct_start + 1 / total_steps, **options)


def back_to_the_start(k: float, *, base: float, total_steps: int, **options: Any) -> float:
    """A cycle that ends where it started."""
    return one_cycle.rate(k, base=base, total_steps=total_steps, **{**options, "final_div_factor": 1.0})


BINDING = Binding(
    row="one-cycle", section=9, rule=ONE_CYCLE, against=("torch.optim.lr_scheduler:OneCycleLR",),
    wrong=[
        Wrong(whole_runs(peak_one_step_late), by=FOLLOWS),
        Wrong(late(ONE_CYCLE.definition), by=FOLLOWS),
        Wrong(forgetful(ONE_CYCLE.definition), by=RELOAD),
        Wrong(whole_runs(back_to_the_start), by=SHAPE),
        Wrong(still(ONE_CYCLE.definition), by=MOMENTUM),
    ])

test_one_cycle = define_test(BINDING)


def scheduler(**options: Any) -> tuple[Any, Any]:
    """An SGD under torch's OneCycleLR."""
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(()))], lr=1.0, momentum=0.9)
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, **options)


def test_a_first_phase_of_no_steps_is_refused_where_torch_divides_by_zero() -> None:
    with pytest.raises(ZeroDivisionError):
        scheduler(total_steps=10, pct_start=0.1)
    with pytest.raises(ValueError, match="pct_start"):
        one_cycle.rate(0, base=1.0, total_steps=10, pct_start=0.1)


def test_torch_leaves_a_negative_rate_after_as_many_steps_as_the_cycle_has() -> None:
    optimizer, schedule = scheduler(total_steps=10, anneal_strategy="linear")
    for _ in range(10):
        optimizer.step()
        schedule.step()
    assert optimizer.param_groups[0]["lr"] < 0
    with pytest.raises(ValueError, match="k must lie in"):
        one_cycle.rate(10, base=1.0, total_steps=10, anneal_strategy="linear")
