"""The references: each has its tests, its sources and its variants, and needs nothing but NumPy."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import fiducial.reference
import fiducial.suites

REFERENCE = Path(fiducial.reference.__path__[0])
SUITES = Path(fiducial.suites.__path__[0])
FILES = sorted(REFERENCE.rglob("*.py"))
FOLDERS = sorted(path.name for path in REFERENCE.iterdir() if (path / "__init__.py").is_file())
PUBLIC = [path for path in FILES if not path.stem.startswith("_")]

NUMPY_ALONE = """
import importlib, pathlib, pkgutil, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names | {"numpy", "fiducial"}:
            raise ImportError(f"{top} is blocked")

import numpy
import fiducial.reference
sys.meta_path.insert(0, Blocked())
for found in pkgutil.walk_packages(fiducial.reference.__path__, "fiducial.reference."):
    importlib.import_module(found.name)
    print(found.name)
"""


def named(path: Path) -> str:
    return str(path.relative_to(REFERENCE))


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_definition_has_a_test_file_and_each_test_file_a_definition(folder: str) -> None:
    definitions = {path.stem.removeprefix("_") for path in (REFERENCE / folder).glob("*.py")} - {"_init__"}
    tests = {path.stem.removeprefix("test_") for path in (SUITES / folder).glob("test_*.py")}
    assert definitions == tests


@pytest.mark.parametrize("path", PUBLIC, ids=named)
def test_the_docstring_has_formulas_then_sources_then_variants(path: Path) -> None:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    source, variant = text.find("\nSource   "), text.find("\nVariant  ")
    assert 0 < source < variant
    assert any(line.startswith("    ") for line in text[:source].split("\n")), "no formula, indented, before the source"


def imported(path: Path) -> set[str]:
    """The top-level packages that a file imports; relative imports stay in the room."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add((node.module or "").partition(".")[0])
    return names


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_definition_imports_numpy_and_the_standard_library_only(path: Path) -> None:
    assert imported(path) <= {"numpy"} | sys.stdlib_module_names


def test_every_definition_can_be_imported_with_numpy_alone() -> None:
    done = subprocess.run([sys.executable, "-P", "-c", NUMPY_ALONE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == len(FILES) - 1  # the room itself was imported before


@pytest.mark.parametrize("path", PUBLIC, ids=named)
def test_a_definition_fits_on_two_pages(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 120
