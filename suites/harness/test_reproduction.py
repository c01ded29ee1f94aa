"""Every failed check comes with a script that shows the failure without us, and is silent about the sound subject."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest
import torch

from fiducial.checks.contract import find
from fiducial.checks.evidence import (
    Budget,
    Certificate,
    Environment,
    Evidence,
    Severity,
    Status,
    Subject,
    summarize,
)
from fiducial.suites import rules
from fiducial.suites.binding import bind
from fiducial.suites.harness.mutants import MUTANTS
from fiducial.suites.jobs import Refusal
from fiducial.suites.reproduction.optimizers import script
from fiducial.suites.reproduction.program import MOST_LINES, Unwritable, importing, literal, program
from fiducial.suites.series import scripts_of
from fiducial.suites.terminal import block

BARE = Path(__file__).with_name("bare.py")
FILE_TAKES = 2  # lines more than a module: a subject in a file is imported by its path
FEW = ["construction.accepts-a-generator", "construction.refuses-nan", "construction.generators-left-alone",
       "rule.first-step-follows-definition", "rule.state-follows-definition", "rule.zero-decay-is-no-decay",
       "rule.maximize-mirrors-gradient", "rule.step-is-linear-in-rate", "rule.layouts-change-nothing",
       "gradient.left-untouched", "gradient.absent-leaves-everything", "gradient.accumulation-is-the-sum",
       "closure.called-once", "state.survives-reload", "state.survives-deepcopy", "groups.can-be-added-on-the-way", "groups.listed-options-are-read"]
IMPORT = re.compile(r"^from \S+ import \w+ as Subject$", re.MULTILINE)


@pytest.fixture(autouse=True)
def world() -> Iterator[None]:
    """Mutants change the default dtype and the grad mode."""
    dtype, state, threads = torch.get_default_dtype(), torch.get_rng_state(), torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_default_dtype(dtype)
    torch.set_grad_enabled(True)
    torch.set_num_threads(threads)
    torch.set_rng_state(state)


def written(name: str) -> str:
    """The script that comes with the evidence against a check's mutant."""
    mutant, check, rule = MUTANTS[name], find(name), rules.find(MUTANTS[name].rule)
    assert check is not None
    assert rule is not None
    lab = bind(mutant.factory, {}, rule)
    path = f"{mutant.factory.__module__}:{mutant.factory.__qualname__}"
    evidence = check.examine(lab, seed=0, level=mutant.level, reproduce=partial(script, check, lab, path))
    assert evidence.reproduction is not None, f"{name} has no script"
    return evidence.reproduction


def of_the_sound(name: str, text: str) -> str:
    """The same script about the subject that the mutant would be without its mistake."""
    sound = MUTANTS[name].sound
    changed, count = IMPORT.subn(f"from {sound.__module__} import {sound.__name__} as Subject", text)
    assert count == 1
    return changed


def statuses(scripts: Iterable[str]) -> list[int]:
    """The exit status of each script, in a process that has torch and cannot import fiducial or pytest."""
    done = subprocess.run([sys.executable, "-P", str(BARE)], input=json.dumps(list(scripts)), capture_output=True,
                          text=True, check=True)
    found: list[int] = json.loads(done.stdout)
    return found


def judged(names: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Each check's exit statuses: for its mutant, and for the sound subject."""
    texts = {name: written(name) for name in names}
    too_long = [name for name, text in texts.items() if len(text.splitlines()) > MOST_LINES - FILE_TAKES]
    assert too_long == []
    assert [name for name, text in texts.items() if "fiducial." in IMPORT.sub("", text).split("\n", 2)[2]] == []
    found = statuses([*texts.values(), *(of_the_sound(name, text) for name, text in texts.items())])
    return dict(zip(texts, zip(found[:len(texts)], found[len(texts):], strict=True), strict=True))


def test_scripts_fail_for_the_mutant_and_pass_for_the_sound_subject() -> None:
    assert judged(FEW) == dict.fromkeys(FEW, (1, 0))


@pytest.mark.slow
def test_every_check_has_a_script_that_fails_for_the_mutant_and_passes_for_the_sound_subject() -> None:
    assert judged(MUTANTS) == dict.fromkeys(MUTANTS, (1, 0))


def test_the_bare_environment_is_bare() -> None:
    """What the scripts are run in has torch, and nothing of ours but the subjects' own files."""
    imports = ["import torch", "import fiducial.checks", "from fiducial.suites import rules", "import pytest",
               "from fiducial.suites.harness.sound import SoundAdam", "import sys; sys.exit(3)"]
    assert statuses(imports) == [0, 70, 70, 70, 0, 3]


def test_a_subject_in_a_file_is_imported_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "my adam.py").write_text("import beside\nclass Outer:\n    class Adam:\n        lr = beside.LR\n")
    (tmp_path / "beside.py").write_text("LR = 0.5\n")
    text = program("a.b", "c", f"{tmp_path / 'my adam.py'}:Outer.Adam", ["sys.exit(Subject.lr == 0.5)"])
    assert subprocess.run([sys.executable, "-c", text], check=False).returncode == 1


