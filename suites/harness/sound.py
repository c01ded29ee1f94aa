"""Sound optimizers for torch, written from the formulas, each step a hook: the clean ground that mutants grow on.

They share nothing with torch.optim's classes but `torch.optim.Optimizer`, pass every check that applies to them, and
are small enough to be read. A mutant overrides one hook.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

Group = dict[str, Any]
Memory = dict[str, Any]
Loss = Callable[[], Any]


class Sound(torch.optim.Optimizer):
    """What the rules share: validation, the closure, ascent and decay, and the loop over parameters.

        x ← x - rate · direction(g)

    Raises ValueError for a number that is not in [0, below).
    """

    below: ClassVar[Mapping[str, float]] = {
        "lr": math.inf, "eps": math.inf, "weight_decay": math.inf, "lr_decay": math.inf,
        "initial_accumulator_value": math.inf, "betas": 1.0, "alpha": 1.0, "momentum": 1.0, "dampening": 1.0}

    def __init__(self, params: Any, defaults: Group) -> None:
        """Refuse what is illegal, then let torch lay out the groups."""
        for name in defaults.keys() & self.below.keys():
            values = defaults[name] if isinstance(defaults[name], tuple | list) else (defaults[name],)
            for value in values:
                self.judge(name, value)
        super().__init__(self.admitted(params), defaults)

    def judge(self, name: str, value: float) -> None:
        """Raise ValueError for an illegal value; nan is below nothing, and so illegal."""
        if not 0 <= value < self.below[name]:
            raise ValueError(f"{name} must be at least 0 and below {self.below[name]}, got {value}")

    def admitted(self, params: Any) -> Any:
        """The parameters as they are handed to torch."""
        return params

    def step(self, closure: Loss | None = None) -> Any:
        """One step; returns the loss that the closure returns, None without one."""
        loss = self.evaluate(closure)
        with torch.no_grad():
            for p, group in self.members():
                self.advance(p, group)
        return loss

    def evaluate(self, closure: Loss | None) -> Any:
        """Call the closure once, with autograd switched on."""
        with torch.enable_grad():
            return None if closure is None else closure()

    def members(self) -> Iterable[tuple[Tensor, Group]]:
        """Every parameter that has a gradient, with its group."""
        return [(p, group) for group in self.param_groups for p in group["params"] if p.grad is not None]

    def advance(self, p: Tensor, group: Group) -> None:
        """One step of one parameter."""
        self.look(p)
        g = self.gradient(p, group)
        self.shrink(p, group)
        self.move(p, self.direction(g, self.memory(p), group) * -self.rate(group))

    def look(self, p: Tensor) -> None:
        """Raise TypeError for what the formulas do not say: complex numbers, and gradients that are no dense arrays."""
        if p.is_complex() or (p.grad is not None and p.grad.is_sparse):
            raise TypeError("parameters must be real, and their gradients dense")

    def gradient(self, p: Tensor, group: Group) -> Tensor:
        """The gradient with ascent and coupled decay: ±g + λx."""
        assert p.grad is not None
        g = -p.grad if group["maximize"] else p.grad
        return g + group["weight_decay"] * p if group["weight_decay"] else g

    def shrink(self, p: Tensor, group: Group) -> None:
        """Decoupled decay, for the rules that have it."""

    def memory(self, p: Tensor) -> Memory:
        """What is kept for a parameter between steps."""
        kept: Memory = self.state[p]
        return kept

    def rate(self, group: Group) -> float:
        """The learning rate of a group at this step."""
        return float(group["lr"])

    def direction(self, g: Tensor, memory: Memory, group: Group) -> Tensor:
        """What the rule makes of a gradient; the parameter moves by -rate times it."""
        raise NotImplementedError

    def move(self, p: Tensor, change: Tensor) -> None:
        """Add the change to the parameter, in place."""
        p.add_(change)

    def count(self, memory: Memory) -> int:
        """The number of this step, from 1."""
        memory["step"] = memory.get("step", 0) + 1
        return int(memory["step"])

    def averaged(self, memory: Memory, name: str, value: Tensor, decay: float) -> Tensor:
        """A running mean that starts at 0: a ← decay·a + (1 - decay)·value."""
        if name not in memory:
            memory[name] = torch.zeros_like(value)
        mean: Tensor = memory[name]
        return mean.mul_(decay).add_(value, alpha=1 - decay)


class SoundSGD(Sound):
    """b ← μb + (1-d)g, b₁ = g₁;  direction b (Nesterov: g + μb; no momentum: g)."""

    def __init__(self, params: Any, lr: float = 1e-3, momentum: float = 0.0, dampening: float = 0.0,
                 weight_decay: float = 0.0, nesterov: bool = False, maximize: bool = False) -> None:
        """Raises ValueError for illegal numbers, and for Nesterov's form without momentum or with dampening."""
        if nesterov and (momentum == 0 or dampening != 0):
            raise ValueError(f"nesterov needs momentum above 0 and dampening 0, got {momentum} and {dampening}")
        super().__init__(params, {"lr": lr, "momentum": momentum, "dampening": dampening,
                                  "weight_decay": weight_decay, "nesterov": nesterov, "maximize": maximize})

    def direction(self, g: Tensor, memory: Memory, group: Group) -> Tensor:
        """The velocity, or the gradient where there is none."""
        if group["momentum"] == 0:
            return g
        if "momentum_buffer" in memory:
            memory["momentum_buffer"].mul_(group["momentum"]).add_(g, alpha=1 - group["dampening"])
        else:
            memory["momentum_buffer"] = self.first(g)
        velocity: Tensor = memory["momentum_buffer"]
        return g + group["momentum"] * velocity if group["nesterov"] else velocity

    def first(self, g: Tensor) -> Tensor:
        """The velocity of the first step."""
        return g.clone()


