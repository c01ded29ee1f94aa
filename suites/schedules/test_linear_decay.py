"""Linear decay to τ against its claims, and torch's LinearLR beside it."""

from typing import Any

import pytest
from hypothesis import strategies as st

from fiducial.checks.claims import Claim
from fiducial.checks.evidence import Status
from fiducial.checks.schedules import chain_agrees, follows_definition, survives_reload
from fiducial.reference.schedules import linear, linear_decay
from fiducial.suites.bindings import Binding, Wrong, define_test
from fiducial.suites.rules.schedules import whole_runs
from fiducial.suites.schedules.torch_runs import built_by
from fiducial.suites.schedules.wrong_runs import chained_early, forgetful, late


def by_factors(k: float, *, base: float, final: float, tau: int) -> float:
    """The same as a factor that moves from 1 to ε_τ/ε₀."""
    return linear.rate(k, base=base, start_factor=1.0, end_factor=final / base, total_iters=tau)


def recursive(eta: float, k: int, *, base: float, final: float, tau: int) -> float:
    """Likewise, from the rate before."""
    return linear.recursive(eta, k, base=base, start_factor=1.0, end_factor=final / base, total_iters=tau)


def never_constant(k: float, *, base: float, final: float, tau: int) -> float:
    """The line goes on after τ, into the negative."""
    return (1 - k / tau) * base + (k / tau) * final


def torch_decay(optimizer: Any, final: float, tau: int) -> Any:
    """LinearLR from 1 to ε_τ/ε₀."""
    from torch.optim.lr_scheduler import LinearLR

    return LinearLR(optimizer, 1.0, final / optimizer.param_groups[0]["lr"], tau)


DEFINITION = whole_runs(linear_decay.rate, recursive, forms=(by_factors,))
DRAWS = {"base": st.floats(1e-3, 10), "final": st.floats(0, 1e-3), "tau": st.integers(1, 30)}
FOLLOWS, CHAIN, RELOAD = CLAIMS = (
    follows_definition(DEFINITION, **DRAWS), chain_agrees(DEFINITION, **DRAWS), survives_reload(**DRAWS))

BINDING = Binding(
    row="linear decay to τ, then constant", section=9, definition=DEFINITION, claims=CLAIMS,
    wrong=[
        Wrong(whole_runs(never_constant), by=FOLLOWS),
        Wrong(late(DEFINITION), by=FOLLOWS),
        Wrong(chained_early(DEFINITION), by=CHAIN),
        Wrong(forgetful(DEFINITION), by=RELOAD),
    ])

test_linear_decay = define_test(BINDING)


@pytest.mark.parametrize("claim", [FOLLOWS, RELOAD], ids=lambda claim: claim.id)
def test_torchs_linear_schedule_is_this_decay(claim: Claim) -> None:
    pytest.importorskip("torch")
    assert claim.examine(built_by(torch_decay, DEFINITION)).status is Status.PASSED
