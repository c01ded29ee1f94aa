"""Tensors of another type: a parameter of a subclass steps beside a plain one, and checkpoints of whole models."""

from __future__ import annotations

import copy
import importlib
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import return_and_correct_aliasing
from torch.utils._pytree import tree_map

from fiducial.checks.adapters.torch_paths import KEEPS_ITS_GRAPH
from fiducial.checks.adapters.torch_session import step_with_ones
from fiducial.checks.adapters.torch_trials import NO_OPTIMIZER, Outcome, guarded
from fiducial.checks.evidence import Array

if TYPE_CHECKING:
    from fiducial.checks.adapters.torch_optimizer import TorchOptimizer

STEPS = 4


class Wrapped(torch.Tensor):
    """A tensor that holds another, and hands every operation on to it: how sharded and quantised ones are made."""

    held: torch.Tensor

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> Wrapped:
        """A shell with the inner one's shape, strides and dtype."""
        made: Wrapped = torch.Tensor._make_wrapper_subclass(
            cls, inner.shape, strides=inner.stride(), dtype=inner.dtype, device=inner.device)
        return made

    def __init__(self, inner: torch.Tensor) -> None:
        self.held = inner

    @classmethod
    def __torch_dispatch__(  # type: ignore[override, unused-ignore]
            cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """The operation on what is inside; what comes out is wrapped again."""
        bare, words = tree_map(_inner, (args, kwargs or {}))
        found = tree_map(lambda x: cls(x) if isinstance(x, torch.Tensor) else x, func(*bare, **words))
        aliased: Any = return_and_correct_aliasing  # torch gives it no types
        return aliased(func, args, kwargs or {}, found)


def _inner(x: Any) -> Any:
    """What is inside, or the thing itself."""
    return x.held if isinstance(x, Wrapped) else x


def subclassed(subject: TorchOptimizer) -> Outcome:
    """The types of a wrapped parameter and of its data after some steps, its numbers, and those of a plain one."""
    if subject.settings.get("differentiable"):
        return Outcome(None, KEEPS_ITS_GRAPH)

    def act() -> tuple[list[str], Array, Array]:
        start = torch.tensor([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]], dtype=subject.dtype)
        plain = torch.nn.Parameter(start.clone())
        wrapped: Any = torch.nn.Parameter(Wrapped(start.clone()))
        for p in (plain, wrapped):
            optimizer = subject.build([p], {})
            for _ in range(STEPS):
                step_with_ones(optimizer, subject.demands)
        types = [type(wrapped).__name__, type(wrapped.data).__name__]
        return types, _inner(wrapped.data).detach().numpy().copy(), plain.detach().numpy().copy()

    return guarded(act)


def checkpointed(subject: TorchOptimizer) -> Outcome:
    """A parameter's numbers after a run that went through a model's checkpoint, and after one that did not."""
    if subject.settings.get("differentiable"):
        return Outcome(None, KEEPS_ITS_GRAPH)

    def act() -> tuple[Array, Array]:
        from torch.distributed.checkpoint.state_dict import (
            get_optimizer_state_dict,
            set_optimizer_state_dict,
        )

        model = torch.nn.Linear(3, 2, bias=False, dtype=subject.dtype)
        optimizer = _stepped(subject, model)
        saved = get_optimizer_state_dict(model, optimizer)
        other = copy.deepcopy(model)
        fresh = subject.build(list(other.parameters()), {})
        set_optimizer_state_dict(other, fresh, optim_state_dict=copy.deepcopy(saved))
        for each in (optimizer, fresh):
            step_with_ones(each, subject.demands)
        return other.weight.detach().numpy().copy(), model.weight.detach().numpy().copy()

    if not isinstance(subject.construct("list").optimizer, torch.optim.Optimizer | None):
        return Outcome(None, NO_OPTIMIZER)
    return guarded(act)


def _stepped(subject: TorchOptimizer, model: torch.nn.Module) -> Any:
    """An optimizer of a model after some steps."""
    optimizer = subject.build(list(model.parameters()), {})
    for _ in range(STEPS):
        step_with_ones(optimizer, subject.demands)
    return optimizer


def recompilations(subject: TorchOptimizer, warm: int, further: int) -> Outcome:
    """How often a compiled step was compiled in its first steps, and in further ones."""
    if subject.settings.get("differentiable"):
        return Outcome(None, KEEPS_ITS_GRAPH)

    def act() -> tuple[int, int]:
        dynamo: Any = importlib.import_module("torch._dynamo")
        compiled: list[int] = []

        def counting(module: Any, inputs: Any) -> Any:
            compiled.append(1)
            return module.forward

        dynamo.reset()
        optimizer = subject.construct("list").optimizer
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        for p in parameters:
            p.grad = torch.ones_like(p)
        step: Any = torch.compile(optimizer.step, backend=counting)
        counts = []
        for count in (warm, further):
            compiled.clear()
            for _ in range(count):
                step()
            counts.append(len(compiled))
        dynamo.reset()
        return counts[0], counts[1]

    return guarded(act)
