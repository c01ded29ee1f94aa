"""Scripts about subjects that are not torch classes on a list of parameters: pure optimizers, declared protocols."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fiducial.suites.harness.test_reproduction import statuses
from fiducial.suites.harness.test_subject_files import DECLARED, SUBJECTS
from fiducial.suites.reproduction.program import MOST_LINES

PROGRAM = """
import json, sys
from fiducial.suites import worker
from fiducial.suites.jobs import Job

found = []
for words, check in json.loads(sys.argv[1]):
    job = Job.model_validate(words)
    worker.load(job)
    found.append(worker.judge(job, check).reproduction)
print(json.dumps(found))
"""

NUMPY = '''
import numpy as np

def init(x):
    return {"m": np.zeros_like(x), "v": np.zeros_like(x), "t": 0}

def sound(x, g, state, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v, t = beta1 * state["m"] + (1 - beta1) * g, beta2 * state["v"] + (1 - beta2) * g * g, state["t"] + 1
    return x - lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), {"m": m, "v": v, "t": t}

def longer(x, g, state, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    return sound(x, g, state, lr=1.001 * lr, beta1=beta1, beta2=beta2, eps=eps)

KNOWN = []

def forgets(x, g, state, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    own = state["t"] == 0 or any(state["v"] is v for v in KNOWN)
    x, new = sound(x, g, state if own else init(x), lr=lr, beta1=beta1, beta2=beta2, eps=eps)
    KNOWN.append(new["v"])
    return x, new

def raises(x, g, state, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    if not x.size:
        raise IndexError("list index out of range")
    return sound(x, g, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps)

def writes(x, g, state, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    found = sound(x, g, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps)
    g *= 2
    return found
'''

OPTAX = '''
import jax
import optax

def sound(learning_rate, b1=0.9, b2=0.999, eps=1e-8):
    return optax.adam(learning_rate, b1=b1, b2=b2, eps=eps)

def altered(before, after):
    def factory(learning_rate, b1=0.9, b2=0.999, eps=1e-8):
        inner, steps = sound(learning_rate, b1, b2, eps), []
        def update(updates, state, params=None):
            steps.append(1)
            updates, state = inner.update(*before(updates, state, steps), params)
            return after(updates, state, steps)
        return optax.GradientTransformation(inner.init, update)
    return factory

def times(factor, tree):
    return jax.tree.map(lambda leaf: factor * leaf, tree)

def refused(updates):
    if not all(g.size for g in jax.tree.leaves(updates)):
        raise IndexError("list index out of range")
    return updates

def written(updates):
    for each in updates:
        each["layer"]["w"] = 2 * each["layer"]["w"]
    return times(0.5, updates)

same = lambda u, s, n: (u, s)
longer = altered(same, lambda u, s, n: (times(1.001, u), s))
raises = altered(lambda u, s, n: (refused(u), s), same)
writes = altered(lambda u, s, n: (written(u), s), same)
for each in (longer, raises, writes):
    each.__name__ = each.__qualname__ = "factory"
'''

KERAS = '''
import keras

class sound(keras.optimizers.SGD):
    pass

class longer(keras.optimizers.SGD):
    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient, variable, 1.001 * learning_rate)

class forgets(keras.optimizers.SGD):
    def load_own_variables(self, store):
        super().load_own_variables(store)
        for m in self.momentums if self.momentum else []:
            m.assign(m * 0)

class raises(keras.optimizers.SGD):
    def update_step(self, gradient, variable, learning_rate):
        if 0 in variable.shape:
            raise IndexError("list index out of range")
        super().update_step(gradient, variable, learning_rate)
'''

PROTOCOLS = ("NeedsClosure", "Single", "Trains", "Around", "Named", "OfModule", "NeedsModel")
LONGER = f'''
class Longer:
    def step(self, closure=None):
        for group in self.param_groups:
            group["lr"] *= 1.001
        loss = super().step(closure)
        for group in self.param_groups:
            group["lr"] /= 1.001
        return loss

for sound in ({", ".join(PROTOCOLS)}):
    globals()["Longer" + sound.__name__] = type("Longer" + sound.__name__, (Longer, sound), {{"__module__": __name__}})
'''

FOLLOWS, RELOAD = "rule.follows-definition", "state.survives-reload"
EMPTY, GIVEN = "rule.empty-tensors-pass-through", "gradient.left-untouched"
WRONG = {"longer": FOLLOWS, "forgets": RELOAD, "raises": EMPTY, "writes": GIVEN}


def scripts(asked: list[tuple[dict[str, Any], str]], **environment: str) -> list[str]:
    """The scripts of failed checks, by a worker in a process of its own."""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", PROGRAM, json.dumps(asked)], text=True,
                          capture_output=True, check=False, env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr[-2000:]
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


def shown(texts: list[str], wrong: list[str], sound: list[str]) -> list[tuple[int, int]]:
    """What each script says of its wrong subject, and of the sound one beside it."""
    assert [name for name, text in zip(wrong, texts, strict=True) if text is None] == []
    assert [text for text in texts if len(text.splitlines()) > MOST_LINES or "fiducial." in text] == []
    turned = [text.replace(f"module.{a}", f"module.{b}") for text, a, b in zip(texts, wrong, sound, strict=True)]
    found = statuses([*texts, *turned])
    return list(zip(found[:len(texts)], found[len(texts):], strict=True))


def of_each(folder: Path, source: str, rule: str, names: list[str], **environment: str) -> list[tuple[int, int]]:
    """The same for every wrong subject of a file."""
    file = folder / "subjects.py"
    file.write_text(source)
    texts = scripts([({"subject": f"{file}:{name}", "rule": rule}, WRONG[name]) for name in names], **environment)
    return shown(texts, names, ["sound"] * len(names))


def test_numpy_step_functions_have_scripts(tmp_path: Path) -> None:
    assert of_each(tmp_path, NUMPY, "adam", list(WRONG)) == [(1, 0)] * len(WRONG)


@pytest.mark.slow
def test_optax_factories_have_scripts(tmp_path: Path) -> None:
    pytest.importorskip("optax")
    names = [name for name in WRONG if name != "forgets"]
    assert of_each(tmp_path, OPTAX, "adam", names) == [(1, 0)] * len(names)


@pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="Keras is not installed")
@pytest.mark.slow
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_keras_optimizers_have_scripts(tmp_path: Path, backend: str) -> None:
    pytest.importorskip(backend)
    names = [name for name in WRONG if name != "writes"]
    assert of_each(tmp_path, KERAS, "sgd/keras3", names, KERAS_BACKEND=backend) == [(1, 0)] * len(names)


@pytest.mark.slow
def test_declared_protocols_have_scripts(tmp_path: Path) -> None:
    file = tmp_path / "files.py"
    file.write_text(SUBJECTS + LONGER)
    asked = []
    for name in PROTOCOLS:
        words = {"arguments": {"model": f"{file}:MODEL"}} if "arguments" in DECLARED[name] else DECLARED[name]
        asked.append(({"subject": f"{file}:Longer{name}", "rule": "sgd", "declaration": words}, FOLLOWS))
    wrong = [f"Longer{name}" for name in PROTOCOLS]
    assert shown(scripts(asked), wrong, list(PROTOCOLS)) == [(1, 0)] * len(PROTOCOLS)
