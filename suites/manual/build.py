"""Build the site: the guides of docs/ and the made pages, by Sphinx, strictly; it opens from file:// without a network.

    python -m fiducial.suites.manual.build [FOLDER]        build/docs unless told; the site is FOLDER/site
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from fiducial.suites.manual.pages import pages

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "docs"


def lay_out(folder: Path) -> Path:
    """Write the sources of the site, guides and made pages, into a folder; where they are."""
    sources = folder / "sources"
    shutil.rmtree(sources, ignore_errors=True)
    shutil.copytree(GUIDES, sources)
    (sources / "made").mkdir()
    for name, text in pages().items():
        (sources / "made" / f"{name}.md").write_text(text, encoding="utf-8")
    return sources


def build(folder: Path) -> int:
    """Build the site in a folder; Sphinx's exit status, in which every warning is an error."""
    sources, site = lay_out(folder), folder / "site"
    shutil.rmtree(site, ignore_errors=True)
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-n", "-q", "-j", "auto",
               "-d", str(folder / "doctrees"), str(sources), str(site)]
    status = subprocess.run(command, check=False).returncode
    if status == 0:
        print(f"the site is at {(site / 'index.html').as_uri()}")
    return status


if __name__ == "__main__":
    sys.exit(build(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "docs").resolve()))
