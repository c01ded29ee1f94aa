"""The guides: their commands print what they show, their workflow runs, and links lead somewhere; so does the site.

Outputs that have changed are renewed by `python -m fiducial.suites.harness.sessions docs/*.md --write`.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from fiducial.checks.contract import CHECKS
from fiducial.suites.harness.sessions import Command, File, agrees, play, renewed, run, shortened, steps
from fiducial.suites.manual.pages import pages
from fiducial.suites.manual.prose import markdown, plain

ROOT = Path(__file__).parents[2]
GUIDES = sorted((ROOT / "docs").glob("*.md"))
CI = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
LOADS = {("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("video", "src"),
         ("audio", "src"), ("object", "data"), ("embed", "src")}  # what a browser fetches by itself
OUTWARD = re.compile(r"(?:https?:)?//")


def with_sessions() -> list[Path]:
    """The guides that show commands."""
    return [path for path in GUIDES if any(isinstance(step, Command) for step in steps(path.read_text("utf-8")))]


@pytest.mark.slow
@pytest.mark.parametrize("guide", with_sessions(), ids=lambda path: path.stem)
def test_a_guide_prints_what_it_shows(guide: Path, tmp_path: Path) -> None:
    for command, printed in play(guide.read_text(encoding="utf-8"), tmp_path):
        assert agrees(command.shown, printed), f"$ {command.line}\n{printed}"


def test_a_session_writes_its_files_runs_its_commands_and_finds_what_has_changed(tmp_path: Path) -> None:
    page = ("In `a/greet.py`:\n\n```python\nprint('hello')\n```\n\n```console\n$ python a/greet.py\nhello\n"
            "$ (exit 3)\n$ echo $?\n3\n```\n\nNow `a/greet.py`:\n\n```python\nprint('bye')\n```\n\n"
            "```console\n$ python a/greet.py\nhello\n```\n")
    assert [step.name if isinstance(step, File) else step.line for step in steps(page)] == [
        "a/greet.py", "python a/greet.py", "(exit 3)", "echo $?", "a/greet.py", "python a/greet.py"]
    outcomes = list(play(page, tmp_path))
    assert [agrees(command.shown, printed) for command, printed in outcomes] == [True, True, True, False]
    assert renewed(page) == page.replace("$ python a/greet.py\nhello\n```\n", "$ python a/greet.py\nbye\n```\n")


def test_a_page_is_not_renewed_by_what_a_broken_tree_prints() -> None:
    with pytest.raises(ValueError, match="ZeroDivisionError"):
        renewed("Divide:\n\n```console\n$ python -c '1/0'\n0\n```\n")


@pytest.mark.parametrize(("shown", "printed", "same"), [
    ("1 passed   4.1 s\n", "1 passed   27.3 s\n", True), ("1 passed   4.1 s\n", "2 passed   4.1 s\n", False),
    ("first\n…\nlast\n", "first\nsecond\nthird\nlast\n", True), ("first\n…\n", "first\nsecond\n", True),
    ("…\nlast\n", "first\nlast\n", True), ("first\n…\nlast\n", "first\nsecond\n", False),
    ("2 passed, 3 deselected in 1.02s", "2 passed, 9 deselected in 61.10s (0:01:01)", True), ("a.c\n", "abc\n", False),
])
def test_an_output_agrees_but_for_seconds_and_for_what_is_left_out(shown: str, printed: str, same: bool) -> None:
    assert agrees(shown, printed) is same


def test_a_shortened_output_is_left_out_where_it_was() -> None:
    assert shortened("a\n…\nz\n", "1\n2\n3\n4\n") == "1\n…\n4\n"
    assert shortened("a\n", "1\n2\n") == "1\n2\n"


def workflow() -> list[str]:
    """The lines of the workflow in the CI guide that call fiducial."""
    text = next(step.text for step in steps(CI) if isinstance(step, File) and step.name.endswith(".yml"))
    lines = [step["run"] for step in yaml.safe_load(text)["jobs"]["certify"]["steps"] if "run" in step]
    return [" ".join(line.split()) for line in lines if line.startswith("fiducial ")]


def test_the_workflow_is_a_workflow() -> None:
    text = next(step.text for step in steps(CI) if isinstance(step, File) and step.name.endswith(".yml"))
    found = yaml.load(text, yaml.BaseLoader)  # the safe loader takes the key `on` for True
    assert found.keys() == {"name", "on", "jobs"}
    assert all(step.keys() & {"uses", "run"} for step in found["jobs"]["certify"]["steps"])


@pytest.mark.slow
def test_the_workflows_lines_run(tmp_path: Path) -> None:
    files = [step for step in steps(CI) if isinstance(step, File) and step.name in ("my_package/__init__.py",
                                                                                    "known.toml")]
    for file in files:
        (tmp_path / file.name).parent.mkdir(exist_ok=True)
        (tmp_path / file.name).write_text(file.text, encoding="utf-8")
    assert len(workflow()) == 1
    for line in workflow():
        printed, status = run(line, tmp_path, 0)
        assert (printed.startswith("certified, 1 known failure"), status) == (True, 0), printed
    assert {path.name for path in tmp_path.iterdir()} >= {
        "certificate.json", "certificate.html", "junit.xml", "fiducial.sarif", "summary.md", "badge.svg"}


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_a_guides_links_to_guides_lead_somewhere(guide: Path) -> None:
    there = {path.name for path in GUIDES} | {f"made/{name}.md" for name in pages()}
    linked = re.findall(r"\]\((?!https?:|#)([^)#]+)", guide.read_text(encoding="utf-8"))
    assert [name for name in linked if name not in there] == []


def test_the_catalogue_shows_every_check_with_its_cure() -> None:
    text = pages()["checks"]
    assert [check.id for check in CHECKS if f"(check.{check.id})=" not in text] == []
    assert text.count("\n:Mend: ") == text.count("\n:Cares: ") == len(CHECKS)


def test_the_check_that_a_guide_shows_is_the_projects_own() -> None:
    shown = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs" / "add-a-check.md").read_text("utf-8"), re.M | re.S)
    own = (ROOT / "checks" / "contract" / "closure.py").read_text(encoding="utf-8")
    assert [block in own for block in shown] == [True]


def test_words_are_no_markup() -> None:
    assert plain("m_t <b> `a_b` *x*") == r"m\_t \<b\> `a_b` \*x\*"
    assert plain("- 1") == r"\- 1"
    assert markdown("One.\n\n    x_t\n\n    y\n\nSource  A,\n        B.\nVariant  C.") == (
        "One.\n\n```text\nx_t\n\ny\n```\n\n:Source: A, B.\n:Variant: C.")


class Fetched(HTMLParser):
    """What a browser fetches for a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the addresses of what is loaded, and not those of what is linked to."""
        self.addresses += [value for name, value in attrs if (tag, name) in LOADS and value]


def test_what_a_page_fetches_is_found() -> None:
    text = '<a href="https://x.org"></a><script src="https://x.org/a.js"></script><link href="here.css"><img src="//y">'
    assert Fetched(text).addresses == ["https://x.org/a.js", "here.css", "//y"]
    assert [OUTWARD.match(address) is not None for address in Fetched(text).addresses] == [True, False, True]


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_and_fetches_nothing(tmp_path: Path) -> None:
    pytest.importorskip("sphinx")
    from fiducial.suites.manual.build import build

    assert build(tmp_path) == 0
    site = tmp_path / "site"
    found = sorted(site.rglob("*.html"))
    assert len(found) > len(GUIDES)
    for page in found:
        for address in Fetched(page.read_text(encoding="utf-8")).addresses:
            assert not OUTWARD.match(address), f"{page.name} fetches {address}"
            local = re.split(r"[?#]", address)[0]
            assert local.startswith("data:") or (page.parent / local).exists(), f"{page.name} wants {address}"
    options = (site / "_static" / "documentation_options.js").read_text(encoding="utf-8")
    assert "SHOW_SEARCH_SUMMARY: false" in options, "the search would fetch the pages that it finds"
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(?:https?:)?//|@import\s+['\"]?https?:", sheet.read_text("utf-8"))
