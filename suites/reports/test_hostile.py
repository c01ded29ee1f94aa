"""Whatever a subject is named, prints or returns does no harm in any format."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import pytest

from fiducial.reports import badge, markdown, sarif, sheet, words
from fiducial.reports.certificate import LARGEST, page
from fiducial.reports.exports import junit
from fiducial.suites.reports.samples import HOSTILE, hostile, usual

KINDS = pytest.mark.parametrize("kind", HOSTILE)
HARMLESS = re.compile(r"#[\w.-]+|https?://[^\s\"'<>]+|data:,|\.\./index\.html")


class Seen(HTMLParser):
    """The elements of a page and their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


@KINDS
def test_a_page_holds_only_elements_and_attributes_of_ours(kind: str) -> None:
    ours, theirs = Seen(page([usual()])), Seen(page([hostile(HOSTILE[kind])]))
    assert set(theirs.tags) <= set(ours.tags)
    assert theirs.tags.count("script") == theirs.tags.count("style") == 1
    assert {name for name, _ in theirs.attributes} <= {name for name, _ in ours.attributes} | {"data-first"}
    addresses = [value for name, value in theirs.attributes if name in ("href", "src")]
    assert [address for address in addresses if not HARMLESS.fullmatch(address)] == []


@KINDS
def test_a_page_can_be_encoded_and_hides_nothing(kind: str) -> None:
    text = page([hostile(HOSTILE[kind])]).encode().decode()
    assert words.HIDDEN.search(text) is None
    assert "7 * 7" in text or kind != "template"


@pytest.mark.parametrize("kind", ["attribute", "long", "terminal"])
def test_a_page_takes_at_most_a_megabyte(kind: str) -> None:
    assert len(page([hostile(HOSTILE[kind], count=160)]).encode()) <= LARGEST


@KINDS
def test_xml_stays_whole(kind: str) -> None:
    found = ElementTree.fromstring(junit([hostile(HOSTILE[kind])]).encode("utf-8"))
    assert len(found.findall(".//testcase")) == 4
    picture = ElementTree.fromstring(badge.svg([hostile(HOSTILE[kind])]).encode("utf-8"))
    assert {element.tag.rpartition("}")[2] for element in picture.iter()} == {"svg", "title", "clipPath", "rect", "g",
                                                                              "text"}


@KINDS
def test_json_stays_whole_and_small(kind: str) -> None:
    text = sarif.sarif([hostile(HOSTILE[kind])])
    result = json.loads(text.encode("utf-8"))["runs"][0]["results"][0]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert re.fullmatch(r"[A-Za-z0-9_.~%/-]+", uri)
    assert len(text) < 100_000
    assert json.loads(badge.endpoint([hostile(HOSTILE[kind])]))["schemaVersion"] == 1


@KINDS
def test_a_sheet_computes_nothing(kind: str) -> None:
    rows = list(csv.reader(io.StringIO(sheet.sheet([hostile(HOSTILE[kind])]))))
    assert {len(row) for row in rows} == {len(sheet.COLUMNS)}
    assert [cell for row in rows for cell in row if cell.startswith(sheet.FORMULA)] == []


@KINDS
def test_a_summary_has_no_markup_but_ours(kind: str) -> None:
    text = markdown.markdown([hostile(HOSTILE[kind])])
    assert len(text.encode()) <= markdown.LARGEST
    bare = re.sub(r"(?<!`)(`+)(?!`)(?:.(?!\1(?!`)))*.?\1(?!`)", "", text)  # what stands outside of code
    assert set(re.findall(r"<[^>]*>", bare)) <= {"<details>", "</details>", "<summary>", "</summary>"}
    assert re.search(r"\]\(|@somebody", bare) is None
    assert [line for line in bare.splitlines() if line.startswith("#")] == [bare.splitlines()[0]]


@KINDS
def test_a_summary_is_rendered_without_anything_of_theirs(kind: str) -> None:
    renderer = pytest.importorskip("markdown_it").MarkdownIt("commonmark", {"html": True}).enable("table")
    ours, theirs = (Seen(renderer.render(markdown.markdown([each]))) for each in (usual(), hostile(HOSTILE[kind])))
    assert set(theirs.tags) <= set(ours.tags)
    assert theirs.attributes == []
    assert theirs.tags.count("h2") == theirs.tags.count("table") == 1
    assert theirs.tags.count("tr") == 1 + 1  # the head and the one failure


def test_a_test_that_would_find_harm() -> None:
    seen = Seen("<p onclick=x><script>")
    assert (seen.tags, seen.attributes) == (["p", "script"], [("onclick", "x")])
    assert not HARMLESS.fullmatch("javascript:x")
    assert words.HIDDEN.search("a\u202eb")
