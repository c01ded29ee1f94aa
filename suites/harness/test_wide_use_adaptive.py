"""The rules with further memories and of whole tensors: none passes for its neighbour, no dialect for its rule."""

from __future__ import annotations

import pytest

from fiducial.checks.contract import CHECKS
from fiducial.checks.evidence import Status
from fiducial.suites.binding import bind
from fiducial.suites.harness.own_rules import subject_of
from fiducial.suites.rules import find
from fiducial.suites.rules.wide_use_adaptive import DIALECTS

NEIGHBOURS = [("adopt", "adam"), ("ademamix", "adamw"), ("adam_atan2", "adamw"), ("stable_adamw", "adamw"),
              ("cautious_adamw", "adamw"), ("grokfast_adamw", "adamw"), ("lookahead_sgd", "sgd"),
              ("lookahead_adam", "adam"), ("schedule_free_sgd", "sgd"), ("schedule_free_adamw", "adamw"),
              ("lars", "sgd"), ("lamb", "adamw")]
FOLLOWS = next(check for check in CHECKS if check.id == "rule.follows-definition")
FINE = {"adopt/decay-at-once", "schedule_free_sgd/paper"}  # apart only under decay, and under a rate that falls
CHANGED = [check for check in CHECKS if check.id in ("rule.decay-has-declared-form", "rule.rate-changes-are-followed")]


@pytest.mark.parametrize(("subject", "claimed"), [
    *NEIGHBOURS, *((rule.name, rule.name.partition("/")[0]) for rule in DIALECTS)])
def test_a_rule_is_not_taken_for_its_neighbour(subject: str, claimed: str) -> None:
    own, rule = find(subject), find(claimed)
    assert own is not None
    assert rule is not None
    lab = bind(subject_of(own), {}, rule)
    decisive = [FOLLOWS, *(CHANGED if subject in FINE else [])]
    found = [check.examine(lab, seed=0, level="quick", shrinks=False) for check in decisive]
    assert any(evidence.status is Status.FAILED for evidence in found)
