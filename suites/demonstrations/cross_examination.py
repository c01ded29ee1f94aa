"""Who cross-examines each optimizer's definition: read off its tests, and shown by planting mistakes in it.

    python -m fiducial.suites.demonstrations.cross_examination [NAME ...]

The tests of `suites/optimizers/test_NAME.py` are run on `reference/optimizers/NAME.py` as it is, then with a mistake in
one function after another. A test that passes before and fails then does not take its numbers from the definition: it
stands on a public implementation, on another definition, or on what it works out itself.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib
import inspect
import io
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import pytest

from fiducial.suites.harness.term_mutants import HOME, Reached, planted
from fiducial.suites.harness.terms import mutants

Row = dict[str, Any]
TESTS = "fiducial.suites.optimizers"
TRIES = 4  # mistakes in one function; one of them that is found shows that its tests look at it
PUBLIC = (re.compile(r"torch\.optim()\.([A-Z]\w+)"), re.compile(r"optax()_course\('([\w.]+)'"),
          re.compile(r"\boptax()\.((?:contrib\.)?(?!apply_updates)[a-z]\w+)\("))
HANDED_OVER = re.compile(r"(?:\bpackage|import_module\(package\)|\boptimi)\.([A-Z]\w+)")
IMPORTED = re.compile(r"importorskip\('([\w.]+)'\)")
OF_MODULES = {0: "torch.optim", 1: "optax", 2: "optax"}


def definitions() -> list[str]:
    """The optimizers' definitions, by name."""
    return sorted(path.stem for path in Path(importlib.import_module(HOME).__path__[0]).glob("[a-z]*.py"))


class Mistakes(NamedTuple):
    """A few mistakes in one function of a definition."""

    function: str
    planted: list[Reached]


def mistakes(module: ModuleType) -> Iterator[Mistakes]:
    """For each public function but init: its longest expression, changed in the ways that terms can be."""
    for name, function in vars(module).items():
        own = isinstance(function, FunctionType) and function.__module__ == module.__name__
        if own and not name.startswith("_") and not name.endswith("init"):
            found = sorted(mutants(inspect.getsource(module), {name}), key=lambda m: -len(m.before))
            if found:
                yield Mistakes(name, [Reached(function, mutant) for mutant in found[:TRIES]])


