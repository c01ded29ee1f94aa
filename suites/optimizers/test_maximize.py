"""Maximization against torch's option, with weight decay, whose order it shows."""

from typing import Any

import torch

from fiducial.reference.optimizers import adam, decay, maximize
from fiducial.suites.optimizers.trajectories import betas, follows_torch, is_not


def climbing(x: Any, g: Any, state: Any, *, weight_decay: Any, **h: Any) -> Any:
    return adam.step(x, decay.coupled(maximize.ascent(g), x, weight_decay=weight_decay), state, **h)


def decayed_before(x: Any, g: Any, state: Any, *, weight_decay: Any, **h: Any) -> Any:
    """The plausible mistake: the penalty negated too."""
    return adam.step(x, maximize.ascent(decay.coupled(g, x, weight_decay=weight_decay)), state, **h)


test_torch_climbs = follows_torch(
    adam.init, climbing, torch.optim.Adam, ["lr", "beta1", "beta2", "eps", "weight_decay"],
    options=lambda h: {**betas(h), "maximize": True}, lerped=["beta1"], m="exp_avg", v="exp_avg_sq")

test_is_not = is_not(adam.init, climbing, [decayed_before], lr=0.01, beta1=0.9, beta2=0.99, eps=1e-8, weight_decay=0.1)
