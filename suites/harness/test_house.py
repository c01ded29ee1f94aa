"""The house: which room may import what, read from the sources, and each rule shown able to fail."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

ROOMS = ("reference", "checks", "suites", "benchmarks", "reports")
HOMES = {room: Path(importlib.import_module(f"fiducial.{room}").__path__[0]) for room in ROOMS}
ROOT = HOMES["suites"].parent
FRAMEWORKS = {"torch", "jax", "jaxlib", "keras", "optax"}
STANDARD = sys.stdlib_module_names
DOTTED = re.compile(r"fiducial(\.\w+)+")
VAGUE = {"utils", "util", "helpers", "helper", "common", "base", "misc"}
# What a room may import beside itself; the fiducial names are prefixes, the others packages.
MAY_IMPORT = {
    "reference": {"numpy"},
    "checks": {"numpy", "scipy", "hypothesis", "pydantic"},
    "suites": {"fiducial.reference", "fiducial.checks"},
    "benchmarks": {"fiducial.reference", "fiducial.checks", "fiducial.suites"},
    "reports": {"fiducial.checks.evidence"},
}
READ_REPORTS = {"suites/cli.py", "suites/certified_items.py"}  # inside a function: pages, and the published ids
PRELOAD = "suites/preload.py"  # the fork server runs it in order to have the framework imported
BOUND_TO_A_LIST = {"reference", "checks"}  # the other rooms may use any package that is installed with them
FILES = sorted(path.relative_to(ROOT).as_posix() for home in HOMES.values() for path in home.rglob("*.py"))
PACKAGES = [name for name in FILES if name.endswith("/__init__.py")]


@dataclass(frozen=True)
class Import:
    """One import: the absolute name, its line, whether it is relative, and whether it stands inside a function."""

    name: str
    line: int
    relative: bool = False
    inside: bool = False

    def under(self, prefix: str) -> bool:
        """Whether it names a module or something in it."""
        return self.name == prefix or self.name.startswith(f"{prefix}.")


def imports(source: str, file: str) -> list[Import]:
    """Every import of a file, a name of one of our modules in a string included: it is there to be imported."""
    return list(_imports(ast.parse(source), ["fiducial", *Path(file).parent.parts], inside=False))


def _imports(node: ast.AST, package: list[str], *, inside: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(alias.name, node.lineno, inside=inside) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        relative = node.level > 0
        above = package[: len(package) - node.level + 1] if relative else []
        module = ".".join([*above, *([node.module] if node.module else [])])
        yield from (Import(f"{module}.{alias.name}", node.lineno, relative, inside) for alias in node.names)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and DOTTED.fullmatch(node.value):
        yield Import(node.value, node.lineno, inside=True)
    deeper = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    for child in ast.iter_child_nodes(node):
        yield from _imports(child, package, inside=deeper)


def is_test_material(file: str) -> bool:
    """Test files, and what only they use: it lies beside tests in a folder of its own, or belongs to the harness."""
    parts = Path(file).parts
    if parts[0] != "suites" or len(parts) < 3:
        return False
    return parts[-1].startswith("test_") or parts[1] == "harness" or any((ROOT / file).parent.glob("test_*.py"))


def fault(found: Import, file: str) -> str | None:
    """What is wrong with an import in this file, in words; None if nothing is."""
    room = file.partition("/")[0]
    top = found.name.partition(".")[0]
    if found.relative and room != "reference":
        return "is relative: write fiducial.…"
    if top in ROOMS:
        return f"is found in this folder only: write fiducial.{found.name}"
    if top == "fiducial":
        return None if _is_open(found, room, file) else f"is closed to {room}"
    if top in FRAMEWORKS:
        return None if _may_use_a_framework(found, room, file) else f"is a framework, which {room} does not import here"
    if room in BOUND_TO_A_LIST and top not in MAY_IMPORT[room] | STANDARD:
        return f"is no package that {room} may need"
    return None


def _is_open(found: Import, room: str, file: str) -> bool:
    rooms_named = [other for other in ROOMS if found.under(f"fiducial.{other}")]
    if found.under(f"fiducial.{room}") or any(found.under(prefix) for prefix in MAY_IMPORT[room]):
        return True
    if room == "suites" and not rooms_named:  # the door is a part of suites
        return True
    if room == "suites" and rooms_named[0] in {"reports", "benchmarks"}:
        return is_test_material(file) or (file in READ_REPORTS and found.inside)
    return False


def _may_use_a_framework(found: Import, room: str, file: str) -> bool:
    if room == "checks":
        return file.startswith("checks/adapters/")
    if room == "suites":
        return found.inside or is_test_material(file) or file == PRELOAD
    return room == "benchmarks"


def faults(source: str, file: str) -> list[str]:
    """The forbidden imports of a file, one sentence each."""
    wrong = [(found, fault(found, file)) for found in imports(source, file)]
    return [f"{file}:{found.line}: {found.name} {why}" for found, why in wrong if why is not None]


@pytest.mark.parametrize("file", FILES)
def test_imports_point_one_way(file: str) -> None:
    assert faults((ROOT / file).read_text(encoding="utf-8"), file) == []


@pytest.mark.parametrize(("file", "source"), [
    ("reference/optimizers/adam.py", "from fiducial.checks.evidence import Gap"),
    ("reference/optimizers/adam.py", "from ...checks.evidence import Gap"),
    ("reference/optimizers/adam.py", "import scipy"),
    ("reference/optimizers/adam.py", "def step():\n    import torch"),
    ("checks/engine.py", "from fiducial.reference.optimizers import adam"),
    ("checks/engine.py", "from fiducial import suites"),
    ("checks/engine.py", "import importlib\nimportlib.import_module('fiducial.suites.worker')"),
    ("checks/engine.py", "def late():\n    from fiducial.reports import site"),
    ("checks/engine.py", "import rich"),
    ("checks/engine.py", "def late():\n    import torch"),
    ("checks/engine.py", "from .evidence import Gap"),
    ("suites/cli.py", "from fiducial.reports import site"),
    ("suites/series.py", "def late():\n    from fiducial.benchmarks import gate"),
    ("suites/worker.py", "import torch"),
    ("suites/rules/optimizers.py", "from torch import optim"),
    ("suites/optimizers/test_adam.py", "from checks.evidence import Gap"),
    ("suites/optimizers/test_adam.py", "import suites.optimizers"),
    ("suites/optimizers/test_adam.py", "from .trajectories import Plan"),
    ("benchmarks/gate.py", "from fiducial.reports import site"),
    ("reports/site.py", "from fiducial.suites import rules"),
    ("reports/site.py", "from fiducial.checks import engine"),
    ("reports/site.py", "import torch"),
])
def test_an_import_the_wrong_way_is_found(file: str, source: str) -> None:
    assert len(faults(source, file)) == 1


@pytest.mark.parametrize(("file", "source"), [
    ("reference/optimizers/adam.py", "from .._arrays import Array\nimport numpy as np\nimport math"),
    ("checks/contract/update.py", "from fiducial.checks.evidence import Gap\nimport scipy.special"),
    ("checks/adapters/torch_forms.py", "import torch"),
    ("suites/cli.py", "def report():\n    from fiducial.reports import site"),
    ("suites/worker.py", "def load():\n    import torch"),
    ("suites/reports/test_site.py", "from fiducial.reports import site\nimport torch"),
    ("suites/door/__init__.py", "from fiducial import __version__"),
    ("benchmarks/desk/step.py", "import torch\nfrom fiducial.suites import rules"),
    ("reports/site.py", "from fiducial.checks.evidence import Certificate\nfrom fiducial.reports import pages"),
])
def test_an_import_the_right_way_is_left_alone(file: str, source: str) -> None:
    assert faults(source, file) == []


def run_twice(modules: Mapping[str, ModuleType], root: Path) -> dict[str, list[str]]:
    """Files under root that stand behind more than one module object, with the names of each.

    One object under two names (see conftest.py) has run once, and is no fault.
    """
    objects: dict[str, dict[int, str]] = defaultdict(dict)
    for name, module in list(modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and Path(file).is_relative_to(root) and ".venv" not in Path(file).parts:
            objects[str(Path(file).relative_to(root))].setdefault(id(module), name)
    return {file: sorted(names.values()) for file, names in objects.items() if len(names) > 1}


def test_no_module_of_ours_has_run_under_two_names() -> None:
    """pytest has collected, and so imported, every test module of the session before the first test runs."""
    assert run_twice(sys.modules, ROOT) == {}


def test_a_module_under_two_names_is_found(tmp_path: Path) -> None:
    first, second = ModuleType("suites"), ModuleType("fiducial.suites")
    first.__file__ = second.__file__ = str(tmp_path / "suites.py")
    assert run_twice({"suites": first, "alias": first}, tmp_path) == {}
    assert run_twice({"suites": first, "fiducial.suites": second}, tmp_path) == {
        "suites.py": ["fiducial.suites", "suites"]}


def charter_fault(source: str, *, room: bool) -> str | None:
    """What is wrong with a package's docstring: a room's is one sentence, another's begins with one on a line."""
    text = (ast.get_docstring(ast.parse(source)) or "").strip()
    first = text.partition("\n")[0]
    if not re.fullmatch(r"[^\s].*[.?]", first):
        return f"begins with {first!r}, no sentence on one line"
    if room and (text != first or re.search(r"[.?!] [A-Z]", first)):
        return "is more than one sentence"
    return None


