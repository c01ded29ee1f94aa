"""Walks: a torch optimizer descends a landscape, and hears of each place the slope that is there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from fiducial.checks.adapters.torch_paths import KEEPS_ITS_GRAPH
from fiducial.checks.adapters.torch_readings import as_array
from fiducial.checks.adapters.torch_session import stepped
from fiducial.checks.adapters.torch_trials import Outcome, guarded
from fiducial.checks.evidence import Array
from fiducial.checks.plans import Options

if TYPE_CHECKING:
    from fiducial.checks.adapters.torch_optimizer import TorchOptimizer

Told = Callable[[Array, int], tuple[float, Array]]  # a place and a step → loss and slope


def walked(subject: TorchOptimizer, start: Array, told: Told, options: Options, steps: int,
           within: float | None = None) -> Outcome:
    """The places of a walk, the start first; after each step it is put back between -within and within, if told to."""
    if subject.settings.get("differentiable"):
        return Outcome(None, KEEPS_ITS_GRAPH)
    shape = (1, -1) if subject.demands.matrices else (-1,)

    def act() -> list[Array]:
        p = torch.nn.Parameter(torch.tensor(start, dtype=subject.dtype).reshape(shape))
        optimizer = subject.build([p], options)
        places = [start.copy()]
        for k in range(steps):
            _step(optimizer, p, subject, partial(_at, told, k))
            if within is not None:
                with torch.no_grad():
                    p.clamp_(-within, within)
            places.append(_place(p))
        return places

    return guarded(act)


def _at(told: Told, k: int, x: Array) -> tuple[float, Array]:
    """What is told of a place in step k."""
    return told(x, k)


def _place(p: torch.Tensor) -> Array:
    """Where a parameter is, as a flat array in float64."""
    return np.ravel(as_array(p)).astype(np.float64)


def _step(optimizer: Any, p: torch.nn.Parameter, subject: TorchOptimizer,
          told: Callable[[Array], tuple[float, Array]]) -> None:
    """One step, on the slope at the place, or through a closure for a rule that asks for the loss itself."""

    def closure() -> torch.Tensor:
        value, slope = told(_place(p))
        gradient = torch.tensor(slope, dtype=p.dtype).reshape(p.shape)
        p.grad = gradient.to_sparse(1) if subject.demands.rows else gradient
        return torch.tensor(value, dtype=torch.float64, requires_grad=True) * 1.0

    if subject.demands.objective:
        optimizer.step(closure)
    else:
        closure()
        stepped(optimizer, subject.demands)
