"""Rprop against torch and optax, and the course of its step sizes."""

import numpy as np
import pytest
import torch

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import rprop
from fiducial.suites.optimizers.optax_runs import optax_course
from fiducial.suites.optimizers.trajectories import Plan, against_torch, apart, follow, plans, start, torch_course

SIZES = {"etaminus": 0.4, "etaplus": 1.3, "step_min": 1e-5, "step_max": 2.0}


def flat(plan: Plan, courses: list[float]) -> Plan:
    """The plan with one course of gradients for every entry."""
    plan.__dict__["gradients"] = [np.full(plan.size, g) for g in courses]
    return plan


@pytest.mark.parametrize("plan", plans(), ids=lambda plan: f"seed{plan.seed}")
def test_torch_follows_rprop(plan: Plan) -> None:
    lr = plan.draw("lr")["lr"]
    theirs = torch_course(torch.optim.Rprop, plan, lr=lr, etas=(0.4, 1.3), step_sizes=(1e-5, 2.0))
    assert against_torch(follow(rprop.step, start(rprop.init, plan, lr=lr), plan, **SIZES), theirs,
                         s="step_size", p="prev") <= 1


def test_optax_moves_one_step_late() -> None:
    """While no sign turns optax takes our moves, each a step later: its first update is 0."""
    plan = flat(Plan(0), [0.3, 2.0, 1e-8, 5.0, 1.0, 0.2])
    theirs = optax_course("rprop", plan, learning_rate=0.1, eta_minus=0.4, eta_plus=1.3, min_step_size=1e-5,
                          max_step_size=2.0)
    ours = follow(rprop.step, start(rprop.init, plan, lr=0.1), plan, **SIZES)
    assert (theirs[0][0] == plan.start).all()
    assert against_torch(ours[:-1], theirs[1:]) <= 1


def test_the_moves_of_a_turning_gradient() -> None:
    """g = 1, 1, -1, -1, -1 at η = 0.01: 0.01, then longer, none on the turn, then half and longer again."""
    plan = flat(Plan(0), [1.0, 1.0, -1.0, -1.0, -1.0])
    course = [plan.start, *(x.value for x, _ in follow(rprop.step, start(rprop.init, plan, lr=0.01), plan))]
    np.testing.assert_allclose(np.diff(course, axis=0).T[0], [-0.01, -0.012, 0, 0.006, 0.0072], rtol=1e-12)


def test_the_paper_takes_the_last_move_back() -> None:
    plan = flat(Plan(0), [1.0, 1.0, -1.0, -1.0, -1.0])
    state = start(rprop.backtracking_init, plan, lr=0.01)
    course = [plan.start, *(x.value for x, _ in follow(rprop.backtracking_step, state, plan))]
    np.testing.assert_allclose(np.diff(course, axis=0).T[0], [-0.01, -0.012, 0.012, 0.006, 0.0072], rtol=1e-12)


def test_while_no_sign_turns_the_paper_agrees() -> None:
    plan = flat(Plan(1), [0.3, 2.0, 1e-8, 5.0, 1.0])
    ours = follow(rprop.step, start(rprop.init, plan, lr=0.01), plan)
    assert apart(ours, follow(rprop.backtracking_step, start(rprop.backtracking_init, plan, lr=0.01), plan)) == 0


def test_the_size_of_a_gradient_does_not_matter() -> None:
    plan, other = Plan(2), Plan(2)
    other.__dict__["gradients"] = [1e5 * g for g in plan.gradients]
    ours = follow(rprop.step, start(rprop.init, plan, lr=0.01), plan)
    assert apart(ours, follow(rprop.step, start(rprop.init, plan, lr=0.01), other)) == 0


def test_sizes_stay_within_their_bounds() -> None:
    """Forty agreements reach s_max, forty turns reach s_min, and neither is passed."""
    plan = flat(Plan(0), [1.0] * 40)
    assert (follow(rprop.step, start(rprop.init, plan, lr=0.1), plan, **SIZES)[-1][1].s.value == 2.0).all()
    plan = flat(Plan(0), [(-1.0) ** (t // 2) for t in range(120)])
    assert exact(follow(rprop.step, start(rprop.init, plan, lr=0.1), plan, **SIZES)[-1][1].s).value.min() >= 1e-5