class Session:
    """What pytest is told: run all tests on the definition as it is, then with each mistake."""

    def __init__(self, wrong: Sequence[Mistakes]) -> None:
        self.wrong = wrong
        self.items: list[pytest.Item] = []
        self.sound: dict[str, str] = {}
        self.told: dict[str, set[str]] = {}  # test → outcomes of its parts
        self.seeing: dict[str, set[str]] = {each.function: set() for each in wrong}  # function → tests that fail

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """The whole of the run."""
        self.items = session.items
        self.sound = self._outcomes()
        for each in self.wrong:
            for one in each.planted if session.items else ():
                with planted(one):
                    found = self._outcomes()
                self.seeing[each.function] |= {name for name, what in found.items()
                                               if what == "failed" and self.sound[name] == "passed"}
                if self.seeing[each.function]:
                    break
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A part of a test has ended."""
        self.told.setdefault(report.nodeid, set()).add(report.outcome)

    def _outcomes(self) -> dict[str, str]:
        """What became of each test, run with its own marks: passed, failed, or skipped."""
        self.told.clear()
        for item in self.items:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        return {item: next(word for word in ("failed", "skipped", "passed") if word in told)
                for item, told in self.told.items()}


def examined(name: str) -> Row:
    """One definition as a row of the coverage table."""
    module, file = importlib.import_module(f"{HOME}.{name}"), _file(name)
    session = Session(list(mistakes(module)))
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        pytest.main([str(file), "-q", "--import-mode=importlib", "-W", "ignore::pytest.PytestAssertRewriteWarning",
                     "-p", "no:hypothesispytest"],  # it warns of strategies that were used before it is loaded
                    plugins=[session])
    seeing = set[str]().union(*session.seeing.values())
    ran = [what for what in session.sound.values() if what != "skipped"]
    sources = Sources(file)
    faced, formulations = _faced(session, sources, seeing), set[str]()
    for item in session.items:
        if item.nodeid in seeing:
            formulations |= sources.definitions(_named(item)) - {name}
    return {"section": 8, "row": f"{name}:", "module": f"{TESTS}.{file.stem}", "rule": None, "gradient": None,
            "claims": {"passed": ran.count("passed"), "judged": len(ran)},
            "mutants": {"rejected": sum(map(bool, session.seeing.values())), "tried": len(session.seeing)},
            "head_to_head": faced, "formulations": sorted(formulations),
            "worked_out": sorted({_named(i) for i in session.items if i.nodeid in seeing and not sources.public(i)
                                  and not sources.definitions(_named(i)) - {name}})}


def _file(name: str) -> Path:
    return Path(importlib.import_module(TESTS).__path__[0]) / f"test_{name}.py"


def _named(item: pytest.Item) -> str:
    return item.name.partition("[")[0]


def _faced(session: Session, sources: Sources, seeing: set[str]) -> dict[str, Row]:
    """The public subjects that the definition was held against here, by tests that see mistakes."""
    faced: dict[str, Row] = {}
    for item in session.items:
        what = session.sound[item.nodeid]
        for path in sources.public(item) if what == "failed" or item.nodeid in seeing else ():
            row = faced.setdefault(path, {"passed": 0, "known": [], "failed": []})
            row["passed"] += what == "passed"
            row["failed"] += [item.name] if what == "failed" else []
    return faced


class Sources:
    """The source of a test file: what stands in it under each name, and whom that speaks of."""

    def __init__(self, file: Path) -> None:
        self.tree = ast.parse(file.read_text(encoding="utf-8"))
        self.named: dict[str, ast.stmt] = {}
        for node in self.tree.body:
            for name in _bound(node):
                self.named[name] = node
        self.imported = {alias.asname or alias.name: alias.name for node in self.tree.body
                         if isinstance(node, ast.ImportFrom) and node.module == HOME for alias in node.names}

    def text(self, name: str) -> str:
        """The source of a test and of everything in its file that it calls, decorators aside."""
        seen, left = dict[str, str](), [name]
        while left:
            node = self.named.get(at := left.pop())
            if node is None or at in seen:
                continue
            bare: ast.AST = node
            if isinstance(node, ast.FunctionDef):
                bare = ast.Module([ast.FunctionDef(**{**dict(ast.iter_fields(node)), "decorator_list": []})], [])
            seen[at] = ast.unparse(ast.fix_missing_locations(bare))
            left += [part.id for part in ast.walk(bare) if isinstance(part, ast.Name)]
        return "\n".join(seen.values())

    def public(self, item: pytest.Item) -> set[str]:
        """The public subjects that a test runs."""
        text = self.text(_named(item))
        found = {f"{OF_MODULES[k]}:{name}" for k, pattern in enumerate(PUBLIC) for _, name in pattern.findall(text)}
        chosen: Mapping[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
        packages = [chosen["package"]] if "package" in chosen else IMPORTED.findall(text)
        return found | {f"{package}:{name}" for package in packages if package not in ("optax", "jax")
                        for name in HANDED_OVER.findall(text)}

    def definitions(self, name: str) -> set[str]:
        """The definitions that a test speaks of."""
        text = self.text(name)
        return {real for local, real in self.imported.items() if re.search(rf"\b{local}\b", text)}


def _bound(node: ast.stmt) -> list[str]:
    """The names that a statement gives."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]


def main(words: Sequence[str] | None = None) -> int:
    """Print who cross-examines each definition; 1 if nobody does, or a mistake is not found."""
    parser = argparse.ArgumentParser(description="Who cross-examines each optimizer's definition.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="definitions; all of them if none is named")
    wrong = 0
    for name in parser.parse_args(words).names or definitions():
        row = examined(name)
        faced = ", ".join([*row["head_to_head"], *row["formulations"], *row["worked_out"]])
        found, tried = row["mutants"]["rejected"], row["mutants"]["tried"]
        print(f"{name:<22} mistakes found in {found} of {tried} functions, by {faced or 'nobody'}", flush=True)
        wrong += not faced or found < tried
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
