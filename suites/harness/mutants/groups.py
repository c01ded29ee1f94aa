"""Careless groups: options that are not theirs, counters that are shared, places that matter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor

from fiducial.suites.harness.sound import Group, Memory, SoundAdagrad, SoundAdam


class ReadsTheFirstGroup(SoundAdam):
    """Reads its options from the first group."""

    def advance(self, p: Tensor, group: Group) -> None:
        super().advance(p, self.param_groups[0])


class EveryGroupCounts(SoundAdam):
    """Has one step counter that every group advances."""

    steps = 0

    def members(self) -> Iterator[tuple[Tensor, Group]]:
        for group in self.param_groups:
            self.steps += 1
            for p in group["params"]:
                if p.grad is not None:
                    yield p, group

    def count(self, memory: Memory) -> int:
        return self.steps


class OneRateForAll(SoundAdam):
    """Has one learning rate for all groups."""

    def rate(self, group: Group) -> float:
        return super().rate(self.param_groups[0])


class LaidOutOnce(SoundAdam):
    """Has laid out its state for the first groups only."""

    def step(self, closure: Any = None) -> Any:
        if "laid_out" not in self.__dict__:
            self.laid_out = [p for group in self.param_groups for p in group["params"]]
        return super().step(closure)

    def members(self) -> list[tuple[Tensor, Group]]:
        return [(p, group) for p, group in super().members() if any(p is q for q in self.laid_out)]


class Appends(SoundAdam):
    """Overrides add_param_group with an append."""

    def add_param_group(self, param_group: Group) -> None:
        members = param_group["params"]
        param_group["params"] = [members] if isinstance(members, Tensor) else list(members)
        self.param_groups.append({**self.defaults, **param_group})


class FirstGroupsDecay(SoundAdam):
    """Applies decay to every parameter with the first group's λ."""

    def gradient(self, p: Tensor, group: Group) -> Tensor:
        return super().gradient(p, {**group, "weight_decay": self.param_groups[0]["weight_decay"]})


class RanksItsParameters(SoundAdam):
    """Scales each parameter's rate by its place in the list."""

    place = 0

    def members(self) -> Iterator[tuple[Tensor, Group]]:
        for self.place, member in enumerate(super().members()):
            yield member

    def rate(self, group: Group) -> float:
        return super().rate(group) * 0.9**self.place


class BeginsWhereItWasBuilt(SoundAdagrad):
    """Starts every group's sum from the constructor's value, whatever the group says."""

    def beginning(self, group: Group) -> float:
        return super().beginning(self.defaults)
