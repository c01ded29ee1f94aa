"""The bundle holds what fiducial needs, is small, and certifies on a machine that has torch and no network."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest
import torch

from fiducial.suites.bundle import LARGEST, THERE, needs, write

TORCH = ("torch*", "numpy*", "scipy*", "sympy*", "mpmath*", "networkx*", "jinja2*", "Jinja2*", "markupsafe*",
         "MarkupSafe*", "fsspec*", "filelock*", "setuptools*", "_distutils_hack*")  # and what torch itself needs


def test_every_need_is_named_once_and_none_is_large() -> None:
    found = needs()
    assert {"hypothesis", "pydantic", "pydantic-core", "typer", "rich", "pebble", "cloudpickle", "psutil",
            "packaging"} <= found.keys()
    assert not found.keys() & {*THERE, "torch", "jax", "keras"}


@pytest.mark.slow
def test_it_builds_installs_and_certifies_beside_torch(tmp_path: Path) -> None:
    """In an environment of its own that sees torch, NumPy and SciPy, and no package index."""
    folder = tmp_path / "bundle"
    wheels = write(folder)
    assert sum(wheel.stat().st_size for wheel in wheels) < LARGEST
    python = beside_torch(tmp_path / "there")
    run(python, "-m", "pip", "install", "--quiet", "--no-index", "--find-links", str(folder), "fiducial")
    record = tmp_path / "record.json"
    run(python, "-m", "fiducial", "certify", "torch.optim:SGD", "--level", "quick", "--only", "rule.*",
        "--json", str(record), cwd=tmp_path)
    data = json.loads(record.read_text())
    assert data["verdict"] == "certified"
    absent = run(python, "-m", "fiducial", "certify", "torch.optim:SGD", "--device", "cuda", "--only", "device.*",
                 cwd=tmp_path, status=0 if cuda() else 1)
    assert cuda() or "no device: " in absent


def beside_torch(folder: Path) -> str:
    """The interpreter of a fresh environment with links to this one's torch."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    there = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    for pattern in TORCH:
        for found in Path(sysconfig.get_path("purelib")).glob(pattern):
            if not (there / found.name).exists():
                (there / found.name).symlink_to(found)
    return python


def run(*words: str, cwd: Path | None = None, status: int = 0) -> str:
    """What a command prints; it must end with the status, and may reach no index."""
    quiet = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    done = subprocess.run(words, capture_output=True, text=True, cwd=cwd, check=False,
                          env={**quiet, "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"})
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def cuda() -> bool:
    """Whether this machine's torch sees a GPU."""
    return bool(torch.cuda.is_available())
