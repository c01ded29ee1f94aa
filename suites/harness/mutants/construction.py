"""Careless constructors: what they take, what they refuse, and what they touch beside their parameters."""

from __future__ import annotations

import math
import warnings
from typing import Any

import torch
from torch import Tensor

from fiducial.suites.harness.sound import Group, Memory, SoundAdam, SoundSGD


class FirstParameterOnly(SoundAdam):
    """Steps the first parameter only."""

    def members(self) -> list[tuple[Tensor, Group]]:
        return list(super().members())[:1]


class CountsItsParameters(SoundAdam):
    """Counts its parameters, and so exhausts the generator, before it keeps them."""

    def admitted(self, params: Any) -> Any:
        self.size = sum(1 for _ in params)
        return params


class FirstGroupOnly(SoundAdam):
    """Steps the first group only."""

    def members(self) -> list[tuple[Tensor, Group]]:
        return [(p, group) for p, group in super().members() if group is self.param_groups[0]]


class AsksForShapes(SoundAdam):
    """Asks every parameter for its shape before it hands them to torch."""

    def admitted(self, params: Any) -> Any:
        members = list(params)
        self.shapes = [p.shape for p in members if not isinstance(p, dict)]
        return members


class OptimizesRows(SoundAdam):
    """Optimizes copies of a tensor's rows."""

    def admitted(self, params: Any) -> Any:
        if isinstance(params, Tensor):
            return [torch.nn.Parameter(row.detach().clone()) for row in params]
        return params


class AcceptsNothing(SoundAdam):
    """Accepts an empty list and never does anything."""

    def admitted(self, params: Any) -> Any:
        return list(params) or [{"params": []}]


class SilentOnDuplicates(SoundAdam):
    """Silently steps a parameter twice."""

    def add_param_group(self, param_group: Group) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            super().add_param_group(param_group)


class FightsOverATensor(SoundAdam):
    """Keeps a parameter in two groups, so that two sets of options fight over it."""

    def add_param_group(self, param_group: Group) -> None:
        earlier, self.param_groups = self.param_groups, []
        super().add_param_group(param_group)
        self.param_groups = earlier + self.param_groups


class ClimbsAtNegativeRates(SoundAdam):
    """Takes a negative learning rate, and climbs instead of descending."""

    def judge(self, name: str, value: float) -> None:
        if name != "lr":
            super().judge(name, value)


class NegativeEpsilon(SoundAdam):
    """Takes a negative ε, and may divide by zero."""

    def judge(self, name: str, value: float) -> None:
        if name != "eps":
            super().judge(name, value)


class NegativeDecay(SoundAdam):
    """Takes a negative weight decay, under which parameters grow without end."""

    def judge(self, name: str, value: float) -> None:
        if name != "weight_decay":
            super().judge(name, value)


class RateOfOne(SoundAdam):
    """Takes β₁ = 1, and divides by 1 - β₁ᵗ = 0 at the first step."""

    def judge(self, name: str, value: float) -> None:
        if name != "betas" or value != 1:
            super().judge(name, value)


class BareAssert(SoundAdam):
    """Refuses with a bare assert."""

    def judge(self, name: str, value: float) -> None:
        assert 0 <= value < self.below[name]


class PassesNan(SoundAdam):
    """Asks `if value < 0`, which nan passes."""

    def judge(self, name: str, value: float) -> None:
        if value < 0 or value >= self.below[name]:
            super().judge(name, value)


class PassesInfinity(SoundAdam):
    """Takes an infinite rate: its first step makes every weight infinite."""

    def judge(self, name: str, value: float) -> None:
        if value != math.inf:
            super().judge(name, value)


class ShowsItsInner(SoundAdam):
    """A wrapper that shows its inner optimizer's name only."""

    def admitted(self, params: Any) -> Any:
        members = list(params)
        self.inner = SoundAdam(members)
        return members

    def __repr__(self) -> str:
        return repr(self.inner)


class HidesItsMomentum(SoundSGD):
    """Keeps its momentum in an attribute of its own."""

    def __init__(self, params: Any, lr: float = 1e-3, momentum: float = 0.0) -> None:
        super().__init__(params, lr, momentum)
        self.momentum = self.defaults.pop("momentum")
        for group in self.param_groups:
            del group["momentum"]

    def direction(self, g: Tensor, memory: Memory, group: Group) -> Tensor:
        return super().direction(g, memory, {**group, "momentum": self.momentum})


class NormalisesItsWeights(SoundAdam):
    """Normalises its weights when it is built."""

    @torch.no_grad()
    def admitted(self, params: Any) -> Any:
        members = list(params)
        for p in members:
            if isinstance(p, Tensor):
                p.div_(p.norm() + 1e-12)
        return members


class SeedsWhenBuilt(SoundAdam):
    """Calls torch.manual_seed(0) in its constructor."""

    def admitted(self, params: Any) -> Any:
        torch.manual_seed(0)
        return params


class SetsTheDefaultDtype(SoundAdam):
    """Calls torch.set_default_dtype(torch.float64) in its constructor."""

    def admitted(self, params: Any) -> Any:
        torch.set_default_dtype(torch.float64)
        return params
