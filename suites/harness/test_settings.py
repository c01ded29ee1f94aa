"""A subject is a class with its settings: what a call fixes is neither moved nor taken for absent."""

from __future__ import annotations

from typing import Any

import pytest

from fiducial.checks.contract import CHECKS
from fiducial.checks.evidence import Severity, Status
from fiducial.suites.binding import bind
from fiducial.suites.rules import find

torch = pytest.importorskip("torch")

FIXED: list[tuple[str, dict[str, Any]]] = [
    ("Adam", {"weight_decay": 0.1}),
    ("Adam", {"maximize": True}),
    ("Adam", {"amsgrad": True, "betas": (0.5, 0.9)}),
    ("AdamW", {"maximize": True, "weight_decay": 0.5}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("SGD", {"momentum": 0.9, "dampening": 0.5, "weight_decay": 0.1}),
    ("RMSprop", {"centered": True, "momentum": 0.5}),
    ("Adagrad", {"lr_decay": 0.1, "initial_accumulator_value": 0.5}),
    ("Adadelta", {"rho": 0.5, "eps": 0.1, "foreach": True}),
]


@pytest.mark.parametrize(("name", "settings"), FIXED, ids=lambda value: str(value))
def test_a_sound_class_is_certified_with_its_settings(name: str, settings: dict[str, Any]) -> None:
    rule = find(name)
    assert rule is not None
    lab = bind(getattr(torch.optim, name), settings, rule)
    assert not {c.name for c in lab.choices} & settings.keys()
    found = [check.examine(lab, seed=1, level="quick") for check in CHECKS]
    bad = [(e.id, e.reason) for e in found
           if e.severity is Severity.MUST and e.status in (Status.FAILED, Status.ERROR)]
    assert bad == []
    assert next(e for e in found if e.id == "rule.follows-definition").status is Status.PASSED
