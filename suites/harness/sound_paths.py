"""A sound Adam with several paths, as torch's classes have them: a loop, lists, one kernel, and a step with a graph."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from fiducial.suites.harness.sound import Group, Loss, Memory, SoundAdam

Member = tuple[Tensor, Tensor, Memory]  # parameter, gradient with ascent and decay, state


class SoundPaths(SoundAdam):
    """Adam whose flags choose how its step is computed; they exclude each other.

    foreach         all tensors of a group in lists
    fused           each tensor as one row of numbers
    capturable      counts and corrections are tensors
    differentiable  autograd records the step
    """

    def __init__(self, params: Any, lr: Any = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 0.0, amsgrad: bool = False, maximize: bool = False, *,
                 foreach: bool | None = None, fused: bool | None = None, capturable: bool = False,
                 differentiable: bool = False) -> None:
        """Raises ValueError for illegal numbers, and for flags that exclude each other."""
        chosen = [flag for flag in (foreach, fused, capturable, differentiable) if flag]
        if len(chosen) > 1:
            raise ValueError("foreach, fused, capturable and differentiable exclude each other")
        self.flags = {"foreach": foreach, "fused": fused, "capturable": capturable, "differentiable": differentiable}
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize)
        self.defaults.update(self.flags)
        for group in self.param_groups:
            group.update(self.flags)

    def step(self, closure: Loss | None = None) -> Any:
        """One step on the path that the flags choose."""
        loss = self.evaluate(closure)
        with torch.set_grad_enabled(self.graph()):
            for group in self.param_groups:
                held = [(p, self.gradient(p, group), self.memory(p)) for p in group["params"] if p.grad is not None]
                self.route(group)(held, group)
        return loss

    def graph(self) -> bool:
        """Whether autograd records the step."""
        return bool(self.flags["differentiable"])

    def route(self, group: Group) -> Any:
        """The implementation for a group."""
        if group["foreach"]:
            return self.in_lists
        return self.as_numbers if group["fused"] else self.in_turns

    def in_turns(self, held: Sequence[Member], group: Group) -> None:
        """The for-loop; where it can be captured, its counts are tensors on the parameter's device."""
        for p, g, memory in held:
            if group["capturable"] and "step" not in memory:
                memory["step"] = torch.zeros((), dtype=torch.float64, device=p.device)
            self.move(p, self.direction(g, memory, group) * -self.rate(group))

    def count(self, memory: Memory) -> Any:
        """The number of this step; a tensor that is advanced in place where the step can be captured."""
        kept = memory.get("step")
        return kept.add_(1) if isinstance(kept, Tensor) else super().count(memory)

    def in_lists(self, held: Sequence[Member], group: Group) -> None:
        """All tensors at once, by torch's operations on lists."""
        if not held:
            return
        beta1, beta2 = self.betas(group)
        gs = [g for _, g, _ in held]
        each = [self.listed(self.count(memory), group) for _, _, memory in held]
        ms, vs = ([memory.setdefault(name, torch.zeros_like(g)) for _, g, memory in held]
                  for name in ("exp_avg", "exp_avg_sq"))
        torch._foreach_mul_(ms, beta1)
        torch._foreach_add_(ms, gs, alpha=1 - beta1)
        torch._foreach_mul_(vs, beta2)
        torch._foreach_addcmul_(vs, gs, gs, value=1 - beta2)
        if group["amsgrad"]:
            vs = [self.largest(v, 1.0, memory) for v, (_, _, memory) in zip(vs, held, strict=True)]
        roots = torch._foreach_div(torch._foreach_sqrt(vs), [math.sqrt(c) for _, c in each])
        torch._foreach_add_(roots, group["eps"])
        changes = torch._foreach_div(torch._foreach_div(ms, [c for c, _ in each]), roots)
        torch._foreach_add_([p for p, _, _ in held], changes, alpha=-self.rate(group))

    def listed(self, t: int, group: Group) -> tuple[float, float]:
        """The corrections of one tensor of the lists."""
        return SoundAdam.corrections(self, t, group)

    def as_numbers(self, held: Sequence[Member], group: Group) -> None:
        """Each tensor as one row of numbers, as a kernel walks it."""
        for p, g, memory in held:
            change = self.direction(self.row(g), memory, group) * -self.rate(group)
            self.move(p, change.reshape(p.shape))

    def row(self, g: Tensor) -> Tensor:
        """The gradient as the kernel reads it; its state lies alike."""
        return g.contiguous()