@pytest.mark.parametrize("path", ["__main__:Adam", "here:make.<locals>.Adam"])
def test_what_nobody_can_import_has_no_script(path: str) -> None:
    with pytest.raises(Unwritable):
        importing(path)


@pytest.mark.parametrize("value", [
    0.1, -0.0, float("inf"), float("-inf"), 5e-324, True, None, 3, "a\n'\"", (), (1,), (0.9, 0.999), [1, [2.5]],
    {"lr": 0.1, 2: (1, None)}])
def test_a_literal_is_its_value(value: object) -> None:
    found = eval(literal(value))
    assert repr(found) == repr(value)


def test_what_has_no_literal_is_not_written() -> None:
    with pytest.raises(Unwritable):
        literal(object())
    assert eval(literal(float("nan"))) != eval(literal(float("nan")))
    assert literal(torch.float32) == "torch.float32"


def test_a_script_that_would_be_too_long_is_not_written() -> None:
    with pytest.raises(Unwritable):
        program("a.b", "c", "d:E", ["pass"] * MOST_LINES)


def test_the_words_of_a_subject_stay_in_their_comment() -> None:
    """A claim or a path with a line break in it would otherwise run as code."""
    assert program("a.b", "x\nraise", "m:A", []).splitlines()[1] == "# x raise"


def certificate(reproduction: str | None) -> Certificate:
    """A certificate of one failed check with a script, or without."""
    found = Evidence(id="rule.follows-definition", claim="It does.", severity=Severity.MUST, status=Status.FAILED,
                     measured=1.0, allowed=0.0, reproduction=reproduction)
    return Certificate(subject=Subject(path="a:B"), rule="adam", verdict="not-certified", summary=summarize([found]),
                       checks=[found], budget=Budget(), started="", seconds=0.0, fiducial="0",
                       environment=Environment(python="3", numpy="2", scipy="1", hypothesis="6"))


def test_replay_prints_the_scripts_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "made.json"
    file.write_text(certificate("sys.exit(1)\n").model_dump_json(by_alias=True))
    assert scripts_of(str(file), None) == scripts_of(str(file), "rule.follows-definition") == ["sys.exit(1)\n"]
    with pytest.raises(Refusal) as refusal:
        scripts_of(str(file), "rule.follows-definitio")
    assert refusal.value.sentence.endswith("the nearest is rule.follows-definition")
    assert refusal.value.exit_status == 2


def test_replay_says_when_there_is_no_script(tmp_path: Path) -> None:
    file = tmp_path / "made.json"
    file.write_text(certificate(None).model_dump_json(by_alias=True))
    with pytest.raises(Refusal, match="holds no script"):
        scripts_of(str(file), None)


@pytest.mark.parametrize(("reproduction", "record", "shown"), [
    ("sys.exit(1)", "F", True), ("sys.exit(1)", None, False), (None, "F", False)])
def test_a_failure_says_how_to_get_its_script(reproduction: str | None, record: str | None, shown: bool) -> None:
    """Only where there is a script, and a file that holds it."""
    whole = certificate(reproduction)
    row = "  script    fiducial replay F rule.follows-definition --script > repro.py\n"
    assert (row in block(whole.checks[0], whole, {}, record=record).plain) is shown
