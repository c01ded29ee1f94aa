"""No mutant, no check: every check rejects its mutant, and passes the sound subject beside it."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import torch

from fiducial.checks.adapters.torch_compiled import no_compiler
from fiducial.checks.adapters.torch_devices import OPT_IN
from fiducial.checks.contract import CHECKS, Check, Laboratory
from fiducial.checks.evidence import Status
from fiducial.suites import rules
from fiducial.suites.binding import bind
from fiducial.suites.harness.mutants import MUTANTS
from fiducial.suites.worker import on_way

SEED = 0
REJECTED = {Status.FAILED, Status.ERROR}


@pytest.fixture(autouse=True)
def world() -> Iterator[None]:
    """Mutants seed torch's generator, set its default dtype and its grad mode; no test may notice the one before it."""
    dtype, state, threads = torch.get_default_dtype(), torch.get_rng_state(), torch.get_num_threads()
    torch.manual_seed(20260101)
    torch.set_num_threads(1)
    yield
    torch.set_default_dtype(dtype)
    torch.set_grad_enabled(True)
    torch.set_num_threads(threads)
    torch.set_rng_state(state)


every_check = pytest.mark.parametrize("check", CHECKS, ids=[check.id for check in CHECKS])


def needs(check: Check) -> list[pytest.MarkDecorator]:
    """The marks of a check that is judged on a GPU."""
    if check.id == "path.compiled-equals-for-loop":
        return [pytest.mark.slow, pytest.mark.skipif(no_compiler() is not None, reason="no compiler for C++")]
    if not check.id.startswith("device."):
        return []
    absent = pytest.mark.skipif(not torch.cuda.is_available(), reason="no device: torch sees no CUDA device here")
    huge = pytest.mark.skipif(check.id == "device.huge-tensors" and not os.environ.get(OPT_IN), reason="opt-in")
    return [pytest.mark.cuda, absent, huge]


examined = pytest.mark.parametrize("check", [pytest.param(check, id=check.id, marks=needs(check)) for check in CHECKS])


def device_of(check: Check) -> str:
    """Where a check is judged."""
    return "cuda" if check.id.startswith("device.") else "cpu"


def laboratory(factory: type[torch.optim.Optimizer], rule: str, settings: Mapping[str, Any],
               device: str, way: str = "") -> Laboratory:
    """A subject bound to a rule, on its way."""
    found = rules.find(rule)
    assert found is not None
    return on_way(bind(factory, settings, found, device), way)


@functools.cache
def sound_laboratory(sound: type[torch.optim.Optimizer], rule: str,
                     settings: tuple[tuple[str, Any], ...], device: str, way: str) -> Laboratory:
    """The sound subject of a rule; many checks share its runs."""
    return laboratory(sound, rule, dict(settings), device, way)


def test_the_table_names_no_check_that_is_gone() -> None:
    assert set(MUTANTS) <= {check.id for check in CHECKS}


@examined
def test_the_mutant_is_rejected(check: Check) -> None:
    """By its own check, whatever others find."""
    mutant = MUTANTS[check.id]
    lab = laboratory(mutant.factory, mutant.rule, mutant.settings, device_of(check), mutant.way)
    evidence = check.examine(lab, seed=SEED, level=mutant.level)
    assert evidence.status in REJECTED, f"{mutant.factory.__name__} passed {check.id}: {evidence}"
    assert evidence.examples >= 1


@examined
def test_the_sound_subject_passes(check: Check) -> None:
    """On the draws that reject the mutant, and with something to judge: not-applicable is no pass."""
    mutant = MUTANTS[check.id]
    kind: Any = mutant.sound
    sound = sound_laboratory(kind, mutant.rule, tuple(mutant.settings.items()), device_of(check), mutant.way)
    evidence = check.examine(sound, seed=SEED, level=mutant.level)
    assert evidence.status is Status.PASSED, f"{mutant.sound.__name__}: {evidence}"


@every_check
def test_the_mutant_grows_on_the_sound_subject(check: Check) -> None:
    """One mistake apart: a mutant of another rule's subject would be rejected for the wrong reason."""
    mutant = MUTANTS[check.id]
    assert issubclass(mutant.factory, mutant.sound)
    assert mutant.factory is not mutant.sound


@every_check
def test_the_check_says_what_it_rejects(check: Check) -> None:
    """In its docstring, which `fiducial explain` prints."""
    assert "\nRejects  " in check.explanation()
