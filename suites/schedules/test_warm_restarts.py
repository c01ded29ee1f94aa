"""Warm restarts against their claims, torch's CosineAnnealingWarmRestarts among the subjects."""

import pytest

from fiducial.reference.schedules import cosine, warm_restarts
from fiducial.suites.bindings import Binding, Wrong, define_test
from fiducial.suites.rules.schedules import WARM_RESTARTS, whole_runs
from fiducial.suites.schedules.wrong_runs import forgetful, late

FOLLOWS, RELOAD, STRETCHED = WARM_RESTARTS.claims


def no_restart(k: int, *, base: float, T_0: int, T_mult: int = 1, eta_min: float = 0.0) -> float:
    """The cosine alone, which climbs instead of jumping."""
    return cosine.rate(k, base=base, T_max=T_0, eta_min=eta_min)


def all_of_one_length(k: int, *, base: float, T_0: int, T_mult: int = 1, eta_min: float = 0.0) -> float:
    """Cycles that are not stretched."""
    return warm_restarts.rate(k % T_0, base=base, T_0=T_0, eta_min=eta_min)


BINDING = Binding(
    row="cosine with restarts", section=9, rule=WARM_RESTARTS,
    against=("torch.optim.lr_scheduler:CosineAnnealingWarmRestarts",),
    wrong=[
        Wrong(whole_runs(no_restart), by=FOLLOWS),
        Wrong(late(WARM_RESTARTS.definition), by=FOLLOWS),
        Wrong(forgetful(WARM_RESTARTS.definition), by=RELOAD),
        Wrong(whole_runs(all_of_one_length), by=STRETCHED),
    ])

test_warm_restarts = define_test(BINDING)


def test_torch_set_to_an_epoch_misses_a_restart_where_its_logarithm_is_rounded_down() -> None:
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(()))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=1, T_mult=3)
    optimizer.step()
    scheduler.step(121)  # 1 + 3 + 9 + 27 + 81 steps: a restart; the logarithm of 243 to base 3 comes out below 5
    assert optimizer.param_groups[0]["lr"] == 0.0
    assert warm_restarts.rate(121, base=1.0, T_0=1, T_mult=3) == 1.0
