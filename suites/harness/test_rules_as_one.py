"""The rules that step all parameters as one, as black boxes: each follows its own definition, and no neighbour's."""

import pytest

from fiducial.checks.contract import CHECKS
from fiducial.checks.evidence import Status
from fiducial.suites.binding import bind
from fiducial.suites.harness.own_rules import subject_of
from fiducial.suites.rules import Rule
from fiducial.suites.rules.found_rates import D_ADAPTATION_ADAM, PRODIGY, RULES

FOLLOWS = next(check for check in CHECKS if check.id == "rule.follows-definition")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_follows_its_definition(rule: Rule) -> None:
    found = FOLLOWS.examine(bind(subject_of(rule), {}, rule), seed=3, level="quick")
    assert found.status is Status.PASSED
    assert found.examples > 0


@pytest.mark.parametrize(("subject", "claimed"), [(PRODIGY, D_ADAPTATION_ADAM), (D_ADAPTATION_ADAM, PRODIGY)],
                         ids=lambda rule: rule.name)
def test_a_neighbour_is_told_from_it(subject: Rule, claimed: Rule) -> None:
    found = FOLLOWS.examine(bind(subject_of(subject), {}, claimed), seed=3, level="standard")
    assert found.status is Status.FAILED
