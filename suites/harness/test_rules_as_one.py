"""The rules that step all parameters as one, as black boxes: each follows its own definition, and no neighbour's."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from fiducial.checks.contract import CHECKS
from fiducial.checks.evidence import Status
from fiducial.checks.plans import Options
from fiducial.suites.binding import Misfit, bind
from fiducial.suites.harness.own_rules import subject_of
from fiducial.suites.rules import Rule, find
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


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_an_absent_gradient_is_no_zero_gradient(rule: Rule) -> None:
    absences = next(check for check in CHECKS if check.id == "gradient.absent-follows-definition")
    lab = bind(subject_of(rule), {}, rule)
    assert absences.examine(lab, seed=0, level="quick").status is Status.PASSED
    zeroed = replace(lab, definition=replace(rule, absent="zero"), _runs={}, _expected={}, notes={})
    assert absences.examine(zeroed, seed=0, level="quick").status is Status.FAILED


def test_a_growth_rate_that_is_ignored_is_found() -> None:
    def ungrown(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
        return PRODIGY.step(x, g, state, {**o, "growth_rate": float("inf")})

    options = next(check for check in CHECKS if check.id == "rule.every-option-matters")
    lab = bind(subject_of(replace(PRODIGY, step=ungrown)), {}, PRODIGY)
    found = options.examine(lab, seed=0, level="quick")
    assert found.status is Status.FAILED
    assert found.sample == {"ignored": ["growth_rate"]}


def test_a_line_search_is_refused() -> None:
    rule = find("lbfgs")
    assert rule is not None
    with pytest.raises(Misfit, match="line_search_fn=None only, got 'strong_wolfe'"):
        bind(torch.optim.LBFGS, {"line_search_fn": "strong_wolfe"}, rule)
