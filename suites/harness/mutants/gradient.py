"""Careless handling of gradients: absent, frozen, not finite, accumulated; and of the graph behind them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from fiducial.suites.harness.sound import Group, SoundAdam, SoundAdamW


class DecaysTheGradientInPlace(SoundAdam):
    """Adds coupled decay to p.grad in place."""

    def gradient(self, p: Tensor, group: Group) -> Tensor:
        assert p.grad is not None
        p.grad.add_(p, alpha=group["weight_decay"])
        return super().gradient(p, {**group, "weight_decay": 0.0})


class DecaysTheAbsent(SoundAdamW):
    """Applies decoupled decay to every parameter of the group."""

    def members(self) -> list[tuple[Tensor, Group]]:
        for group in self.param_groups:
            for p in group["params"]:
                super().shrink(p, group)
        return list(super().members())

    def shrink(self, p: Tensor, group: Group) -> None:
        """Done already."""


class ForgetsTheAbsent(SoundAdam):
    """Throws the state away when a gradient is missing."""

    def members(self) -> list[tuple[Tensor, Group]]:
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    self.state.pop(p, None)
        return list(super().members())


class ZeroOverZero(SoundAdam):
    """Divides by √v alone: 0/0."""

    def quotient(self, m: Tensor, v: Tensor, group: Group) -> Tensor:
        return m / v.sqrt()


class CollectsTheTrainableOnce(SoundAdam):
    """Collects its trainable parameters once, when it is built, and takes a missing gradient for zeros."""

    def add_param_group(self, param_group: Group) -> None:
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        self.trainable = [*getattr(self, "trainable", []), *((p, group) for p in group["params"] if p.requires_grad)]

    def members(self) -> list[tuple[Tensor, Group]]:
        return self.trainable

    def gradient(self, p: Tensor, group: Group) -> Tensor:
        return torch.zeros_like(p) if p.grad is None else super().gradient(p, group)


class SwitchesGradientsOff(SoundAdam):
    """Switches requires_grad off to update in place, and not on again."""

    def move(self, p: Tensor, change: Tensor) -> None:
        p.requires_grad_(False)
        super().move(p, change)


class ReplacesTheData(SoundAdam):
    """p.data = p.data - lr·g."""

    def move(self, p: Tensor, change: Tensor) -> None:
        p.data = p.data + change


class WritesBehindAutograd(SoundAdam):
    """p.data.add_(…), after which a stale graph gives wrong gradients without an error."""

    def move(self, p: Tensor, change: Tensor) -> None:
        p.data.add_(change)


class LeavesAutogradOff(SoundAdam):
    """Calls torch.set_grad_enabled(False) without the way back."""

    def step(self, closure: Any = None) -> Any:
        loss = super().step(closure)
        torch.set_grad_enabled(False)
        return loss


class RaisesHalfway(SoundAdam):
    """Raises at the third tensor when two have been updated."""

    def gradient(self, p: Tensor, group: Group) -> Tensor:
        g = super().gradient(p, group)
        if g.isnan().any():
            raise ValueError("gradients must be finite, got nan")
        return g


class StepsByNan(SoundAdam):
    """Takes nan for a large number and steps by it."""

    def gradient(self, p: Tensor, group: Group) -> Tensor:
        return super().gradient(p, group).nan_to_num(nan=1e3)


class StepsOnArrival(SoundAdam):
    """Hooks its parameters and steps as soon as a gradient arrives."""

    def add_param_group(self, param_group: Group) -> None:
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        for p in group["params"]:
            p.register_post_accumulate_grad_hook(lambda q, g=group: self.arrived(q, g))

    @torch.no_grad()
    def arrived(self, p: Tensor, group: Group) -> None:
        self.advance(p, group)
        p.grad = None


class EmptiesItsFirstGroup(SoundAdam):
    """Has a zero_grad of its own that forgets the second group."""

    def zero_grad(self, set_to_none: bool = True) -> None:
        for p in self.param_groups[0]["params"]:
            if set_to_none:
                p.grad = None
            elif p.grad is not None:
                p.grad.zero_()
