"""Optimizers that nobody here wrote. Every failed MUST was read in the package's source: each is a true finding.

optimi AdamW       takes 1 - lr·λ = 0 for "no decay": at lr·λ = 1 the parameter is not shrunk to 0.
torch_optimizer    SGDW subtracts the number lr·λ from every weight, instead of lr·λ·θ.
"""

from __future__ import annotations

import importlib
import warnings
from typing import Any

import pytest

from fiducial.checks.contract import CHECKS
from fiducial.checks.evidence import Evidence, Severity, Status
from fiducial.suites.binding import bind
from fiducial.suites.family import named
from fiducial.suites.rules import find

pytestmark = [pytest.mark.zoo, pytest.mark.filterwarnings("ignore")]

CERTIFIED: list[tuple[str, str, dict[str, Any]]] = [
    ("optimi:SGD", "sgd", {}),
    ("optimi:SGD", "sgd/average", {"dampening": True}),
    ("torch_optimizer:QHM", "sgd/average", {"nu": 1.0}),
    ("torch_optimizer:QHAdam", "adam", {"nus": (1.0, 1.0)}),
    ("qhoptim.pyt:QHM", "sgd/average", {"nu": 1.0, "momentum": 0.9}),
    ("qhoptim.pyt:QHAdam", "adam", {"nus": (1.0, 1.0)}),
]


def judged(path: str, rule: str, settings: dict[str, Any]) -> tuple[list[Evidence], str | None]:
    """The failed MUSTs of a subject at level standard, and the name of its deviation if it has one."""
    module, _, name = path.partition(":")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            factory = getattr(importlib.import_module(module), name)
        except ModuleNotFoundError as missing:
            pytest.skip(f"{missing.name} is not installed: ./run test --all installs it")
    found = find(rule)
    assert found is not None
    lab = bind(factory, settings, found)
    evidence = [check.examine(lab, seed=0, level="standard") for check in CHECKS]
    told = named(factory, settings, found, lab)
    bad = [e for e in evidence if e.severity is Severity.MUST and e.status in (Status.FAILED, Status.ERROR)]
    follows = next(e for e in evidence if e.id == "rule.follows-definition")
    assert follows.status is not Status.NOT_APPLICABLE
    return bad, told.name if told else None


@pytest.mark.parametrize(("path", "rule", "settings"), CERTIFIED, ids=lambda value: str(value))
def test_a_sound_class_is_certified(path: str, rule: str, settings: dict[str, Any]) -> None:
    bad, _ = judged(path, rule, settings)
    assert [(e.id, e.reason) for e in bad] == []


def test_a_dialect_is_named_and_not_certified_as_its_rule() -> None:
    bad, told = judged("optimi:SGD", "sgd", {"dampening": True})
    assert "rule.follows-definition" in {e.id for e in bad}
    assert told == "sgd/average"


def test_a_decay_that_is_skipped_where_it_is_complete_is_found() -> None:
    bad, told = judged("optimi:AdamW", "adamw", {})
    still = next(e for e in bad if e.id == "rule.zero-gradient-moves-as-declared")
    assert (still.sample["expected"], still.sample["options"]) == (0.0, {"lr": 10.0, "weight_decay": 0.1})
    assert told is None


def test_a_decay_that_subtracts_a_number_is_found() -> None:
    bad, told = judged("torch_optimizer:SGDW", "sgd/decoupled", {})
    assert "rule.decay-has-declared-form" in {e.id for e in bad}
    assert told is None
