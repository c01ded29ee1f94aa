"""Compiled steps: a run whose steps are what torch.compile makes of them, with torch's own compiler behind it."""

from __future__ import annotations

import importlib
import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from fiducial.checks.adapters.torch_session import Interrupted, Session
from fiducial.checks.evidence import NO_COMPILER
from fiducial.checks.plans import Failure, Group, Plan, Tensor

if TYPE_CHECKING:
    from fiducial.checks.adapters.torch_optimizer import TorchOptimizer

FEW = 1  # plans of each kind that are drawn: each costs a compilation, which takes seconds
JUDGED = ("rule.follows-definition", "rule.state-follows-definition", "gradient.parameters-stay-in-place",
          "state.exists-after-a-step", "state.shaped-like-its-parameter", "path.compiled-equals-for-loop")
NOTHING = "torch.compile found nothing in the step that it can compile"
ITS_OWN = ("torch._dynamo.", "torch._inductor.", "torch._functorch.")  # modules whose exceptions refuse the step


def no_compiler() -> str | None:
    """Why nothing can be compiled here; None where there is the compiler for C++ that torch calls."""
    name = os.environ.get("CXX") or {"darwin": "clang++", "win32": "cl"}.get(sys.platform, "g++")
    return None if shutil.which(name.split()[0]) else f"{NO_COMPILER}, and there is no {name} here"


def is_compiled(subject: TorchOptimizer) -> bool:
    """Whether torch.compile takes a first step of a subject; where there is no compiler, whether it might."""
    if subject.demands.objective or subject.demands.closure or subject.demands.rows:
        return False
    if not isinstance(subject.construct("list").optimizer, torch.optim.Optimizer):
        return False
    ones = np.ones((2, 2))
    plan = Plan((Group((Tensor(ones, (ones,)),), {}),), dtype=subject.handling.dtype or "float64", compiled=True)
    return no_compiler() is not None or subject.drive(plan).failure is None


class Compiled(Session):
    """A run whose steps are compiled, each run from the beginning."""

    def run(self) -> None:
        """Build and step; what nothing was compiled of is a refusal."""
        dynamo: Any = importlib.import_module("torch._dynamo")
        config: Any = importlib.import_module("torch._inductor.config")
        config.compile_threads = 1  # else it starts processes that outlive the run
        dynamo.reset()
        graphs = dynamo.utils.counters["stats"]
        before = graphs["unique_graphs"]
        with _without_remarks():
            super().run()
        if graphs["unique_graphs"] == before:
            self.record.failure = Failure(0, "RuntimeError", NOTHING, True)

    def _construct(self, parameters: list[list[torch.nn.Parameter]], everybody: bool = False) -> Any:
        optimizer = super()._construct(parameters, everybody)
        self._compiled: Callable[[], Any] = torch.compile(optimizer.step)
        return optimizer

    def _step(self, k: int) -> None:
        self.record.returned.append(self._compiled())

    def _guarded(self, step: int, doing: str, act: Callable[[], Any]) -> Any:
        """What the compiler cannot take is its refusal, however deep inside it was raised."""
        try:
            return super()._guarded(step, doing, act)
        except Interrupted as ended:
            if type(ended.__cause__).__module__.startswith(ITS_OWN) and self.record.failure is not None:
                self.record.failure = replace(self.record.failure, refused=True)
            raise


@contextmanager
def _without_remarks() -> Iterator[None]:
    """Without what the compiler logs about a step that it compiles."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
