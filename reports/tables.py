"""Tables from records, as Markdown: the coverage of the catalogue and the errata of the lectures.

    python -m fiducial.reports.tables catalogue.json [--table coverage|errata]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]
COVERAGE = ("§", "row", "", "reference", "gradient", "claims", "mutants rejected", "head to head, CPU",
            "second formulation", "CUDA", "benchmark")
ERRATA = ("as printed", "right", "refuted by", "smallest sample", "measured", "allowed")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; what would end a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(' '.join(cell.replace('|', chr(92) + '|').split()) for cell in line)} |"
                     for line in lines)


def coverage(record: Row) -> str:
    """One line a row of the catalogue; a tick stands only where something was run and held."""
    return table(COVERAGE, [covered(row) for row in record["rows"]])


def covered(row: Row) -> list[str]:
    """The cells of one row."""
    bound = row["bindings"]
    head = [str(row["section"]), row["row"], row["grade"]]
    if not bound:
        return [*head, *["–"] * (len(COVERAGE) - len(head))]
    claims = _sum(bound, "claims", "passed"), _sum(bound, "claims", "judged")
    mutants = _sum(bound, "mutants", "rejected"), _sum(bound, "mutants", "tried")
    gradients = [each["gradient"] for each in bound if each["gradient"] is not None]
    against = [(path, found) for each in bound for path, found in each["head_to_head"].items()]
    return [*head, "✓" if claims[0] == claims[1] else "✗", "–" if not gradients else "✓" if all(gradients) else "✗",
            f"{claims[0]} of {claims[1]}", f"{mutants[0]} of {mutants[1]}", ", ".join(map(_faced, against)) or "–",
            _formulated(bound), "–", "–"]


def _formulated(bound: Sequence[Row]) -> str:
    """The other definitions that a definition was held against, and how many tests work its numbers out themselves."""
    others = sorted({name for each in bound for name in each.get("formulations", [])})
    alone = sum(len(each.get("worked_out", [])) for each in bound)
    tests = [f"{alone} test{'s' if alone > 1 else ''} of its own"] if alone else []
    return ", ".join([*others, *tests]) or "–"


def _sum(bound: Sequence[Row], column: str, entry: str) -> int:
    return sum(each[column][entry] for each in bound)


def _faced(pair: tuple[str, Row]) -> str:
    """A public subject with what became of it."""
    path, found = pair
    if found["failed"]:
        return f"✗ {path} ({', '.join(found['failed'])})"
    return f"✓ {path}" + (f" (known: {', '.join(found['known'])})" if found["known"] else "")


def errata(record: Row) -> str:
    """The formulas of the lectures that a measurement refutes."""
    return table(ERRATA, refuted(record))


def refuted(record: Row) -> list[list[str]]:
    """The cells of the errata, a row each."""
    return [_refuted(each) for each in record["errata"]]


def _refuted(erratum: Row) -> list[str]:
    sample = ", ".join(f"{name} = {_spoken(value)}" for name, value in erratum["sample"].items())
    check = erratum["check"] if erratum["refuted"] else f"not refuted by {erratum['check']}"
    return [erratum["printed"], erratum["right"] or "", check, sample[:160] or "–", _number(erratum["measured"]),
            _number(erratum["allowed"])]


def _spoken(value: Any) -> str:
    if isinstance(value, dict) and "data" in value:
        data = [_number(entry) for entry in value["data"][:6]]
        return f"[{', '.join(data)}{', …' if len(value['data']) > 6 else ''}]"
    if isinstance(value, list):
        return f"[{', '.join(map(_spoken, value))}]"
    return _number(value)


def _number(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def summary(record: Row) -> Iterator[str]:
    """What the record says in a few lines."""
    bound = [row for row in record["rows"] if row["bindings"]]
    every = [each for row in bound for each in row["bindings"]]
    refuted = sum(each["refuted"] for each in record["errata"])
    yield f"{len(bound)} of {len(record['rows'])} rows of the catalogue are bound"
    yield f"{_sum(every, 'claims', 'passed')} of {_sum(every, 'claims', 'judged')} claims hold for the references"
    yield f"{_sum(every, 'mutants', 'rejected')} of {_sum(every, 'mutants', 'tried')} wrong subjects are rejected"
    yield f"{sum(len(each['head_to_head']) for each in every)} public functions and classes are held against them"
    yield f"{refuted} of {len(record['errata'])} formulas as printed are refuted"


def main(arguments: list[str] | None = None) -> int:
    """Print the tables of a record."""
    parser = argparse.ArgumentParser(prog="python -m fiducial.reports.tables", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record", help="a file that fiducial.suites.demonstrations.catalogue wrote")
    parser.add_argument("--table", choices=("coverage", "errata"), help="one table alone")
    given = parser.parse_args(arguments)
    try:
        record = json.loads(Path(given.record).read_text(encoding="utf-8"))
        tables = {"coverage": coverage(record), "errata": errata(record)}
    except (OSError, ValueError, KeyError, TypeError) as error:
        parser.error(f"{given.record} is no record of the catalogue ({error})")
    if given.table:
        print(tables[given.table])
    else:
        print("\n".join(["# Coverage of the catalogue", "", *(f"- {line}" for line in summary(record)), "",
                         tables["coverage"], "", "# Errata of the lectures", "", tables["errata"]]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
