"""Claims about training: their landscapes are those of the references, and below level deep they say why they wait."""

from __future__ import annotations

import numpy as np
import pytest

from fiducial.checks.contract import CHECKS, Check
from fiducial.checks.contract.behaviour import ALPHA, DEEP
from fiducial.checks.contract.walks import BEALE, ROSENBROCK, Landscape, Sown, least_squares
from fiducial.reference.objectives import beale, rosenbrock
from fiducial.suites.jobs import Job
from fiducial.suites.worker import load

WAITING = [check for check in CHECKS if check.deep is not None]
PLACES = np.random.default_rng(5).normal(size=(6, 2))


@pytest.mark.parametrize(("land", "reference"), [(BEALE, beale), (ROSENBROCK, rosenbrock)], ids=lambda x: getattr(
    x, "name", ""))
def test_a_landscape_is_that_of_its_reference(land: Landscape, reference: object) -> None:
    forward, backward = (getattr(reference, name) for name in ("forward", "backward"))
    for x in PLACES:
        value, slope = land.told(x, 0)
        np.testing.assert_allclose(value, forward(x), rtol=1e-13)
        np.testing.assert_allclose(slope, backward(x, np.float64(1.0)), rtol=1e-12)


def test_the_least_value_of_least_squares_is_one() -> None:
    land = least_squares(3)
    at_rest = land.told(np.zeros(3), 0)[1]
    curved = np.array([land.told(e, 0)[1] - at_rest for e in np.eye(3)]).T
    best = np.linalg.solve(curved, -at_rest)
    assert abs(land.height(best)) < 1e-15
    assert all(land.height(best + 0.1 * d) > 0 for d in np.eye(3))


def test_claims_about_training_wait_for_level_deep_and_say_so() -> None:
    standard = {check.id: check.reason for check in load(Job(subject="torch.optim:SGD")).checks}
    deep = {check.id: check.reason for check in load(Job(subject="torch.optim:SGD", level="deep")).checks}
    assert len(WAITING) >= 9
    for check in WAITING:
        assert (standard[check.id] or "").startswith("not claimed: ")
    assert standard["behaviour.noise-floor-of-descent"] == f"not claimed: {DEEP}"
    assert deep["behaviour.noise-floor-of-descent"] is None


def test_quick_does_not_list_what_waits() -> None:
    listed = {check.id for check in load(Job(subject="torch.optim:SGD", level="quick")).checks}
    assert not listed & {check.id for check in WAITING}


@pytest.mark.parametrize("check", WAITING, ids=lambda check: check.id)
def test_a_claim_that_waits_is_no_quick_one(check: Check) -> None:
    assert not check.quick


def test_a_sown_sample_is_told_by_its_seed() -> None:
    assert Sown((), seed=7).sample() == {"seed": 7}
    assert Sown((), seed=7).size == 7


def test_the_chance_of_a_false_alarm_is_that_of_the_claims_about_chance() -> None:
    assert load(Job(subject="torch.optim:SGD")).false_alarm == 0
    assert load(Job(subject="torch.optim:SGD", level="deep")).false_alarm == ALPHA
    assert load(Job(subject="torch.optim:Adam", level="deep")).false_alarm == 0
