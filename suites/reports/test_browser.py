"""Pages in a real browser: they fetch nothing, complain of nothing, and do what they say."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fiducial.benchmarks import history
from fiducial.reports.certificate import page
from fiducial.reports.site import build
from fiducial.suites.demonstrations.pictures import record
from fiducial.suites.difference import difference
from fiducial.suites.reports.browser import Watched, chromium
from fiducial.suites.reports.samples import HOSTILE, certificate, evidence, failed, hostile, usual
from fiducial.suites.reports.test_performance import BENCH, points, stored
from fiducial.suites.reports.test_site import CATALOGUE

SHAPES = {"wide": (1280, 900), "narrow": (360, 760)}
Open = Callable[..., Watched]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def opened(browser: Any) -> Iterator[Open]:
    """A new page of the browser; what it does on the network is asked at the end of every test."""
    contexts = []

    def new(shape: str = "wide", scheme: str = "light") -> Watched:
        width, height = SHAPES[shape]
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append((context, Watched(context.new_page())))
        return contexts[-1][1]

    yield new
    for context, watched in contexts:
        assert [url for url in watched.requests if not url.startswith(("file:", "data:"))] == []
        assert watched.said == []
        context.close()


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("page") / "certificate.html"
    file.write_text(page([usual()]), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    for index, each in enumerate([usual(), certificate(evidence(), path="pack.age:SGD", version="1.0"),
                                  certificate(failed("rule.follows-definition"), path="pack.age:SGD", version="1.1")]):
        (folder / f"{index}.json").write_text(each.model_dump_json(by_alias=True), encoding="utf-8")
    (folder / "catalogue.json").write_text(json.dumps(CATALOGUE), encoding="utf-8")
    (folder / "bench.json").write_text(json.dumps(BENCH), encoding="utf-8")
    (folder / "schedules.json").write_text(json.dumps(record("schedules", ["cosine"], seed=0)), encoding="utf-8")
    stored(folder / "store.jsonl", points(), points("suite.time_step(torch)"), points("another.time_it"))
    found = build([str(folder)], str(folder / "site"), compare=lambda old, new: difference(old, new).changes,
                  changes=history.changes)
    assert found.problems == []
    return folder / "site"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_page_can_be_read_by_anybody_anywhere(single: Path, opened: Open, shape: str, scheme: str) -> None:
    watched = opened(shape, scheme)
    shown = watched.open(single)
    assert shown.locator(".word").inner_text() == "✗ not certified, 1 known failure"
    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert watched.faults() == []
    assert watched.requests == [single.as_uri()]


def test_serious_faults_would_be_found(tmp_path: Path, opened: Open) -> None:
    (tmp_path / "bad.html").write_text("<!doctype html><title>x</title><input><p style='color:#eee'>pale")
    watched = opened()
    watched.open(tmp_path / "bad.html")
    assert len(watched.faults()) >= 2


def rows(shown: Any) -> list[str]:
    """The ids of the checks that are in sight."""
    return [row.get_attribute("id").removeprefix("check-") for row in shown.locator(".family tbody tr:visible").all()]


def told(shown: Any, text: str) -> None:
    """Wait until the count says so: a form is filtered again after it was reset."""
    shown.locator("output", has_text=text).wait_for()


def test_search_and_filters_do_what_they_say(single: Path, opened: Open) -> None:
    shown = opened().open(single)
    assert shown.locator("output").inner_text() == "8 of 8 checks"
    shown.fill("input[type=search]", "SURVIVES pickle")
    assert rows(shown) == ["state.survives-pickle"]
    shown.fill("input[type=search]", "no such words")
    assert (rows(shown), shown.locator("output").inner_text()) == ([], "0 of 8 checks")
    shown.click("button[type=reset]")
    told(shown, "8 of 8 checks")
    shown.uncheck("input[value=passed]")
    assert "rule.follows-definition" not in rows(shown)
    shown.select_option("select[name=family]", "construction")
    assert rows(shown) == ["construction.refuses-infinity"]
    shown.uncheck("input[value=SHOULD]")
    assert rows(shown) == []


def test_families_fold(single: Path, opened: Open) -> None:
    shown = opened().open(single)
    assert len(rows(shown)) == 4  # those of the families in which something failed
    shown.click("[data-fold=open]")
    assert len(rows(shown)) == 8
    shown.click("[data-fold=shut]")
    assert rows(shown) == []


def test_a_link_leads_to_a_check_that_is_folded_or_filtered(single: Path, opened: Open) -> None:
    shown = opened().open(single, "#check-device.cuda-equals-cpu")
    assert "device.cuda-equals-cpu" in rows(shown)
    shown.fill("input[type=search]", "nothing of the kind")
    shown.evaluate("location.hash = '#check-rule.follows-definition'")
    shown.locator("[id='check-rule.follows-definition']").wait_for(state="visible")


def test_everything_can_be_reached_by_keyboard(single: Path, opened: Open) -> None:
    shown = opened().open(single)
    shown.keyboard.press("Tab")
    assert shown.evaluate("document.activeElement.className") == "skip"
    shown.keyboard.press("/")
    shown.keyboard.type("refuses")
    assert rows(shown) == ["construction.refuses-infinity"]
    shown.evaluate("document.querySelector('[data-copy]').focus()")
    shown.keyboard.press("Enter")
    assert shown.locator("[data-copy]").first.inner_text() == "Copied"


def test_a_command_is_copied(single: Path, opened: Open) -> None:
    watched = opened()
    watched.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown = watched.open(single)
    shown.locator("[data-copy]").first.click()
    shown.get_by_text("Copied").wait_for()
    assert shown.evaluate("navigator.clipboard.readText()").startswith("fiducial certify pack.age:Adam=adam --only ")


def test_paper_shows_what_is_folded_and_no_buttons(single: Path, opened: Open) -> None:
    shown = opened("wide", "dark").open(single)
    shown.emulate_media(media="print")
    shown.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert len(rows(shown)) == 8
    assert shown.locator("button:visible").count() == 0
    assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    shown.evaluate("dispatchEvent(new Event('afterprint'))")
    shown.emulate_media(media="screen")
    assert len(rows(shown)) == 4


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_words_do_nothing(kind: str, tmp_path: Path, opened: Open) -> None:
    (tmp_path / "hostile.html").write_text(page([hostile(HOSTILE[kind])]), encoding="utf-8")
    watched = opened("narrow")
    shown = watched.open(tmp_path / "hostile.html")
    for button in shown.locator("[data-copy]:visible").all():
        button.hover()
    assert shown.evaluate("window.harmed === undefined && document.title !== ''")
    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert shown.locator("a[href^='javascript' i]").count() == 0


def subjects(shown: Any) -> list[str]:
    """The rows of the matrix that are in sight, in their order."""
    return [row.text_content() for row in shown.locator("tbody tr:visible th").all()]


@pytest.mark.parametrize(("shape", "scheme"), [("wide", "light"), ("narrow", "dark")])
@pytest.mark.parametrize("name", ["index.html", "checks.html", "releases.html", "catalogue.html", "performance.html",
                                  "pictures.html"])
def test_a_site_can_be_read_by_anybody_anywhere(site: Path, opened: Open, name: str, shape: str, scheme: str) -> None:
    watched = opened(shape, scheme)
    shown = watched.open(site / name)
    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert watched.faults() == []


def test_the_matrix_is_filtered_and_sorted(site: Path, opened: Open) -> None:
    shown = opened().open(site / "checks.html")
    assert len(subjects(shown)) == 3
    shown.select_option("select[name=verdict]", "good")
    assert subjects(shown) == ["pack.age:SGD follows adam"]
    shown.click("button[type=reset]")
    told(shown, "3 of 3 subjects")
    shown.fill("input[type=search]", "1.1")
    assert subjects(shown) == ["pack.age:SGD held against adam"]
    shown.fill("input[type=search]", "")
    shown.get_by_role("button", name="rule.follows-definition").click()
    assert subjects(shown)[0] == "pack.age:SGD held against adam"  # what failed comes first
    shown.get_by_role("button", name="rule.follows-definition").click()
    assert subjects(shown)[-1] == "pack.age:SGD held against adam"
    before = shown.locator("thead th:visible").count()
    shown.check("input[name=failing]")
    assert shown.locator("thead th:visible").count() < before


def test_tables_and_charts_are_searched(site: Path, opened: Open) -> None:
    shown = opened().open(site / "catalogue.html")
    shown.locator("input[type=search]").first.fill("sigmoid")
    assert shown.locator("output").first.inner_text() == "1 of 2 rows"
    assert shown.locator("tbody tr:visible").count() == 2  # one of the other table
    shown.goto((site / "performance.html").as_uri())
    assert shown.locator("output").inner_text() == "2 of 2 charts"
    assert shown.locator(".turn.worse").count() == 3
    shown.fill("input[type=search]", "torch")
    assert shown.locator(".chart:visible h3").all_inner_texts() == ["suite.time_step"]


def test_a_cell_leads_to_its_evidence_by_mouse_and_by_keyboard(site: Path, opened: Open) -> None:
    shown = opened().open(site / "index.html")
    shown.locator("td.failed[data-to]").first.click()
    shown.wait_for_load_state()
    assert "#failure-" in shown.url
    assert shown.locator(":target:visible").count() == 1
    shown.goto((site / "checks.html").as_uri())
    shown.focus(".pane")
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "Enter"):
        shown.keyboard.press(key)
    shown.wait_for_url("**/c/*.html#*")
    shown.get_by_role("link", name="All subjects").click()
    shown.wait_for_url("**/index.html")


@pytest.mark.slow
def test_a_survey_of_500_subjects_and_80_checks_opens_at_once(tmp_path: Path, opened: Open) -> None:
    records = [certificate(*(evidence(f"family{place % 12}.check-{place}") for place in range(80)),
                           path=f"pack.age:Optimizer{index}").model_dump(mode="json", by_alias=True)
               for index in range(500)]
    (tmp_path / "all.json").write_text(json.dumps({"schema": "fiducial.certificates/1", "certificates": records}))
    build([str(tmp_path / "all.json")], str(tmp_path / "site"), compare=lambda old, new: [])
    watched, begun = opened(), time.perf_counter()
    shown = watched.open(tmp_path / "site" / "checks.html")
    shown.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert time.perf_counter() - begun < 2
    assert shown.locator("tbody td.passed").count() == 40_500  # the verdicts among them
