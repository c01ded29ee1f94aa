"""Sound subjects that take more than plain tensors: complex and sparse ones, and states of earlier versions."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from fiducial.suites.harness.sound import Group, Memory, SoundAdam


class SoundKinds(SoundAdam):
    """Adam on complex parameters, as pairs of real numbers, and with sparse gradients, laid out densely."""

    def look(self, p: Tensor) -> None:
        """Every kind is taken."""

    def advance(self, p: Tensor, group: Group) -> None:
        """One step of the parameter as real numbers in the same memory; the state belongs to the parameter."""
        assert p.grad is not None
        self.kept = self.state[p]
        numbers = self.paired(p.detach())
        numbers.grad = self.paired(self.laid_out(p.grad))
        super().advance(numbers, group)

    def memory(self, p: Tensor) -> Memory:
        """The state of the parameter that is being stepped."""
        kept: Memory = self.kept
        return kept

    def paired(self, tensor: Tensor) -> Tensor:
        """Complex numbers as pairs."""
        return torch.view_as_real(tensor) if tensor.is_complex() else tensor

    def laid_out(self, g: Tensor) -> Tensor:
        """The gradient as a dense tensor, rows that are listed twice added up."""
        return g.coalesce().to_dense() if g.is_sparse else g


class SoundVersions(SoundAdam):
    """Adam that counts in a tensor, and reads states that were saved before it knew maximize, or counted in numbers."""

    def count(self, memory: Memory) -> int:
        """The number of this step, kept as float32."""
        memory["step"] = memory.get("step", torch.zeros(())) + 1
        return int(memory["step"])

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self.fill_in()

    def fill_in(self) -> None:
        """What earlier versions did not save."""
        for group in self.param_groups:
            group.setdefault("maximize", False)
        for kept in self.state.values():
            kept["step"] = torch.as_tensor(float(kept["step"]))
