"""Careless about what is handed in: flags, keywords, rates, tensors that are complex, sparse, whole or without data."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from fiducial.suites.harness.sound import Group, Memory, SoundAdam, SoundSGD
from fiducial.suites.harness.sound_kinds import SoundKinds
from fiducial.suites.harness.sound_paths import SoundPaths


class DropsAFlag(SoundPaths):
    """Takes foreach and fused at once, and drops one of them."""

    def __init__(self, params: Any, lr: Any = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 0.0, amsgrad: bool = False, maximize: bool = False, *,
                 foreach: bool | None = None, fused: bool | None = None) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize,
                         foreach=foreach and not fused, fused=fused)


class SwallowsKeywords(SoundAdam):
    """Takes **kwargs and never looks at them."""

    def __init__(self, params: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 0.0, amsgrad: bool = False, maximize: bool = False, **kwargs: Any) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize)


class SquaresComplexNumbers(SoundAdam):
    """Averages g² of a complex g."""

    def look(self, p: Tensor) -> None:
        """Every kind is taken."""


class StepsByTheFirstRow(SoundAdam):
    """Steps by the first row that a sparse gradient lists."""

    def look(self, p: Tensor) -> None:
        """Every kind is taken."""

    def gradient(self, p: Tensor, group: Group) -> Tensor:
        g = p.grad
        if g is None or not g.is_sparse:
            return super().gradient(p, group)
        dense = torch.zeros_like(p)
        dense[g._indices()[0, 0]] = g._values()[0]
        return dense


class CutsToWholeNumbers(SoundSGD):
    """Copies its result into the parameter, which cuts a step of an integer down to a whole number."""

    def look(self, p: Tensor) -> None:
        """Every kind is taken."""

    def move(self, p: Tensor, change: Tensor) -> None:
        p.copy_(p + change)


class EndsAtAnEmptyOne(SoundAdam):
    """Ends its step at a tensor without data."""

    def members(self) -> list[tuple[Tensor, Group]]:
        found = list(super().members())
        empty = [i for i, (p, _) in enumerate(found) if p.is_meta]
        return found[:empty[0]] if empty else found


class DividesTheRateInPlace(SoundAdam):
    """Divides the rate by the first correction in place: a rate that is a tensor shrinks or grows at every step."""

    def count(self, memory: Memory) -> int:
        self.t = super().count(memory)
        return self.t

    def corrections(self, t: int, group: Group) -> tuple[float, float]:
        return 1.0, super().corrections(t, group)[1]

    def rate(self, group: Group) -> Any:
        rate = group["lr"]
        rate /= super().corrections(self.t, group)[0]
        return rate


class DecaysByTheRealPart(SoundKinds):
    """Decays complex parameters by their real part alone."""

    def paired(self, tensor: Tensor) -> Tensor:
        self.complex = tensor.is_complex()
        return super().paired(tensor)

    def gradient(self, p: Tensor, group: Group) -> Tensor:
        real = p.detach().clone()
        if self.complex:
            real[..., 1] = 0
        decay: Tensor = group["weight_decay"] * real
        return super().gradient(p, {**group, "weight_decay": 0.0}) + decay


class KeepsTheLastListed(SoundKinds):
    """Writes the rows of a sparse gradient into place: of a row that is listed twice the last half is kept."""

    def laid_out(self, g: Tensor) -> Tensor:
        if not g.is_sparse:
            return g
        dense = torch.zeros(g.shape, dtype=g.dtype)
        dense[g._indices()[0]] = g._values()
        return dense


class DifferentiatesItsDecay(SoundAdam):
    """Has its decay differentiated by autograd, which inference mode does not record."""

    def gradient(self, p: Tensor, group: Group) -> Tensor:
        with torch.enable_grad():
            q = p.detach().clone().requires_grad_()
            (slope,) = torch.autograd.grad((q * q).sum() / 2, q)
        decay: Tensor = group["weight_decay"] * slope
        return super().gradient(p, {**group, "weight_decay": 0.0}) + decay


class DropsTheFrozen(SoundAdam):
    """Drops what needs no gradient when it is built."""

    def add_param_group(self, param_group: Group) -> None:
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        group["params"] = [p for p in group["params"] if p.requires_grad]
