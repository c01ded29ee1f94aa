"""Several schedules at once against their claims, and torch's ChainedScheduler beside them."""

from typing import Any

import pytest

from fiducial.checks.claims import Claim
from fiducial.checks.evidence import Status
from fiducial.checks.rate_shapes import FACTORS
from fiducial.checks.schedules import (
    GAMMAS,
    LENGTHS,
    chain_agrees,
    follows_definition,
    scales_with_the_base,
    survives_reload,
)
from fiducial.reference.schedules import chained, constant, exponential, step
from fiducial.suites.bindings import Binding, Wrong, define_test
from fiducial.suites.rules.schedules import whole_runs
from fiducial.suites.schedules.torch_runs import built_by
from fiducial.suites.schedules.wrong_runs import chained_early, forgetful, late, to_a_fixed_rate


def rate(k: int, *, base: float, factor: float, total_iters: int, gamma: float, step_size: int) -> float:
    """A constant warm-up times an exponential decay times a step decay."""
    return chained.rate(k, base=base, schedules=[
        lambda k, base: constant.rate(k, base=base, factor=factor, total_iters=total_iters),
        lambda k, base: exponential.rate(k, base=base, gamma=gamma),
        lambda k, base: step.rate(k, base=base, step_size=step_size, gamma=gamma)])


def recursive(eta: float, k: int, *, base: float, factor: float, total_iters: int, gamma: float,
              step_size: int) -> float:
    """The same from the rate before."""
    return chained.recursive(eta, k, base=base, schedules=[
        lambda eta, k, base: constant.recursive(eta, k, base=base, factor=factor, total_iters=total_iters),
        lambda eta, k, base: exponential.recursive(eta, k, base=base, gamma=gamma),
        lambda eta, k, base: step.recursive(eta, k, base=base, step_size=step_size, gamma=gamma)])


def the_last_one_wins(k: int, *, base: float, factor: float, total_iters: int, gamma: float, step_size: int) -> float:
    """Each schedule sets the rate from the base rate, so that only the last one counts."""
    return step.rate(k, base=base, step_size=step_size, gamma=gamma)


def torch_chain(optimizer: Any, factor: float, total_iters: int, gamma: float, step_size: int) -> Any:
    """ChainedScheduler of ConstantLR, ExponentialLR and StepLR."""
    from torch.optim import lr_scheduler as torch

    return torch.ChainedScheduler([torch.ConstantLR(optimizer, factor, total_iters),
                                   torch.ExponentialLR(optimizer, gamma), torch.StepLR(optimizer, step_size, gamma)])


DEFINITION = whole_runs(rate, recursive, whole=True)
DRAWS = {"factor": FACTORS, "total_iters": LENGTHS, "gamma": GAMMAS, "step_size": LENGTHS}
FOLLOWS, CHAIN, RELOAD, SCALES = CLAIMS = (
    follows_definition(DEFINITION, **DRAWS), chain_agrees(DEFINITION, **DRAWS), survives_reload(**DRAWS),
    scales_with_the_base(**DRAWS))

BINDING = Binding(
    row="several schedules at once", section=9, definition=DEFINITION, claims=CLAIMS,
    wrong=[
        Wrong(whole_runs(the_last_one_wins, whole=True), by=FOLLOWS),
        Wrong(late(DEFINITION), by=FOLLOWS),
        Wrong(chained_early(DEFINITION), by=CHAIN),
        Wrong(forgetful(DEFINITION), by=RELOAD),
        Wrong(to_a_fixed_rate(DEFINITION), by=SCALES),
    ])

test_chained = define_test(BINDING)


@pytest.mark.parametrize("claim", [FOLLOWS, RELOAD, SCALES], ids=lambda claim: claim.id)
def test_torchs_chained_schedulers_are_this_product(claim: Claim) -> None:
    pytest.importorskip("torch")
    assert claim.examine(built_by(torch_chain, DEFINITION)).status is Status.PASSED
