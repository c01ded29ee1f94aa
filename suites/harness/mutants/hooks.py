"""Careless hooks: never called, never let go, their answers dropped; and companions that are not heeded."""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.utils.hooks import RemovableHandle

from fiducial.suites.harness.sound import Group, Loss, SoundAdam

Saved = dict[str, Any]


class CallsNoHook(SoundAdam):
    """Says that its step is wrapped already, to save the wrapper's time."""

    def step(self, closure: Loss | None = None) -> Any:
        return inspect.unwrap(SoundAdam.step)(self, closure)  # torch wraps the sound one's as soon as one is built

    step.hooked = True  # type: ignore[attr-defined]


class KeepsItsHooks(SoundAdam):
    """Hands out a handle to a dictionary that nobody reads."""

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        super().register_step_post_hook(hook)
        return RemovableHandle(OrderedDict())


class DropsWhatHooksReturn(SoundAdam):
    """Calls its pre-hooks by itself, and goes on with the arguments that it was given."""

    def step(self, closure: Loss | None = None) -> Any:
        for hook in self._optimizer_step_pre_hooks.values():
            hook(self, (self, closure), {})
        return inspect.unwrap(SoundAdam.step)(self, closure)

    step.hooked = True  # type: ignore[attr-defined]


class SavesByItself(SoundAdam):
    """Builds its state_dict() itself."""

    def state_dict(self) -> Saved:
        return {"state": dict(self.state), "param_groups": list(self.param_groups)}


class CopiesWhatItSaves(SoundAdam):
    """Copies the two entries that it knows out of what super() returned."""

    def state_dict(self) -> Saved:
        saved = super().state_dict()
        return {"state": saved["state"], "param_groups": saved["param_groups"]}


class LoadsByItself(SoundAdam):
    """Writes what it is given into its own state and groups."""

    def load_state_dict(self, state_dict: Saved) -> None:
        parameters = [p for group in self.param_groups for p in group["params"]]
        for i, kept in state_dict["state"].items():
            self.state[parameters[i]] = dict(kept)
        for group, saved in zip(self.param_groups, state_dict["param_groups"], strict=True):
            group.update({name: value for name, value in saved.items() if name != "params"})


class WritesItsGroupsAgain(SoundAdam):
    """Writes the groups that it was given over those that were loaded, because it once lost them."""

    def load_state_dict(self, state_dict: Saved) -> None:
        super().load_state_dict(state_dict)
        for group, saved in zip(self.param_groups, state_dict["param_groups"], strict=True):
            kept = {name: value for name, value in saved.items() if name != "params"}
            parameters = group["params"]
            group.clear()
            group.update(kept, params=parameters)


class WritesItsFirstRate(SoundAdam):
    """Writes the rate of its constructor back into its groups before every step."""

    def advance(self, p: Tensor, group: Group) -> None:
        group["lr"] = self.defaults["lr"]
        super().advance(p, group)


class WarmsUpOnChange(SoundAdam):
    """Takes one more step at the old rate whenever the rate was changed."""

    def rate(self, group: Group) -> float:
        held: float = group["held"] if "held" in group else group["lr"]
        group["held"] = group["lr"]
        return held


class UnpacksItsBetasOnce(SoundAdam):
    """Unpacks its betas in the constructor."""

    def betas(self, group: Group) -> tuple[float, float]:
        group.setdefault("unpacked", group["betas"])
        beta1, beta2 = group["unpacked"]
        return beta1, beta2


class CopiesGradientsOnArrival(SoundAdam):
    """Takes a copy of each gradient as it comes out of the backward pass."""

    def admitted(self, params: Any) -> Any:
        self.arrived: dict[Tensor, Tensor] = {}
        given = list(params)
        for p in given:
            p.register_post_accumulate_grad_hook(self.arrive)
        return given

    def arrive(self, p: Tensor) -> None:
        """Keep the gradient."""
        assert p.grad is not None
        self.arrived[p] = p.grad.clone()

    def advance(self, p: Tensor, group: Group) -> None:
        p.grad = self.arrived.get(p, p.grad)
        super().advance(p, group)


class SaysThatItUnscales(SoundAdam):
    """Says that it unscales gradients itself."""

    _step_supports_amp_scaling = True


class CountsSkippedSteps(SoundAdam):
    """Takes `found_inf` by itself: leaves everything alone but its count of steps."""

    _step_supports_amp_scaling = True

    def gradient(self, p: Tensor, group: Group) -> Tensor:
        g, scale = super().gradient(p, group), getattr(self, "grad_scale", None)
        return g if scale is None else g / scale

    def advance(self, p: Tensor, group: Group) -> None:
        found = getattr(self, "found_inf", None)
        if found is not None and found.item():
            self.count(self.memory(p))
        else:
            super().advance(p, group)


class StepsCopies(SoundAdam):
    """Steps parameters of its own, and shows these in its groups."""

    def admitted(self, params: Any) -> Any:
        return [torch.nn.Parameter(p.detach().clone()) for p in params]

    def members(self) -> Iterable[tuple[Tensor, Group]]:
        return [(p, group) for group in self.param_groups for p in group["params"]]

    def gradient(self, p: Tensor, group: Group) -> Tensor:
        return torch.ones_like(p)
