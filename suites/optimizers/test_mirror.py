"""The mirror: each definition has its tests, its sources and its variants, and needs nothing but NumPy."""

import ast
import sys
from pathlib import Path

import pytest

import fiducial.reference
import fiducial.reference.optimizers
import fiducial.suites.optimizers

REFERENCE = Path(fiducial.reference.__path__[0])
DEFINITIONS = sorted(Path(fiducial.reference.optimizers.__path__[0]).glob("*.py"))
TESTS = Path(fiducial.suites.optimizers.__path__[0])
PUBLIC = [path for path in DEFINITIONS if not path.stem.startswith("_")]


def test_each_definition_has_a_test_file_and_each_test_file_a_definition() -> None:
    definitions = {path.stem.removeprefix("_") for path in DEFINITIONS} - {"_init__"}
    tests = {path.stem.removeprefix("test_") for path in TESTS.glob("test_*.py")} - {"mirror"}
    assert definitions == tests


@pytest.mark.parametrize("path", PUBLIC, ids=lambda path: path.stem)
def test_the_docstring_names_sources_and_variants_in_this_order(path: Path) -> None:
    text = ast.get_docstring(ast.parse(path.read_text())) or ""
    assert 0 < text.find("\nSource   ") < text.find("\nVariant  ")


def imported(path: Path) -> set[str]:
    """The top-level packages that a file imports; relative imports stay in the room."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add((node.module or "").partition(".")[0])
    return names


@pytest.mark.parametrize("path", sorted(REFERENCE.rglob("*.py")), ids=lambda path: str(path.relative_to(REFERENCE)))
def test_a_definition_imports_numpy_and_the_standard_library_only(path: Path) -> None:
    assert imported(path) <= {"numpy"} | sys.stdlib_module_names


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.stem)
def test_a_definition_fits_on_two_pages(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 120
