"""A warm-up and then a cosine against their claims, torch's SequentialLR beside them; groups of an optimizer."""

from typing import Any

import pytest
from hypothesis import strategies as st

from fiducial.checks.claims import Claim
from fiducial.checks.evidence import Status
from fiducial.checks.rounding import Rounded, exact
from fiducial.checks.schedules import chain_agrees, follows_definition, survives_reload
from fiducial.reference.schedules import cosine, linear, sequential
from fiducial.suites.bindings import Binding, Wrong, define_test
from fiducial.suites.rules.schedules import whole_runs
from fiducial.suites.schedules.torch_runs import built_by
from fiducial.suites.schedules.wrong_runs import chained_early, forgetful, late


def counted(k: int, base: Any) -> Any:
    """Steps since a schedule began, as a number that carries its rounding error if the rate does."""
    return exact(float(k)) if isinstance(base, Rounded) else k


def warm_up(k: int, *, base: float, warm: int) -> float:
    """From a third to all of the base rate."""
    return linear.rate(counted(k, base), base=base, total_iters=warm)


def rate(k: int, *, base: float, warm: int, T_max: int) -> float:
    """A linear warm-up of some steps, then a cosine."""
    return sequential.rate(k, base=base, milestones=[warm], schedules=[
        lambda k, base: warm_up(k, base=base, warm=warm),
        lambda k, base: cosine.rate(counted(k, base), base=base, T_max=T_max)])


def recursive(eta: float, k: int, *, base: float, warm: int, T_max: int) -> float:
    """The same from the rate before."""
    if k < warm:
        return linear.recursive(eta, counted(k, base), base=base, total_iters=warm)
    return cosine.recursive(base if k == warm else eta, counted(k - warm, base), base=base, T_max=T_max)


def one_clock(k: int, *, base: float, warm: int, T_max: int) -> float:
    """The cosine counts the steps of the warm-up too."""
    return warm_up(k, base=base, warm=warm) if k < warm else cosine.rate(k, base=base, T_max=T_max)


def torch_warm_up_then_cosine(optimizer: Any, warm: int, T_max: int) -> Any:
    """SequentialLR of LinearLR and CosineAnnealingLR."""
    from torch.optim import lr_scheduler as torch

    parts = [torch.LinearLR(optimizer, total_iters=warm), torch.CosineAnnealingLR(optimizer, T_max)]
    return torch.SequentialLR(optimizer, parts, milestones=[warm])


DEFINITION = whole_runs(rate, recursive, whole=True)
DRAWS = {"warm": st.integers(1, 8), "T_max": st.integers(1, 20)}
FOLLOWS, CHAIN, RELOAD = CLAIMS = (
    follows_definition(DEFINITION, **DRAWS), chain_agrees(DEFINITION, **DRAWS), survives_reload(**DRAWS))

BINDING = Binding(
    row="one schedule after another", section=9, definition=DEFINITION, claims=CLAIMS,
    wrong=[
        Wrong(whole_runs(one_clock, whole=True), by=FOLLOWS),
        Wrong(late(DEFINITION), by=FOLLOWS),
        Wrong(chained_early(DEFINITION), by=CHAIN),
        Wrong(forgetful(DEFINITION), by=RELOAD),
    ])

test_sequential = define_test(BINDING)


@pytest.mark.parametrize("claim", [FOLLOWS, RELOAD], ids=lambda claim: claim.id)
def test_torchs_sequential_schedule_is_this_one(claim: Claim) -> None:
    pytest.importorskip("torch")
    assert claim.examine(built_by(torch_warm_up_then_cosine, DEFINITION)).status is Status.PASSED


def test_each_group_of_torchs_optimizer_follows_its_own_base_rate() -> None:
    torch = pytest.importorskip("torch")
    bases = (0.1, 3.0)
    optimizer = torch.optim.SGD([{"params": [torch.nn.Parameter(torch.zeros(()))], "lr": base} for base in bases])
    scheduler = torch_warm_up_then_cosine(optimizer, 3, 5)
    alone = [built_by(torch_warm_up_then_cosine, DEFINITION).rates(20, base=base, warm=3, T_max=5) for base in bases]
    for k in range(20):
        assert [group["lr"] for group in optimizer.param_groups] == [run[k] for run in alone]
        optimizer.step()
        scheduler.step()


def test_milestones_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError) as raised:
        sequential.rate(0, base=1.0, schedules=[cosine.rate, cosine.rate], milestones=[3, 2])
    assert "milestones must be 1 numbers in order" in str(raised.value)
