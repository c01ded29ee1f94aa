"""NumPy step functions and classes of the protocol as subjects, through the laboratory and through the worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from fiducial.checks.contract import find
from fiducial.checks.contract.claims import Stream
from fiducial.checks.contract.streams import drawn
from fiducial.checks.evidence import Status
from fiducial.suites import rules, worker
from fiducial.suites.binding import bind
from fiducial.suites.jobs import Job, Refusal

FEW = Stream("few", lambda lab, level: [(drawn(lab, steps=(3, 5)), 20)])


class State(NamedTuple):
    m: Any
    v: Any
    t: int


def init(x: Any) -> State:
    """Adam's first state, for every step function of this file."""
    return State(np.zeros_like(x), np.zeros_like(x), 0)


def adam(x: Any, g: Any, state: State, *, lr: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999,
         eps: float = 1e-8) -> tuple[Any, State]:
    """Adam, as one writes it."""
    m, v, t = beta1 * state.m + (1 - beta1) * g, beta2 * state.v + (1 - beta2) * g * g, state.t + 1
    return x - lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), State(m, v, t)


def under_root(x: Any, g: Any, state: State, *, lr: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999,
               eps: float = 1e-8) -> tuple[Any, State]:
    """Adam with ε in the wrong place."""
    m, v, t = beta1 * state.m + (1 - beta1) * g, beta2 * state.v + (1 - beta2) * g * g, state.t + 1
    return x - lr * m / (1 - beta1**t) / np.sqrt(v / (1 - beta2**t) + eps), State(m, v, t)


def scaling(x: Any, g: Any, state: State, *, lr: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999,
            eps: float = 1e-8) -> tuple[Any, State]:
    """Adam that flips the gradient's sign in place, and so leaves it another."""
    g *= -1
    return adam(x, -g, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps)


def overwriting(x: Any, g: Any, state: State, *, lr: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999,
                eps: float = 1e-8) -> tuple[Any, State]:
    """Adam that leaves its result in the parameters that it was given as well."""
    moved, new = adam(x, g, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps)
    x[...] = moved
    return moved, new


def keeping(x: Any, g: Any, state: State, *, lr: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999,
            eps: float = 1e-8) -> tuple[Any, State]:
    """Adam that keeps the caller's gradient as its first moment where β₁ = 0 would give the same."""
    x, new = adam(x, g, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps)
    return x, new._replace(m=g) if beta1 == 0 else new


class Momentum:
    """The protocol: all parameters at once, a dictionary for a state."""

    def init(self, params: list[Any]) -> dict[str, list[Any]]:
        return {"velocity": [np.zeros_like(x) for x in params]}

    def step(self, params: list[Any], grads: list[Any], state: Mapping[str, list[Any]], *, lr: float = 1e-3,
             momentum: float = 0.0) -> tuple[list[Any], dict[str, list[Any]]]:
        velocity = [momentum * v + g for v, g in zip(state["velocity"], grads, strict=True)]
        return [x - lr * v for x, v in zip(params, velocity, strict=True)], {"velocity": velocity}


def examined(subject: Any, rule: str, name: str, *, few: bool = True) -> Any:
    """The evidence of one check, on few plans or on its own."""
    found, check = rules.find(rule), find(name)
    assert found is not None
    assert check is not None
    asked = replace(check, stream=FEW) if few else check
    return asked.examine(bind(subject, {}, found), seed=0, level="standard", shrinks=False)


@pytest.mark.parametrize(("subject", "rule"), [(adam, "adam"), (Momentum, "sgd")])
@pytest.mark.parametrize("name", ["rule.follows-definition", "rule.state-follows-definition",
                                  "rule.rate-changes-are-followed", "state.survives-reload", "state.survives-pickle",
                                  "rule.layouts-change-nothing", "gradient.left-untouched", "state.shares-no-memory",
                                  "state.optimizers-do-not-interact"])
def test_a_sound_subject_passes(subject: Any, rule: str, name: str) -> None:
    found = examined(subject, rule, name)
    assert found.status is Status.PASSED, found


@pytest.mark.parametrize(("subject", "by"), [(under_root, "rule.follows-definition"),
                                             (scaling, "gradient.left-untouched"),
                                             (overwriting, "gradient.left-untouched"),
                                             (keeping, "state.shares-no-memory")])
def test_a_wrong_subject_is_rejected(subject: Any, by: str) -> None:
    found = examined(subject, "adam", by, few=False)
    assert found.status is Status.FAILED, found


def write(folder: Path, text: str) -> str:
    """A file with a step function; its path as a subject."""
    file = folder / "mine.py"
    file.write_text(text, encoding="utf-8")
    return f"{file}:step"


def test_a_file_is_loaded_as_a_subject_of_numpy(tmp_path: Path) -> None:
    path = write(tmp_path, "def init(x):\n    return None\n\ndef step(x, g, state, *, lr=0.1):\n"
                           "    return x - lr * g, state\n")
    loaded = worker.load(Job(subject=path, rule="sgd"))
    assert (loaded.subject.framework, loaded.rule) == ("numpy", "sgd")
    reasons = {check.id: check.reason for check in loaded.checks}
    assert (reasons["closure.loss-is-returned"] or "").startswith("not claimed: ")
    assert reasons["rule.follows-definition"] is None


@pytest.mark.parametrize(("text", "settings", "sentence"), [
    ("def step(x, g, state, *, lr=0.1):\n    return x - lr * g, state\n", {}, r"needs a function init\(x\)"),
    ("def init(x):\n    return None\n\ndef step(x, g, state, *, lr=0.1):\n    return x - lr * g, state\n",
     {"momentun": 0.9}, "takes no momentun; it takes lr"),
    ("def init(x):\n    return None\n\ndef step(x, g, state, *, temperature):\n    return x, state\n", {},
     "temperature has no default: give --set temperature=VALUE")])
def test_what_cannot_be_stepped_is_refused_in_a_sentence(tmp_path: Path, text: str, settings: dict[str, Any],
                                                         sentence: str) -> None:
    with pytest.raises(Refusal, match=sentence):
        worker.load(Job(subject=write(tmp_path, text), rule="sgd", settings=settings))
