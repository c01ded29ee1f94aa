"""The package's door: lazy, quick to import, and `certify` from wherever Python runs."""

from __future__ import annotations

import functools
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import fiducial
from fiducial.suites import certify as door
from fiducial.suites import jobs, runner
from fiducial.suites.certify import carried, name_of, size
from fiducial.suites.harness.stand_in import START

STAND_IN = "fiducial.suites.harness.stand_in"
GOOD = {"script": {"rule.follows-definition": "passes"}}


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in answers in place of the worker."""
    monkeypatch.setattr(door, "Job", functools.partial(jobs.Job, worker=STAND_IN))
    monkeypatch.setattr(runner, "START", START)


@pytest.fixture(scope="module", autouse=True)
def closed() -> Iterator[None]:
    """The coordinator that is kept between calls ends with the module."""
    yield
    door.close()


def python(code: str, *flags: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a script in a fresh process."""
    return subprocess.run([sys.executable, *flags, "-c", code], cwd=cwd, capture_output=True, text=True, check=False)


def test_import_fiducial_imports_nothing_else() -> None:
    code = "import sys; before = set(sys.modules); import fiducial; print(sorted(set(sys.modules) - before))"
    assert python(code).stdout == "['fiducial']\n"


def test_import_fiducial_takes_less_than_20_ms() -> None:
    code = "import time; t = time.perf_counter(); import fiducial; print(time.perf_counter() - t)"
    assert statistics.median(float(python(code).stdout) for _ in range(5)) < 0.020


def test_public_names_are_fetched_when_asked_for() -> None:
    assert fiducial.certify is door.certify
    assert fiducial.__version__.count(".") == 2
    assert set(fiducial.__all__) <= set(dir(fiducial))
    assert callable(fiducial.assert_gradient)
    assert callable(fiducial.assert_distribution)
    with pytest.raises(AttributeError, match="module 'fiducial' has no attribute 'certfy'"):
        fiducial.certfy  # noqa: B018


def test_python_m_fiducial_is_the_command_line() -> None:
    done = subprocess.run([sys.executable, "-m", "fiducial", "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"fiducial {fiducial.__version__}\n")


@pytest.mark.usefixtures("scripted")
def test_certify_returns_a_certificate() -> None:
    certificate = fiducial.certify("m:Adam", settings=GOOD, seed=5, level="quick")
    assert (certificate.verdict, certificate.rule, certificate.budget.seed) == ("certified", "adam", 5)


@pytest.mark.usefixtures("scripted")
def test_calls_share_one_coordinator() -> None:
    fiducial.certify("m:Adam", settings=GOOD)
    first = door._kept["coordinator"]
    fiducial.certify("m:SGD", settings=GOOD, jobs=1)
    assert door._kept["coordinator"] is first


@pytest.mark.usefixtures("scripted")
def test_a_changed_environment_reaches_the_subject(monkeypatch: pytest.MonkeyPatch) -> None:
    fiducial.certify("m:Adam", settings=GOOD)
    first = door._kept["coordinator"]
    monkeypatch.setenv("MY_SWITCH", "on")
    fiducial.certify("m:Adam", settings=GOOD)
    assert door._kept["coordinator"] is not first


@pytest.mark.parametrize(("arguments", "sentence"), [
    ({"rule": "adm"}, "no rule is named adm, did you mean adam?; `fiducial list rules` lists them"),
    ({"level": "fast"}, "level must be quick, standard or deep, got fast"),
    ({"seed": -1}, "seed must be a whole number of at least 0, got -1"),
    ({"jobs": 0}, "jobs must be a whole number of at least 1, got 0"),
    ({"timeout": -3}, "timeout must be positive, got -3"),
    ({"memory": "lots"}, "memory must be a size such as 4G or 512M, got lots"),
    ({"device": "tpu"}, "device must be cpu, cuda or all, got tpu"),
])
def test_a_wrong_call_raises_one_sentence(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError) as error:
        fiducial.certify("m:Adam", **arguments)
    assert str(error.value) == sentence


def test_a_subject_is_a_path_or_callable() -> None:
    with pytest.raises(ValueError, match=r"a subject is package.module:Attr or path/file.py:Attr, got m.Adam"):
        fiducial.certify("m.Adam")
    with pytest.raises(ValueError, match=r"subject must be a path such as torch.optim:AdamW, a class or a callable"):
        fiducial.certify(3)  # type: ignore[arg-type]


def test_an_object_that_cannot_be_carried_is_an_error_of_the_subject() -> None:
    class Adam:
        def __reduce__(self) -> str:
            raise TypeError("not me")

        def __call__(self) -> None:
            """Callable, so that it may be handed over."""

    certificate = fiducial.certify(Adam(), "adam")
    assert certificate.verdict == "error"
    assert certificate.reason is not None
    assert certificate.reason.endswith("cannot be carried to a process of its own (not me); pass it as "
                                       "path/file.py:Name")


def test_a_class_that_can_be_imported_travels_by_name() -> None:
    assert len(carried(json.JSONDecoder)) < 100
    assert name_of(json.JSONDecoder) == "json.decoder:JSONDecoder"


def test_a_class_that_cannot_be_imported_travels_whole(tmp_path: Path) -> None:
    import importlib.util

    file = tmp_path / "unfindable.py"
    file.write_text("scale = 3\nclass Mine:\n    def step(self):\n        return scale\n")
    spec = importlib.util.spec_from_file_location("unfindable", file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["unfindable"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    try:
        code = f"from fiducial.suites.jobs import unpickled; print(unpickled({carried(module.Mine)!r})().step())"
    finally:
        del sys.modules["unfindable"]
    assert python(code, cwd=tmp_path.parent).stdout == "3\n"


@pytest.mark.parametrize(("text", "expected"), [("4G", 2**32), ("512M", 2**29), ("1.5GiB", 3 * 2**29), (9, 9)])
def test_sizes(text: str | int, expected: int) -> None:
    assert size(text) == expected
