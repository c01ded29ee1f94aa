"""The runner holds whatever a subject does to its process, and its results depend on neither lanes nor order."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from fiducial.checks.evidence import Certificate, Severity, Status
from fiducial.suites import runner
from fiducial.suites.enclosure import out_of_memory
from fiducial.suites.harness.stand_in import START
from fiducial.suites.jobs import CheckInfo, Event, Fault, Job, Refusal
from fiducial.suites.lanes import spoken_exit, spoken_size
from fiducial.suites.runner import Coordinator, Interrupted, run
from fiducial.suites.schedule import Board, ordered, selected

STAND_IN = "fiducial.suites.harness.stand_in"
MIXED = {
    "a.one": "passes", "rule.follows-definition": "passes", "b.hangs": "hangs", "b.after": "passes b.hangs",
    "c.fails": "fails", "c.after": "passes c.fails", "c.last": "passes c.after", "d.none": "inapplicable",
    "d.ends": "exits", "construction.late": "passes", "e.late": "passes", "e.later": "segfaults",
    "f.free": "passes a.one",
}


def job(script: dict[str, str], *, subject: str = "stand-in", **limits: Any) -> Job:
    """A job for the stand-in, with short limits."""
    return Job(subject=subject, rule="adam", settings={"script": script}, worker=STAND_IN,
               **{"timeout": 1, "build_timeout": 20, "memory": 2**30, **limits})


@pytest.fixture(scope="module", autouse=True)
def light() -> Iterator[None]:
    """No coordinator of this module imports a framework."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "START", START)
        yield


@pytest.fixture(scope="module")
def coordinator(light: None) -> Iterator[Coordinator]:
    with Coordinator() as process:
        yield process


def found(certificate: Certificate) -> dict[str, tuple[Status, str | None]]:
    """What may not depend on how it was run."""
    return {check.id: (check.status, check.reason) for check in certificate.checks}


@pytest.mark.parametrize(("behaviour", "reason"), [
    ("hangs", "hung: no answer within 1 s"),
    ("floods", "hung: no answer within 1 s"),
    ("exits", "the process ended itself (exit status 0)"),
    ("exits-with-3", "the process ended itself (exit status 3)"),
    ("segfaults", "the process crashed (signal SIGSEGV)"),
    ("hogs", "out of memory: more than 1G"),
    ("leaves", "the subject raised SystemExit"),
    ("kills", "the process was killed (signal SIGKILL)"),
])
def test_a_lost_process_is_an_error_and_the_next_check_runs(
        coordinator: Coordinator, behaviour: str, reason: str) -> None:
    certificate = run(job({"a.bad": behaviour, "a.good": "passes", "b.rests": "passes a.bad"}), coordinator)
    assert found(certificate) == {
        "a.bad": (Status.ERROR, reason), "a.good": (Status.PASSED, None),
        "b.rests": (Status.BLOCKED, "rests on a.bad, which could not be judged")}
    assert certificate.verdict == "not-certified"


@pytest.mark.parametrize("behaviour", ["closes", "orphans", "doubles"])
def test_what_disturbs_the_machinery_still_comes_to_an_end(coordinator: Coordinator, behaviour: str) -> None:
    certificate = run(job({"a.bad": behaviour, "b.good": "passes", "b.hangs": "hangs"}), coordinator)
    assert certificate.verdict == "not-certified"
    statuses = [status for status, _ in found(certificate).values()]
    assert statuses[0] in (Status.PASSED, Status.ERROR)
    assert statuses[1:] == [Status.PASSED, Status.ERROR]


def test_memory_is_watched_where_the_process_cannot_limit_itself(coordinator: Coordinator) -> None:
    script = {"a.bad": "grows", "a.good": "passes"}
    certificate = run(job(script, device="cuda", memory=2**29, timeout=20), coordinator)  # the stand-in needs no device
    assert found(certificate) == {"a.bad": (Status.ERROR, "out of memory: more than 512M"),
                                  "a.good": (Status.PASSED, None)}


def test_megabytes_of_output_are_counted_and_thrown_away(coordinator: Coordinator) -> None:
    assert found(run(job({"a.loud": "prints"}), coordinator))["a.loud"] == (Status.PASSED, "printed 3 MB")


