"""Run every binding of the catalogue, and write down what was found: coverage row by row, and the errata.

    python -m fiducial.suites.demonstrations.catalogue --json catalogue.json
    python -m fiducial.reports.tables catalogue.json

An optimizer's claims are its tests, its wrong subjects its own functions with a mistake in each (`cross_examination`).
Nothing in the record is typed by hand but the list of rows that are owed (`suites.demonstrations.owed`).
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

import fiducial.suites
from fiducial.checks.evidence import Evidence, Status, recorded
from fiducial.suites.bindings import REJECTED, Binding, Case
from fiducial.suites.demonstrations import cross_examination
from fiducial.suites.demonstrations.owed import OWED

SCHEMA = "fiducial.catalogue/1"
Row = dict[str, Any]


def modules() -> list[str]:
    """The test modules of the suites that hold bindings, by name."""
    suites = Path(fiducial.suites.__path__[0])
    files = sorted(file for file in suites.glob("*/test_*.py") if file.parent.name != "harness")
    return [f"fiducial.suites.{file.parent.name}.{file.stem}" for file in files
            if "bindings import" in file.read_text(encoding="utf-8")]


def bindings(module: str) -> list[Binding]:
    """The bindings of one module's tests, in the order of the file."""
    tests = vars(importlib.import_module(module)).values()
    return [test.binding for test in tests if isinstance(getattr(test, "binding", None), Binding)]


@dataclass
class Found:
    """What became of one binding's cases."""

    binding: Binding
    module: str
    outcomes: list[tuple[Case, Evidence]] = field(default_factory=list)

    def row(self) -> Row:
        """The binding as one row of the coverage table."""
        return {"section": self.binding.section, "row": self.binding.row, "module": self.module,
                "rule": self.binding.rule.name if self.binding.rule else None,
                "claims": self._counted("reference"), "gradient": self._gradient(), "mutants": self._rejected(),
                "head_to_head": {path: self._against(path) for path in self.binding.against}}

    def errata(self) -> Iterator[Row]:
        """The formulas as printed that this binding refutes."""
        for case, evidence in self.outcomes:
            if case.wrong is not None and case.wrong.printed is not None:
                yield {"section": self.binding.section, "row": self.binding.row, "printed": case.wrong.printed,
                       "right": case.wrong.right, "check": evidence.id, "refuted": evidence.status in REJECTED,
                       "measured": recorded(evidence.measured), "allowed": recorded(evidence.allowed),
                       "sample": evidence.sample, "reason": evidence.reason}

    def _of(self, kind: str) -> list[tuple[Case, Evidence]]:
        return [(case, evidence) for case, evidence in self.outcomes if case.kind == kind]

    def _counted(self, kind: str) -> dict[str, int]:
        judged = [found for _, found in self._of(kind) if found.status is not Status.NOT_APPLICABLE]
        return {"passed": sum(found.status is Status.PASSED for found in judged), "judged": len(judged)}

    def _gradient(self) -> bool | None:
        """Whether the reference's gradient claims hold; None where it has none."""
        found = [e.status is Status.PASSED for c, e in self._of("reference")
                 if c.claim.id.startswith("gradient.") and e.status is not Status.NOT_APPLICABLE]
        return all(found) if found else None

    def _rejected(self) -> dict[str, int]:
        found = self._of("wrong")
        return {"rejected": sum(evidence.status in REJECTED for _, evidence in found), "tried": len(found)}

    def _against(self, path: str) -> Row:
        found = [(case, evidence) for case, evidence in self._of("against") if case.path == path]
        known = [case.claim.id for case, _ in found if (path, case.claim.id) in self.binding.known]
        return {"passed": sum(evidence.status is Status.PASSED for _, evidence in found), "known": known,
                "failed": [case.claim.id for case, evidence in found if evidence.status not in case.expected]}


def examined(module: str) -> list[Found]:
    """Every binding of a module, examined."""
    found = []
    for binding in bindings(module):
        cases = [case for case in binding.cases() if case.examine is not None]
        found.append(Found(binding, module, [(case, case.examine()) for case in cases if case.examine is not None]))
    return found


def rows_of(module: str) -> tuple[list[Row], list[Row]]:
    """Coverage rows and errata of one module of tests, or the row of one optimizer's definition, as plain data."""
    if "." not in module:
        return [cross_examination.examined(module)], []
    with warnings.catch_warnings():  # torch's advice about a setting that a claim tries on purpose
        warnings.simplefilter("ignore")
        found = examined(module)
    return [each.row() for each in found], [erratum for each in found for erratum in each.errata()]


def record(jobs: int | None, console: Console) -> Row:
    """The whole catalogue: every row owed, bound or not, and every erratum."""
    names = [*modules(), *cross_examination.definitions()]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        work = pool.map(rows_of, names)
        results = list(track(work, "bindings", total=len(names), console=console, disable=not console.is_terminal))
    every = [row for rows, _ in results for row in rows]
    every.sort(key=lambda row: row["section"])
    taken = [next((owed for owed in OWED if owed.holds(row["section"], row["row"])), None) for row in every]
    owed = [{"section": o.section, "row": o.row, "grade": o.grade,
             "bindings": [row for row, home in zip(every, taken, strict=True) if home is o]} for o in OWED]
    beyond = [{"section": row["section"], "row": row["row"], "grade": "beyond", "bindings": [row]}
              for row, home in zip(every, taken, strict=True) if home is None]
    return {"schema": SCHEMA, "rows": owed + beyond, "errata": [e for _, errata in results for e in errata]}


def main(arguments: list[str] | None = None) -> int:
    """Run the catalogue; 1 if a reference, a mutant or a head to head is not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m fiducial.suites.demonstrations.catalogue", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", metavar="F", default="-", help="where the record goes; - for standard output")
    parser.add_argument("--jobs", type=int, default=None, help="processes at a time (one a core)")
    given = parser.parse_args(arguments)
    found = record(given.jobs, Console(stderr=True))
    text = json.dumps(found, indent=1, ensure_ascii=False)
    if given.json == "-":
        print(text)
    else:
        Path(given.json).write_text(f"{text}\n", encoding="utf-8")
    return int(any(not sound(row) for each in found["rows"] for row in each["bindings"]))


def sound(row: Row) -> bool:
    """Whether every claim holds, every mutant is rejected, and no public subject fails unexpectedly."""
    return bool(row["claims"]["passed"] == row["claims"]["judged"]
                and row["mutants"]["rejected"] == row["mutants"]["tried"]
                and not any(subject["failed"] for subject in row["head_to_head"].values()))


if __name__ == "__main__":
    sys.exit(main())
