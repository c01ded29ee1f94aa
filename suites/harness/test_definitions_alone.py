"""What is no rule says so in one sentence, and what can be held against it instead is there."""

import re

import pytest

from fiducial.suites import rules
from fiducial.suites.certify import rule_for
from fiducial.suites.jobs import Refusal
from fiducial.suites.rules.definitions_alone import ALSO, SENTENCES, sentence


@pytest.mark.parametrize(("path", "rule", "begin"), [
    ("my.py:Mine", "sophia", "sophia is a definition to compare with, not a rule: "),
    ("my.py:Mine", "Newton", "newton is a definition to compare with, not a rule: "),
    ("my.py:DiagonalNewton", None, "diagonal_newton is a definition to compare with, not a rule: "),
    ("sophia_opt.sophia:SophiaG", None, "sophia is a definition to compare with, not a rule: "),
    ("optax:noisy_sgd", None, "noisy_sgd adds noise of its own"),
    ("optax:polyak_sgd", None, "polyak_sgd steps by the value of the loss"),
])
def test_it_is_said_in_one_sentence(path: str, rule: str | None, begin: str) -> None:
    with pytest.raises(Refusal, match=re.escape(begin)) as refusal:
        rule_for(path, rule)
    assert "\n" not in refusal.value.sentence


def test_a_rule_of_ones_own_choice_is_asked_first() -> None:
    assert rule_for("optax:noisy_sgd", "sgd/plain") == "sgd/plain"


@pytest.mark.parametrize("name", SENTENCES)
def test_none_of_them_has_become_a_rule(name: str) -> None:
    assert rules.find(name) is None
    assert sentence(name) == SENTENCES[name]


def test_what_a_sentence_names_is_there() -> None:
    assert set(ALSO.values()) <= SENTENCES.keys()
    for path in re.findall(r"fiducial\.(reference[\w.]+)\.(\w+)", " ".join(SENTENCES.values())):
        module = __import__(f"fiducial.{path[0]}", fromlist=[path[1]])
        assert callable(getattr(module, path[1]))
