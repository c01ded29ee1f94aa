"""Side by side with torch, in one process and one thread: definitions with its steps, differences with gradcheck.

Ratios are medians over pairs in alternation, so that a busy minute of the machine is shared by both.
"""

from __future__ import annotations

import importlib
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

PAIRS = {"adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop", "adagrad": "Adagrad", "adadelta": "Adadelta",
         "adamax": "Adamax", "nadam": "NAdam", "radam": "RAdam", "momentum_buffer": "SGD", "gradient_descent": "SGD"}
SETTINGS: dict[str, dict[str, Any]] = {"momentum_buffer": {"momentum": 0.9}}
PATHS: dict[str, dict[str, bool]] = {"for-loop": {"foreach": False}, "foreach": {"foreach": True},
                                     "fused": {"fused": True}}
PARAMETERS = 1_000_000


def torch_or_skip() -> Any:
    """torch in one thread; asv skips what raises NotImplementedError."""
    try:
        import torch
    except ImportError as absent:
        raise NotImplementedError("torch is not installed") from absent
    torch.set_num_threads(1)
    return torch


def ratio(ours: Callable[[], Any], theirs: Callable[[], Any], pairs: int = 7) -> float:
    """The median of ours / theirs over pairs in alternation, after one of each."""
    ours(), theirs()
    found = []
    for k in range(pairs):
        spent = {}
        for call in (ours, theirs) if k % 2 else (theirs, ours):
            start = time.perf_counter()
            call()
            spent[call] = time.perf_counter() - start
        found.append(spent[ours] / spent[theirs])
    return statistics.median(found)


def step_of(torch: Any, name: str, n: int, **path: bool) -> Callable[[], Any]:
    """One step of torch's class on one float64 tensor."""
    parameter = torch.nn.Parameter(torch.ones(n, dtype=torch.float64))
    parameter.grad = torch.linspace(-1, 1, n, dtype=torch.float64)
    options = {"lr": 1e-3, **SETTINGS.get(name, {}), **path}
    step: Callable[[], Any] = getattr(torch.optim, PAIRS[name])([parameter], **options).step
    step()
    return step


def step_of_definition(name: str, n: int) -> Callable[[], Any]:
    """One step of the definition, from its second state on."""
    module: Any = importlib.import_module(f"fiducial.reference.optimizers.{name}")
    x, g = np.ones(n), np.linspace(-1, 1, n)
    state = module.step(x, g, module.init(x), lr=1e-3)[1]
    return lambda: module.step(x, g, state, lr=1e-3)


class DefinitionOverTorch:
    """A definition's step over torch's single-tensor step, in float64 with a million parameters."""

    params = tuple(PAIRS)
    param_names = ("definition",)
    unit = "ratio"

    def setup(self, name: str) -> None:
        """Skip where torch is absent: asv asks a setup for that alone."""
        self.torch = torch_or_skip()

    def track_ratio(self, name: str) -> float:
        """Above 1: the definition is slower."""
        return ratio(step_of_definition(name, PARAMETERS), step_of(self.torch, name, PARAMETERS, foreach=False))


class TorchStep:
    """torch's own paths, in float64: what the definitions are compared with."""

    params = (["adam", "adamw", "momentum_buffer"], list(PATHS))
    param_names = ("optimizer", "path")

    def setup(self, name: str, path: str) -> None:
        """Build once."""
        if not hasattr(self, "step"):
            self.step = step_of(torch_or_skip(), name, PARAMETERS, **PATHS[path])

    def time_step(self, name: str, path: str) -> None:
        """Seconds of a step."""
        self.step()


class EngineOverGradcheck:
    """Differences with error bars over torch.autograd.gradcheck."""

    params = (["fast", "slow"], [16, 32])
    param_names = ("mode", "side")
    unit = "ratio"
    timeout = 120

    def setup(self, mode: str, side: int) -> None:
        """Skip where torch is absent."""
        self.torch = torch_or_skip()

    def track_ratio(self, mode: str, side: int) -> float:
        """Directions over the fast mode; the whole Jacobian over the slow one."""
        from torch.autograd import gradcheck

        from fiducial.checks.gradients import check_gradient

        x = self.torch.linspace(-1, 1, side * side, dtype=self.torch.float64).reshape(side, side)
        leaf = x.clone().requires_grad_()
        fast = mode == "fast"
        return ratio(lambda: check_gradient(softmax_of_rows, x, method="directions" if fast else "jacobian"),
                     lambda: gradcheck(softmax_of_rows, (leaf,), fast_mode=fast), pairs=5 if fast else 3)


def softmax_of_rows(x: Any) -> Any:
    """The function whose gradient is judged."""
    return x.softmax(-1)
