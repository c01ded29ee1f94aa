"""Quasi-hyperbolic momentum: its corners, its mean of two paths, its weights; public classes, where installed."""

import importlib

import pytest

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import gradient_descent, momentum_average, nesterov_buffer, qhm
from fiducial.suites.optimizers.trajectories import (
    Plan,
    against_torch,
    apart,
    follow,
    gap,
    plans,
    start,
    torch_course,
)


def drawn(plan: Plan) -> dict[str, float]:
    """Rate, momentum, and ν between 0 and 1."""
    h = plan.draw("lr", "momentum", "dampening")
    return {"lr": h["lr"], "momentum": h["momentum"], "nu": h["dampening"]}


@pytest.mark.zoo
@pytest.mark.parametrize("package", ["qhoptim.pyt", "torch_optimizer", "pytorch_optimizer"])
@pytest.mark.parametrize("plan", plans(4), ids=lambda plan: f"seed{plan.seed}")
@pytest.mark.filterwarnings("ignore:This overload of add_ is deprecated")
def test_public_classes_follow_qhm(plan: Plan, package: str) -> None:
    pytest.importorskip(package)
    h = drawn(plan)
    theirs = torch_course(importlib.import_module(package).QHM, plan, **h)
    assert against_torch(follow(qhm.step, start(qhm.init, plan), plan, **h), theirs, b="momentum_buffer") <= 1


def test_at_0_it_is_gradient_descent_and_at_1_momentum() -> None:
    for plan in plans(6):
        h = drawn(plan)
        descent, average = (follow(qhm.step, start(qhm.init, plan), plan, **{**h, "nu": nu}) for nu in (0.0, 1.0))
        assert apart(descent, follow(gradient_descent.step, start(gradient_descent.init, plan), plan, lr=h["lr"])) <= 1
        assert apart(average, follow(momentum_average.step, start(momentum_average.init, plan), plan, lr=h["lr"],
                                     momentum=h["momentum"])) <= 1


def test_at_the_momentum_itself_it_is_nesterovs() -> None:
    """ν = β: torch's Nesterov form at rate η (1 - β)."""
    for plan in plans(6):
        h = drawn(plan)
        ours = follow(qhm.step, start(qhm.init, plan), plan, **{**h, "nu": h["momentum"]})
        rate = exact(h["lr"]) * (1 - exact(h["momentum"]))
        assert apart(ours, follow(nesterov_buffer.step, start(nesterov_buffer.init, plan), plan, lr=rate,
                                  momentum=h["momentum"])) <= 1


def test_its_path_is_the_mean_of_two_paths() -> None:
    """On given gradients x is linear in ν: (1 - ν) descent + ν momentum."""
    for plan in plans(6):
        h = drawn(plan)
        ours, one, other = (follow(qhm.step, start(qhm.init, plan), plan, **{**h, "nu": nu})
                            for nu in (h["nu"], 0.0, 1.0))
        nu = exact(h["nu"])
        for (x, _), (low, _), (high, _) in zip(ours, one, other, strict=True):
            assert gap(x, (1 - nu) * low + nu * high) <= 1


def test_a_gradient_weighs_its_closed_form() -> None:
    """x_T = x_0 - η Σ_t g_t (1 - ν β^(T-t+1))."""
    for plan in plans(6):
        h = {name: exact(value) for name, value in drawn(plan).items()}
        x, _ = follow(qhm.step, start(qhm.init, plan), plan, **h)[-1]
        weighed = sum(exact(g) * (1 - h["nu"] * h["momentum"] ** (plan.steps - t))
                      for t, g in enumerate(plan.gradients))
        assert gap(x, plan.start - h["lr"] * weighed) <= 1
