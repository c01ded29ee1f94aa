"""The self-test's account: a record that goes on where it stopped, exit statuses, and terms of our definitions."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fiducial.suites import cli
from fiducial.suites.rules import registry
from fiducial.suites.selftest import account, alarms, definitions
from fiducial.suites.selftest.alarms import Tally
from fiducial.suites.selftest.definitions import OPTIMIZERS, OTHERS, BlackBox, Terms, rejected_by
from fiducial.suites.selftest.lanes import Task, Work, lost
from fiducial.suites.selftest.outcomes import Outcome

Call = Callable[..., int]
MAPS = ("relu", "huber_loss", "layer_norm", "xavier_uniform", "standardize", "cosine")


def outcome(task: Task, verdict: str = "rejected") -> Outcome:
    return Outcome(task=task.id, mutant=task.id, subject=task.subject, category="c", verdict=verdict,  # type: ignore[arg-type]
                   by="rule.follows-definition" if verdict == "rejected" else "", difference="")


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that were judged, by a judge who rejects everything; certificates are clean."""
    seen: list[str] = []

    def outcomes(left: Sequence[Task], **options: Any) -> Iterator[Outcome]:
        for task in left:
            seen.append(task.id)
            yield outcome(task)

    def certified(subject: str, seeds: Sequence[int], known: Any, level: str) -> list[alarms.Row]:
        seen.extend(f"{subject} {seed}" for seed in seeds)
        return [{"seed": seed, "cpu_seconds": 1.0, "musts": 50, "failed": [], "findings": []} for seed in seeds]

    monkeypatch.setattr(account, "outcomes", outcomes)
    monkeypatch.setattr(alarms, "in_a_process", certified)
    monkeypatch.setattr(alarms, "sources", lambda: "of today")
    return seen


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run the command line in this process; the exit status."""

    def run(*words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["fiducial", "selftest", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return int(end.value.code or 0)

    return run


@pytest.mark.parametrize(("words", "sentence"), [
    (["--level", "deep"], "fiducial: level must be standard or quick, got deep"),
    (["--minutes", "0"], "fiducial: minutes must be positive, got 0.0"),
    (["--mutants", "-1"], "fiducial: mutants must be a whole number of at least 0, got -1"),
    (["--json", "no-such-folder/f.json"], "fiducial: no-such-folder/f.json cannot be written: there is no folder "
                                          "no-such-folder; create it first"),
])
def test_a_wrong_call_gets_one_sentence(call: Call, capsys: pytest.CaptureFixture[str], words: list[str],
                                        sentence: str) -> None:
    assert call(*words) == 2
    assert capsys.readouterr().err == f"{sentence}\n"


def test_another_file_is_not_overwritten(call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.json"
    file.write_text('{"schema": "fiducial.certificate/1"}')
    assert call("--json", str(file)) == 2
    assert "holds no record of selftest" in capsys.readouterr().err
    assert file.read_text() == '{"schema": "fiducial.certificate/1"}'


def test_a_record_goes_on_where_it_stopped(call: Call, judged: list[str], tmp_path: Path,
                                           capsys: pytest.CaptureFixture[str]) -> None:
    file, words = tmp_path / "kept.json", ["--mutants", "6", "--terms", "8", "--clean", "15", "--jobs", "1"]
    assert call(*words, "--json", str(file)) == 0
    record = json.loads(file.read_text())
    assert (record["counted"], record["found"], record["alarms"]["certificates"]) == (8, 8, 15)
    first = list(judged)
    record["mutants"] = record["mutants"][2:]
    file.write_text(json.dumps(record))
    judged.clear()
    assert call(*words, "--json", str(file)) == 0
    assert sorted(judged) == sorted(first[:2])
    judged.clear()
    assert call(*words, "--json", str(file), "--seed", "1") == 0
    assert len(judged) == len(first)
    assert "8 of 8 mutants found" in capsys.readouterr().out


def test_the_record_alone_stands_on_standard_output(call: Call, judged: list[str],
                                                    capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--mutants", "3", "--terms", "0", "--clean", "0", "--json", "-") == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["schema"] == "fiducial.selftest/1"
    assert "3 of 3 mutants found" in shown.err


def test_too_many_survivors_and_a_false_alarm_redden_it(call: Call, judged: list[str],
                                                        monkeypatch: pytest.MonkeyPatch,
                                                        capsys: pytest.CaptureFixture[str]) -> None:
    alarm = {"seed": 3, "cpu_seconds": 1.0, "musts": 50, "failed": ["rule.follows-definition"], "findings": []}
    monkeypatch.setattr(alarms, "in_a_process", lambda subject, seeds, known, level: [alarm])
    assert call("--mutants", "0", "--terms", "0", "--clean", "1", "--jobs", "1") == 1
    assert "false alarm  torch.optim:SGD --seed 3: rule.follows-definition" in capsys.readouterr().out
    monkeypatch.setattr(account, "outcomes", lambda left, **options: (outcome(task, "survived") for task in left))
    assert call("--mutants", "2", "--terms", "0", "--clean", "0") == 1


def test_a_tally_begins_again_where_sources_or_level_change(monkeypatch: pytest.MonkeyPatch) -> None:
    tally = Tally(None)
    tally.add("torch.optim:SGD", [{"seed": 7, "cpu_seconds": 1.0, "musts": 2, "failed": [], "findings": ["a.b"]}])
    record = tally.record()
    assert list(Tally(record).missing("torch.optim:SGD", 3, 6)) == [[6, 8]]
    assert record["subjects"][0]["findings"] == {"a.b": 1}
    assert Tally(record, "quick").record()["certificates"] == 0
    monkeypatch.setattr(alarms, "sources", lambda: "of tomorrow")
    assert Tally(record).record()["certificates"] == 0


def test_lanes_keep_to_their_classes_and_stop_in_time() -> None:
    tasks: list[Task] = [Terms(OTHERS, name, 1) for name in ("a", "b", "a", "c")]
    work, first, second = Work(tasks, None), set[str](), set[str]()
    order = [work.next(mine) for mine in (first, second, first, second, first)]
    assert [task and task.subject[-1] for task in order] == ["a", "b", "a", "c", None]
    assert Work(tasks, deadline=0.0).next(set()) is None
    work = Work(tasks, None)
    work.stop()
    assert work.next(set()) is None


def test_who_takes_the_process_along_is_rejected() -> None:
    assert lost(Terms(OTHERS, "relu", 4), "crashed").verdict == "rejected"
    assert lost(Terms(OTHERS, "relu", 4), "crashed").family == OTHERS


def test_rules_are_drawn_by_a_seed_half_of_them_of_optimizers() -> None:
    first, again, other = (definitions.drawn(seed, 100) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert [terms.family for terms in first].count(OPTIMIZERS) == len(first) // 2 + len(first) % 2
    assert sum(terms.draws for terms in first) == 100


@pytest.mark.parametrize("name", MAPS)
def test_terms_of_a_definition_are_found_or_equivalent(name: str) -> None:
    found = definitions.judged(Terms(OTHERS, name, 3), 11, "quick")
    assert len(found) == 3
    assert {one.verdict for one in found} <= {"rejected", "equivalent"}, found


@pytest.mark.parametrize("name", MAPS)
def test_a_definition_is_never_rejected_as_a_black_box(name: str) -> None:
    rule = next(rule for rule in registry.rules() if rule.name == name)
    assert rejected_by(rule, BlackBox(rule.definition), 11, "quick") == ""


def test_a_term_that_changes_nothing_is_told_from_one_that_does() -> None:
    rule = next(rule for rule in registry.rules() if rule.name == "relu")
    calls = definitions.recorded(rule)
    every = definitions.reached(rule, 0)
    told = [definitions.difference(rule, one, calls) for one in every]
    assert any(told)
    x = np.array([-1.0, 2.0])
    assert np.array_equal(BlackBox(rule.definition).forward(x), rule.definition.forward(x))
