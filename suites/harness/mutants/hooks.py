"""Careless hooks: never called, never let go, their answers dropped; and companions that are not heeded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch.utils.hooks import RemovableHandle

from fiducial.suites.harness.sound import Loss, SoundAdam

Saved = dict[str, Any]


class CallsNoHook(SoundAdam):
    """Says that its step is wrapped already, to save the wrapper's time."""

    def step(self, closure: Loss | None = None) -> Any:
        return super().step(closure)

    step.hooked = True  # type: ignore[attr-defined]


class KeepsItsHooks(SoundAdam):
    """Hands out a handle to a dictionary that nobody reads."""

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        super().register_step_post_hook(hook)
        return RemovableHandle({})


class DropsWhatHooksReturn(SoundAdam):
    """Calls its pre-hooks by itself, and goes on with the arguments that it was given."""

    def step(self, closure: Loss | None = None) -> Any:
        for hook in self._optimizer_step_pre_hooks.values():
            hook(self, (self, closure), {})
        return super().step(closure)

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