@pytest.mark.parametrize("file", PACKAGES)
def test_each_package_says_what_it_is(file: str) -> None:
    assert charter_fault((ROOT / file).read_text(encoding="utf-8"), room=file.count("/") == 1) is None


@pytest.mark.parametrize(("source", "room"), [
    ("", True), ('"""No full stop"""', False), ('"""One sentence. Another one."""', True),
    ('"""One sentence.\n\nAnd more.\n"""', True),
])
def test_a_package_that_does_not_say_what_it_is_is_found(source: str, room: bool) -> None:
    assert charter_fault(source, room=room) is not None


def vaguely_named(files: Iterable[str]) -> list[str]:
    """Files and folders that are named for nothing in particular."""
    return [file for file in files if {part.removesuffix(".py").strip("_") for part in Path(file).parts} & VAGUE]


def test_every_file_is_named_for_what_it_holds() -> None:
    assert vaguely_named(FILES) == []


def test_a_vague_name_is_found() -> None:
    vague = ["suites/utils.py", "checks/common/draws.py", "reports/_helpers.py"]
    assert vaguely_named([*vague, "checks/draws.py", "suites/baseline.py"]) == vague


def test_every_room_was_read() -> None:
    assert {file.partition("/")[0] for file in FILES} == set(ROOMS)
    assert any(is_test_material(file) for file in FILES)
