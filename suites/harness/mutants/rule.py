"""Careless updates: formulas that are nearly right, and laws that they break."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from fiducial.suites.harness.sound import Group, Memory, SoundAdam, SoundAdamW, SoundRMSprop, SoundSGD

UNSET: Any = object()


class UncorrectedFirstMoment(SoundAdam):
    """Leaves the correction of its first moment out."""

    def corrections(self, t: int, group: Group) -> tuple[float, float]:
        return 1.0, super().corrections(t, group)[1]


class RestartsItsCount(SoundAdam):
    """Counts its steps from 0 after the tenth."""

    def count(self, memory: Memory) -> int:
        if memory.get("step") == 10:
            memory["step"] = 0
        return super().count(memory)


class ClearsAtStepFive(SoundAdam):
    """Clears its stored second moment at step 5, after it was used."""

    def direction(self, g: Tensor, memory: Memory, group: Group) -> Tensor:
        direction = super().direction(g, memory, group)
        if memory["step"] == 5:
            memory["exp_avg_sq"].zero_()
        return direction


class BufferHoldsTheRate(SoundRMSprop):
    """Keeps a momentum buffer that already holds the learning rate."""

    def driven(self, normalised: Tensor, memory: Memory, group: Group) -> Tensor:
        return super().driven(normalised * group["lr"], memory, group)

    def rate(self, group: Group) -> float:
        return 1.0


class DecayGrowsOnMaximize(SoundAdamW):
    """Enlarges the parameter by its decoupled decay when maximize is on."""

    def shrink(self, p: Tensor, group: Group) -> None:
        sign = -1 if group["maximize"] else 1
        p.mul_(1 - sign * self.rate(group) * group["weight_decay"])


class LeavesEarlyAtRateZero(SoundAdam):
    """Leaves its step early when the rate is zero, and its state behind."""

    def advance(self, p: Tensor, group: Group) -> None:
        if group["lr"]:
            super().advance(p, group)


class ZeroDecayIsUnset(SoundAdamW):
    """Takes 0 for "unset" and decays by 0.01."""

    def shrink(self, p: Tensor, group: Group) -> None:
        super().shrink(p, {**group, "weight_decay": group["weight_decay"] or 0.01})


class NoDecayAtZeroGradient(SoundAdamW):
    """Skips the decay wherever the gradient is zero."""

    def shrink(self, p: Tensor, group: Group) -> None:
        factor = 1 - self.rate(group) * group["weight_decay"]
        assert p.grad is not None
        p.mul_(torch.where(p.grad.eq(0), 1.0, factor))


class SwapsItsRates(SoundAdam):
    """Swaps its two rates when both are moved."""

    def betas(self, group: Group) -> tuple[float, float]:
        beta1, beta2 = super().betas(group)
        return (beta2, beta1) if beta1 != 0.9 and beta2 != 0.999 else (beta1, beta2)


class NeverForgets(SoundAdam):
    """Keeps a share of its past in the first moment, whatever β₁ is."""

    def betas(self, group: Group) -> tuple[float, float]:
        beta1, beta2 = super().betas(group)
        return max(beta1, 0.1), beta2


class CorrectionOffByOne(SoundAdam):
    """Corrects its second moment as if one more step had been taken."""

    def corrections(self, t: int, group: Group) -> tuple[float, float]:
        return super().corrections(t, group)[0], super().corrections(t + 1, group)[1]


class EpsilonUnderTheRoot(SoundAdam):
    """Puts ε under the root."""

    def quotient(self, m: Tensor, v: Tensor, group: Group) -> Tensor:
        return m / (v + float(group["eps"])).sqrt()


class KeepsItsFirstRate(SoundAdam):
    """Keeps the rate it was built with."""

    def rate(self, group: Group) -> float:
        return float(self.defaults["lr"])


class Attentive(Group):
    """A group that notices when its rate is assigned."""

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        if key == "lr":
            super().__setitem__("assigned", True)


class ResetsOnAssignment(SoundAdam):
    """Resets its state when it finds its rate assigned."""

    def add_param_group(self, param_group: Group) -> None:
        super().add_param_group(param_group)
        self.param_groups[-1] = Attentive(self.param_groups[-1])

    def step(self, closure: Any = None) -> Any:
        for group in self.param_groups:
            if group.pop("assigned", False):
                self.state.clear()
        return super().step(closure)


class DecayWithoutTheRate(SoundAdamW):
    """Forgets to multiply its decay by the learning rate."""

    def shrink(self, p: Tensor, group: Group) -> None:
        p.mul_(1 - group["weight_decay"])


class KeepsABufferWhenTold(SoundRMSprop):
    """Keeps a momentum buffer, rounded differently, when momentum=0 is given."""

    def __init__(self, params: Any, lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
                 momentum: float = UNSET, weight_decay: float = 0.0) -> None:
        self.told = momentum is not UNSET
        super().__init__(params, lr, alpha, eps, momentum if self.told else 0.0, weight_decay=weight_decay)

    def direction(self, g: Tensor, memory: Memory, group: Group) -> Tensor:
        if not self.told:
            return super().direction(g, memory, group)
        v = self.averaged(memory, "square_avg", g * g, group["alpha"])
        buffer = memory.get("momentum_buffer", torch.zeros_like(g))
        memory["momentum_buffer"] = group["momentum"] * buffer + g * (v.sqrt() + group["eps"]).reciprocal()
        velocity: Tensor = memory["momentum_buffer"]
        return velocity


class LargestOfTheCorrected(SoundAdam):
    """Takes AMSGrad's maximum over corrected moments."""

    def largest(self, v: Tensor, correction: float, memory: Memory) -> Tensor:
        return super().largest(v / correction, 1.0, memory)


