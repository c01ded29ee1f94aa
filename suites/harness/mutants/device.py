"""Careless on a GPU: single precision, other formulas, waits, what a captured graph freezes, and waste."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from fiducial.suites.harness.sound import Group
from fiducial.suites.harness.sound_paths import Member, SoundPaths

INDICES = 2**31  # what a signed integer of 32 bits can count


class SingleOnTheDevice(SoundPaths):
    """Steps on the device in single precision."""

    def squared(self, g: Tensor) -> Tensor:
        return super().squared(g.float()).to(g.dtype) if g.is_cuda else super().squared(g)


class NoEpsilonOnTheDevice(SoundPaths):
    """Has another implementation on a GPU, which divides by √v without ε."""

    def quotient(self, m: Tensor, v: Tensor, group: Group) -> Tensor:
        return super().quotient(m, v, {**group, "eps": 0.0} if v.is_cuda else group)


class CountsBesideItsState(SoundPaths):
    """Keeps what corrects its moments outside its state, where it began."""

    steps = 0

    def step(self, closure: Any = None) -> Any:
        self.steps += 1
        return super().step(closure)

    def corrections(self, t: Any, group: Group) -> tuple[Any, Any]:
        return super().corrections(self.steps, group)


class ReadsItsCount(SoundPaths):
    """Reads its count with .item()."""

    def corrections(self, t: Any, group: Group) -> tuple[Any, Any]:
        return super().corrections(int(t.item()) if isinstance(t, Tensor) else int(t), group)


class CorrectsInPython(SoundPaths):
    """Counts and corrects in Python, which a captured graph freezes."""

    def corrections(self, t: Any, group: Group) -> tuple[Any, Any]:
        self.calls = getattr(self, "calls", 0) + 1
        held = sum(p.grad is not None for p in group["params"])
        return super().corrections(-(-self.calls // held), group)


class CountsEntriesIn32Bits(SoundPaths):
    """Has an index of 32 bits: entries beyond 2³¹ stay where they were."""

    def move(self, p: Tensor, change: Tensor) -> None:
        p.view(-1)[:INDICES].add_(change.reshape(-1)[:INDICES])


class ListsThatLoop(SoundPaths):
    """Has a list form that is a loop inside, with a copy for each tensor on top."""

    def in_lists(self, held: Sequence[Member], group: Group) -> None:
        self.in_turns([(p, g.clone(), memory) for p, g, memory in held], group)


class CollectsItsTemporaries(SoundPaths):
    """Collects all its temporaries before it uses them."""

    def in_turns(self, held: Sequence[Member], group: Group) -> None:
        piles = [[g.clone() for _ in range(9)] for _, g, _ in held]
        super().in_turns([(p, pile[-1], memory) for (p, _, memory), pile in zip(held, piles, strict=True)], group)
