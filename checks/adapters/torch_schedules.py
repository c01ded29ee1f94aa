"""torch's schedules and clips as the claims call them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from fiducial.checks.adapters.callings import Adapted, Calling, Sample, called
from fiducial.checks.adapters.torch_maps import array, tensor
from fiducial.checks.evidence import Array


class TorchSchedule(Adapted[Calling]):
    """A scheduler class, driven over an SGD with one parameter."""

    def rates(self, steps: int, *, base: float, **options: Any) -> list[float]:
        """The rate before any step and after each."""
        return [float(group["lr"]) for group in self._driven(steps, base, options)]

    def momenta(self, steps: int, *, base: float, **options: Any) -> list[float]:
        """The momentum likewise."""
        return [float(group["momentum"]) for group in self._driven(steps, base, options)]

    def rates_resumed(self, steps: int, *, base: float, at: int, **options: Any) -> list[float]:
        """The rates of a run that is saved after `at` steps and loaded into a fresh optimizer and scheduler."""
        return [float(group["lr"]) for group in self._driven(steps, base, options, at)]

    def follow(self, metrics: Sequence[float], *, base: float, **options: Any) -> list[float]:
        """The rate after each metric."""
        optimizer, scheduler = self._built(base, options)
        rates = []
        for metric in metrics:
            called(scheduler.step, metric)
            rates.append(float(optimizer.param_groups[0]["lr"]))
        return rates

    def _driven(self, steps: int, base: float, options: Sample, at: int | None = None) -> list[dict[str, Any]]:
        optimizer, scheduler = self._built(base, options)
        seen = [dict(optimizer.param_groups[0])]
        for done in range(steps):
            if done == at:
                saved = optimizer.state_dict(), scheduler.state_dict()
                optimizer, scheduler = self._built(base, options)
                optimizer.load_state_dict(saved[0])
                scheduler.load_state_dict(saved[1])
            optimizer.step()
            called(scheduler.step)
            seen.append(dict(optimizer.param_groups[0]))
        return seen

    def _built(self, base: float, options: Sample) -> tuple[torch.optim.SGD, Any]:
        """An optimizer and its scheduler; an SGD with momentum, since some schedules move that too."""
        parameter = torch.nn.Parameter(torch.zeros((), dtype=torch.float64))
        parameter.grad = torch.zeros_like(parameter)
        optimizer = torch.optim.SGD([parameter], lr=base, momentum=0.9)
        told = {"base": base, **options} if "base" in self._calling.spelt else options  # some take the rate itself
        words = self._words(told, "rates")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            return optimizer, called(self._thing, optimizer, **words)


class TorchClip(Adapted[Calling]):
    """A function that clips the gradients of a list of parameters in place, and may return their norm."""

    def clip(self, gradients: Sequence[Array], **options: Any) -> tuple[list[Array], float | None]:
        """The clipped gradients, and the norm before, if the function tells it."""
        parameters = [torch.nn.Parameter(torch.zeros(g.shape, dtype=torch.float64)) for g in gradients]
        for parameter, g in zip(parameters, gradients, strict=True):
            parameter.grad = tensor(np.array(g))
        told = called(self._thing, parameters, **self._words(options, "clip"))
        norm = float(told) if isinstance(told, torch.Tensor | float) else None
        return [array(parameter.grad) for parameter in parameters], norm
