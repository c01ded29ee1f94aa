"""`[tool.fiducial.gate]`: a key that is not known is an error, which names the nearest."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from fiducial.suites.jobs import Refusal

KINDS: dict[str, tuple[str, type | tuple[type, ...]]] = {"str": ("text", str), "float": ("a number", (int, float)),
                                                       "bool": ("true or false", bool)}
ASV = "asv.conf.json"


@dataclass(frozen=True)
class Configuration:
    """How the gate runs.

    benchmarks  the folder of asv's benchmarks, in HEAD's tree; "": what asv.conf.json says
    select      regular expressions: only benchmarks of which one matches a part; empty: all
    minimum     the least share that counts as slower or faster
    alpha       the chance that a run on identical code calls anything different
    timeout     seconds for one request, such as a block of calls, where a benchmark has no timeout of its own
    paths       folders of a version that are put on sys.path, without an installation; empty: pip installs it
    pin         hold both processes of a pair on one core; false for benchmarks that use several
    store       the file that results are appended to; "": none
    """

    benchmarks: str = ""
    select: tuple[str, ...] = ()
    minimum: float = 0.05
    alpha: float = 0.01
    timeout: float = 60.0
    paths: tuple[str, ...] = ()
    pin: bool = True
    store: str = ""


def read(file: str | None) -> Configuration:
    """The table of a TOML file; pyproject.toml of this folder where none is named. Raises Refusal."""
    path = Path(file or "pyproject.toml")
    if not path.is_file():
        if file is not None:
            raise Refusal(f"there is no file {file}", 2)
        return checked({}, str(path))
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refusal(f"{path} is no TOML: {error}", 2) from error
    found = table.get("tool", {}).get("fiducial", {}).get("gate", {})
    if not isinstance(found, dict):
        raise Refusal(f"{path}: tool.fiducial.gate must be a table", 2)
    return checked(found, str(path))


def checked(given: dict[str, Any], file: str) -> Configuration:
    """The configuration that a table means. Raises Refusal."""
    known = {each.name: str(each.type) for each in fields(Configuration)}
    for key, value in given.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, 1, 0.5)
            hint = f", did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
            raise Refusal(f"{file}: tool.fiducial.gate has no key {key!r}{hint}", 2)
        if known[key].startswith("tuple"):
            good, wanted = isinstance(value, list) and all(isinstance(v, str) for v in value), "a list of texts"
        else:
            wanted, types = KINDS[known[key]]
            good = isinstance(value, types) and isinstance(value, bool) == (types is bool)
        if not good:
            raise Refusal(f"{file}: tool.fiducial.gate.{key} must be {wanted}, got {value!r}", 2)
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}
    return in_range(Configuration(**values), file)


def in_range(found: Configuration, file: str) -> Configuration:
    """The configuration, if its values can be meant. Raises Refusal."""
    if not 0 < found.alpha < 1:
        raise Refusal(f"{file}: alpha must lie between 0 and 1, got {found.alpha}", 2)
    for name in ("minimum", "timeout"):
        if not 0 < getattr(found, name) < float("inf"):
            raise Refusal(f"{file}: {name} must be positive, got {getattr(found, name)}", 2)
    for pattern in found.select:
        compiled(pattern)
    return found


def compiled(pattern: str) -> re.Pattern[str]:
    """A regular expression. Raises Refusal."""
    try:
        return re.compile(pattern)
    except re.error as error:
        raise Refusal(f"{pattern!r} is no regular expression: {error}", 2) from error


def folder_of_asv(root: Path) -> str:
    """The benchmark_dir of a tree's asv.conf.json, whose comments may stand on lines of their own; "" if none."""
    file = root / ASV
    if not file.is_file():
        return ""
    try:
        found = json.loads(re.sub(r"^\s*//.*$", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE))
    except ValueError as error:
        raise Refusal(f"{file} is no JSON: {error}", 2) from error
    return str(found.get("benchmark_dir", "benchmarks"))
