"""Rules of the user's own: a file's step and init as a definition, and files that are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from fiducial.checks.contract import find
from fiducial.checks.evidence import Status
from fiducial.suites import worker
from fiducial.suites.binding import bind
from fiducial.suites.jobs import Job, Refusal
from fiducial.suites.own_rules_of_users import rule_of
from fiducial.suites.runner import Coordinator, run

RMSPROP = '''
from typing import NamedTuple
import numpy as np

state_names = {"v": "square_avg"}

class State(NamedTuple):
    v: np.ndarray

def init(x):
    return State(np.zeros_like(x))

def step(x, g, state, *, lr=0.01, alpha=0.99, eps=1e-8):
    """Divide by a root mean square."""
    v = alpha * state.v + (1 - alpha) * g**2
    return x - lr * g / (np.sqrt(v) + eps), State(v)
'''
PLAIN = "def init(x):\n    return None\n\ndef step(x, g, state, *, lr=0.1):\n    return x - lr * g, state\n"


def write(folder: Path, text: str) -> str:
    """A rule file; its path as a rule."""
    file = folder / "my_paper.py"
    file.write_text(text, encoding="utf-8")
    return f"{file}:step"


@pytest.mark.parametrize("name", ["rule.follows-definition", "rule.state-follows-definition",
                                  "rule.options-follow-definition"])
def test_a_class_follows_a_rule_of_a_file(tmp_path: Path, name: str) -> None:
    check = find(name)
    assert check is not None
    lab = bind(torch.optim.RMSprop, {}, rule_of(write(tmp_path, RMSPROP)))
    assert {choice.name for choice in lab.choices} == {"lr", "alpha", "eps"}
    found = check.examine(lab, seed=0, level="quick")
    assert found.status is Status.PASSED, found


def test_a_class_that_does_not_follow_the_file_is_rejected(tmp_path: Path) -> None:
    check = find("rule.follows-definition")
    assert check is not None
    wrong = RMSPROP.replace("np.sqrt(v) + eps", "np.sqrt(v + eps)")
    found = check.examine(bind(torch.optim.RMSprop, {}, rule_of(write(tmp_path, wrong))), seed=0, level="quick")
    assert found.status is Status.FAILED, found


def test_the_worker_takes_a_rule_of_a_file(tmp_path: Path) -> None:
    path = write(tmp_path, RMSPROP)
    assert worker.load(Job(subject="torch.optim:RMSprop", rule=path)).rule == path


@pytest.mark.parametrize(("text", "sentence"), [
    ("raise OSError('gone')\n", "cannot be read: importing .* raised OSError: gone"),
    ("def step(x, g, state):\n    return x, state\n", r"needs a function init\(x\)"),
    ("step = 3\n", r"must be a function step\(x, g, state, \*, …\), got int"),
    (PLAIN.replace("lr=0.1", "lr"), "lr of the rule .* must have a default"),
    ("scope = 'row'\n" + PLAIN, "scope of the rule .* must be element, matrix, tensor or all, got 'row'"),
    ("needs = 'luck'\n" + PLAIN, "needs of the rule .* must be gradient or objective, got 'luck'"),
    ("state_names = 3\n" + PLAIN, "state_names of the rule .* must be a dictionary"),
    (PLAIN.replace("x - lr * g", "x - lr * missing"), "raised NameError on plain arrays: name 'missing'"),
    (PLAIN.replace("x - lr * g, state", "x - lr * g"), "on plain arrays"),
    (PLAIN.replace("x - lr * g", "(x - lr * g).sum()"), "must return parameters shaped and typed as they came"),
    ("import numpy as np\n" + PLAIN.replace("x - lr * g", "np.asarray(x - lr * g, dtype=float)"),
     "on arrays with error bounds")])
def test_a_wrong_rule_file_is_refused_in_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(Refusal, match=sentence) as refusal:
        rule_of(write(tmp_path, text))
    assert "\n" not in refusal.value.sentence
    assert refusal.value.exit_status == 2


def test_a_rule_that_raises_in_the_middle_of_a_run_is_a_wrong_call_with_one_sentence(tmp_path: Path) -> None:
    late = write(tmp_path, PLAIN.replace("return None", "return 0").replace(
        "    return x - lr * g, state", "    1 / (3 - state)\n    return x - lr * g, state + 1"))
    job = Job(subject="torch.optim:SGD", rule=late, only=["rule.follows-definition"], lanes=1)
    with Coordinator() as coordinator, pytest.raises(
            Refusal, match=r"the rule .* raised ZeroDivisionError in a run: division by zero") as refusal:
        run(job, coordinator)
    assert refusal.value.exit_status == 2
