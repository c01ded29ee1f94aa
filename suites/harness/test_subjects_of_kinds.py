"""Subjects that are no optimizers: bad ones get verdicts, whatever they return or raise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fiducial.checks.evidence import Status, verdict
from fiducial.suites.rules import registry
from fiducial.suites.rules.kinds import KindRule
from fiducial.suites.subjects_of_kinds import adapt


def of_three(*_: Any, **__: Any) -> Any:
    """Always three zeros."""
    return np.zeros(3)


def nothing(*_: Any, **__: Any) -> None:
    """No result at all."""


def accident(*_: Any, **__: Any) -> None:
    """What no input excuses."""
    raise KeyError("missing")


def words(*_: Any, **__: Any) -> str:
    """A result of another type."""
    return "zero"


@pytest.mark.parametrize("subject", [of_three, nothing, accident, words], ids=lambda subject: subject.__name__)
@pytest.mark.parametrize("rule", registry.rules(), ids=lambda rule: f"{rule.kind}-{rule.name}")
def test_rubbish_is_rejected_and_breaks_nothing(rule: KindRule, subject: Any) -> None:
    """Every claim gives evidence, and the decisive one is not passed; a refusal is one too."""
    adapted = adapt(subject, rule, {}, subject.__name__)
    claims = [claim for claim in rule.claims if claim.applies(adapted) is None]
    found = [claim.examine(adapted, level="quick", shrinks=False) for claim in claims]
    decisive = next((each for each in found if each.id == rule.claims[0].id), None)
    assert decisive is None or decisive.status is not Status.PASSED, decisive
    assert verdict(found, decisive=rule.claims[0].id) == "not-certified"


def test_a_fault_of_ours_is_not_blamed_on_the_subject() -> None:
    """Where the definition itself cannot be judged, the exception is passed on."""
    rule = registry.rules()[0]
    adapted = adapt(of_three, rule, {}, "of_three")
    adapted.definition = None
    with pytest.raises(ValueError, match="broadcast"):
        registry.find("softplus").claims[-1].examine(adapted)  # type: ignore[union-attr]
