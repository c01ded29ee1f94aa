"""Careless closures: lost losses, gradients switched off, called twice, called too late."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from fiducial.suites.harness.sound import Loss, SoundAdam


class ReturnsItself(SoundAdam):
    """Returns itself from step()."""

    def step(self, closure: Loss | None = None) -> Any:
        loss = super().step(closure)
        return self if closure is None else loss


class LosesTheLoss(SoundAdam):
    """Calls the closure and returns None."""

    def step(self, closure: Loss | None = None) -> Any:
        super().step(closure)


class ClosureWithoutAutograd(SoundAdam):
    """Calls the closure under no_grad."""

    def evaluate(self, closure: Loss | None) -> Any:
        with torch.no_grad():
            return None if closure is None else closure()


class CallsAgainToLog(SoundAdam):
    """Calls the closure again to log the new loss."""

    def step(self, closure: Loss | None = None) -> Any:
        loss = super().step(closure)
        self.logged = self.evaluate(closure)
        return loss


class CollectsGradientsFirst(SoundAdam):
    """Collects its gradients before it calls the closure."""

    def step(self, closure: Loss | None = None) -> Any:
        collected = list(self.members())
        loss = self.evaluate(closure)
        with torch.no_grad():
            for p, group in collected:
                self.advance(p, group)
        return loss


class ReturnsANumberAtFirst(SoundAdam):
    """Returns a number at its first step, and the closure's tensor from then on."""

    def step(self, closure: Loss | None = None) -> Any:
        first = not self.state
        loss = super().step(closure)
        return float(loss) if first and loss is not None else loss


class NeverCalls(SoundAdam):
    """Takes a closure and never looks at it."""

    def evaluate(self, closure: Loss | None) -> Any:
        return None


class ReturnsWithoutAClosure(torch.optim.LBFGS):
    """Returns at once when there is no closure."""

    def step(self, closure: Any = None) -> Any:
        stepped: Callable[[Any], Any] = super().step
        return None if closure is None else stepped(closure)
