"""Runs of a plan beside what trainers put around an optimizer: schedulers, clipping, a gradient scaler, averages."""

from __future__ import annotations

import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import torch
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel

from fiducial.checks.adapters.surroundings import watched
from fiducial.checks.adapters.torch_readings import as_array
from fiducial.checks.adapters.torch_session import Interrupted, Session
from fiducial.checks.adapters.torch_trials import NO_OPTIMIZER, Outcome
from fiducial.checks.plans import Plan, Record

if TYPE_CHECKING:
    from fiducial.checks.adapters.torch_optimizer import TorchOptimizer

METRICS = (1.0, 2.0, 0.5, 0.7, 0.9)  # what a plateau is told: worse, better, worse, worse
LARGEST_NORM = 0.5


class Accompanied(Session):
    """A run with a companion.

    noted  what the companion says for itself, one entry a step
    """

    def __init__(self, subject: TorchOptimizer, plan: Plan, record: Record) -> None:
        super().__init__(subject, plan, record)
        self.noted: list[Any] = []

    @property
    def everything(self) -> list[torch.nn.Parameter]:
        """All parameters, in the order of the plan."""
        return [p for group in self.parameters for p in group]

    def arrive(self, factor: float = 1.0) -> None:
        """Let the gradients that lie ready come out of a backward pass instead, times a factor."""
        for p in self.everything:
            ready, p.grad = p.grad, None
            if ready is not None and ready.is_sparse:
                p.grad = ready * factor
            elif ready is not None:
                torch.autograd.backward((p * ready).sum() * factor)


class Bare(torch.optim.Optimizer):
    """Groups without a rule: what a schedule says, whoever steps."""


def _scheduler(kind: str, optimizer: torch.optim.Optimizer, cycles: bool) -> Any:
    """A scheduler whose rates are halves of what they were, or OneCycleLR over eight steps."""
    if kind == "step":
        return lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    if kind == "plateau":
        return lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=0, cooldown=0, eps=0.0)
    return lr_scheduler.OneCycleLR(optimizer, max_lr=0.125, total_steps=8, cycle_momentum=cycles)


class Scheduled(Accompanied):
    """A run under a scheduler; noted are the options that the schedule says for each step."""

    kind = "step"

    def _step(self, k: int) -> None:
        if k == 0:
            self._begin()
        self.noted.append(self._said())
        super()._step(k)
        for scheduler in self.schedulers:
            scheduler.step(*([METRICS[k % len(METRICS)]] if self.kind == "plateau" else []))

    def _begin(self) -> None:
        """The scheduler, and the same on groups without a rule."""
        groups = self.optimizer.param_groups
        held = {name: groups[0][name] for name in ("lr", "momentum", "betas") if name in self.optimizer.defaults}
        words = {(keyword, place or 0): name for name, (keyword, place) in self.subject.names.items()}
        self.spoken = {"lr": words["lr", 0]} | {w: words[w, 0] for w in ("momentum", "betas") if (w, 0) in words}
        cycles = ("betas" if "betas" in held else "momentum") in self.spoken.keys() & held.keys()
        self.bare = Bare([torch.nn.Parameter(torch.zeros(1)) for _ in groups], held)
        self.schedulers = [_scheduler(self.kind, each, cycles) for each in (self.optimizer, self.bare)]

    def _said(self) -> dict[str, Any]:
        """The options of this step, by their names in the rule."""
        group = self.bare.param_groups[0]
        values = {name: group[word] for word, name in self.spoken.items() if word in group}
        return {name: float(v[0] if isinstance(v, tuple | list) else v) for name, v in values.items()}


class OnPlateau(Scheduled):
    """Under ReduceLROnPlateau."""

    kind = "plateau"


class InOneCycle(Scheduled):
    """Under OneCycleLR, which moves momentum or β₁ too."""

    kind = "one-cycle"


class Clipped(Accompanied):
    """A run whose gradients are clipped between backward and step; noted are the gradients after that."""

    def _step(self, k: int) -> None:
        self.arrive()
        torch.nn.utils.clip_grad_norm_(self.everything, LARGEST_NORM)
        self.noted.append([None if p.grad is None else as_array(p.grad) for p in self.everything])
        super()._step(k)


class Scaled(Accompanied):
    """A run whose losses are scaled by a power of two, and unscaled before the step."""

    overflows_before: int | None = None

    def _step(self, k: int) -> None:
        if k == 0:
            self.scaler = torch.amp.GradScaler(self.everything[0].device.type, init_scale=2.0**10)
        ready = [p.grad for p in self.everything]
        if k == self.overflows_before:
            self._scaled(float("inf"))
            for p, gradient in zip(self.everything, ready, strict=True):
                p.grad = gradient
        self.record.returned.append(self._scaled(1.0))

    def _scaled(self, factor: float) -> Any:
        """One step through the scaler, of gradients times a factor."""
        self.arrive(factor * float(self.scaler.scale(torch.ones((), device=self.everything[0].device))))
        returned = self.scaler.step(self.optimizer)
        self.scaler.update()
        return returned


class Overflowing(Scaled):
    """The same with one more step, whose gradients overflow."""

    overflows_before = 1


class Averaged(Accompanied):
    """A run that an average of weights follows; noted is the average after each step."""

    def _step(self, k: int) -> None:
        if k == 0:
            self.model = torch.nn.ParameterList(self.everything)
            self.average = AveragedModel(self.model, avg_fn=lambda mean, now, _: (mean + now) / 2)
        super()._step(k)
        self.average.update_parameters(self.model)
        self.noted.append([as_array(p) for p in self.average.module.parameters()])


KINDS: dict[str, type[Accompanied]] = {
    "step": Scheduled, "plateau": OnPlateau, "one-cycle": InOneCycle, "clipped": Clipped, "scaled": Scaled,
    "overflowing": Overflowing, "averaged": Averaged}


def accompanied(subject: TorchOptimizer, plan: Plan, kind: str) -> Outcome:
    """The recorded run of a plan beside a companion, and what the companion noted."""
    optimizer = subject.construct("list").optimizer
    if not isinstance(optimizer, torch.optim.Optimizer | None):
        return Outcome(None, NO_OPTIMIZER)
    record = Record(plan, [t.start.copy() for t in plan.tensors])
    with watched(record), warnings.catch_warnings(), suppress(Interrupted):
        warnings.simplefilter("ignore")
        session = KINDS[kind](subject, plan, record)
        session.run()
    return Outcome(None, record.failure) if record.failure is not None else Outcome((record, session.noted))
