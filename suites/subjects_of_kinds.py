"""Subjects of the kinds beside optimizers: the adapter that a thing and a rule call for."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from typing import Any

from fiducial.suites.jobs import Refusal
from fiducial.suites.rules.kinds import KindRule


def adapt(thing: Any, rule: KindRule, settings: Mapping[str, Any], title: str) -> Any:
    """A subject as the claims of a rule call it. Raises Refusal (3) for what cannot be called."""
    if not callable(thing) and not hasattr(thing, "forward"):
        raise Refusal(f"{title} is no {rule.kind}: it cannot be called", 3)
    if rule.kind == "function" and not is_torch(thing):
        from fiducial.checks.adapters.numpy_maps import NumpyMap

        return NumpyMap(thing, rule, settings, title)  # type: ignore[arg-type]
    return _torch_adapter(rule)(thing, rule, settings, title)


def _torch_adapter(rule: KindRule) -> Any:
    try:
        import torch  # noqa: F401  the adapters need it
    except ModuleNotFoundError as error:
        raise Refusal("torch is not installed: pip install 'fiducial[torch]'", 3) from error
    from fiducial.checks.adapters.torch_draws import TorchInitializer, TorchRandomMap
    from fiducial.checks.adapters.torch_maps import TorchMap
    from fiducial.checks.adapters.torch_schedules import TorchClip, TorchSchedule

    return {"function": TorchMap, "random": TorchRandomMap, "initializer": TorchInitializer,
            "schedule": TorchSchedule, "clip": TorchClip}[rule.kind]


def is_torch(thing: Any) -> bool:
    """Whether a callable is given tensors: torch's own, a module class, or one whose file imports torch."""
    home = getattr(thing, "__module__", None) or ""
    torch = sys.modules.get("torch")
    if home.partition(".")[0] == "torch" or torch is None:
        return torch is not None
    if inspect.isclass(thing) and issubclass(thing, torch.nn.Module):
        return True
    names = vars(sys.modules[home]).values() if home in sys.modules else getattr(thing, "__globals__", {}).values()
    return any(value is torch or (inspect.ismodule(value) and value.__name__.startswith("torch.")) for value in names)
