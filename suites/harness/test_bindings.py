"""The bindings as a whole: every public subject is found under its rule, and bad input is refused in words."""

from __future__ import annotations

import importlib
import re
from typing import Any

import numpy as np
import pytest

from fiducial.checks.claims import Claim
from fiducial.checks.claims_of_maps import is_data
from fiducial.suites.bindings import Binding
from fiducial.suites.demonstrations.catalogue import bindings, modules
from fiducial.suites.demonstrations.cross_examination import definitions
from fiducial.suites.demonstrations.owed import OWED
from fiducial.suites.rules import find, registry
from fiducial.suites.rules.kinds import KindRule

BOUND = [binding for name in modules() for binding in bindings(name)]
FACED = [(path, binding) for binding in BOUND for path in binding.against]
MAPS = [rule for rule in registry.rules() if rule.kind == "function"]


@pytest.mark.parametrize("path", [
    "torch.nn.functional:conv3d", "torch.nn.functional:avg_pool1d", "torch.nn:MaxPool3d", "torch.nn:Dropout2d",
    "torch.nn:Softmax2d", "torch.nn.functional:l1_loss", "torch.nn:L1Loss", "torch.nn.functional:alpha_dropout"])
def test_another_algorithm_with_a_name_alike_names_no_rule(path: str) -> None:
    """What differs in more than its name is not held against a neighbour."""
    assert registry.find(path, path) is None


@pytest.mark.parametrize(("path", "binding"), FACED, ids=[path for path, _ in FACED])
def test_a_public_subject_names_its_rule(path: str, binding: Binding) -> None:
    """`fiducial certify PATH` needs no --rule; a dialect may have to be asked for."""
    found = registry.find(path, path)
    assert found is not None, f"{path} names no rule"
    meant = {other.rule.name.split("/")[0] for name, other in FACED if name == path and other.rule}
    assert found.name.split("/")[0] in meant


def test_no_rule_of_another_kind_bears_an_optimizers_name() -> None:
    assert [(rule.name, word) for rule in registry.rules() for word in (rule.name, *rule.aliases) if find(word)] == []


def test_names_are_unique_within_a_kind() -> None:
    names = [(rule.kind, rule.name) for rule in registry.rules()]
    assert len(names) == len(set(names))


def test_every_rule_is_bound() -> None:
    bound = {(binding.rule.kind, binding.rule.name) for binding in BOUND if binding.rule}
    assert [rule.name for rule in registry.rules() if (rule.kind, rule.name) not in bound] == []


def a_sample(rule: KindRule) -> dict[str, Any]:
    """Arguments that the definition takes."""
    claim = next(each for each in rule.claims if each.samples)
    return {name: value for name, value in claim.drawn(0, "quick")[0].items() if name != "g_seed"}


@pytest.mark.parametrize("rule", MAPS, ids=lambda rule: rule.name)
def test_a_definition_refuses_what_is_no_float64_array(rule: KindRule) -> None:
    sample = a_sample(rule)
    name = next(name for name, value in sample.items() if is_data(value))
    for bad in (sample[name].astype(np.float32), np.full(sample[name].shape, np.nan), sample[name].astype(complex)):
        if bad.size == 0:
            continue
        with pytest.raises(ValueError, match=re.escape(name)) as refusal:
            rule.definition.forward(**{**sample, name: bad})
        assert "\n" not in str(refusal.value)


def claims() -> list[Claim]:
    """Every claim of every binding, once."""
    return list({id(claim): claim for binding in BOUND for claim in binding.all_claims}.values())


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: claim.id)
def test_a_claim_says_its_formula_its_tolerance_and_what_it_rejects(claim: Claim) -> None:
    text = (claim.judge.__doc__ or "").strip()
    parts = [r"\A\S.*\.\n", r"\n\n +\S.*\n", r"\n +Allowed  \S", r"\n +Rejects  \S"]
    places = [re.search(pattern, text) for pattern in parts]
    assert all(places), f"{claim.id} lacks one of claim, formula, Allowed, Rejects, in this order"
    assert [found.start() for found in places if found] == sorted(found.start() for found in places if found)


def test_an_id_is_one_claim() -> None:
    """The generic claims are made anew for each definition; they keep one text."""
    texts: dict[str, set[str]] = {}
    for claim in claims():
        texts.setdefault(claim.id, set()).add(claim.claim)
    assert {name: found for name, found in texts.items() if len(found) > 1} == {}


def test_every_row_owed_is_bound() -> None:
    """No row is typed as done; an optimizer's is bound by the definition that `cross_examination` examines."""
    names = [*((binding.section, binding.row) for binding in BOUND), *((8, f"{name}:") for name in definitions())]
    assert [row for row in OWED if not any(row.holds(*name) for name in names)] == []


def test_every_definition_of_an_optimizer_has_its_row() -> None:
    assert [name for name in definitions() if not any(row.holds(8, f"{name}:") for row in OWED)] == []


def test_every_module_with_bindings_is_found() -> None:
    assert all(bindings(name) for name in modules())
    assert importlib.import_module("fiducial.suites.activations.test_softmax").__name__ in modules()
