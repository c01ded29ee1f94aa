"""Wheels for a machine without a network that has torch: what fiducial needs beside it, and fiducial itself.

`./run bundle` writes them into build/bundle. NumPy and SciPy are left out: they are large, and come with a torch
environment or are there already.
"""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
THERE = frozenset({"numpy", "scipy"})  # of the machine that the bundle goes to
PYTHONS = ("3.11", "3.12", "3.13")
PLATFORM = "manylinux2014_x86_64"
LARGEST = 30 * 10**6  # bytes of a bundle


def needs() -> dict[str, str]:
    """Every distribution that fiducial needs, directly or not, with the version installed here; none that is there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found: dict[str, str] = {}
    waiting = list(project["dependencies"])
    while waiting:
        requirement = Requirement(waiting.pop())
        name = canonicalize_name(requirement.name)
        wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if wanted and name not in THERE and name not in found:
            found[name] = importlib.metadata.version(name)
            waiting += importlib.metadata.requires(name) or ()
    return dict(sorted(found.items()))


def pip(*words: str) -> None:
    """Run pip, quietly. Raises CalledProcessError with what it said."""
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *words], check=True,
                   capture_output=True, text=True)


def write(folder: Path) -> list[Path]:
    """Write the wheels into a folder that is emptied first; return them."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(ROOT / "build" / "lib", ignore_errors=True)  # else files that are gone are packed again
    pins = [f"{name}=={version}" for name, version in needs().items()]
    for python in PYTHONS:
        pip("download", "--no-deps", "--only-binary=:all:", "--python-version", python, "--platform", PLATFORM,
            "--dest", str(folder), *pins)
    pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    return sorted(folder.glob("*.whl"))


def main() -> int:
    """Write the bundle and say how it is used."""
    folder = ROOT / "build" / "bundle"
    try:
        wheels = write(folder)
    except subprocess.CalledProcessError as error:
        print(f"fiducial: pip could not fetch or build the wheels:\n{error.stderr.strip()}", file=sys.stderr)
        return 3
    size = sum(wheel.stat().st_size for wheel in wheels)
    if size > LARGEST:
        print(f"fiducial: the bundle has {size / 1e6:.0f} MB, more than {LARGEST / 1e6:.0f}", file=sys.stderr)
        return 3
    print(f"""{folder.relative_to(ROOT)}: {len(wheels)} wheels, {size / 1e6:.1f} MB
for Python {', '.join(PYTHONS)} on {PLATFORM}
on a machine that has torch, NumPy and SciPy:
  python3 -m pip install --no-index --find-links {folder.name} fiducial
  python3 -m fiducial certify torch.optim:AdamW --device cuda --json cuda.json
and here, beside a certificate of the CPU:
  fiducial report cpu.json cuda.json --json both.json""")
    return 0


if __name__ == "__main__":
    sys.exit(main())
