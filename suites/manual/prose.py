"""Docstrings as Markdown: formulas and examples stay as they stand, words become paragraphs, parts become fields.

A part is a line of a word or two, at least two blanks and what it says, as in "Source   Hinton, 2012"; lines that are
indented below go on with it.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$^:])")
PART = re.compile(r"(?P<name>[\w.|`*]+(?: [\w.]+)?) {2,}(?P<text>\S.*)")
WIDTH = 100  # of a signature in one line


def plain(text: str) -> str:
    """Words with nothing in them that Markdown would read; what stands in backticks stays code."""
    pieces = re.split(r"(`[^`]+`)", " ".join(text.split()))
    shown = "".join(piece if index % 2 else SPECIAL.sub(r"\\\1", piece) for index, piece in enumerate(pieces))
    return re.sub(r"^([-+=]|\d+(?=[.)]))", r"\\\1", shown)


def code(text: str, language: str = "text") -> str:
    """Lines as they stand."""
    return f"```{language}\n{text}\n```"


def blocks(text: str) -> Iterator[list[str]]:
    """The blocks of a text, parted by empty lines; indented ones that follow each other are one."""
    held: list[str] = []
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        lines = block.split("\n")
        if held and lines[0].startswith("    ") and held[0].startswith("    "):
            held += ["", *lines]
            continue
        if held:
            yield held
        held = lines
    if held:
        yield held


def markdown(text: str) -> str:
    """A docstring, without the indentation that its function gives it."""
    return "\n\n".join(_block(lines) for lines in blocks(text))


def document(thing: Any) -> str:
    """The docstring of a module, a class or a function as Markdown."""
    return markdown(inspect.getdoc(thing) or "")


def _block(lines: list[str]) -> str:
    """One block."""
    if lines[0].startswith("    "):
        return code(inspect.cleandoc("\n" + "\n".join(lines)))
    if lines[0].startswith(">>>"):
        return code("\n".join(lines), "pycon")
    if PART.fullmatch(lines[0]):
        return "\n".join(field(name, text) for name, text in parts(lines))
    return plain(" ".join(lines))


def parts(lines: list[str]) -> list[tuple[str, str]]:
    """The parts of a block by name."""
    found: list[tuple[str, str]] = []
    for line in lines:
        match = PART.fullmatch(line)
        if match is not None:
            found.append((match["name"], match["text"]))
        else:
            name, text = found.pop()
            found.append((name, f"{text} {line.strip()}"))
    return found


def field(name: str, text: str) -> str:
    """A named part."""
    return f":{plain(name)}: {plain(text)}"


def signature(function: Callable[..., Any]) -> str:
    """A function's name and arguments as they are written, one argument a line where they are many."""
    written = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(written, ast.FunctionDef), "a function that was written with def"
    inside = ast.unparse(written.args)
    result = f" -> {ast.unparse(written.returns)}" if written.returns else ""
    line = f"{written.name}({inside}){result}"
    if len(line) > WIDTH:
        rows = "".join(f"    {argument},\n" for argument in arguments(inside))
        line = f"{written.name}(\n{rows}){result}"
    return code(line, "python")


def arguments(inside: str) -> list[str]:
    """What stands between the commas of a signature, those in brackets apart."""
    found, depth, start = [], 0, 0
    for place, letter in enumerate(inside):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            found.append(inside[start:place].strip())
            start = place + 1
    return [*found, inside[start:].strip()]
