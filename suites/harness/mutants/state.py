"""Careless memories: state that is hidden, shared, lost on the way to a file and back, or that never ends."""

from __future__ import annotations

import copy
from typing import Any, ClassVar

import torch
from torch import Tensor

from fiducial.suites.harness.sound import Group, Memory, SoundAdam, SoundSGD


class MomentsOfItsOwn(SoundAdam):
    """Keeps its moments in a list of its own."""

    def memory(self, p: Tensor) -> Memory:
        moments: dict[Tensor, Memory] = self.__dict__.setdefault("moments", {})
        return moments.setdefault(p, {})


class FlatMoments(SoundAdam):
    """Stores its moments flat."""

    def direction(self, g: Tensor, memory: Memory, group: Group) -> Tensor:
        return super().direction(g.reshape(-1), memory, group).reshape(g.shape)


class BufferIsTheGradient(SoundSGD):
    """Keeps the first gradient itself for a momentum buffer: zero_grad() then clears the momentum."""

    def first(self, g: Tensor) -> Tensor:
        return g


class CountsOutside(SoundAdam):
    """Keeps its step counter outside the state."""

    steps = 0

    def step(self, closure: Any = None) -> Any:
        self.steps += 1
        return super().step(closure)

    def count(self, memory: Memory) -> int:
        return self.steps


class PopsItsEntry(SoundAdam):
    """Pops its own entry out of the dictionary that it loads."""

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "version": 2}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        state_dict.pop("version", None)
        super().load_state_dict(state_dict)


class Counter:
    """A count of steps as an object."""

    value = 0


class CounterIsAnObject(SoundAdam):
    """Keeps an object of a class of its own in the state, which a safe load refuses."""

    def count(self, memory: Memory) -> int:
        counter: Counter = memory.setdefault("counter", Counter())
        counter.value += 1
        return counter.value


class ReadsTheFirstState(SoundAdam):
    """Has a __setstate__ that reads the first parameter's state."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self.resumed_at = self.state[self.param_groups[0]["params"][0]]["step"]


class HandsStatesOutInOrder(SoundAdam):
    """Hands loaded states out in order, skipping nobody."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        parameters = [p for group in self.param_groups for p in group["params"]]
        self.state.clear()
        self.state.update(zip(parameters, copy.deepcopy(list(state_dict["state"].values())), strict=False))


class PicklesItsGroupsOnly(SoundAdam):
    """Pickles its groups and its state, and forgets the counter that it steps by."""

    ticks = 0

    def step(self, closure: Any = None) -> Any:
        self.ticks += 1
        return super().step(closure)

    def count(self, memory: Memory) -> int:
        memory["step"] = self.ticks
        return self.ticks


class CopyCountsInTheOriginal(SoundAdam):
    """A copy still counts its steps in the original: what counts is a function that holds the original."""

    def __init__(self, params: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999)) -> None:
        super().__init__(params, lr, betas)
        self.steps = 0

        def tick() -> None:
            self.steps += 1

        self.tick = tick

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "steps": self.steps, "tick": self.tick}

    def step(self, closure: Any = None) -> Any:
        self.tick()
        return super().step(closure)

    def count(self, memory: Memory) -> int:
        return self.steps


class CountsOnTheClass(SoundAdam):
    """Keeps its step counter on the class instead of the instance."""

    steps: ClassVar[int] = 0

    def admitted(self, params: Any) -> Any:
        CountsOnTheClass.steps = 0
        return params

    def step(self, closure: Any = None) -> Any:
        CountsOnTheClass.steps += 1
        return super().step(closure)

    def count(self, memory: Memory) -> int:
        return self.steps


class HiddenNoise(SoundAdam):
    """Adds hidden noise to the update, from a generator that nobody can reach."""

    noise: ClassVar[torch.Generator] = torch.Generator().manual_seed(0)

    def move(self, p: Tensor, change: Tensor) -> None:
        noise = torch.randn(p.shape, generator=self.noise, dtype=p.dtype)
        super().move(p, change * (1 + 1e-9 * noise))


class SeedsInItsStep(SoundAdam):
    """Calls torch.manual_seed in step(): dropout then repeats its masks."""

    def step(self, closure: Any = None) -> Any:
        torch.manual_seed(0)
        return super().step(closure)


class SetsTheDtypeInItsStep(SoundAdam):
    """Calls torch.set_default_dtype in step()."""

    def step(self, closure: Any = None) -> Any:
        torch.set_default_dtype(torch.float64)
        return super().step(closure)


class KeepsEveryGradient(SoundAdam):
    """Keeps every past gradient."""

    def direction(self, g: Tensor, memory: Memory, group: Group) -> Tensor:
        past = memory.get("history", g.new_zeros((0, *g.shape)))
        memory["history"] = torch.cat([past, g.unsqueeze(0)])
        return super().direction(g, memory, group)