class SoundRMSprop(Sound):
    """v ← αv + (1-α)g²;  direction g/(√v + ε), v less the squared mean if centered, under momentum if asked."""

    def __init__(self, params: Any, lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8, momentum: float = 0.0,
                 centered: bool = False, weight_decay: float = 0.0, maximize: bool = False) -> None:
        """Raises ValueError for illegal numbers."""
        super().__init__(params, {"lr": lr, "alpha": alpha, "eps": eps, "momentum": momentum, "centered": centered,
                                  "weight_decay": weight_decay, "maximize": maximize})

    def direction(self, g: Tensor, memory: Memory, group: Group) -> Tensor:
        """The normalised gradient, or its velocity."""
        v = self.averaged(memory, "square_avg", g * g, group["alpha"])
        if group["centered"]:
            mean = self.averaged(memory, "grad_avg", g, group["alpha"])
            v = v - mean * mean
        return self.driven(g / (v.sqrt() + group["eps"]), memory, group)

    def driven(self, normalised: Tensor, memory: Memory, group: Group) -> Tensor:
        """b ← μb + normalised, where there is momentum."""
        if group["momentum"] == 0:
            return normalised
        if "momentum_buffer" not in memory:
            memory["momentum_buffer"] = torch.zeros_like(normalised)
        velocity: Tensor = memory["momentum_buffer"]
        return velocity.mul_(group["momentum"]).add_(normalised)


class SoundAdagrad(Sound):
    """r ← r + g², r₀ given;  direction g/(√r + ε) / (1 + (t-1)·lr_decay)."""

    def __init__(self, params: Any, lr: float = 1e-2, lr_decay: float = 0.0, weight_decay: float = 0.0,
                 initial_accumulator_value: float = 0.0, eps: float = 1e-10, maximize: bool = False) -> None:
        """Raises ValueError for illegal numbers."""
        super().__init__(params, {"lr": lr, "lr_decay": lr_decay, "weight_decay": weight_decay, "eps": eps,
                                  "initial_accumulator_value": initial_accumulator_value, "maximize": maximize})

    def direction(self, g: Tensor, memory: Memory, group: Group) -> Tensor:
        """The gradient over the root of all squares so far."""
        if "sum" not in memory:
            memory["sum"] = torch.full_like(g, self.beginning(group))
        total: Tensor = memory["sum"].add_(g * g)
        return g / (total.sqrt() + float(group["eps"])) / (1 + (self.count(memory) - 1) * float(group["lr_decay"]))

    def beginning(self, group: Group) -> float:
        """The sum of squares before the first step."""
        return float(group["initial_accumulator_value"])


class SoundAdam(Sound):
    """m ← β₁m + (1-β₁)g, v ← β₂v + (1-β₂)g²;  direction m̂/(√v̂ + ε); amsgrad: v̂ from the largest v so far."""

    def __init__(self, params: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 0.0, amsgrad: bool = False, maximize: bool = False) -> None:
        """Raises ValueError for illegal numbers."""
        super().__init__(params, {"lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay,
                                  "amsgrad": amsgrad, "maximize": maximize})

    def betas(self, group: Group) -> tuple[float, float]:
        """β₁ and β₂ of a group."""
        beta1, beta2 = group["betas"]
        return beta1, beta2

    def direction(self, g: Tensor, memory: Memory, group: Group) -> Tensor:
        """The corrected first moment over the root of the corrected second."""
        beta1, beta2 = self.betas(group)
        correction1, correction2 = self.corrections(self.count(memory), group)
        m = self.averaged(memory, "exp_avg", g, beta1)
        v = self.averaged(memory, "exp_avg_sq", self.squared(g), beta2)
        corrected = self.largest(v, correction2, memory) if group["amsgrad"] else v / correction2
        return self.quotient(m / correction1, corrected, group)

    def corrections(self, t: int, group: Group) -> tuple[float, float]:
        """1 - β₁ᵗ and 1 - β₂ᵗ."""
        beta1, beta2 = self.betas(group)
        return 1 - beta1**t, 1 - beta2**t

    def squared(self, g: Tensor) -> Tensor:
        """What the second moment averages."""
        return g * g

    def largest(self, v: Tensor, correction: float, memory: Memory) -> Tensor:
        """AMSGrad's second moment: the largest uncorrected one so far, corrected."""
        memory["max_exp_avg_sq"] = torch.maximum(memory.get("max_exp_avg_sq", torch.zeros_like(v)), v)
        top: Tensor = memory["max_exp_avg_sq"]
        return top / correction

    def quotient(self, m: Tensor, v: Tensor, group: Group) -> Tensor:
        """m̂/(√v̂ + ε)."""
        return m / (v.sqrt() + float(group["eps"]))


class SoundAdamW(SoundAdam):
    """x ← x(1-ηλ), then Adam's step on the bare gradient."""

    def __init__(self, params: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 1e-2, amsgrad: bool = False, maximize: bool = False) -> None:
        """Raises ValueError for illegal numbers."""
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize)

    def gradient(self, p: Tensor, group: Group) -> Tensor:
        """±g."""
        assert p.grad is not None
        return -p.grad if group["maximize"] else p.grad

    def shrink(self, p: Tensor, group: Group) -> None:
        """x ← x(1-ηλ)."""
        p.mul_(1 - self.rate(group) * group["weight_decay"])


SOUND: dict[str, type[Sound]] = {"sgd": SoundSGD, "rmsprop": SoundRMSprop, "adagrad": SoundAdagrad, "adam": SoundAdam,
                                 "adamw": SoundAdamW}
