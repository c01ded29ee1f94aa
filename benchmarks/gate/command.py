"""`fiducial gate`: from the words of a call to its exit status."""

from __future__ import annotations

import dataclasses
import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from fiducial.benchmarks.desk.machine import environment
from fiducial.benchmarks.gate import configuration as settings
from fiducial.benchmarks.gate import keeping
from fiducial.benchmarks.gate import selftest as own
from fiducial.benchmarks.gate.conduct import SCHEMA, Result, common, judge
from fiducial.benchmarks.gate.configuration import Configuration
from fiducial.benchmarks.gate.decision import Rule
from fiducial.benchmarks.gate.instructions import absent, count
from fiducial.benchmarks.gate.pairing import Arena, Unusable
from fiducial.benchmarks.gate.told import show
from fiducial.benchmarks.gate.versions import importable, trees
from fiducial.suites.jobs import Refusal
from fiducial.suites.series import Output

NOTHING = "nothing was measured"


def call(base: str | None, head: str | None, *, bench: Sequence[str] = (), config: str | None = None,
         strict: bool = False, selftest: int | None = None, inject: float = 0.0, instructions: bool = False,
         store: str | None = None, export: Sequence[str] = (), json: str | None = None, seed: int = 0) -> int:
    """Run the gate as the command line asks; the exit status. Raises Refusal."""
    found = settings.read(config)
    found = settings.in_range(dataclasses.replace(found, select=tuple(bench) or found.select,
                                                  store=store or found.store), "the call")
    first, second = sides(base, head, selftest)
    if instructions and selftest:
        raise Refusal("--instructions repeats to the last digit: --selftest is of seconds", 2)
    if inject and not selftest:
        raise Refusal("--inject slows a side down on purpose: it needs --selftest N", 2)
    output = Output.to(json)
    keeping.check(found.store, export)
    with ready(first, second, found, random.Random(seed)) as arena:
        try:
            if instructions:
                return counted(arena, found, output, strict=strict, formats=export)
            if selftest:
                return tested(arena, found, selftest, inject, output)
            return compared(arena, found, output, strict=strict, formats=export)
        except Unusable as error:
            side, why = error.args
            raise Refusal(f"{arena.versions[side].label} ({side}) cannot be measured: {why}", 3) from error


def sides(base: str | None, head: str | None, selftest: int | None) -> tuple[str, str]:
    """What is compared. Raises Refusal."""
    if selftest:
        if head is not None:
            raise Refusal("--selftest holds one version against itself: leave HEAD out", 2)
        return base or "HEAD", base or "HEAD"
    if base is None or head is None:
        raise Refusal("give two versions, BASE and HEAD, each a commit or a folder; or --selftest N", 2)
    return base, head


@contextmanager
def ready(base: str, head: str, found: Configuration, rng: random.Random) -> Iterator[Arena]:
    """Both versions, importable, and the benchmarks of HEAD. Raises Refusal."""
    with tempfile.TemporaryDirectory(prefix="fiducial-gate-") as folder, trees(base, head, Path(folder)) as laid:
        home = Path(folder)
        tree = laid["head"][0]
        wanted = found.benchmarks or settings.folder_of_asv(tree) or "benchmarks"
        benchmarks = tree / wanted
        if not (benchmarks / "__init__.py").is_file():
            raise Refusal(f"{head} has no benchmarks in {wanted} (a folder with __init__.py): name it in "
                          "tool.fiducial.gate.benchmarks, or as benchmark_dir in asv.conf.json", 2)
        labels = {"base": base, "head": head}
        versions = {side: importable(side, labels[side], *laid[side], found.paths, home) for side in laid}
        yield Arena(versions, benchmarks, home, rng, found.pin)


def compared(arena: Arena, found: Configuration, output: Output, *, strict: bool, formats: Sequence[str] = ()) -> int:
    """One comparison, shown and written; the exit status. Raises Unusable."""
    benchmarks, missing = common(arena, found)
    result = judge(arena, benchmarks, Rule(found.alpha, found.minimum), teller(output.progress),
                   keeping.minima(found.store))
    result.verdicts += missing
    return finished(result, arena, found, output, strict=strict, formats=formats)


def finished(result: Result, arena: Arena, found: Configuration, output: Output, *, strict: bool,
             formats: Sequence[str]) -> int:
    """Show, write and keep a result; the exit status."""
    show(result, output.table)
    status = result.status(strict=strict)
    if status == 4:
        output.progress.print(f"fiducial: {NOTHING}: no benchmark of both versions could be run")
    write(record(arena, result.data(), status), output)
    keeping.keep(found.store, arena, result)
    keeping.export(formats, arena, result)
    return status


def counted(arena: Arena, found: Configuration, output: Output, *, strict: bool, formats: Sequence[str]) -> int:
    """Instructions instead of seconds; the exit status. Raises Unusable."""
    if (why := absent()) is not None:
        output.progress.print(f"fiducial: {NOTHING}: {why}")
        return 4
    benchmarks, missing = common(arena, found)
    result = count([each for each in benchmarks if each.kind == "time"], arena, teller(output.progress))
    result.verdicts += missing
    return finished(result, arena, found, output, strict=strict, formats=formats)


def tested(arena: Arena, found: Configuration, runs: int, inject: float, output: Output) -> int:
    """The gate on identical code, so many times; the exit status. Raises Unusable."""
    arena.slower = {"head": inject} if inject else {}
    rule, results = Rule(found.alpha, found.minimum), list[Result]()
    benchmarks, _ = common(arena, found)
    for k in range(runs):
        if not benchmarks:
            break
        fresh = [dataclasses.replace(each.fresh(), number=0) for each in benchmarks]
        results.append(judge(arena, fresh, rule, teller(output.progress)))
        counts = [len(results[-1].of(each)) for each in ("slower", "faster", "undecided", "same")]
        output.progress.print(Text(f"run {k + 1} of {runs}: {counts[0]} slower, {counts[1]} faster, {counts[2]} "
                                   f"undecided, {counts[3]} same, {results[-1].seconds:.1f} s"))
    if not any(result.of("same", "faster", "slower", "undecided") for result in results):
        output.progress.print(f"fiducial: {NOTHING}")
        return 4
    summary = own.summary(results, rule, inject)
    together = own.accumulated(keeping.selftests(found.store), summary) if not inject else None
    own.sentences(summary, together, lambda line: output.table.print(Text(line)))
    write(record(arena, {"selftest": summary, "accumulated": together,
                         "runs": [result.data() for result in results]}, 0), output)
    keeping.keep_selftest(found.store, arena, summary)
    return 0


def record(arena: Arena, data: dict[str, Any], status: int) -> dict[str, Any]:
    """What is written: the versions, the surroundings, and what was found."""
    versions = {side: {"label": version.label, "commit": version.commit} for side, version in arena.versions.items()}
    return {"schema": SCHEMA, **versions, "exit_status": status, "environment": environment(), **data}


def write(data: dict[str, Any], output: Output) -> None:
    """Write the record where the call asks for it."""
    text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False)
    if output.record == "-":
        print(text)
    elif output.record:
        Path(output.record).write_text(f"{text}\n", encoding="utf-8")


def teller(console: Console) -> Any:
    """Says what is being done, where somebody watches."""
    return (lambda line: console.print(Text(line, "dim"))) if console.is_terminal else (lambda line: None)
