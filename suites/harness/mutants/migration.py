"""Careless migrations: states that cannot be read later, or beside parameters of another dtype."""

from __future__ import annotations

import copy
from typing import Any

import torch

from fiducial.suites.harness.sound import Memory, SoundAdam
from fiducial.suites.harness.sound_kinds import SoundVersions


class FillsInTheOpposite(SoundVersions):
    """Has a __setstate__ that fills in maximize=True."""

    def fill_in(self) -> None:
        for group in self.param_groups:
            group.setdefault("maximize", True)
        super().fill_in()


class PutsTensorsBack(SoundAdam):
    """Puts the saved tensors back as they are, whatever the parameters' dtype."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        members = [p for group in self.param_groups for p in group["params"]]
        for index, kept in state_dict["state"].items():
            self.state[members[index]] = copy.deepcopy(kept)


class CountsInATensor(SoundAdam):
    """Counts in a tensor under a name that load_state_dict() casts as if it were a moment."""

    def count(self, memory: Memory) -> int:
        memory["t"] = memory.get("t", torch.zeros((), dtype=torch.float64)) + 1
        return int(memory["t"])


class SavesInHalf(SoundAdam):
    """Saves its moments in float16."""

    def state_dict(self) -> dict[str, Any]:
        saved = super().state_dict()
        state = {index: {name: value.half() if isinstance(value, torch.Tensor) else value
                         for name, value in kept.items()} for index, kept in saved["state"].items()}
        return {**saved, "state": state}