class WalksTheMemory(SoundSGD):
    """A kernel that walks the gradient's memory in the parameter's order."""

    def gradient(self, p: Tensor, group: Group) -> Tensor:
        g = super().gradient(p, group)
        if g.untyped_storage().nbytes() == p.untyped_storage().nbytes():
            return torch.as_strided(g, p.shape, p.stride())
        return g


class SkipsScalars(SoundAdam):
    """Skips tensors without dimensions, as if they were constants."""

    def members(self) -> list[tuple[Tensor, Group]]:
        return [(p, group) for p, group in super().members() if p.dim()]


class DividesByTheSize(SoundAdam):
    """Divides by the number of entries, to skip gradients whose mean is not a number."""

    def gradient(self, p: Tensor, group: Group) -> Tensor:
        g = super().gradient(p, group)
        mean = float(g.sum()) / g.numel()
        return g if mean == mean else torch.zeros_like(g)


class SafeSquares(SoundAdam):
    """Adds 1e-30 to g² for safety."""

    def squared(self, g: Tensor) -> Tensor:
        return super().squared(g) + 1e-30


class SafeReciprocal(SoundAdam):
    """Multiplies by 1/(√v + 1e-320), which overflows."""

    def quotient(self, m: Tensor, v: Tensor, group: Group) -> Tensor:
        return m * (v.sqrt() + 1e-320).reciprocal()


class IgnoresAmsgrad(SoundAdam):
    """Takes amsgrad=True and does nothing with it."""

    def direction(self, g: Tensor, memory: Memory, group: Group) -> Tensor:
        return super().direction(g, memory, {**group, "amsgrad": False})


class AscentFlipsTheDecay(SoundAdam):
    """Also flips the decay on maximize."""

    def gradient(self, p: Tensor, group: Group) -> Tensor:
        g = super().gradient(p, {**group, "maximize": False})
        return -g if group["maximize"] else g


class CapsItsRate(SoundAdam):
    """Caps its rate at 1."""

    def rate(self, group: Group) -> float:
        return min(super().rate(group), 1.0)


class ClipsEachEntry(SoundSGD):
    """Clips each entry of its gradient at 1."""

    def direction(self, g: Tensor, memory: Memory, group: Group) -> Tensor:
        return super().direction(g.clamp(-1.0, 1.0), memory, group)


class ClipsFromBelow(SoundAdam):
    """Clips its parameters from below."""

    def move(self, p: Tensor, change: Tensor) -> None:
        p.add_(change).clamp_(min=-1.0)


class SparesTheFirstEntry(SoundAdam):
    """Treats the first entry differently."""

    def move(self, p: Tensor, change: Tensor) -> None:
        change.view(-1)[:1] *= 0.5
        super().move(p, change)


class DividesByTheNorm(SoundSGD):
    """Divides the gradient by its norm."""

    def gradient(self, p: Tensor, group: Group) -> Tensor:
        g = super().gradient(p, group)
        return g / (float(g.norm()) + 1e-12)


class CentresTheGradient(SoundSGD):
    """Centres the gradient over its first axis."""

    def gradient(self, p: Tensor, group: Group) -> Tensor:
        g = super().gradient(p, group)
        return g - g.mean(dim=0, keepdim=True) if g.dim() > 1 else g
