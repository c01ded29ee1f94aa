"""Paths as subjects of their own: which are offered, what torch's own do, and that scripts show it without us."""

from __future__ import annotations

import functools
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch._inductor.exc import InvalidCxxCompiler

from fiducial.checks.adapters import torch_compiled
from fiducial.checks.contract import Laboratory, find
from fiducial.checks.contract.streams import simple_plan
from fiducial.checks.evidence import NO_DEVICE, Status
from fiducial.suites import rules
from fiducial.suites.binding import bind
from fiducial.suites.harness.sound import SoundAdam, SoundSGD
from fiducial.suites.harness.sound_paths import SoundPaths
from fiducial.suites.jobs import Job, Refusal
from fiducial.suites.reproduction.optimizers import script
from fiducial.suites.series import on_devices, on_path
from fiducial.suites.worker import load


def laboratory(factory: Any, settings: dict[str, Any], rule: str = "adam") -> Laboratory:
    found = rules.find(rule)
    assert found is not None
    return bind(factory, settings, found)


@pytest.mark.parametrize(("factory", "settings", "paths"), [
    (torch.optim.Adam, {}, ["foreach", "fused", "differentiable", "tensor-lr", "compiled"]),  # on a CPU not capturable
    (torch.optim.Adam, {"fused": True}, []),
    (SoundPaths, {}, ["foreach", "fused", "capturable", "differentiable", "tensor-lr", "compiled"]),
    (SoundAdam, {}, ["tensor-lr", "compiled"]),
    (torch.optim.LBFGS, {}, ["tensor-lr"]),  # nothing is compiled behind a closure
])
def test_what_a_class_takes_and_can_step_is_offered(
        factory: Any, settings: dict[str, Any], paths: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_compiled, "no_compiler", lambda: "none: offered untried, so that it can say so")
    rule = "lbfgs" if factory is torch.optim.LBFGS else "adam"
    assert laboratory(factory, settings, rule).subject.paths() == paths


def test_without_a_compiler_every_check_of_a_compiled_step_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    loaded = load(Job(subject="torch.optim:SGD", way="compiled"))
    assert {check.reason for check in loaded.checks} == {
        "not judgeable: torch.compile needs a C++ compiler, and there is no no-such-compiler here"}


class NeverCompiled(SoundSGD):
    """A step that the compiler is told to leave alone."""

    step = torch.compiler.disable(SoundSGD.step)  # type: ignore[no-untyped-call]  # torch leaves it bare


def test_a_step_that_the_compiler_never_saw_is_refused() -> None:
    subject: Any = laboratory(NeverCompiled, {}, "sgd").subject
    failure = subject.drive(replace(simple_plan(steps=1), compiled=True)).failure
    assert failure is not None
    assert failure.refused
    assert "found nothing in the step" in failure.message


def test_what_the_compiler_raises_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def compiled(step: Any) -> Any:
        def raising() -> None:
            raise InvalidCxxCompiler

        return raising

    monkeypatch.setattr(torch, "compile", compiled)
    subject: Any = laboratory(SoundSGD, {}, "sgd").subject
    failure = subject.drive(replace(simple_plan(steps=1), compiled=True)).failure
    assert failure is not None
    assert (failure.kind, failure.refused) == ("InvalidCxxCompiler", True)


@pytest.mark.parametrize("path", ["foreach", "fused", "capturable", "differentiable"])
def test_every_path_of_the_sound_class_follows_its_definition(path: str) -> None:
    lab = laboratory(SoundPaths, {path: True})
    for name in ("rule.follows-definition", "rule.layouts-change-nothing", f"path.{path}-equals-for-loop"):
        check = find(name)
        assert check is not None
        evidence = check.examine(lab, seed=2, level="quick")
        assert evidence.status is Status.PASSED, evidence


def test_a_tensor_as_rate_is_handed_over_and_changed_on_the_way() -> None:
    lab = laboratory(torch.optim.Adam, {})
    subject: Any = lab.subject
    subject.way = "tensor-lr"
    assert isinstance(subject.construct("list").optimizer.param_groups[0]["lr"], torch.Tensor)
    check = find("rule.rate-changes-are-followed")
    assert check is not None
    assert check.examine(lab.anew(), seed=0, level="quick").status is Status.PASSED


@pytest.mark.parametrize(("name", "settings"), [("AdamW", {"fused": True}), ("SGD", {"fused": True}),
                                                ("Adam", {"differentiable": True})])
def test_torch_findings_are_shown_by_a_script_that_needs_torch_alone(
        tmp_path: Path, name: str, settings: dict[str, Any]) -> None:
    lab = laboratory(getattr(torch.optim, name), settings, name)
    check = find(f"path.{next(iter(settings))}-equals-for-loop")
    assert check is not None
    written = functools.partial(script, check, lab, f"torch.optim:{name}")
    evidence = check.examine(lab, seed=0, level="standard", reproduce=written)
    assert evidence.status is Status.FAILED
    file = tmp_path / "repro.py"
    file.write_text(evidence.reproduction or "")
    assert subprocess.run([sys.executable, "-I", file], capture_output=True, check=False).returncode == 1


def test_a_fused_step_reads_a_gradient_of_other_strides_in_the_wrong_order() -> None:
    """The finding by hand: every second number of a longer row is the gradient, and its neighbours are stepped by."""
    values = {}
    for fused in (True, False):
        p = torch.nn.Parameter(torch.zeros(2, dtype=torch.float64))
        p.grad = torch.tensor([1.0, 5.0, 2.0, 5.0], dtype=torch.float64)[::2]
        torch.optim.SGD([p], lr=1.0, fused=fused).step()
        values[fused] = p.tolist()
    assert values == {False: [-1.0, -2.0], True: [-1.0, -5.0]}


def test_a_differentiable_step_corrects_in_single_precision() -> None:
    """The finding by hand: 1 - β₂ in float32 is off by 1.3e-5 of itself, and so is the first step by half of that."""
    moved = {}
    for flag in (True, False):
        p = torch.zeros(1, dtype=torch.float64, requires_grad=True).clone() if flag else torch.nn.Parameter(
            torch.zeros(1, dtype=torch.float64))
        p.grad = torch.ones(1, dtype=torch.float64)
        torch.optim.Adam([p], lr=1.0, eps=0.0, differentiable=flag).step()
        moved[flag] = float(p.detach())
    assert moved[False] == pytest.approx(-1.0, abs=1e-15)
    assert 1e-6 < abs(moved[True] + 1.0) < 1e-5


def test_a_path_is_a_setting_or_a_way_and_all_devices_are_two_jobs() -> None:
    job = Job(subject="torch.optim:SGD", settings={"lr": 0.1}, device="all")
    assert on_path(job, "fused").settings == {"lr": 0.1, "fused": True}
    assert (on_path(job, "tensor-lr").way, on_path(job, "tensor-lr").settings) == ("tensor-lr", {"lr": 0.1})
    assert [each.device for each in on_devices(job)] == ["cpu", "cuda"]


def test_a_way_that_is_not_offered_is_refused_in_words() -> None:
    with pytest.raises(Refusal) as refused:
        load(Job(subject="torch.optim:Adam", settings={"fused": True}, way="tensor-lr"))
    assert refused.value.sentence == "torch.optim:Adam has no path tensor-lr: it offers none"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_every_check_says_so() -> None:
    loaded = load(Job(subject="torch.optim:SGD", device="cuda"))
    assert {check.id.partition(".")[0] for check in loaded.checks} >= {"rule", "state", "device"}
    assert all((check.reason or "").startswith(NO_DEVICE) for check in loaded.checks)
