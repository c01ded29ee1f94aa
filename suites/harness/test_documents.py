"""The documents: the README's calls print what it shows, and CONTRIBUTING's code is the project's own."""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from fiducial.checks.contract import CHECKS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SOURCES = [path.read_text(encoding="utf-8") for room in ("reference", "checks", "suites/rules", "suites/optimizers",
                                                         "suites/harness/mutants", "reports")
           for pattern in ("*.py", "*.json") for path in sorted((ROOT / room).rglob(pattern))]
SECONDS = re.compile(r" +\d+\.\d s$", re.MULTILINE)
Call = tuple[list[str], str]


def fenced(language: str, document: str = README) -> list[str]:
    """The blocks of a document in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)


def call_of(block: str) -> Call:
    """The words after `./run` in a block's first line, and the output below it."""
    first, _, output = block.partition("\n")
    return shlex.split(first)[2:], output


def files() -> dict[str, str]:
    """The files that the README shows: name → content."""
    return dict(re.findall(r"in `(\w+\.py)`:\n\n```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("block", fenced("console"), ids=lambda block: block.partition("\n")[0])
def test_a_call_prints_what_the_readme_shows(block: str, tmp_path: Path) -> None:
    for name, content in files().items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    words, shown = call_of(block)
    done = subprocess.run([sys.executable, "-m", "fiducial", *words], cwd=tmp_path, capture_output=True, text=True,
                          check=False)
    assert SECONDS.sub("", done.stdout).strip() == SECONDS.sub("", shown).strip()
    assert done.returncode == (0 if shown.startswith("certified") else 1)


def test_the_readme_shows_a_certified_and_a_failing_subject() -> None:
    verdicts = [call_of(block)[1].partition("  ")[0] for block in fenced("console")]
    assert verdicts == ["certified", "not certified"] * 2
    assert {"my_rmsprop.py", "my_softmax.py"} <= files().keys()


def test_the_examples_in_python_hold() -> None:
    session = "\n".join(fenced("pycon"))
    found = doctest.DocTestParser().get_doctest(session, {}, "README", "README.md", 0)
    assert len(found.examples) >= 6
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    assert runner.run(found).failed == 0


def test_the_number_of_checks_is_the_catalogues() -> None:
    assert re.findall(r"(\d+) claims about", README.replace("\n", " ")) == [str(len(CHECKS))]


def test_seconds_are_all_that_is_left_out() -> None:
    shown = "certified  87 passed   19.9 s\n  measured  4.9e-05"
    assert SECONDS.sub("", shown) == "certified  87 passed\n  measured  4.9e-05"


def stands_in(block: str, sources: list[str]) -> bool:
    """Whether a block of code stands in one of the files, word for word."""
    return any(block in source for source in sources)


@pytest.mark.parametrize("block", [*fenced("python", CONTRIBUTING), *fenced("json", CONTRIBUTING)],
                         ids=lambda block: block.strip().partition("\n")[0])
def test_the_code_in_contributing_is_the_projects_own(block: str) -> None:
    assert stands_in(block, SOURCES)


def test_code_that_has_changed_since_is_found() -> None:
    assert stands_in("x = 1\n", ["y = 0\nx = 1\n"])
    assert not stands_in("x = 1\n", ["x = 2\n", ""])
    assert len(fenced("python", CONTRIBUTING)) >= 6
