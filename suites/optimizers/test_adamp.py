"""AdamP: Adam where nothing is projected, against torch; right angles where it is; public classes, where installed."""

import importlib
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from fiducial.checks.rounding import Rounded, exact
from fiducial.reference.optimizers import adamp, adamw
from fiducial.suites.optimizers.plans_of_plans import as_matrices, without_zeros
from fiducial.suites.optimizers.trajectories import (
    Array,
    Plan,
    against_torch,
    apart,
    betas,
    follow,
    gap,
    plans,
    start,
    torch_course,
)

HYPER = ("lr", "beta1", "beta2", "eps")
PROJECTING = {"lr": 0.01, "beta1": 0.9, "beta2": 0.99, "eps": 0.0, "delta": 3.0}


def course(step: Any, plan: Plan, **h: Any) -> Any:
    return follow(step, start(adamp.init, plan), plan, **h)


def flat(found: Any) -> Any:
    """A course of matrices as one of vectors."""
    return [(x.reshape(-1), state) for x, state in found]


@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_torch_follows_what_is_not_projected(plan: Plan) -> None:
    """δ = 0 on matrices, any δ on vectors: AdamW."""
    h = plan.draw(*HYPER, "weight_decay")
    theirs = torch_course(torch.optim.AdamW, plan, **betas(h))
    assert against_torch(course(adamp.step, plan, **h, delta=3.0), theirs, m="exp_avg", v="exp_avg_sq") <= 1
    matrices = course(adamp.step, as_matrices(plan, 2, 3), **h, delta=0.0)
    assert against_torch(flat(matrices), theirs) <= 1


@pytest.mark.zoo
@pytest.mark.parametrize(("package", "similarity"), [
    ("adamp", adamp.cosine), ("timm.optim", adamp.cosine), ("torch_optimizer", adamp.softened_cosine)])
@pytest.mark.parametrize(("nesterov", "form"), [(False, adamp.step), (True, adamp.nesterov_step)])
@pytest.mark.parametrize("plan", plans(4), ids=lambda plan: f"seed{plan.seed}")
def test_public_classes_follow_adamp(plan: Plan, package: str, similarity: Any, nesterov: bool, form: Any) -> None:
    pytest.importorskip(package)
    h = {**plan.draw(*HYPER, "weight_decay"), "delta": [0.3, 1.0, 3.0, 0.0][plan.seed], "wd_ratio": 0.3}
    matrices = as_matrices(plan, 2, 3)
    theirs = torch_course(importlib.import_module(package).AdamP, matrices, **betas(h), nesterov=nesterov)
    ours = course(partial(form, similarity=similarity), matrices, **h)
    assert against_torch(ours, theirs, m="exp_avg", v="exp_avg_sq") <= 1


def test_a_softened_cosine_is_smaller() -> None:
    """ε in the norms: 25 / (5 + 1)² for 25 / 5², where a lower bound of 1 changes nothing."""
    x = np.array([[3.0, 4.0]])
    assert adamp.cosine(x, x, eps=1.0) == 1
    assert adamp.softened_cosine(x, x, eps=1.0) == pytest.approx(25 / 36, rel=1e-15)


def projected(x: Array, g: Array, p: Array, delta: float = 0.1) -> tuple[Array, float]:
    """q and r, ε = 0."""
    q, ratio = adamp.project(x, g, p, delta=delta, wd_ratio=0.5, eps=0.0)
    return q, float(ratio)


def test_rows_are_tried_first_then_the_whole() -> None:
    """Rows at right angles each lose their part along themselves, a whole at right angles only its one."""
    x = np.array([[3.0, 4.0], [1.0, 0.0]])
    p = np.array([[1.0, 2.0], [5.0, 6.0]])
    rows = np.array([[-4.0, 3.0], [0.0, 2.0]])
    whole = np.array([[3.0, 4.0], [-25.0, 7.0]])
    q, ratio = projected(x, rows, p)
    np.testing.assert_allclose(q, np.array([[1 - 11 / 25 * 3, 2 - 11 / 25 * 4], [0.0, 6.0]]), rtol=1e-14, atol=1e-14)
    assert ratio == 0.5
    q, ratio = projected(x, whole, p)
    np.testing.assert_allclose(q, p - (x * p).sum() / 26 * x, rtol=1e-14)
    assert ratio == 0.5
    q, ratio = projected(x, x, p)
    np.testing.assert_array_equal(q, p)
    assert ratio == 1


@pytest.mark.parametrize(("delta", "projects"), [(0.49, False), (0.51, True)])
def test_the_threshold_falls_with_the_root_of_the_dimension(delta: float, projects: bool) -> None:
    """cos = 1/4 in a row of 4 entries: projected where δ / 2 > 1/4."""
    x, g = np.array([[2.0, 0.0, 0.0, 0.0]]), np.array([[-1.0, np.sqrt(15), 0.0, 0.0]])
    assert (projected(x, g, g, delta)[1] == 0.5) == projects


def test_a_projected_step_lengthens_every_row_by_pythagoras() -> None:
    """λ = ε = 0: each row's step is at right angles to it, ‖x_t‖² = ‖x_{t-1}‖² + ‖x_t - x_{t-1}‖²."""
    for plan in plans(4):
        matrices = as_matrices(without_zeros(plan), 2, 3)
        path = [exact(matrices.start), *(x for x, _ in course(adamp.step, matrices, **PROJECTING))]
        for before, after in pairwise(path):
            move: Rounded = after - before
            assert gap(np.sum(after**2, axis=1), np.sum(before**2, axis=1) + np.sum(move**2, axis=1)) <= 1


def test_decay_is_slowed_only_where_the_step_is_projected() -> None:
    """λ r for λ: r = `wd_ratio` under a gradient at right angles to x, 1 under one along it."""
    x = exact(np.array([[3.0, 4.0]]))
    for g, ratio in ((exact(np.array([[-4.0, 3.0]])), 0.1), (x, 1.0)):
        decayed, plain = (adamp.step(x, g, adamp.init(x), lr=0.1, weight_decay=w)[0] for w in (0.5, 0.0))
        assert gap(plain - decayed, x * (exact(0.1) * exact(0.5) * exact(ratio))) <= 1


def test_nesterovs_form_looks_ahead_by_one_average() -> None:
    """δ = 0: p_1 = (1 + β₁) g / (|g| + ε); with β₁ = 0 the plain form, which is AdamW."""
    for plan in plans(4):
        h = {name: exact(value) for name, value in plan.draw(*HYPER).items()}
        g, x = exact(plan.gradients[0]), exact(plan.start)
        moved, _ = adamp.nesterov_step(x, g, start(adamp.init, plan), **h)
        assert gap(moved, x - h["lr"] * (1 + h["beta1"]) * g / (abs(g) + h["eps"])) <= 1
        still = {**h, "beta1": 0.0}
        ahead = course(adamp.nesterov_step, plan, **still, weight_decay=0.1)
        assert apart(ahead, follow(adamw.torch_step, start(adamw.init, plan), plan, **still, weight_decay=0.1)) <= 1
