"""Careless deployment: through NumPy, in a form of its own, by a table in Python."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from fiducial.suites.harness.sound import Group, Memory, SoundAdam

Saved = dict[str, Any]


class StepsThroughNumPy(SoundAdam):
    """Adds its change in NumPy, and makes the parameter's data anew."""

    def move(self, p: Tensor, change: Tensor) -> None:
        p.data = torch.tensor(p.tolist(), dtype=p.dtype) + torch.tensor(change.tolist(), dtype=p.dtype)


class SavesInItsOwnForm(SoundAdam):
    """Saves a list of moments, in the order of its parameters."""

    def state_dict(self) -> Saved:
        saved = super().state_dict()
        return {"moments": list(saved["state"].values()), "param_groups": saved["param_groups"]}

    def load_state_dict(self, state_dict: Saved) -> None:
        state = dict(enumerate(state_dict["moments"]))
        super().load_state_dict({"state": state, "param_groups": state_dict["param_groups"]})


class LooksItsCountUp(SoundAdam):
    """Looks the factor of each step up in a table."""

    factors: ClassVar[list[float]] = [1.0] * 1000

    def direction(self, g: Tensor, memory: Memory, group: Group) -> Tensor:
        change = super().direction(g, memory, group)
        return change * self.factors[memory["step"]]