def test_a_hang_takes_its_time_limit_and_not_much_more(coordinator: Coordinator) -> None:
    began = time.perf_counter()
    run(job({"a.bad": "hangs"}), coordinator)
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(("subject", "sentence"), [
    ("absent", "no module named absent"),
    ("hangs", "the subject could not be imported and built: hung: no answer within 1 s"),
    ("crashes", "the subject could not be imported and built: the process crashed (signal SIGSEGV)"),
])
def test_a_subject_that_cannot_be_built_is_a_certificate_without_checks(
        coordinator: Coordinator, subject: str, sentence: str) -> None:
    certificate = run(job({}, subject=subject, build_timeout=1), coordinator)
    assert (certificate.verdict, certificate.reason, certificate.checks) == ("error", sentence, [])


def test_a_wrong_call_is_refused(coordinator: Coordinator) -> None:
    with pytest.raises(Refusal, match="rule adam does not fit wrong") as refusal:
        run(job({}, subject="wrong"), coordinator)
    assert refusal.value.exit_status == 2


def test_globs_that_match_nothing_are_refused_with_the_nearest_id(coordinator: Coordinator) -> None:
    with pytest.raises(Refusal, match=r"--only a.on matches no check; the nearest is a.one"):
        run(job({"a.one": "passes"}, only=["a.on"]), coordinator)


def test_globs_choose_checks_and_what_they_rest_on_is_not_consulted(coordinator: Coordinator) -> None:
    script = {"a.one": "fails", "b.two": "passes a.one", "b.three": "passes"}
    assert found(run(job(script, only=["b.*"]), coordinator)) == {
        "b.two": (Status.PASSED, None), "b.three": (Status.PASSED, None)}


def test_a_fault_of_ours_is_raised_with_its_traceback() -> None:
    with Coordinator() as own, pytest.raises(Fault, match="ZeroDivisionError: a fault of ours"):
        run(job({"a.one": "faults", "b.two": "passes", "c.three": "hangs"}, lanes=2), own)


def test_the_deviation_is_asked_for_where_the_rule_is_not_followed(coordinator: Coordinator) -> None:
    deviation = run(job({"rule.follows-definition": "fails"}), coordinator).deviation
    assert deviation is not None
    assert deviation.name == "adam/tensorflow"
    assert run(job({"rule.follows-definition": "passes", "a.one": "fails"}), coordinator).deviation is None


@pytest.mark.parametrize("lanes", [1, 2, 5])
def test_results_do_not_depend_on_the_number_of_lanes(coordinator: Coordinator, lanes: int) -> None:
    lost = "b.hangs: hung: no answer within 1 s; d.ends: the process ended itself (exit status 0)"
    twice = (Status.BLOCKED, f"the subject's process was lost twice ({lost})")
    good = (Status.PASSED, None)
    assert found(run(job(MIXED, lanes=lanes), coordinator)) == {
        "a.one": good, "rule.follows-definition": good, "b.hangs": (Status.ERROR, "hung: no answer within 1 s"),
        "b.after": (Status.BLOCKED, "rests on b.hangs, which could not be judged"),
        "c.fails": (Status.FAILED, None), "c.after": (Status.BLOCKED, "rests on c.fails, which failed"),
        "c.last": (Status.BLOCKED, "rests on c.after, which is blocked"),
        "d.none": (Status.NOT_APPLICABLE, "not claimed: no such path"),
        "d.ends": (Status.ERROR, "the process ended itself (exit status 0)"),
        "construction.late": good, "e.late": twice, "e.later": twice, "f.free": twice}


def test_checks_are_sorted_and_counted(coordinator: Coordinator) -> None:
    certificate = run(job(MIXED, lanes=2), coordinator)
    assert [check.id for check in certificate.checks] == sorted(MIXED)
    assert sum(certificate.summary.model_dump().values()) == len(MIXED)


def test_an_interruption_keeps_what_was_measured() -> None:
    def stop_at_the_hang(event: Event) -> None:
        if event.kind == "started" and event.id == "b.hangs":
            raise KeyboardInterrupt

    with Coordinator() as own, pytest.raises(Interrupted) as interruption:
        run(job({"a.one": "passes", "b.hangs": "hangs", "c.two": "inapplicable"}, timeout=60), own, stop_at_the_hang)
    assert found(interruption.value.certificate) == {
        "a.one": (Status.PASSED, None), "b.hangs": (Status.BLOCKED, "interrupted before it ran"),
        "c.two": (Status.NOT_APPLICABLE, "not claimed: no such path")}
    assert interruption.value.certificate.reason == "interrupted"


