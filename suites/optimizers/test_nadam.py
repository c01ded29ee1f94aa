"""NAdam against torch, whose product of momenta has float32's precision, against optax, and beside Adam."""

from typing import Any

import numpy as np
import pytest
import torch

from fiducial.checks.rounding import FLOAT32, Rounded, exact
from fiducial.reference.optimizers import adam, nadam
from fiducial.suites.optimizers.optax_runs import optax_course
from fiducial.suites.optimizers.trajectories import (
    Course,
    Plan,
    against_torch,
    apart,
    betas,
    follow,
    gap,
    is_not,
    plans,
    start,
    torch_course,
)

HYPER = ("lr", "beta1", "beta2", "eps")
TYPICAL = {"lr": 0.01, "beta1": 0.9, "beta2": 0.99, "eps": 1e-3}


def kept_in_float32(plan: Plan, **h: Any) -> Course:
    """The definition's course, its product p known to one unit of float32 more after every step."""

    def step(x: Any, g: Any, state: Any, **options: Any) -> Any:
        x, state = nadam.step(x, g, state, **options)
        p = exact(state.p)
        return x, state._replace(p=Rounded(p.value, p.error + FLOAT32.unit * np.abs(p.value)))

    first = start(nadam.init, plan)
    return follow(step, first._replace(p=Rounded(1.0, FLOAT32.unit)), plan, **h)


@pytest.mark.parametrize("plan", plans(), ids=lambda plan: f"seed{plan.seed}")
def test_torch_follows_nadam_with_a_product_in_float32(plan: Plan) -> None:
    h = {**plan.draw(*HYPER), "momentum_decay": 4e-3}
    known = {**h, "beta1": Rounded(h["beta1"], 2.0**-53)}  # lerp knows 1 - β₁ to one unit
    theirs = torch_course(torch.optim.NAdam, plan, **betas(h))
    assert against_torch(kept_in_float32(plan, **known), theirs, m="exp_avg", v="exp_avg_sq", p="mu_product") <= 1


def test_in_float64_alone_torch_is_not_followed() -> None:
    """The declared precision is no courtesy: without it torch's product is off by far more than rounding explains."""
    plan = Plan(0)
    ours = follow(nadam.step, start(nadam.init, plan), plan, **TYPICAL)
    assert against_torch(ours, torch_course(torch.optim.NAdam, plan, **betas(TYPICAL))) > 100


test_is_not = is_not(nadam.init, nadam.step, [nadam.constant_step], **TYPICAL)


def test_optax_follows_the_constant_form() -> None:
    for plan in plans(4):
        h = plan.draw(*HYPER)
        theirs = optax_course("nadam", plan, learning_rate=h["lr"], b1=h["beta1"], b2=h["beta2"], eps=h["eps"])
        ours = follow(nadam.constant_step, start(nadam.init, plan), plan, **h)
        assert against_torch(ours, theirs) <= 1


def test_without_momentum_it_is_adam_without_momentum() -> None:
    """β₁ = 0: μ = 0 throughout, P = 0 and n = g."""
    for plan in plans(4):
        h = {**plan.draw(*HYPER), "beta1": 0.0}
        ours = follow(nadam.step, start(nadam.init, plan), plan, **h)
        assert apart(ours, follow(adam.step, start(adam.init, plan), plan, **h)) <= 1


def test_a_slow_schedule_is_half_the_momentum_and_a_fast_one_all_of_it() -> None:
    """ψ = 0 leaves μ = β₁/2; ψ → ∞ makes μ = β₁, the constant form."""
    plan = Plan(0)
    assert nadam.scheduled(7, beta1=0.9, momentum_decay=0.0) == 0.45
    fast = follow(nadam.step, start(nadam.init, plan), plan, **TYPICAL, momentum_decay=1e5)
    assert apart(fast, follow(nadam.constant_step, start(nadam.init, plan), plan, **TYPICAL)) <= 1


def test_the_first_step_looks_ahead() -> None:
    """n_1 = g (1 + μ_2 (1 - β₁) / (1 - μ_1 μ_2)), whatever β₂, and √v̂_1 = |g|."""
    for plan in plans(4):
        h = {name: exact(value) for name, value in plan.draw(*HYPER).items()}
        g, x = exact(plan.gradients[0]), exact(plan.start)
        one, two = (nadam.scheduled(t, beta1=h["beta1"], momentum_decay=4e-3) for t in (1, 2))
        moved, _ = nadam.step(x, g, start(nadam.init, plan), **h)
        ahead = g * (1 + two * (1 - h["beta1"]) / (1 - one * two))
        assert gap(moved, x - h["lr"] * ahead / (abs(g) + h["eps"])) <= 1


@pytest.mark.parametrize(("dtype", "unit"), [(torch.float64, 0.0), (torch.bfloat16, 2.0**-8)])
def test_torch_changes_the_format_of_its_product_on_reload(dtype: torch.dtype, unit: float) -> None:
    """load_state_dict casts the product to the parameter's dtype, so that a resumed run is another run."""
    x = torch.ones(1, dtype=dtype, requires_grad=True)
    optimizer = torch.optim.NAdam([x])
    x.grad = torch.ones_like(x)
    optimizer.step()
    saved = optimizer.state_dict()
    assert saved["state"][0]["mu_product"].dtype == torch.float32
    fresh = torch.optim.NAdam([x])
    fresh.load_state_dict(saved)
    loaded = fresh.state[x]["mu_product"]
    assert loaded.dtype == dtype
    assert (abs(loaded.double() - saved["state"][0]["mu_product"].double()) > 0) == (unit > 0)
