"""Careless formats: steps that are right in one and not in another, or that do not keep the one they are given."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from fiducial.suites.harness.sound import Group, Memory, SoundAdam


class MomentInBfloat16(SoundAdam):
    """Keeps the first moment of a float32 parameter in bfloat16's digits, to save memory."""

    def averaged(self, memory: Memory, name: str, value: Tensor, decay: float) -> Tensor:
        mean = super().averaged(memory, name, value, decay)
        if name == "exp_avg" and value.dtype == torch.float32:
            mean.copy_(mean.to(torch.bfloat16))
        return mean


class CorrectionsInTheFormat(SoundAdam):
    """Takes 1 - β₂ᵗ in the dtype of its parameter: in bfloat16 0.999 is 1."""

    def advance(self, p: Tensor, group: Group) -> None:
        self.format = p.dtype
        super().advance(p, group)

    def corrections(self, t: int, group: Group) -> tuple[float, float]:
        first, second = (torch.tensor(beta, dtype=self.format) for beta in self.betas(group))
        return float(1 - first**t), float(1 - second**t)


class ClipsHalfPrecision(SoundAdam):
    """Clips gradients at 1 in half precision, lest their squares overflow."""

    def gradient(self, p: Tensor, group: Group) -> Tensor:
        g = super().gradient(p, group)
        return g.clamp(-1, 1) if g.dtype == torch.float16 else g


class LiftsHalfPrecision(SoundAdam):
    """Adds 0.01 to g² in half precision, lest it vanish."""

    def squared(self, g: Tensor) -> Tensor:
        return super().squared(g) + (1e-2 if g.dtype == torch.float16 else 0.0)


class PromotesItsParameter(SoundAdam):
    """Replaces the data of a half-precision parameter by float32 numbers."""

    def move(self, p: Tensor, change: Tensor) -> None:
        if p.dtype in (torch.float16, torch.bfloat16):
            p.data = p.data.float() + change.float()
        else:
            super().move(p, change)


class CountsInTheFormat(SoundAdam):
    """Counts its steps in the dtype of its parameter: in bfloat16 up to 256."""

    def memory(self, p: Tensor) -> Memory:
        memory = super().memory(p)
        memory.setdefault("step", torch.zeros((), dtype=p.dtype))
        return memory

    def count(self, memory: Memory) -> int:
        memory["step"] += 1
        return int(memory["step"])


class CastsToFloat32(SoundAdam):
    """Casts its gradients to float32."""

    def gradient(self, p: Tensor, group: Group) -> Tensor:
        return super().gradient(p, group).float().to(p.dtype)


class CastsToTheFirst(SoundAdam):
    """Casts every gradient to the dtype of its first parameter."""

    def step(self, closure: Any = None) -> Any:
        self.format = self.param_groups[0]["params"][0].dtype
        return super().step(closure)

    def gradient(self, p: Tensor, group: Group) -> Tensor:
        return super().gradient(p, group).to(self.format).to(p.dtype)
