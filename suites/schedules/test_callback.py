"""Callback schedules against their claims, torch's LambdaLR among the subjects."""

from collections.abc import Callable
from types import SimpleNamespace

from fiducial.checks.step_control import a_callback_may_keep_the_rate
from fiducial.reference.schedules import callback
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.schedules import LAMBDA, whole_runs
from fiducial.suites.schedules.wrong_runs import forgetful, late, to_a_fixed_rate

FOLLOWS, RELOAD, SCALES, ASKED_ONCE = LAMBDA.claims
DEFINITION = variant(LAMBDA.definition, step=callback.step)


def from_one(k: int, *, base: float, factor: Callable[[int], float]) -> float:
    """Epochs counted from 1."""
    return base * factor(k + 1)


def as_a_factor(eta: float, k: int, *, schedule: Callable[[int, float], float]) -> float:
    """The callback's result multiplies the rate."""
    return eta * schedule(k, eta)


BINDING = Binding(
    row="callback schedule", section=9, rule=LAMBDA, definition=DEFINITION, claims=(a_callback_may_keep_the_rate,),
    against=("torch.optim.lr_scheduler:LambdaLR",),
    wrong=[
        Wrong(whole_runs(from_one), by=FOLLOWS),
        Wrong(late(LAMBDA.definition), by=FOLLOWS),
        Wrong(forgetful(LAMBDA.definition), by=RELOAD),
        Wrong(to_a_fixed_rate(LAMBDA.definition), by=SCALES),
        Wrong(whole_runs(from_one), by=ASKED_ONCE),
        Wrong(SimpleNamespace(step=as_a_factor), by=a_callback_may_keep_the_rate),
    ])

test_callback = define_test(BINDING)


def test_factors_on_the_rate_before_are_torchs_multiplicative_schedule() -> None:
    import torch

    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(()))], lr=0.3)
    scheduler = torch.optim.lr_scheduler.MultiplicativeLR(optimizer, lambda k: 1 + 1 / k)
    eta = callback.recursive(0.3, 0, ratio=lambda k: 1 + 1 / k)
    for k in range(1, 20):
        optimizer.step()
        scheduler.step()
        eta = callback.recursive(eta, k, ratio=lambda k: 1 + 1 / k)
        assert optimizer.param_groups[0]["lr"] == eta
