"""The three weight decays, coupled and decoupled against torch."""

from typing import Any

import torch

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adam, adamw, decay, gradient_descent
from fiducial.suites.optimizers.trajectories import Plan, betas, follows_torch, gap, is_not


def coupled_adam(x: Any, g: Any, state: Any, *, weight_decay: Any, **h: Any) -> Any:
    return adam.step(x, decay.coupled(g, x, weight_decay=weight_decay), state, **h)


def fixed_adam(x: Any, g: Any, state: Any, *, weight_decay: Any, **h: Any) -> Any:
    return adam.step(decay.fixed(x, weight_decay=weight_decay), g, state, **h)


def coupled_descent(x: Any, g: Any, state: Any, *, weight_decay: Any, lr: Any) -> Any:
    return gradient_descent.step(x, decay.coupled(g, x, weight_decay=weight_decay), state, lr=lr)


test_torch_couples_in_adam = follows_torch(
    adam.init, coupled_adam, torch.optim.Adam, ["lr", "beta1", "beta2", "eps", "weight_decay"],
    options=betas, lerped=["beta1"], m="exp_avg", v="exp_avg_sq")

test_torch_couples_in_descent = follows_torch(
    gradient_descent.init, coupled_descent, torch.optim.SGD, ["lr", "weight_decay"])

test_decoupled_is_not = is_not(adam.init, adamw.torch_step, [coupled_adam, fixed_adam],
                               lr=0.01, beta1=0.9, beta2=0.99, eps=1e-8, weight_decay=0.1)


def test_in_plain_descent_coupled_is_decoupled() -> None:
    """x - η (g + λ x) = x (1 - η λ) - η g."""
    x, g, h = exact(Plan(0).start), exact(Plan(1).start), {"lr": exact(0.1), "weight_decay": exact(0.3)}
    coupled, _ = coupled_descent(x, g, gradient_descent.State(), **h)
    decoupled, _ = gradient_descent.step(decay.decoupled(x, **h), g, gradient_descent.State(), lr=h["lr"])
    assert gap(coupled, decoupled) <= 1


def test_fixed_is_decoupled_at_rate_one() -> None:
    x, decayed = exact(Plan(0).start), exact(0.3)
    expected = decay.decoupled(x, lr=exact(1.0), weight_decay=decayed)
    assert gap(decay.fixed(x, weight_decay=decayed), expected) <= 1


def test_no_decay_changes_nothing() -> None:
    """0 x is exact, and so is what it is added to."""
    x, g, none = exact(Plan(0).start), exact(Plan(1).start), exact(0.0)
    decayed: Any = decay.coupled(g, x, weight_decay=none)
    assert (decayed.error == 0).all()
    assert (decayed.value == g.value).all()
