"""Hooks of torch's optimizers: registered, called, heeded and removed; what was called is written down by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from fiducial.checks.adapters.torch_session import step_with_ones
from fiducial.checks.adapters.torch_trials import Outcome, tried

if TYPE_CHECKING:
    from fiducial.checks.adapters.torch_optimizer import TorchOptimizer

Note = Callable[[str], Callable[..., None]]


def _notes(optimizer: Any, calls: list[str]) -> Note:
    """Makes hooks that write their names down; calls about another optimizer, such as one that is wrapped, are not."""

    def note(name: str) -> Callable[..., None]:
        return lambda of, *rest: calls.append(name) if of is optimizer else None

    return note


def step_hooks(subject: TorchOptimizer) -> Outcome:
    """The hooks that a step called, in their order; and those that it still called once all were removed."""

    def act(optimizer: Any) -> tuple[list[str], list[str]]:
        calls: list[str] = []
        note, handles = _notes(optimizer, calls), []
        try:
            handles.append(optimizer.register_step_post_hook(note("post")))
            handles.append(optimizer.register_step_pre_hook(note("pre")))
            handles.append(register_optimizer_step_post_hook(note("global post")))
            handles.append(register_optimizer_step_pre_hook(note("global pre")))
            step_with_ones(optimizer, subject.demands)
        finally:
            for handle in handles:
                handle.remove()
        during = list(calls)
        calls.clear()
        step_with_ones(optimizer, subject.demands)
        return during, calls

    return tried(subject, act)


def replaced_closure(subject: TorchOptimizer) -> Outcome:
    """Which closures a step called whose pre-hook put one in place of another: "given", "replaced"."""

    def act(optimizer: Any) -> list[str]:
        calls: list[str] = []

        def closure(name: str) -> torch.Tensor:
            calls.append(name)
            for group in optimizer.param_groups:
                for p in group["params"]:
                    p.grad = torch.ones_like(p).detach()
                    p.grad = p.grad.to_sparse(1) if subject.demands.rows else p.grad
            return torch.ones((), requires_grad=True) * 1.0

        optimizer.register_step_pre_hook(lambda of, args, kwargs: ((of, partial(closure, "replaced")), {}))
        optimizer.step(partial(closure, "given"))
        return list(dict.fromkeys(calls))

    return tried(subject, act)


def state_dict_hooks(subject: TorchOptimizer) -> Outcome:
    """The hooks that state_dict() called, those that it called once all were removed, and what a hook had added."""

    def act(optimizer: Any) -> tuple[list[str], list[str], bool]:
        calls: list[str] = []
        note = _notes(optimizer, calls)
        step_with_ones(optimizer, subject.demands)
        handles = [optimizer.register_state_dict_pre_hook(note("pre")),
                   optimizer.register_state_dict_pre_hook(note("first pre"), prepend=True),
                   optimizer.register_state_dict_post_hook(lambda _, saved: {**saved, "note": 1}),
                   optimizer.register_state_dict_post_hook(note("post")),
                   optimizer.register_state_dict_post_hook(note("first post"), prepend=True)]
        noted = "note" in optimizer.state_dict()
        during = list(calls)
        calls.clear()
        for handle in handles:
            handle.remove()
        noted = noted and "note" not in optimizer.state_dict()
        return during, calls, noted

    return tried(subject, act)


def load_hooks(subject: TorchOptimizer) -> Outcome:
    """The hooks that load_state_dict() called, those called once all were removed, and whether a hook's own dictionary
    was the one that was loaded.
    """

    def act(optimizer: Any) -> tuple[list[str], list[str], bool]:
        calls: list[str] = []
        note = _notes(optimizer, calls)
        step_with_ones(optimizer, subject.demands)
        saved = optimizer.state_dict()
        groups = [{**group, "mark": 7} for group in saved["param_groups"]]
        handles = [optimizer.register_load_state_dict_pre_hook(note("pre")),
                   optimizer.register_load_state_dict_pre_hook(lambda _, __: {**saved, "param_groups": groups}),
                   optimizer.register_load_state_dict_pre_hook(note("first pre"), prepend=True),
                   optimizer.register_load_state_dict_post_hook(note("post")),
                   optimizer.register_load_state_dict_post_hook(note("first post"), prepend=True)]
        optimizer.load_state_dict(saved)
        during, marked = list(calls), all(group.get("mark") == 7 for group in optimizer.param_groups)
        calls.clear()
        for handle in handles:
            handle.remove()
        optimizer.load_state_dict(saved)
        return during, calls, marked

    return tried(subject, act)
