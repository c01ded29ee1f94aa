"""What only one framework has, such as hooks and schedulers: asked of that framework's own adapter modules."""

from __future__ import annotations

import importlib
from typing import Any

from fiducial.checks.contract.laboratory import Laboratory, NotApplicable, Raised, Refused
from fiducial.checks.plans import Failure


def module_for(lab: Laboratory, topic: str) -> Any:
    """The module of the subject's framework for a topic."""
    return importlib.import_module(f"{__package__.rpartition('.')[0]}.adapters.{lab.subject.framework}_{topic}")


def of_torch(lab: Laboratory) -> str | None:
    """Applies to what is built on torch's own class of optimizers."""
    return None if lab.subject.framework == "torch" else "not claimed: hooks, schedulers and wrappers are torch's"


def outcome(found: Any) -> Any:
    """The value of a trial. Raises Refused or Raised for one that failed, NotApplicable for one that says why not."""
    if isinstance(found.failure, Failure):
        raise (Refused if found.failure.refused else Raised)(found.failure)
    if found.failure is not None:
        raise NotApplicable(found.failure)
    return found.value


def steps_as_told(lab: Laboratory) -> str | None:
    """Applies to what can be told a slope in every step: so far torch's optimizers."""
    return None if lab.subject.framework == "torch" else "not claimed: walks are taken on torch only"
