"""Adadelta against torch, and the pace at which it starts."""

from typing import Any

import numpy as np
import torch

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adadelta
from fiducial.suites.optimizers.trajectories import Plan, follows_torch, gap, is_not

test_torch_follows_adadelta = follows_torch(
    adadelta.init, adadelta.step, torch.optim.Adadelta, ["lr", "rho", "eps"], v="square_avg", u="acc_delta")


def averaged_after_the_rate(x: Any, g: Any, state: Any, *, lr: Any, rho: Any, eps: Any) -> Any:
    """The plausible mistake: u averages η Δ instead of Δ."""
    moved, new = adadelta.step(x, g, state, lr=lr, rho=rho, eps=eps)
    return moved, new._replace(u=rho * state.u + lr**2 * (new.u - rho * state.u))


test_is_not = is_not(adadelta.init, adadelta.step, [averaged_after_the_rate], lr=0.5, rho=0.9, eps=1e-6)


def test_epsilon_sets_the_first_step() -> None:
    """|Δ_1| = √ε |g| / √((1 - ρ) g² + ε), which is √(ε / (1 - ρ)) for g² far above ε."""
    start, rho, eps = exact(np.zeros(6)), exact(0.9), exact(1e-6)
    g = exact(1e6 * (1 + np.abs(Plan(0).start)))
    x: Any = adadelta.step(start, g, adadelta.init(start), rho=rho, eps=eps)[0]
    assert gap(x, 0 - np.sqrt(eps) * g / np.sqrt((1 - rho) * g**2 + eps)) <= 1
    np.testing.assert_allclose(np.abs(x.value), np.sqrt(1e-6 / 0.1), rtol=1e-6)  # ε / ((1 - ρ) g²) <= 1e-17
