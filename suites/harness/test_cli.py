"""The command line: exit statuses, one sentence for a wrong call, a table for the eye and a record for machines."""

from __future__ import annotations

import functools
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fiducial.checks.evidence import Certificate, Certificates, Status
from fiducial.suites import certify, cli, jobs, runner
from fiducial.suites.harness.stand_in import START
from fiducial.suites.schema import schema, text

ROOT = Path(__file__).parents[2]
STAND_IN = "fiducial.suites.harness.stand_in"
DRIVER = f"""
import functools
from fiducial.suites import certify, cli, jobs, runner
certify.Job = functools.partial(jobs.Job, worker="{STAND_IN}")
runner.START = {START!r}
cli.main()
"""
GOOD = {"rule.follows-definition": "passes", "b.two": "passes"}
BAD = {"a.one": "passes", "rule.follows-definition": "fails", "c.rests": "passes rule.follows-definition"}
Call = Callable[..., int]


def script(checks: dict[str, str]) -> str:
    """The setting that tells the stand-in how to behave."""
    return f"script={checks!r}"


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run the command line in this process, with the stand-in as the worker; the exit status."""
    monkeypatch.setattr(certify, "Job", functools.partial(jobs.Job, worker=STAND_IN))
    monkeypatch.setattr(runner, "START", START)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["fiducial", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return int(end.value.code or 0)

    return run


@pytest.mark.parametrize(("words", "sentence"), [
    (["certify", "m:Adam", "--rule", "adm"],
     "no rule is named adm, did you mean adam?; `fiducial list rules` lists them"),
    (["certify", "m:Adam=adamm"], "no rule is named adamm, did you mean adam?; `fiducial list rules` lists them"),
    (["certify", "m.Adam"], "a subject is package.module:Attr or path/file.py:Attr, got m.Adam; did you mean m:Adam?"),
    (["certify", "Adam"], "a subject is package.module:Attr or path/file.py:Attr, got Adam"),
    (["certify", "m:Adam", "--level", "quik"], "level must be quick, standard or deep, got quik"),
    (["certify", "m:Adam", "--device", "gpu"], "device must be cpu, cuda or all, got gpu"),
    (["certify", "m:Adam", "--set", "lr"], "--set takes NAME=LITERAL such as lr=0.1, got lr"),
    (["certify", "m:Adam", "--set", "a b=1"], "--set takes NAME=LITERAL such as lr=0.1, got a b=1"),
    (["certify", "m:Adam", "--jobs", "0"], "jobs must be a whole number of at least 1, got 0"),
    (["certify", "m:Adam", "--seed", "-1"], "seed must be a whole number of at least 0, got -1"),
    (["certify", "m:Adam", "--timeout", "0"], "timeout must be positive, got 0.0"),
    (["certify", "m:Adam", "--timeout", "nan"], "timeout must be positive, got nan"),
    (["certify", "m:Adam", "--memory", "4Q"], "memory must be a size such as 4G or 512M, got 4Q"),
    (["certify", "m:Adam", "--json", "/absent/f"],
     "/absent/f cannot be written: there is no folder /absent; create it first"),
    (["certify", "m:Adam", "--leve", "quick"],
     "No such option: --leve (Possible options: --device, --level, --seed)"),
    (["certify"], "Missing argument 'SUBJECT[=RULE]...'."),
    (["certfy"], "No such command 'certfy'. Did you mean 'certify'?"),
    (["replay", "/absent/f"], "/absent/f cannot be read (No such file or directory); pass a file that certify --json "
                              "wrote"),
    (["replay", __file__], f"{__file__} is no certificate; pass a file that certify --json wrote"),
])
def test_a_wrong_call_is_one_sentence_and_exit_2(
        call: Call, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str) -> None:
    assert call(*words) == 2
    assert capsys.readouterr() == ("", f"fiducial: {sentence}\n")


def test_a_subject_whose_name_names_no_rule_gets_a_list_of_them(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("certify", "m:Adam", "m:Mine") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("fiducial: the name of m:Mine names no rule; pass one of ")
    assert "adamw" in err
    assert err.count("\n") == 1


def test_a_glob_that_matches_nothing_is_a_wrong_call(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("certify", "m:Adam", "--set", script(GOOD), "--only", "b.tow") == 2
    assert capsys.readouterr() == ("", "fiducial: --only b.tow matches no check; the nearest is b.two\n")


def test_a_certified_subject_ends_with_0(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("certify", "m:Adam", "--set", script(GOOD)) == 0
    out, err = capsys.readouterr()
    assert out.startswith("certified  m:Adam (script=")
    assert "follows adam   2 passed   " in out
    assert err == ""


def test_a_failure_is_shown_with_claim_numbers_and_replay(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("certify", "m:Adam", "--set", script(BAD), "--seed", "3") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("not certified  m:Adam")
    assert "held against adam   1 passed, 1 MUST failed, 1 blocked   " in lines[0]
    assert lines[1:6] == ["  behaves as adam/tensorflow: ε under the root  (used by: TensorFlow)",
                          "rule.follows-definition fails for m:Adam", "  claim     fails", "  measured  inf",
                          "  allowed   0"]
    assert lines[6].startswith("  replay    fiducial certify m:Adam=adam --set ")
    assert lines[6].endswith(" --only rule.follows-definition --seed 3 --level standard")
    assert lines[-1] == "  1 blocked: rests on rule.follows-definition, which failed"


def test_the_record_validates_and_reads_back(call: Call, tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    file = tmp_path / "record.json"
    assert call("certify", "m:Adam", "--set", script(BAD), "--json", str(file)) == 1
    data = json.loads(file.read_text())
    jsonschema.validate(data, schema())
    certificate = Certificate.model_validate(data)
    assert data["schema"] == "fiducial.certificate/1"
    assert certificate.checks[2].status is Status.FAILED
    assert data["checks"][2]["measured"] == "inf"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**data, "verdict": "perhaps"}, schema())


def test_several_subjects_are_all_run_and_one_absent_gives_3(
        call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("certify", "absent:Adam", "m:Adam", "m:SGD=sgd", "--set", script(BAD), "--json", "-") == 3
    out, err = capsys.readouterr()
    data = json.loads(out)
    assert data["schema"] == "fiducial.certificates/1"
    certificates = Certificates.model_validate(data).certificates
    assert [(found.subject.path, found.rule, found.verdict) for found in certificates] == [
        ("absent:Adam", "adam", "error"), ("m:Adam", "adam", "not-certified"), ("m:SGD", "sgd", "not-certified")]
    assert err.splitlines()[:2] == [err.splitlines()[0], "  no module named absent"]
    assert "not certified  m:SGD" in err


@pytest.mark.parametrize(("words", "status"), [(["--paths", "all"], 1), (["--level", "deep"], 0)])
def test_paths_of_their_own_decide_only_where_they_were_asked_for(
        call: Call, capsys: pytest.CaptureFixture[str], words: list[str], status: int) -> None:
    checks = script({"rule.follows-definition": "fails-when-fused"})
    assert call("certify", "m:Adam", "--set", checks, "--set", "paths=['fused']", "--json", "-", *words) == status
    plain, fused = json.loads(capsys.readouterr().out)["certificates"]
    assert (plain["verdict"], fused["verdict"]) == ("certified", "not-certified")
    assert ("fused" in plain["subject"]["settings"], fused["subject"]["settings"]["fused"]) == (False, True)


def test_replay_runs_the_failures_alone(call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, again = tmp_path / "record.json", tmp_path / "again.json"
    call("certify", "m:Adam", "--set", script(BAD), "--set", "betas=(0.5, 0.9)", "--seed", "7", "--json", str(file))
    assert call("replay", str(file), "--json", str(again)) == 1
    found = Certificate.model_validate_json(again.read_text())
    assert [check.id for check in found.checks] == ["rule.follows-definition"]
    assert (found.budget.seed, found.subject.hyperparameters["betas"]) == (7, [0.5, 0.9])
    assert call("replay", str(file), "a.one") == 0
    capsys.readouterr()
    assert call("replay", str(file), "rule.follows") == 2
    assert capsys.readouterr().err == (f"fiducial: {file} has no check rule.follows; the nearest is "
                                       "rule.follows-definition\n")


def test_replay_of_a_certificate_without_failures_has_nothing_to_do(
        call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "record.json"
    call("certify", "m:Adam", "--set", script(GOOD), "--json", str(file))
    capsys.readouterr()
    assert call("replay", str(file)) == 0
    assert capsys.readouterr().out == "nothing failed in this certificate: there is nothing to replay\n"


def test_a_fault_of_ours_is_one_line_and_a_file(
        call: Call, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert call("certify", "m:Adam", "--set", script({"a.one": "faults"})) == 70
    out, err = capsys.readouterr()
    file = next(tmp_path.glob("fiducial-fault-*.txt"))
    assert (out, err) == ("", f"fiducial: a fault of ours, not of the subject; please send us {file}\n")
    assert "ZeroDivisionError: a fault of ours" in file.read_text()


def test_a_subjects_strings_are_shown_as_they_are(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    call("certify", "m:Adam", "--set", script(GOOD), "--set", r"note='[red]x[/] \x1b[31m :smile: [/'")
    assert "note=[red]x[/]  [31m :smile: [/)" in capsys.readouterr().out


def test_version_and_help(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--version") == 0
    assert capsys.readouterr().out.startswith("fiducial 0.")
    assert call("certify", "--help") == 0
    out = capsys.readouterr().out
    for option in ("--rule", "--set", "--level", "--device", "--paths", "--only", "--json", "--seed", "--jobs",
                   "--timeout", "--memory"):
        assert option in out


def test_list_and_explain_rules(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list", "rules") == 0
    assert "adamw " in capsys.readouterr().out
    assert call("explain", "AdamW") == 0
    assert capsys.readouterr().out.startswith("adamw: ")


def test_list_and_explain_checks(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list", "checks") == 0
    assert "rule.follows-definition" in capsys.readouterr().out
    assert call("explain", "rule.follows-definition") == 0
    assert "Allowed" in capsys.readouterr().out
    assert call("explain", "rule.follows-definitoin") == 2
    assert capsys.readouterr().err == ("fiducial: rule.follows-definitoin is neither a check nor a rule; "
                                       "did you mean rule.follows-definition?\n")


def test_list_subjects_names_what_is_installed(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    assert call("list", "subjects") == 0
    assert any(line.split() == ["torch.optim:AdamW", "adamw"] for line in capsys.readouterr().out.splitlines())


def test_ctrl_c_keeps_what_was_measured(tmp_path: Path) -> None:
    checks = {"a.one": "passes", "b.two": "marks", "c.three": "passes"}
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, "certify", "m:Adam", "--set", script(checks), "--json", "out.json",
         "--timeout", "100", "--jobs", "1"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))  # a background job is born deaf to it
    deadline = time.monotonic() + 60
    while not (tmp_path / "begun").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.strip() == "fiducial: interrupted; what was measured is kept"
    certificate = Certificate.model_validate_json((tmp_path / "out.json").read_text())
    assert [(check.id, check.status.value, check.reason) for check in certificate.checks] == [
        ("a.one", "passed", None), ("b.two", "blocked", "interrupted before it ran"),
        ("c.three", "blocked", "interrupted before it ran")]


def at_a_terminal(tmp_path: Path, **environment: str) -> str:
    """What a certification writes when all its streams are a terminal."""
    master, slave = pty.openpty()
    inherited = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, "certify", "m:Adam", "--set", script(GOOD)], cwd=tmp_path,
        stdin=slave, stdout=slave, stderr=slave, env={**inherited, "TERM": "xterm-256color", **environment})
    os.close(slave)
    written = b""
    while True:
        try:
            written += os.read(master, 1 << 16)
        except OSError:  # Linux's way to say that the other side has closed
            break
    os.close(master)
    assert process.wait(20) == 0
    return written.decode()


def test_a_terminal_gets_colour_and_progress(tmp_path: Path) -> None:
    shown = at_a_terminal(tmp_path)
    assert "importing and building" in shown
    assert "\x1b[1;32mcertified" in shown


def test_no_color_is_honoured(tmp_path: Path) -> None:
    shown = at_a_terminal(tmp_path, NO_COLOR="1")
    assert "certified" in shown
    assert "\x1b[1;32m" not in shown


def test_the_schema_that_is_published_is_current() -> None:
    assert (ROOT / "reports" / "certificate.schema.json").read_text() == text(), \
        "run: python -m fiducial.suites.schema > reports/certificate.schema.json"


def test_the_command_line_imports_nothing_heavy_before_it_must() -> None:
    code = ("import sys, fiducial.suites.cli\n"
            "sys.exit(bool({'numpy', 'torch', 'scipy', 'hypothesis', 'pydantic'} & set(sys.modules)))")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def settings(*words: str) -> dict[str, Any]:
    """What --set makes of its words."""
    from fiducial.suites.series import settings_of

    return settings_of(words)


def test_set_takes_python_literals_else_strings() -> None:
    assert settings("lr=1e-3", "betas=(0.9, 0.99)", "fused=True", "name=x", "empty=", "eq=a=b") == {
        "lr": 1e-3, "betas": (0.9, 0.99), "fused": True, "name": "x", "empty": "", "eq": "a=b"}
