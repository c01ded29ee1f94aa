"""Subjects that are no optimizers: bad ones get verdicts, whatever they return or raise."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from fiducial.checks.evidence import Status, verdict
from fiducial.suites.bindings import variant
from fiducial.suites.jobs import Refusal
from fiducial.suites.rules import registry
from fiducial.suites.rules.kinds import KindRule
from fiducial.suites.subjects import find
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
        registry.find("softplus").claims[-2].examine(adapted)  # type: ignore[union-attr]


FUNCTIONS = [rule for rule in registry.rules() if rule.kind == "function"]


def writes_first(definition: Any) -> Any:
    """A map that sets the first entry of its first array to 2 when it is done."""
    def forward(**sample: Any) -> Any:
        y = np.array(definition.forward(**sample))
        next(value for value in sample.values() if isinstance(value, np.ndarray) and value.size).flat[0] = 2
        return y

    return variant(definition, forward=forward)


@pytest.mark.parametrize("rule", FUNCTIONS, ids=lambda rule: rule.name)
def test_a_map_that_writes_into_its_arguments_is_rejected(rule: KindRule) -> None:
    """The claim that the registry adds: definitions keep it, a mutant does not, and no sample is spoilt."""
    claim = rule.claims[-1]
    assert claim.id == "behaviour.leaves-its-arguments-alone"
    assert claim.examine(rule.definition, level="quick").status is Status.PASSED
    before = repr(claim.drawn(0, "quick"))
    assert claim.examine(writes_first(rule.definition), level="quick").status is Status.FAILED
    assert repr(claim.drawn(0, "quick")) == before


def of(name: str) -> KindRule:
    """A rule that there is."""
    rule = registry.find(name)
    assert rule is not None
    return rule


def examined(subject: Any, name: str, settings: dict[str, Any] | None = None) -> dict[str, Status]:
    """What a rule's claims say of a subject."""
    rule = of(name)
    adapted = adapt(subject, rule, settings or {}, "it")
    return {claim.id: claim.examine(adapted, level="quick", shrinks=False).status for claim in rule.claims}


def accepted(found: dict[str, Status]) -> bool:
    """Whether the values were judged, and nothing failed."""
    return found["value.follows-definition"] is Status.PASSED and {*found.values()} <= {Status.PASSED,
                                                                                        Status.NOT_APPLICABLE}


class Rectifier:
    """A layer as lectures write it: forward remembers, backward takes a gradient alone."""

    def __init__(self, floor: float = 0.0) -> None:
        self.floor = floor

    def forward(self, x: Any) -> Any:
        self.x = x
        return np.maximum(x, self.floor)

    def backward(self, g: Any) -> Any:
        return g * (self.x > self.floor)


def test_a_rectifier_in_many_forms() -> None:
    assert accepted(examined(lambda x: np.maximum(x, 0), "relu"))
    assert accepted(examined(Rectifier(), "relu"))
    assert accepted(examined(Rectifier, "relu"))
    assert not accepted(examined(Rectifier, "relu", {"floor": 0.5}))
    assert not accepted(examined(lambda x: (np.maximum(x, 0), x), "relu"))


def test_torch_in_many_forms() -> None:
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    assert accepted(examined(functional.relu_, "relu"))
    assert accepted(examined(functional.relu, "relu", {"inplace": True}))
    assert accepted(examined(torch.nn.ReLU(), "relu"))
    assert accepted(examined(lambda x: x.relu(), "relu"))
    assert accepted(examined(functools.partial(torch.softmax, dim=-1), "softmax"))
    assert accepted(examined(torch.nn.Softmax(dim=-1), "softmax"))
    found = examined(lambda x: torch.relu_(x.detach()), "relu")
    assert found["behaviour.leaves-its-arguments-alone"] is Status.FAILED


def test_settings_fix_what_is_drawn() -> None:
    torch = pytest.importorskip("torch")
    assert accepted(examined(torch.nn.functional.softmax, "softmax", {"dim": 0}))
    assert accepted(examined(torch.nn.LeakyReLU, "leaky_relu", {"negative_slope": 0.3}))
    dropout = examined(torch.nn.Dropout, "dropout", {"p": 0.3})
    assert set(dropout.values()) == {Status.PASSED, Status.NOT_APPLICABLE}
    assert dropout["value.rate-one-drops-everything"] is Status.NOT_APPLICABLE


def test_settings_that_a_claim_contradicts_refute_nothing() -> None:
    torch = pytest.importorskip("torch")
    adapted = adapt(torch.nn.init.xavier_uniform_, of("xavier_uniform"), {"gain": 2.0}, "it")
    found = of("xavier_uniform").claims[0].examine(adapted, level="quick")
    assert found.status is Status.NOT_APPLICABLE
    assert (found.reason or "").startswith("refused: it is set to gain=2.0, and this needs ")


@pytest.mark.parametrize(("subject", "name", "settings", "sentence"), [
    ("torch.nn.functional:softmax", "softmax", {"dm": 0}, "takes no dm; did you mean dim?"),
    ("torch.nn:Dropout", "dropout", {"rate": 0.3}, "takes no rate; it takes p, inplace"),
    ("torch.optim.lr_scheduler:StepLR", "step", {"step": 3}, "takes no step; did you mean step_size?"),
])
def test_unknown_settings_are_refused(subject: str, name: str, settings: dict[str, Any], sentence: str) -> None:
    pytest.importorskip("torch")
    with pytest.raises(Refusal) as refused:
        adapt(find(subject), of(name), settings, subject)
    assert refused.value.sentence == f"{subject} {sentence}"


def test_an_argument_that_no_rule_knows_must_be_given() -> None:
    def warm(x: Any, temperature: float) -> Any:
        return np.exp(x / temperature) / np.exp(x / temperature).sum(-1, keepdims=True)

    with pytest.raises(Refusal, match="needs temperature, which cannot be guessed: give --set temperature=VALUE"):
        adapt(warm, of("softmax"), {}, "it")
    assert examined(warm, "softmax", {"temperature": 1.0})["value.follows-definition"] is Status.PASSED


def test_a_module_with_parameters_must_be_given_as_its_class() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(Refusal, match=r"torch\.nn\.modules\.batchnorm:BatchNorm1d"):
        adapt(torch.nn.BatchNorm1d(3), of("batch_norm"), {}, "it")
