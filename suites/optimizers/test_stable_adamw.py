"""StableAdamW beside AdamW, in a second formulation, and against optimi where it is installed."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import Rounded, exact
from fiducial.reference.optimizers import adam, adamw, stable_adamw
from fiducial.suites.optimizers.trajectories import (
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

HYPER = ("lr", "beta1", "beta2", "eps", "weight_decay")
TYPICAL = {"lr": 0.01, "beta1": 0.9, "beta2": 0.99, "eps": 1e-6, "weight_decay": 0.1}

test_is_not = is_not(stable_adamw.init, stable_adamw.step, [stable_adamw.timm_step], **TYPICAL)


def by_corrected_moments(x: Any, g: Any, state: Any, *, lr: Any, beta1: Any, beta2: Any, eps: Any,
                         weight_decay: Any) -> Any:
    """Adam's m̂ and v̂ in place of the averages with moving rates, and the clipping as one division of the whole step."""
    state = adam.moments(g, state, beta1=beta1, beta2=beta2)
    m, v = adam.corrected(state, beta1=beta1, beta2=beta2)
    rms = np.linalg.norm(g / np.maximum(np.sqrt(v), eps)) / np.sqrt(exact(float(x.size)))
    return x - lr * (m / (np.sqrt(v) + eps) + weight_decay * x) / np.maximum(1.0, rms), state


@pytest.mark.parametrize("plan", plans(12), ids=lambda plan: f"seed{plan.seed}")
def test_a_second_formulation_agrees(plan: Plan) -> None:
    h = plan.draw(*HYPER)
    ours = follow(stable_adamw.step, start(stable_adamw.init, plan), plan, **h)
    assert apart(ours, follow(by_corrected_moments, start(adam.init, plan), plan, **h)) <= 1


def timm_by_corrected_moments(x: Any, g: Any, state: Any, *, lr: Any, beta1: Any, beta2: Any, eps: Any,
                              weight_decay: Any) -> Any:
    """The same with timm's choices: ε added before the mean square, decay at the whole rate."""
    state = adam.moments(g, state, beta1=beta1, beta2=beta2)
    m, v = adam.corrected(state, beta1=beta1, beta2=beta2)
    scale = np.sqrt(v) + eps
    rms = np.linalg.norm(g / scale) / np.sqrt(exact(float(x.size)))
    return x * (1 - lr * weight_decay) - lr * (m / scale) / np.maximum(1.0, rms), state


@pytest.mark.parametrize("plan", plans(12), ids=lambda plan: f"seed{plan.seed}")
def test_a_second_formulation_of_timms_form_agrees(plan: Plan) -> None:
    h = plan.draw(*HYPER)
    ours = follow(stable_adamw.timm_step, start(stable_adamw.init, plan), plan, **h)
    assert apart(ours, follow(timm_by_corrected_moments, start(adam.init, plan), plan, **h)) <= 1


@pytest.mark.zoo
@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_optimi_follows_it(plan: Plan) -> None:
    """For β ≥ ½: optimi has (βᵗ - β)/(βᵗ - 1) and its complement, which below ½ know β to one unit only."""
    optimi, h = pytest.importorskip("optimi"), plan.draw(*HYPER)
    known = {**h, "beta1": Rounded(h["beta1"], 2.0**-53)}
    ours = follow(stable_adamw.step, start(stable_adamw.init, plan), plan, **known)
    theirs = torch_course(optimi.StableAdamW, plan, **betas(h), triton=False)
    assert against_torch(ours, theirs, v="exp_avg", u="exp_avg_sq") <= 1


def shrinking(plan: Plan) -> Plan:
    """The plan with gradients that halve at every step, so that each is below the root of its second moment."""
    plan.__dict__["gradients"] = [0.5**t * np.where(plan.start > 0, 1.0, -3.0) for t in range(plan.steps)]
    return plan


def test_while_gradients_shrink_it_is_adamw() -> None:
    """RMS_t ≤ 1: nothing is clipped."""
    for plan in map(shrinking, plans(8)):
        h = plan.draw(*HYPER)
        ours = follow(stable_adamw.step, start(stable_adamw.init, plan), plan, **h)
        assert apart(ours, follow(adamw.torch_step, start(adam.init, plan), plan, **h)) <= 1


def test_a_burst_is_clipped_to_its_root_mean_square() -> None:
    """g_1 = … = g_{t-1} = 1, g_t = s: u = (1 - w) + w s², w the newest weight; the step s/√u is shortened to 1."""
    beta2, s, t = 0.99, 50.0, 10
    plan = Plan(0, steps=t)
    plan.__dict__["gradients"] = [np.ones(6)] * (t - 1) + [np.full(6, s)]
    h = {"lr": 0.1, "beta1": 0.0, "beta2": beta2, "eps": 0.0, "weight_decay": 0.0}
    course = follow(stable_adamw.step, start(stable_adamw.init, plan), plan, **h)
    u = 1 + (1 - exact(beta2)) / (1 - exact(beta2) ** t) * (s**2 - 1)
    (before, _), (after, _) = course[-2:]
    assert s / np.sqrt(u) > 3  # what AdamW's step would be, in units of the rate
    assert gap(after, before - exact(0.1)) <= 1


def test_a_whole_tensor_is_clipped_for_one_entry() -> None:
    """One entry of six bursts: the others, still on a constant gradient, take η / RMS, RMS² = (s²/u + 5)/6."""
    beta2, s, t = exact(0.99), 1e3, 5
    plan = Plan(1, steps=t)
    plan.__dict__["gradients"] = [np.ones(6)] * (t - 1) + [np.where(np.arange(6) == 0, s, 1.0)]
    h = {**TYPICAL, "eps": 0.0, "weight_decay": 0.0}
    (before, _), (after, _) = follow(stable_adamw.step, start(stable_adamw.init, plan), plan, **h)[-2:]
    u = 1 + (1 - beta2) / (1 - beta2**t) * (s**2 - 1)
    assert gap(after[1:], before[1:] - exact(0.01) / np.sqrt((s**2 / u + 5) / 6)) <= 1


def test_a_tensor_without_entries_stays_empty() -> None:
    x = np.zeros((0, 3))
    moved, _ = stable_adamw.step(x, x, stable_adamw.init(x), lr=0.1)
    assert moved.shape == (0, 3)
