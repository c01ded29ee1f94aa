"""Clean controls: sound subjects pass everything, and torch's own optimizers show their known findings and no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from fiducial.checks.contract import CHECKS
from fiducial.checks.evidence import Evidence, Severity, Status
from fiducial.suites import rules
from fiducial.suites.binding import bind
from fiducial.suites.harness.sound import SOUND

REJECTED = {Status.FAILED, Status.ERROR}
INFINITE, NAN = "construction.refuses-infinity", "construction.refuses-nan"
Known = dict[str, set[str]]  # check → the options that its evidence names

# What torch is known to do. Every class takes infinities, SGD takes nan as well; a group of Adagrad can set an
# initial value that is not read there.
TORCH: dict[str, Known] = {
    "SGD": {INFINITE: {"lr", "momentum", "weight_decay"}, NAN: {"lr", "momentum", "weight_decay"}},
    "Adagrad": {INFINITE: {"lr", "lr_decay", "initial_accumulator_value", "eps", "weight_decay"},
                "groups.listed-options-are-read": {"initial_accumulator_value"}},
    "RMSprop": {INFINITE: {"lr", "rho", "eps", "momentum", "weight_decay"}},
    "Adadelta": {INFINITE: {"lr", "eps", "weight_decay"}},
    "Adam": {INFINITE: {"lr", "eps", "weight_decay"}},
    "AdamW": {INFINITE: {"lr", "eps", "weight_decay"}},
}
# With foreach, Nesterov's form adds the velocity to p.grad itself.
TORCH_BY_PATH: dict[tuple[str, bool | None], Known] = {("SGD", True): {"gradient.left-untouched": {"nesterov"}}}
SEEDS = {None: 0, True: 1, False: 2}  # foreach → seed


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


ELSE = {"rule.complex-equals-two-reals": "refused", "rule.sparse-equals-dense": "refused",
        "state.counters-keep-their-precision": "not judgeable"}  # why sound classes are not asked, beside no claim


def everything(factory: Any, settings: dict[str, Any], rule: str, seed: int) -> list[Evidence]:
    """The evidence of every check at level standard."""
    found = rules.find(rule)
    assert found is not None
    lab = bind(factory, settings, found)
    return [check.examine(lab, seed=seed, level="standard") for check in CHECKS]


@pytest.mark.parametrize("rule", SOUND)
def test_a_sound_subject_passes_everything(rule: str) -> None:
    found = [e for e in everything(SOUND[rule], {}, rule, seed=3) if e.status is not Status.PASSED]
    assert [e for e in found if e.status is not Status.NOT_APPLICABLE] == []
    assert [e for e in found if not str(e.reason).startswith(("not claimed", "no device", ELSE.get(e.id, "no")))] == []


def named(evidence: Evidence) -> set[str]:
    """The options that a finding names: those in its sentence, or those that its smallest sample switches on."""
    on = {name for name, value in evidence.sample.get("options", {}).items() if value is True}
    listed = str(evidence.reason).removeprefix("accepted ").rpartition(": ")[2]
    return on or {word.partition("=")[0] for word in listed.split(", ")}


@pytest.mark.parametrize("foreach", SEEDS)
@pytest.mark.parametrize("name", TORCH)
def test_torch_shows_what_is_known_and_nothing_else(name: str, foreach: bool | None) -> None:
    """No MUST is failed; of the SHOULDs and MAYs those that are known, named as they are known."""
    settings = {} if foreach is None else {"foreach": foreach}
    evidence = everything(getattr(torch.optim, name), settings, name.lower(), SEEDS[foreach])
    found = {e.id: named(e) for e in evidence if e.status in REJECTED}
    assert {e.id for e in evidence if e.id in found and e.severity is Severity.MUST} == set()
    assert found == {**TORCH[name], **TORCH_BY_PATH.get((name, foreach), {})}


def test_foreach_adds_the_velocity_to_the_gradient() -> None:
    """The finding by hand, without the harness: one step of torch's SGD changes p.grad from 1 to 1 + μ."""
    p = torch.nn.Parameter(torch.zeros(2, dtype=torch.float64))
    p.grad = torch.ones_like(p)
    torch.optim.SGD([p], lr=0.1, momentum=0.5, nesterov=True, foreach=True).step()
    assert p.grad.tolist() == [1.5, 1.5]
