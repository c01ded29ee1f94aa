"""Results read from files and folders: what each holds, and one sentence for each that cannot be used."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from fiducial.checks.evidence import SCHEMA, SCHEMA_OF_SEVERAL, Certificate
from fiducial.reports import speeds, words

CATALOGUE = "fiducial.catalogue/1"
OWN = "fiducial.site/1"  # the list that a site keeps of itself
PICTURE = "fiducial.picture/1"
KNOWN = (SCHEMA, SCHEMA_OF_SEVERAL, CATALOGUE, PICTURE, speeds.BENCH)
OF_ASV = ("machine.json", "benchmarks.json")  # what asv keeps beside its results, and no page shows
Record = dict[str, Any]


class Results(NamedTuple):
    """What was found, in the order of the call; within a folder by name."""

    certificates: list[Certificate]
    catalogues: list[Record]
    pictures: list[Record]
    points: list[speeds.Point]
    timed: list[speeds.Timed]
    problems: list[str]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.certificates or self.catalogues or self.pictures or self.points or self.timed)


def gathered(given: Sequence[str]) -> Results:
    """Everything in these files and folders. Raises nothing: what cannot be used is a problem."""
    results = Results([], [], [], [], [], [])
    for name in given:
        files = list(_files(Path(name)))
        if not files:
            results.problems.append(f"{words.shown(name)} holds no results: it is a folder without a .json file")
        for file in files:
            _read(file, results)
    return results


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
    else:
        yield from sorted(file for file in path.rglob("*.json*") if file.suffix in (".json", ".jsonl")
                          and file.is_file() and file.name not in OF_ASV)


def _read(file: Path, results: Results) -> None:
    try:
        if file.suffix == ".jsonl":
            _store(file, results)
        else:
            data = record(file)
            TAKEN[data.get("schema")](data, results)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        results.problems.append(f"{words.shown(file)} breaks its schema at {words.shown(place)}: "
                                f"{words.shown(first['msg'])}")
    except (KeyError, TypeError, AttributeError) as error:
        results.problems.append(f"{words.shown(file)} breaks its schema: {words.shown(error)}")
    except ValueError as error:
        results.problems.append(f"{words.shown(file)} {error}")


def _certificates(data: Record, results: Results) -> None:
    several = data["certificates"] if data["schema"] == SCHEMA_OF_SEVERAL else [data]
    results.certificates.extend([Certificate.model_validate(each) for each in several])


def _store(file: Path, results: Results) -> None:
    """The lines of a store. Raises ValueError, in words that go on after the file's name."""
    found, torn = speeds.of_store(_text(file))
    results.points.extend(found)
    if torn:
        raise ValueError(f"has {torn} line{'s' if torn > 1 else ''} that cannot be read; the others are shown")


def _text(file: Path) -> str:
    """Raises ValueError."""
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ValueError("is no JSON") from None


def _catalogue(data: Record) -> Record:
    """Raises KeyError or TypeError for a record that lacks what its tables show."""
    from fiducial.reports import tables

    tables.coverage(data), tables.errata(data)
    return data


def _picture(data: Record) -> Record:
    """Raises ValueError, in words that go on after the file's name, for a picture that cannot be drawn."""
    from fiducial.reports import pictures

    try:
        return {"name": str(data["picture"]), "svg": pictures.svg(data)}
    except ValueError as error:
        raise ValueError(f"cannot be drawn: {error}") from None


def record(file: Path) -> Record:
    """The record in a file. Raises ValueError, in words that go on after the file's name."""
    try:
        data = json.loads(_text(file))
    except json.JSONDecodeError as error:
        cut = error.pos >= len(error.doc.rstrip()) or "Unterminated" in error.msg
        raise ValueError("is cut off: write it again" if cut else f"is no JSON (line {error.lineno})") from None
    except RecursionError:  # lists in lists without end
        raise ValueError("is no JSON") from None
    if speeds.is_asv(data):
        return dict(data)
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema in (*KNOWN, OWN):
        return dict(data)
    raise ValueError(_foreign(schema))


def _foreign(schema: object) -> str:
    """Why a schema is not read: another version of one that is, or somebody else's."""
    if isinstance(schema, str):
        for known in KNOWN:
            if schema.rpartition("/")[0] == known.rpartition("/")[0]:
                return f"follows {words.shown(schema)}, and this release reads {known}: write it again"
        return f"follows {words.shown(schema)}, of which no page is made"
    return "is no record of fiducial's: it names no schema"


# What becomes of a record, by its schema; asv's results name none.
TAKEN: dict[str | None, Callable[[Record, Results], None]] = {
    SCHEMA: _certificates, SCHEMA_OF_SEVERAL: _certificates,
    CATALOGUE: lambda data, results: results.catalogues.append(_catalogue(data)),
    PICTURE: lambda data, results: results.pictures.append(_picture(data)),
    speeds.BENCH: lambda data, results: results.timed.extend(speeds.of_bench(data)),
    None: lambda data, results: results.points.extend(speeds.of_asv(data)),
    OWN: lambda data, results: None}
