"""Trials: something is done with a fresh optimizer; what it came to, or the exception that ended it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from fiducial.checks.adapters.refusals import failure_of
from fiducial.checks.adapters.surroundings import watched
from fiducial.checks.plans import Failure, Options, Plan, Record

if TYPE_CHECKING:
    from fiducial.checks.adapters.torch_optimizer import TorchOptimizer

NO_OPTIMIZER = "not claimed: it is no torch.optim.Optimizer, which hooks, schedulers and scalers expect"


class Outcome(NamedTuple):
    """What a trial came to; an exception of the subject, or in words why it says nothing."""

    value: Any
    failure: Failure | str | None = None


def tried(subject: TorchOptimizer, act: Callable[[Any], Any], options: Options | None = None) -> Outcome:
    """Build the subject on two small parameters, and act on it."""
    attempt = subject.construct("list", options)
    if attempt.failure is not None:
        return Outcome(None, attempt.failure)
    if not isinstance(attempt.optimizer, torch.optim.Optimizer):
        return Outcome(None, NO_OPTIMIZER)
    return guarded(lambda: act(attempt.optimizer))


def guarded(act: Callable[[], Any]) -> Outcome:
    """Act; an exception becomes data, and the world is left as it was."""
    with warnings.catch_warnings(), watched(Record(Plan(()), [])):
        warnings.simplefilter("ignore")
        try:
            return Outcome(act())
        except Exception as error:
            return Outcome(None, failure_of(error, 0))
