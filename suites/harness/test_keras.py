"""Keras 3's optimizers against the dialects that they declare, on its torch and its JAX backend.

The backend is fixed when Keras is imported: each backend has a process of its own.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from fiducial.checks.agreement import expected
from fiducial.checks.plans import Options
from fiducial.reference.optimizers import adam, adamax, amsgrad, lamb, nadam
from fiducial.suites.harness.test_family import apart, drawn, rule_named
from fiducial.suites.rules.composition import composed, pick

pytestmark = pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="Keras is not installed")

NAMES = ("SGD", "RMSprop", "Adam", "AdamW", "Adagrad", "Adadelta", "Adamax", "Nadam", "Lion", "Lamb", "Ftrl", "Muon")
ASKED = ("rule.first-step-follows-definition", "rule.follows-definition", "rule.options-follow-definition",
         "rule.state-follows-definition", "rule.rate-changes-are-followed", "state.survives-reload",
         "gradient.left-untouched")

PROGRAM = """
import sys
from dataclasses import replace
from fiducial.suites.adapters import prepare
prepare("keras.optimizers:Adam")
import keras
from fiducial.checks.contract import find
from fiducial.checks.contract.claims import Stream
from fiducial.checks.contract.streams import drawn
from fiducial.suites import rules
from fiducial.suites.binding import bind

from fiducial.suites.declarations import Declaration
from fiducial.suites.subjects import declared

backend, sound, names, asked = sys.argv[1], sys.argv[2] == "sound", sys.argv[3].split(","), sys.argv[4].split(",")
assert keras.backend.backend() == backend, keras.backend.backend()
few = Stream("few", lambda lab, level: [(drawn(lab, shapes=((2,), (2, 3)), steps=(3,)), 8)])

class Wrong(keras.optimizers.Adam):
    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient * 1.001 + 0.001, variable, learning_rate)

def wrapping():
    handling = Declaration(around="keras.optimizers:Adam").handling(lambda path: keras.optimizers.Adam)
    subject = declared(keras.optimizers.LossScaleOptimizer, "keras.optimizers:LossScaleOptimizer", handling)
    return bind(subject, {"initial_scale": 1.0 if sound else 2.0}, rules.find("adam/keras3"))

for name in names:
    subject = getattr(keras.optimizers, name) if sound else Wrong
    rule = rules.find(rules.declared(f"keras.optimizers:{name}") or name)
    lab = wrapping() if name == "LossScaleOptimizer" else bind(subject, {}, rule)
    for each in asked:
        found = replace(find(each), stream=few).examine(lab, seed=0, level="standard", shrinks=False)
        print(name, each, found.status, found.measured, found.allowed, found.reason)
"""


def told(backend: str, sound: bool, names: tuple[str, ...], asked: tuple[str, ...]) -> list[list[str]]:
    """What a process with that backend prints: name, check, status and numbers."""
    pytest.importorskip(backend)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", PROGRAM, backend, "sound" if sound else "wrong",
                           ",".join(names), ",".join(asked)], env={**os.environ, "KERAS_BACKEND": backend},
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return [line.split(maxsplit=3) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("names", [("Adam",), pytest.param(NAMES, marks=pytest.mark.slow)], ids=["adam", "all"])
@pytest.mark.parametrize("backend", ["torch", pytest.param("jax", marks=pytest.mark.slow)])
def test_an_optimizer_follows_its_dialect(backend: str, names: tuple[str, ...]) -> None:
    found = told(backend, True, names, ASKED)
    assert len(found) == len(names) * len(ASKED)
    assert [row for row in found if row[2] != "passed"] == []


def test_a_wrapper_is_driven_around_what_it_wraps() -> None:
    found = told("torch", True, ("LossScaleOptimizer",), ASKED)
    assert [row for row in found if row[2] != "passed"] == []
    assert told("torch", False, ("LossScaleOptimizer",), ASKED[1:2])[0][2] == "failed"


def test_a_wrong_optimizer_is_rejected() -> None:
    assert [row[2] for row in told("torch", False, ("Adam",), ("rule.follows-definition",))] == ["failed"]


def _adam(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    form = amsgrad.keras_step if o["amsgrad"] else adam.keras_step
    return form(x, g, state, **pick(o, "lr", "beta1", "beta2", "eps"))


FORMS: dict[str, Any] = {
    "adam/keras3": _adam,
    "adamax/keras3": lambda x, g, s, o: adamax.keras_step(x, g, s, **pick(o, "lr", "beta1", "beta2", "eps")),
    "nadam/keras3": lambda x, g, s, o: nadam.step(x, g, s, momentum_decay=1.0,
                                                  **pick(o, "lr", "beta1", "beta2", "eps")),
    "lamb/keras3": lambda x, g, s, o: lamb.step(x, g, s, **pick(o, "lr", "beta1", "beta2", "eps")),
}


@pytest.mark.parametrize("name", FORMS)
def test_averages_as_keras_rounds_them_are_the_definitions(name: str) -> None:
    """m + (g - m)(1 - β) and βm + (1 - β)g: two formulations that agree within the sum of their bounds."""
    rule = rule_named(name)
    other = replace(rule, step=composed(FORMS[name], "decoupled"))
    for plan in drawn(rule, 40):
        assert not apart(expected(plan, rule, rule.defaults()), expected(plan, other, rule.defaults())), plan.sample()
