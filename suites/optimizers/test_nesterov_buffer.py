"""The buffer form of Nesterov momentum against torch's SGD with nesterov=True."""

from typing import Any

import torch

from fiducial.reference.optimizers import momentum_buffer, nesterov_buffer
from fiducial.suites.optimizers.trajectories import follows_torch, is_not

test_torch_follows_nesterov_buffer = follows_torch(
    nesterov_buffer.init, nesterov_buffer.step, torch.optim.SGD, ["lr", "momentum"],
    options=lambda h: {**h, "nesterov": True}, b="momentum_buffer")


def without_look_ahead(x: Any, g: Any, state: Any, *, lr: Any, momentum: Any) -> Any:
    """The plausible mistake: x - η b, which is plain momentum."""
    x, plain = momentum_buffer.step(x, g, momentum_buffer.State(state.b, 1), lr=lr, momentum=momentum)
    return x, nesterov_buffer.State(plain.b)


test_is_not = is_not(nesterov_buffer.init, nesterov_buffer.step, [without_look_ahead], lr=0.01, momentum=0.9)
