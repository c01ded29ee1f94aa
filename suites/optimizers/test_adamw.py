"""AdamW against torch, the paper's form against torch's, and both against Adam."""

import torch

from fiducial.reference.optimizers import adam, adamw
from fiducial.suites.optimizers.trajectories import Plan, apart, betas, follow, follows_torch, is_not, plans, start

HYPER = ("lr", "beta1", "beta2", "eps", "weight_decay")

test_torch_follows_adamw = follows_torch(
    adamw.init, adamw.torch_step, torch.optim.AdamW, HYPER, options=betas, lerped=["beta1"],
    m="exp_avg", v="exp_avg_sq")

test_is_not = is_not(adamw.init, adamw.torch_step, [adamw.step, adamw.decay_after_step],
                     lr=0.01, beta1=0.9, beta2=0.99, eps=1e-8, weight_decay=0.1)


def test_without_decay_it_is_adam() -> None:
    plan = Plan(0)
    h, state = plan.draw("lr", "beta1", "beta2", "eps"), start(adam.init, plan)
    expected = follow(adam.step, state, plan, **h)
    for step in (adamw.step, adamw.torch_step, adamw.decay_after_step):
        assert apart(expected, follow(step, state, plan, **h, weight_decay=0.0)) <= 1


def test_the_papers_multiplier_scales_both_terms() -> None:
    """η_t α = η and η_t λ_paper = η λ_torch: at α = η, η_t = 1 the paper's λ is η λ_torch."""
    for plan in plans():
        h, state = plan.draw(*HYPER), start(adamw.init, plan)
        torch_like = follow(adamw.torch_step, state, plan, **h)
        decay, rate = h.pop("weight_decay"), h.pop("lr")
        paper = follow(adamw.step, state, plan, **h, lr=1.0, multiplier=rate, weight_decay=decay)
        assert apart(torch_like, paper) <= 1


def test_a_schedule_of_torchs_rate_is_the_papers_multiplier() -> None:
    plan = Plan(1)
    h, state = plan.draw("beta1", "beta2", "eps"), start(adamw.init, plan)
    schedule = [2.0**-t for t in range(plan.steps)]
    torch_like = follow(adamw.torch_step, state, plan, **h, lr=schedule, weight_decay=0.25)
    assert apart(torch_like, follow(adamw.step, state, plan, **h, lr=1.0, multiplier=schedule, weight_decay=0.25)) <= 1
