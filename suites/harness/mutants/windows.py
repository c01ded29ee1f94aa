"""Careless collecting of gradients over a window of steps; the sound class that does it stands first."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from fiducial.suites.harness.sound import Group, SoundAdamW


class SoundWindows(SoundAdamW):
    """AdamW that waits until it has collected as many gradients as it is told, and steps by their mean."""

    def __init__(self, params: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 1e-2, amsgrad: bool = False, maximize: bool = False,
                 gradient_accumulation_steps: int = 1) -> None:
        """Raises ValueError for illegal numbers."""
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize)
        self.window = gradient_accumulation_steps

    def advance(self, p: Tensor, group: Group) -> None:
        """Collect, and step where the window is full."""
        memory, given = self.memory(p), p.grad
        total, count = memory.get("collected", 0) + given, memory.get("gathered", 0) + 1
        if count < self.window:
            memory["collected"], memory["gathered"] = total, count
            self.wait(p, group)
            return
        memory["collected"], memory["gathered"] = torch.zeros_like(p), 0
        p.grad = total / self.window
        super().advance(p, group)
        p.grad = given

    def wait(self, p: Tensor, group: Group) -> None:
        """Nothing happens to a parameter while its gradients are collected."""


class DecaysWhileItWaits(SoundWindows):
    """Shrinks its weights in every step of a window."""

    def wait(self, p: Tensor, group: Group) -> None:
        self.shrink(p, group)
