"""Subject files: each protocol of real optimizers declared, driven and certified; what is not true is said."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fiducial.checks.evidence import Status
from fiducial.suites import worker
from fiducial.suites.jobs import Job, Refusal
from fiducial.suites.known import settled
from fiducial.suites.listing import listed
from fiducial.suites.subject_files import read

torch = pytest.importorskip("torch")

FIRST, ALL, GRADIENT = "rule.first-step-follows-definition", "rule.follows-definition", "gradient.left-untouched"
LOOKED_AT = (ALL, "rule.zero-rate-moves-nothing", "gradient.zero-is-no-op", "gradient.absent-leaves-everything",
             "gradient.not-finite-is-seen", "gradient.not-finite-is-never-half-a-step",
             "closure.its-gradients-are-used", "state.survives-reload", "groups.options-are-their-own",
             "construction.refuses-a-bare-tensor")
SUBJECTS = '''
import torch
from torch.optim import SGD


class NeedsClosure(SGD):
    def step(self, closure):
        return super().step(closure)


class Consumes(SGD):
    def step(self, closure=None):
        loss = super().step(closure)
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None
        return loss


class Matrices(SGD):
    def step(self, closure=None):
        if any(p.ndim != 2 for group in self.param_groups for p in group["params"]):
            raise ValueError("parameters must be matrices")
        return super().step(closure)


class Single(SGD):
    def __init__(self, params, *args, **kwargs):
        super().__init__(params, *args, **kwargs)
        if any(p.dtype != torch.float32 for group in self.param_groups for p in group["params"]):
            raise TypeError("parameters must be float32")


class Narrow(SGD):
    @torch.no_grad()
    def step(self, closure=None):
        ps = [p for group in self.param_groups for p in group["params"] if p.grad is not None]
        kept = [(p.data, p.grad) for p in ps]
        for p in ps:
            p.data, p.grad = p.data.float(), None if p.grad is None else p.grad.float()
        for state in self.state.values():
            if state.get("momentum_buffer") is not None:
                state["momentum_buffer"] = state["momentum_buffer"].float()
        loss = super().step(closure)
        for p, (wide, grad) in zip(ps, kept):
            wide.copy_(p.data)
            p.data, p.grad = wide, grad
        return loss


class Trains(SGD):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.training = False

    def train(self):
        self.training = True

    def eval(self):
        self.training = False

    def step(self, closure=None):
        if not self.training:
            raise RuntimeError("call train() before step()")
        return super().step(closure)


class Around:
    def __init__(self, optimizer):
        self.optimizer = optimizer

    param_groups = property(lambda self: self.optimizer.param_groups)
    state = property(lambda self: self.optimizer.state)
    defaults = property(lambda self: self.optimizer.defaults)

    def __getattr__(self, name):
        if name == "optimizer":
            raise AttributeError(name)
        return getattr(self.optimizer, name)

    def step(self, closure=None):
        return self.optimizer.step(closure)


class Named(SGD):
    def __init__(self, named, lr=1e-3, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False, maximize=False):
        named = list(named)
        if not all(isinstance(pair, (tuple, dict)) for pair in named):
            raise TypeError("named_parameters() are needed")
        super().__init__(named, lr, momentum, dampening, weight_decay, nesterov, maximize=maximize)


class OfModule(SGD):
    def __init__(self, model, lr=1e-3):
        super().__init__(model.parameters() if isinstance(model, torch.nn.Module) else model["refused"], lr)


class NeedsModel(SGD):
    def __init__(self, params, model, lr=1e-3, momentum=0.0, weight_decay=0.0):
        if not isinstance(model, torch.nn.Module):
            raise TypeError("model must be a module")
        super().__init__(params, lr, momentum, weight_decay=weight_decay)


MODEL = torch.nn.Linear(1, 1)


class Touches(SGD):
    def step(self, closure=None):
        loss = super().step(closure)
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.grad.mul_(2)
        return loss
'''
DECLARED: dict[str, dict[str, Any]] = {"NeedsClosure": {"needs": "closure"}, "Consumes": {"consumes_gradient": True},
            "Matrices": {"only_matrices": True}, "Single": {"dtype": "float32"}, "Narrow": {"works_in": "float32"},
            "Trains": {"modes": "train-eval"}, "Around": {"around": "torch.optim:SGD"}, "Named": {"handed": "named"},
            "OfModule": {"handed": "module"}, "NeedsModel": {"arguments": {"model": "files.py:MODEL"}}}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "files.py").write_text(SUBJECTS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def job(name: str, **declared: Any) -> Job:
    """A job for a subject of the file."""
    return Job.model_validate({"subject": name if ":" in name else f"files.py:{name}", "rule": "sgd",
                               "declaration": declared})


@pytest.mark.parametrize("name", list(DECLARED))
def test_a_declared_protocol_is_driven_and_certified(folder: Path, name: str) -> None:
    asked = job(name, **DECLARED[name])
    found = worker.load(asked)
    assert found.subject.declared == DECLARED[name]
    for check in found.checks:
        if check.id in LOOKED_AT and check.reason is None:
            evidence = worker.judge(asked, check.id)
            assert evidence.status is Status.PASSED, (check.id, evidence.reason)


@pytest.mark.parametrize("name", ["NeedsClosure", "Single", "Narrow", "Around", "Named", "OfModule", "NeedsModel"])
def test_without_its_declaration_it_is_not(folder: Path, name: str) -> None:
    try:
        worker.load(job(name))
    except Refusal:
        return
    assert worker.judge(job(name), ALL).status is not Status.PASSED


@pytest.mark.parametrize(("key", "value"), [
    ("needs", "closure"), ("only_matrices", True), ("dtype", "float32"), ("works_in", "float32"),
    ("consumes_gradient", True), ("modes", "train-eval"), ("handed", "named")])
def test_a_declaration_that_hides_nothing_is_said(folder: Path, key: str, value: Any) -> None:
    with pytest.raises(Refusal, match=f"{key} is declared, but .* leave it out") as refusal:
        worker.load(job("torch.optim:SGD", **{key: value}))
    assert refusal.value.exit_status == 2


def test_a_wrong_subject_stays_wrong_whatever_its_format(folder: Path) -> None:
    """A narrower format widens the bound by its roundoff, and by nothing else."""
    (folder / "wrong.py").write_text(SUBJECTS + "\n\nclass Wrong(Narrow):\n    def step(self, closure=None):\n"
                                     "        for g in self.param_groups: g['lr'] *= 1.001\n"
                                     "        loss = super().step(closure)\n"
                                     "        for g in self.param_groups: g['lr'] /= 1.001\n        return loss\n")
    assert worker.judge(job("wrong.py:Wrong", works_in="float32"), ALL).status is Status.FAILED


def test_what_a_subject_does_not_claim_is_not_applicable_and_must_not_pass(folder: Path) -> None:
    why = {GRADIENT: "it scales gradients in place, by design", FIRST: "for no reason"}
    asked = job("Touches", refuses=why)
    infos = {check.id: check for check in worker.load(asked).checks}
    told = {name: settled(worker.judge(asked, name), infos[name].known) for name in why}
    assert (told[GRADIENT].status, told[GRADIENT].reason) == (Status.NOT_APPLICABLE, f"not claimed: {why[GRADIENT]}")
    assert told[FIRST].stale
    assert "it passes: leave the entry out" in (told[FIRST].reason or "")


@pytest.mark.parametrize(("text", "sentence"), [
    ("[subjects", "is no TOML file"),
    ("", "lists no subjects"),
    ("[subject.x]", "there is no key subject; the nearest is subjects"),
    ("[subjects]\nx = 1", "each subject is a table of its own"),
    ('[subjects."a:B"]\nconsume_gradient = true', "there is no key consume_gradient; the nearest is consumes_gradient"),
    ('[subjects."a:B"]\ndtype = "float8"', "dtype: input should be 'float32'"),
    ('[subjects."a:B".refuses]\n"gradient.left-alone" = "x"', "is no check; the nearest is"),
    ('[subjects."a:B".refuses]\n"gradient.left-untouched" = " "', "without a reason"),
    ('[subjects."a:B"]\n[known."a:C"]\n"gradient.left-untouched" = {reason = "x"}', "speaks of a:C"),
    ('[subjects."a:B"]\n[known."a:B"]\n"gradient.left-untouched" = {}', "is left out: say why it fails"),
])
def test_a_bad_file_gets_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "subjects.toml"
    file.write_text(text)
    with pytest.raises(Refusal) as refusal:
        read(str(file))
    assert sentence in refusal.value.sentence
    assert refusal.value.exit_status == 2
    assert "\n" not in refusal.value.sentence.strip()


def test_the_same_tables_stand_in_a_pyproject(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text('[tool.fiducial.subjects."torch.optim:SGD"]\nsettings = {momentum = 0.9}\n')
    found = listed(file).subjects
    assert [(each.subject, each.settings) for each in found] == [("torch.optim:SGD", {"momentum": 0.9})]


def test_a_file_is_certified_from_the_shell(folder: Path) -> None:
    (folder / "mine.toml").write_text('[subjects."files.py:NeedsClosure"]\nrule = "sgd"\nneeds = "closure"\n'
                                      '[subjects."files.py:Touches"]\nrule = "sgd"\n'
                                      f'refuses = {{"{GRADIENT}" = "why"}}\n')
    done = subprocess.run([sys.executable, "-m", "fiducial", "certify", "mine.toml", "--level", "quick", "--only", ALL,
                           "--only", GRADIENT, "--json", "found.json", "--jobs", "1"], cwd=folder,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("certified  files.py:") == 2
    again = subprocess.run([sys.executable, "-m", "fiducial", "replay", "found.json", ALL], cwd=folder,
                           capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stdout + again.stderr
