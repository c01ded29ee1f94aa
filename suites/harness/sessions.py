"""Guides as sessions: the files that a page shows are written, its commands run, and what they print is compared.

    python -m fiducial.suites.harness.sessions docs/*.md        prints what has changed; --write puts it into the pages

A file is a block of code below a line that ends in "`its_name`:"; one that is shown again later replaces the first. A
command is a line of a `console` block after "$ "; what stands below is its output. A line of "…" alone stands for any
number of lines; seconds, and how many tests pytest's -k has left out, are not compared.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

VARIES = re.compile(r"\b\d+\.\d+ ?s\b(?: \([\d:]+\))?|\b\d+(?= deselected)")
BLOCK = re.compile(r"^(?P<before>[^\n]*)\n+```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`(?P<name>[\w./-]+\.\w+)`:$")
ANY = "…"
FAULTS = re.compile(r"Traceback \(most recent call last\)|a fault of ours|^=+ ERRORS =+$", re.MULTILINE)


@dataclass(frozen=True)
class File:
    """A file that a page shows."""

    name: str
    text: str


@dataclass(frozen=True)
class Command:
    """A command with the output that a page shows, and where in the page the output stands."""

    line: str
    shown: str
    start: int
    end: int


def steps(page: str) -> Iterator[File | Command]:
    """What a reader of a page does, in its order."""
    for block in BLOCK.finditer(page):
        named = NAMED.search(block["before"])
        if block["language"] == "console":
            yield from commands(page, block.start("text"), block.end("text"))
        elif named is not None:
            yield File(named["name"], block["text"])


def commands(page: str, start: int, end: int) -> Iterator[Command]:
    """The commands of one block."""
    found = list(re.finditer(r"^\$ (.*)\n", page[start:end], re.MULTILINE))
    ends = [start + after.start() for after in found[1:]] + [end]
    for match, last in zip(found, ends, strict=True):
        first = start + match.end()
        yield Command(match[1], page[first:last], first, last)


def run(line: str, folder: Path, status: int) -> tuple[str, int]:
    """What a command prints in a folder, and its exit status; `$?` is the status of the command before."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                   "NO_COLOR": "1", "COLUMNS": "120", "PYTEST_ADDOPTS": "-p no:cacheprovider"}
    done = subprocess.run(["bash", "-c", f"(exit {status}); {line}"], cwd=folder, env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.stdout, done.returncode


def play(page: str, folder: Path) -> Iterator[tuple[Command, str]]:
    """Every command of a page with what it really printed."""
    status = 0
    for step in steps(page):
        if isinstance(step, File):
            path = folder / step.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text, encoding="utf-8")
        else:
            printed, status = run(step.line, folder, status)
            yield step, printed


def masked(text: str) -> list[str]:
    """The lines of an output without what differs from run to run."""
    return VARIES.sub("#", text).rstrip().split("\n")


def agrees(shown: str, printed: str) -> bool:
    """Whether an output is the one that is shown."""
    pattern = "".join(r"(?:.*\n)*?" if line == ANY else re.escape(line) + r"\n" for line in masked(shown))
    return re.fullmatch(pattern, "\n".join(masked(printed)) + "\n") is not None


def shortened(shown: str, printed: str) -> str:
    """A new output, left out where the old one was: as many lines before "…", and after it, as there were."""
    lines, new = shown.rstrip().split("\n"), printed.rstrip().split("\n")
    if ANY in lines:
        before, after = lines.index(ANY), lines[::-1].index(ANY)
        new = [*new[:before], ANY, *new[max(before, len(new) - after):]]
    return "\n".join(new) + "\n"


def renewed(page: str) -> str:
    """The page with the outputs that its commands print now. Raises ValueError for a command that breaks down."""
    with tempfile.TemporaryDirectory() as folder:
        outcomes = list(play(page, Path(folder)))
    for command, printed in reversed(outcomes):
        if FAULTS.search(printed):
            raise ValueError(f"$ {command.line}\n{printed}")
        if not agrees(command.shown, printed):
            page = page[:command.start] + shortened(command.shown, printed) + page[command.end:]
    return page


def main(words: list[str]) -> int:
    """Renew pages, or say which have changed; 1 where one is left as it should not be."""
    kept = [not _settled(Path(name), "--write" in words) for name in words if name != "--write"]
    return int(any(kept))


def _settled(file: Path, write: bool) -> bool:
    """Whether a page shows what its commands print, or now does."""
    page = file.read_text(encoding="utf-8")
    try:
        new = renewed(page)
    except ValueError as fault:
        print(f"{file} is left alone: {fault}")
        return False
    if new != page:
        print(f"{file} has changed")
        if write:
            file.write_text(new, encoding="utf-8")
    return write or new == page


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
