"""Careless paths: forms of one step that were written apart and have drifted apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from fiducial.suites.harness.sound import Group, SoundSGD
from fiducial.suites.harness.sound_paths import Member, SoundPaths


class ListsWithoutCorrection(SoundPaths):
    """Leaves the correction of the first moment out of its list form."""

    def listed(self, t: int, group: Group) -> tuple[float, float]:
        return 1.0, super().listed(t, group)[1]


class ListsInTheFirstFormat(SoundPaths):
    """Takes every gradient of a list in the format of the first."""

    def in_lists(self, held: Sequence[Member], group: Group) -> None:
        formats = [g.dtype for _, g, _ in held]
        super().in_lists([(p, g.to(formats[0]).to(g.dtype), memory) for p, g, memory in held], group)


class WalksTheGradientsMemory(SoundPaths):
    """Walks the gradient's memory in the parameter's order."""

    def row(self, g: Tensor) -> Tensor:
        dense = g.numel() and g.untyped_storage().nbytes() == g.numel() * g.element_size()
        return torch.as_strided(g, (g.numel(),), (1,), 0).reshape(g.shape) if dense else g.contiguous()


class CountsAfterItCorrects(SoundPaths):
    """Counts its captured step after it corrects: every correction is one step late."""

    def corrections(self, t: Any, group: Group) -> tuple[Any, Any]:
        return super().corrections((t - 1).clamp(min=1) if group["capturable"] else t, group)


class RootOfAllWhenDifferentiated(SoundPaths):
    """Moves ε under the root where autograd records the step, so that the derivative stays finite."""

    def quotient(self, m: Tensor, v: Tensor, group: Group) -> Tensor:
        return m / (v + float(group["eps"])).sqrt() if self.graph() else super().quotient(m, v, group)


class DefaultInSinglePrecision(SoundPaths):
    """Has a default of its own, which computes its corrections in single precision."""

    def corrections(self, t: int, group: Group) -> tuple[Any, Any]:
        exact = super().corrections(t, group)
        if group["foreach"] is not None or group["fused"] is not None:
            return exact
        return tuple(float(torch.tensor(c, dtype=torch.float32)) for c in exact)  # type: ignore[return-value]


class SingleWhenCompiled(SoundSGD):
    """Steps in single precision where it is compiled, since twice as many numbers fit into a register there."""

    def move(self, p: Tensor, change: Tensor) -> None:
        super().move(p, change.float().to(p.dtype) if torch.compiler.is_compiling() else change)
