"""The page of all benchmarks: nothing on it is fetched, run or left unescaped, and a browser shows it."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fiducial.benchmarks import formats, pages, store
from fiducial.benchmarks.store import Point

HOSTILE = "<script>alert(1)</script>"
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


def history(name: str, factor: float = 1.0) -> list[Point]:
    """Thirty commits, the last half of them slower by a factor."""
    values = [1e-3 * (1 + 0.001 * (t % 3)) * (factor if t >= 15 else 1.0) for t in range(30)]
    return [Point(name, "seconds", (v, v * 0.99, v * 1.01), f"c0ffee{t:04}", 1.7e9 + t, "f")
            for t, v in enumerate(values)]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The page of a store and of a result of asv."""
    store.append(tmp_path / "store.jsonl", [p.row() for p in [*history("steady"), *history("jumps", 1.2),
                                                              *history(HOSTILE)]])
    (tmp_path / "asv" / "machine").mkdir(parents=True)
    (tmp_path / "asv" / "machine" / "result.json").write_text(formats.asv(history("of_asv")[:1]), encoding="utf-8")
    (tmp_path / "asv" / "benchmarks.json").write_text("{}", encoding="utf-8")
    out = tmp_path / "index.html"
    assert pages.main([str(tmp_path / "store.jsonl"), str(tmp_path / "asv"), "--out", str(out)]) == 0
    return out


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Write it down."""
        self.seen.append((tag, dict(attrs)))


def test_nothing_is_fetched_or_run(site: Path) -> None:
    text = site.read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(text)
    assert not {tag for tag, _ in tags.seen} & {"script", "link", "img", "iframe", "object", "use", "image"}
    given = {name for _, attrs in tags.seen for name in attrs}
    assert not given & {"src", "href", "srcset", "action"}
    assert not [name for name in given if name.startswith("on")]
    assert "url(" not in text
    assert "//" not in text
    assert "&lt;script&gt;" in text


def test_each_benchmark_is_drawn_and_the_change_is_named(site: Path) -> None:
    text = site.read_text(encoding="utf-8")
    assert text.count("<svg") == 4
    assert re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td>", text) == [("jumps", "c0ffee0015", "1.200")]
    assert text.count('class="change"') == 1


def test_what_cannot_be_read_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.json").write_text("{}", encoding="utf-8")
    assert pages.main([str(tmp_path), "--out", str(tmp_path / "x.html")]) == 3
    assert "bad.json could not be read" in capsys.readouterr().err


@pytest.mark.parametrize(("value", "unit", "text"), [
    (0.0012, "seconds", "1.2 ms"), (2e-10, "seconds", "0.2 ns"), (3 * 2**20, "bytes", "3 MiB"),
    (7.0, "items", "7 items")])
def test_values_can_be_read(value: float, unit: str, text: str) -> None:
    assert pages.shown(value, unit) == text


def asked(browser: str, page: Path, home: Path) -> set[str]:
    """What a page asks the network for. No name is resolved; what the browser asks of its maker is its own."""
    log, shot = home / "net.json", home / "page.png"
    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={home / 'profile'}",
         "--disable-background-networking", "--disable-component-update", "--no-first-run", f"--log-net-log={log}",
         "--host-resolver-rules=MAP * ~NOTFOUND", f"--screenshot={shot}", page.as_uri()],
        capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert shot.stat().st_size > 5000
    found = re.findall(r'"url":"((?:https?|wss?|ftp)://[^"]+)"', log.read_text(encoding="utf-8"))
    return {url for url in found if not re.search(r"//[^/]*\.(google|googleapis|gvt1)\.com/", url)}


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium")
def test_a_browser_shows_it_without_a_request(site: Path, tmp_path: Path) -> None:
    assert asked(str(BROWSER), site, tmp_path) == set()


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium")
def test_a_request_is_seen(site: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.html"
    text = site.read_text(encoding="utf-8").replace(pages.POLICY, "img-src *")
    wrong.write_text(text.replace("<main>", '<img src="http://page.invalid/x.png"><main>'), encoding="utf-8")
    assert asked(str(BROWSER), wrong, tmp_path) == {"http://page.invalid/x.png"}
