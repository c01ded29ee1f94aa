"""Every rule and every dialect, given as a subject, is certified against itself, and told from its neighbours."""

from __future__ import annotations

import pytest

from fiducial.checks.contract import CHECKS
from fiducial.checks.evidence import Evidence, Status
from fiducial.suites.binding import bind
from fiducial.suites.family import named
from fiducial.suites.harness.own_rules import subject_of
from fiducial.suites.rules import RULES, Rule, find

BAD = {Status.FAILED, Status.ERROR}
# optax's initial_scale is 0 where a subject has no such option: nothing that it takes tells the two apart.
ALIKE = {"rmsprop/tensorflow": "rmsprop/tensorflow = rmsprop/optax"}


def judged(rule: Rule, against: Rule, seed: int) -> list[Evidence]:
    """All checks of level quick."""
    lab = bind(subject_of(rule), {}, against)
    return [check.examine(lab, seed=seed, level="quick") for check in CHECKS]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_certified_against_itself(rule: Rule) -> None:
    found = judged(rule, rule, seed=3)
    assert [(e.id, e.reason) for e in found if e.status in BAD] == []
    assert next(e for e in found if e.id == "rule.follows-definition").examples > 0


@pytest.mark.parametrize(("subject", "claimed"), [
    ("adam/under-root", "adam"), ("adam/keras", "adam"), ("adam/uncorrected", "adam"), ("adamw/decay-after", "adamw"),
    ("adamw/hugging-face", "adamw"), ("adamw/fixed-decay", "adamw"), ("adam", "adamw"), ("sgd/velocity", "sgd"),
    ("sgd/average", "sgd"), ("sgd/decoupled", "sgd"), ("sgd/decay-after", "sgd"), ("rmsprop/tensorflow", "rmsprop"),
    ("rmsprop/tensorflow1", "rmsprop"), ("adagrad/keras", "adagrad"), ("amsgrad/paper", "amsgrad"),
    ("amsgrad/optax", "amsgrad"), ("adamw/clamped", "adamw"),
])
def test_a_dialect_is_not_certified_as_its_rule_but_named(subject: str, claimed: str) -> None:
    own, rule = find(subject), find(claimed)
    assert own is not None
    assert rule is not None
    lab = bind(subject_of(own), {}, rule)
    follows = next(check for check in CHECKS if check.id == "rule.follows-definition")
    assert follows.examine(lab, seed=0, level="standard").status is Status.FAILED
    told = named(subject_of(own), {}, rule, lab)
    assert told is not None
    assert told.name == ALIKE.get(subject, subject)

