"""Gradient descent against torch's SGD without options."""

from typing import Any

import torch

from fiducial.reference.optimizers import gradient_descent, maximize
from fiducial.suites.optimizers.trajectories import follows_torch, is_not

test_torch_follows_gradient_descent = follows_torch(
    gradient_descent.init, gradient_descent.step, torch.optim.SGD, ["lr"])


def uphill(x: Any, g: Any, state: Any, *, lr: Any) -> Any:
    """The plausible mistake: the sign."""
    return gradient_descent.step(x, maximize.ascent(g), state, lr=lr)


test_is_not = is_not(gradient_descent.init, gradient_descent.step, [uphill], lr=0.1)
