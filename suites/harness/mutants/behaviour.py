"""Careless training: uphill, in ever smaller steps, a little short, smoothed, held too tight."""

from __future__ import annotations

from torch import Tensor

from fiducial.suites.harness.sound import Group, Memory, SoundAdam, SoundAdamW, SoundSGD


class ClimbsWhereverItCan(SoundAdam):
    """Walks uphill as soon as there is a `maximize` in its group, whatever it is."""

    def gradient(self, p: Tensor, group: Group) -> Tensor:
        return super().gradient(p, {**group, "maximize": "maximize" in group})


class SettlesByItself(SoundAdam):
    """Halves its rate every fifty steps."""

    def direction(self, g: Tensor, memory: Memory, group: Group) -> Tensor:
        halved: Tensor = super().direction(g, memory, group) / 2.0 ** (memory["step"] // 50)
        return halved


class OnePercentShort(SoundSGD):
    """Has a rate that is one percent too small."""

    def rate(self, group: Group) -> float:
        return 0.99 * super().rate(group)


class AveragesItsGradients(SoundSGD):
    """Takes a running mean for momentum."""

    def direction(self, g: Tensor, memory: Memory, group: Group) -> Tensor:
        return super().direction((1 - group["momentum"]) * g, memory, group)


class SmoothsItsGradients(SoundSGD):
    """Smooths its gradients a little, without being asked."""

    def direction(self, g: Tensor, memory: Memory, group: Group) -> Tensor:
        return super().direction(self.averaged(memory, "smooth", g, 0.2), memory, group)


class DecaysByLambdaAlone(SoundAdamW):
    """Decays by λ, whatever the rate."""

    def shrink(self, p: Tensor, group: Group) -> None:
        p.mul_(1 - group["weight_decay"])


class AlwaysKeepsTheLargest(SoundAdam):
    """Divides by the largest second moment, asked or not."""

    def direction(self, g: Tensor, memory: Memory, group: Group) -> Tensor:
        return super().direction(g, memory, {**group, "amsgrad": True})


class LongFirstStep(SoundSGD):
    """Makes its first step longer, to get going."""

    def direction(self, g: Tensor, memory: Memory, group: Group) -> Tensor:
        change = super().direction(g, memory, group)
        return 1.5 * change if self.count(memory) == 1 else change


class SkipsLargeGradients(SoundSGD):
    """Skips gradients beyond 100, as a safeguard."""

    def direction(self, g: Tensor, memory: Memory, group: Group) -> Tensor:
        return super().direction(g * (g.abs() <= 100), memory, group)
