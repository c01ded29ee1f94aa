"""SGDP: momentum where nothing is projected, against torch; what is kept where it is; public classes, if installed."""

import importlib
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adamp, momentum_average, momentum_buffer, sgdp
from fiducial.suites.optimizers.plans_of_plans import as_matrices
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

HYPER = ("lr", "momentum")
PROJECTING = {"lr": 0.01, "momentum": 0.9, "delta": 3.0}


def course(step: Any, plan: Plan, **h: Any) -> Any:
    return follow(step, start(sgdp.init, plan), plan, **h)


def short() -> list[Plan]:
    """Plans of 8 steps: a projection triples the bound of what it is given, and overwriting keeps it."""
    return [Plan(seed, steps=8) for seed in range(4)]


def flat(found: Any) -> Any:
    """A course of matrices as one of vectors."""
    return [(x.reshape(-1), state) for x, state in found]


@pytest.mark.parametrize(("nesterov", "form"), [(False, sgdp.step), (True, sgdp.nesterov_step)])
@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_torch_follows_what_is_not_projected(plan: Plan, nesterov: bool, form: Any) -> None:
    """δ = 0 on matrices, any δ on vectors: momentum without dampening."""
    h = plan.draw(*HYPER)
    theirs = torch_course(torch.optim.SGD, plan, **h, nesterov=nesterov)
    assert against_torch(course(form, plan, **h, delta=3.0), theirs, b="momentum_buffer") <= 1
    assert against_torch(flat(course(form, as_matrices(plan, 2, 3), **h, delta=0.0)), theirs) <= 1


@pytest.mark.zoo
@pytest.mark.parametrize(("package", "nesterov", "form"), [
    ("timm.optim", False, sgdp.step), ("timm.optim", True, sgdp.nesterov_step), ("adamp", True, sgdp.nesterov_step),
    ("adamp", False, sgdp.overwriting_step),
    ("torch_optimizer", False, partial(sgdp.overwriting_step, similarity=adamp.softened_cosine))])
@pytest.mark.parametrize("plan", short(), ids=lambda plan: f"seed{plan.seed}")
def test_public_classes_follow_their_forms(plan: Plan, package: str, nesterov: bool, form: Any) -> None:
    pytest.importorskip(package)
    h = {**plan.draw(*HYPER, "dampening", "weight_decay"), "delta": [0.3, 1.0, 3.0, 0.0][plan.seed], "wd_ratio": 0.3}
    matrices = as_matrices(plan, 2, 3)
    theirs = torch_course(importlib.import_module(package).SGDP, matrices, **h, nesterov=nesterov)
    assert against_torch(course(form, matrices, **h), theirs, b="momentum") <= 1


def test_dampening_by_the_momentum_is_a_running_average_from_the_first_step() -> None:
    for plan in plans(4):
        h = plan.draw(*HYPER)
        ours = course(sgdp.step, plan, **h, dampening=h["momentum"])
        assert apart(ours, follow(momentum_average.step, start(momentum_average.init, plan), plan, **h)) <= 1


def test_the_projection_leaves_the_momentum_alone() -> None:
    """b is the momentum of the gradients as they came; the form that overwrites it goes another way."""
    for plan in short():
        matrices = as_matrices(plan, 2, 3)
        kept = course(sgdp.step, matrices, **PROJECTING)
        momentum = follow(momentum_buffer.step, start(momentum_buffer.init, plan), plan, lr=0.01, momentum=0.9)
        for (_, ours), (_, whole) in zip(kept, momentum, strict=True):
            assert gap(ours.b.reshape(-1), whole.b) <= 1
        overwritten = course(sgdp.overwriting_step, matrices, **PROJECTING)
        assert apart(kept[:1], overwritten[:1]) == 0
        assert apart(kept, overwritten) > 1e6


def test_without_memory_or_without_projection_overwriting_changes_nothing() -> None:
    for plan in plans(4):
        matrices = as_matrices(plan, 2, 3)
        for options in ({"momentum": 0.0}, {"delta": 0.0}):
            one, other = (course(form, matrices, **{**PROJECTING, **options})
                          for form in (sgdp.step, sgdp.overwriting_step))
            assert apart(one, other) <= 1


def test_a_projected_step_is_at_right_angles_to_every_row() -> None:
    """λ = ε = 0: ‖x_t‖² = ‖x_{t-1}‖² + ‖x_t - x_{t-1}‖² row by row."""
    for plan in short():
        for form in (sgdp.step, sgdp.nesterov_step):
            matrices = as_matrices(plan, 2, 3)
            path = [exact(matrices.start), *(x for x, _ in course(form, matrices, **PROJECTING, eps=0.0))]
            for before, after in pairwise(path):
                move = after - before
                assert gap(np.sum(after**2, axis=1), np.sum(before**2, axis=1) + np.sum(move**2, axis=1)) <= 1


def test_decay_is_as_fast_as_a_steady_gradients_step() -> None:
    """x (1 - η λ r / (1 - μ)): under g = λ x for ever momentum comes to the same; r = 1 under a gradient along x."""
    x = exact(np.array([[3.0, 4.0]]))
    for g, ratio in ((exact(np.array([[-4.0, 3.0]])), 0.1), (x, 1.0)):
        for form in (sgdp.step, sgdp.nesterov_step, sgdp.overwriting_step):
            decayed, plain = (form(x, g, sgdp.init(x), lr=0.1, momentum=0.9, weight_decay=w)[0] for w in (0.5, 0.0))
            share = exact(0.1) * exact(0.5) * exact(ratio) / (1 - exact(0.9))
            assert gap(plain - decayed, x * share) <= 1


def test_it_projects_by_the_rule_of_adamp() -> None:
    """The first step, for each place of δ."""
    plan = as_matrices(Plan(3), 2, 3)
    x, g = exact(plan.start), exact(plan.gradients[0])
    for delta in (0.1, 0.5, 1.0, 3.0):
        q, _ = adamp.project(x, g, g, delta=delta, wd_ratio=0.1, eps=1e-8)
        assert gap(sgdp.step(x, g, sgdp.init(x), lr=0.5, momentum=0.9, delta=delta)[0], x - 0.5 * q) <= 1
