"""Careless housekeeping: copies, collections, outer products and histories."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from fiducial.suites.harness.sound import Group, Memory, SoundAdam


class KeepsTheLastGradient(SoundAdam):
    """Keeps a copy of the last gradient, for its log."""

    def direction(self, g: Tensor, memory: Memory, group: Group) -> Tensor:
        memory["last"] = g.clone()
        return super().direction(g, memory, group)


class CollectsItsTerms(SoundAdam):
    """Collects sixteen pieces of the update before it adds them."""

    def move(self, p: Tensor, change: Tensor) -> None:
        pieces = [change / 16 for _ in range(16)]
        super().move(p, torch.stack(pieces).sum(0))


class SquaresByOuterProducts(SoundAdam):
    """Takes squares from the diagonal of an outer product."""

    def squared(self, g: Tensor) -> Tensor:
        return torch.outer(g.ravel(), g.ravel()).diagonal().reshape(g.shape)


class AppendsToAList(SoundAdam):
    """Appends the size of every update to a list."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.history: list[float] = []

    def move(self, p: Tensor, change: Tensor) -> None:
        self.history.append(float(change.abs().max()))
        super().move(p, change)
