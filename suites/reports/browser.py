"""A real Chromium without a window: pages are opened from files, and whatever they try to fetch or say is noted."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


class Watched:
    """An open page, with what it asked for and what it complained of."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.requests: list[str] = []
        self.said: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", lambda dialog: self.said.append(dialog.message))

    def open(self, file: Path, fragment: str = "") -> Any:
        """The page of a file."""
        self.page.goto(f"{file.as_uri()}{fragment}")
        return self.page

    def faults(self) -> list[str]:
        """What axe-core finds serious or critical."""
        axe = pytest.importorskip("axe_playwright_python")
        self.page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run()")["violations"]
        return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found
                if each["impact"] in ("serious", "critical")]


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser; skips where there is none."""
    playwright = pytest.importorskip("playwright.sync_api")
    installed = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with playwright.sync_playwright() as driver:
        if installed is None and not Path(driver.chromium.executable_path).exists():
            pytest.skip("no Chromium is installed: apt install chromium, or playwright install chromium")
        browser = driver.chromium.launch(executable_path=installed, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