def test_closing_ends_every_process_even_one_that_hangs() -> None:
    def stop_at_once(event: Event) -> None:
        if event.kind == "started":
            raise KeyboardInterrupt

    before = {process.pid for process in psutil.Process().children(recursive=True)}
    own = Coordinator()
    with pytest.raises(Interrupted):
        run(job({"a.hangs": "hangs", "b.floods": "floods"}, timeout=60, lanes=2), own, stop_at_once)
    started = [process for process in psutil.Process().children(recursive=True) if process.pid not in before]
    assert len(started) >= 3  # the coordinator, the fork server, a process with the subject
    own.close()
    gone, alive = psutil.wait_procs(started, timeout=5)
    assert len(gone) == len(started), alive


def test_a_coordinator_that_is_killed_leaves_no_process_behind() -> None:
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    own = Coordinator()
    started: list[psutil.Process] = []

    def kill_at_once(event: Event) -> None:
        if event.kind == "started":
            started.extend(psutil.Process().children(recursive=True))
            own._process.kill()

    with pytest.raises(Fault, match="the coordinator ended early"):
        run(job({"a.hangs": "hangs"}, timeout=60), own, kill_at_once)
    own.close()
    mine = [process for process in started if process.pid not in before]
    assert len(mine) >= 3
    assert not psutil.wait_procs(mine, timeout=5)[1]


def test_a_job_arrives_as_it_was_sent() -> None:
    settings = {"betas": (0.9, 0.99), "lr": float("inf"), "name": "x", "nested": [(1, 2)], "odd": complex}
    sent = Job(subject="a:B", settings=settings)
    assert Job.model_validate_json(sent.model_dump_json()).settings == settings


def infos(*lines: str) -> list[CheckInfo]:
    """Checks written as `id [rests_on ...]`, each a stream of its own."""
    return [CheckInfo(id=name, claim=name, severity=Severity.MUST, rests_on=rests_on, stream=name)
            for name, *rests_on in (line.split() for line in lines)]


def test_a_check_follows_what_it_rests_on() -> None:
    assert [info.id for info in ordered(infos("c b", "b a", "a"))] == ["a", "b", "c"]
    with pytest.raises(ValueError, match="checks rest on each other in a circle: a, b"):
        ordered(infos("a b", "b a", "c"))


def test_globs_select_by_id() -> None:
    assert [info.id for info in selected(infos("a.x", "b.x", "b.y"), ["b.*", "*.x"])] == ["a.x", "b.x", "b.y"]


@pytest.mark.parametrize("seed", range(20))
def test_the_board_decides_the_same_whatever_the_order_of_arrival(seed: int) -> None:
    checks = infos("a", "b", "c a", "d", "e c", "f", "g d", "h")
    lost, failed = {"b", "d", "g"}, {"f"}
    board, pick = Board(checks), random.Random(seed)
    running: list[CheckInfo] = []
    while not board.done:
        running += [check for lane in range(pick.randint(0, 3)) if (check := board.take(lane)) is not None]
        if running:
            check = running.pop(pick.randrange(len(running)))
            status = Status.ERROR if check.id in lost else Status.FAILED if check.id in failed else Status.PASSED
            board.settle(check.outcome(status, None), lost="hung" if check.id in lost else None)
    assert {name: evidence.status.value for name, evidence in board.decided.items()} == {
        "a": "passed", "b": "error", "c": "passed", "d": "error", **dict.fromkeys("efgh", "blocked")}


def test_ends_and_sizes_are_said_in_words() -> None:
    assert spoken_exit(-9) == "the process was killed (signal SIGKILL)"
    assert [spoken_size(size) for size in (2**32, 2**20 * 1500, 1000)] == ["4G", "1500M", "1000"]


def test_an_allocator_speaks_in_many_ways() -> None:
    assert out_of_memory(MemoryError())
    assert out_of_memory(RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"))
    assert not out_of_memory(RuntimeError("shape mismatch"))


def test_asking_needs_no_framework() -> None:
    code = ("import sys, fiducial.suites.runner\n"
            "sys.exit(bool({'numpy', 'torch', 'scipy', 'pydantic', 'hypothesis', 'rich'} & set(sys.modules)))")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
