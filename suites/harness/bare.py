"""A bare environment: scripts are run in a process that cannot import fiducial, but for the named subjects' files.

    python bare.py < [[script, subject in place of Subject, or ""], …]      prints the exit status of each as JSON
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import sys
import types
from pathlib import Path
from typing import Any

OPEN = ("fiducial.suites.harness.mutants.", "fiducial.suites.harness.sound")
PACKAGES = ("fiducial", "fiducial.suites", "fiducial.suites.harness", "fiducial.suites.harness.mutants")
CLOSED = ("fiducial", "pytest", "hypothesis", "_pytest")
HERE = Path(__file__).parent


class Gate:
    """The one finder of a bare environment: it asks the others, but not for what a user does not have."""

    def __init__(self) -> None:
        self.others: list[Any] = list(sys.meta_path)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """The file of a subject; nothing for anything else of ours; what the others say for the rest."""
        if name.startswith(OPEN):
            file = HERE.joinpath(*name.split(".")[3:]).with_suffix(".py")
            return importlib.util.spec_from_file_location(name, file)
        if name.partition(".")[0] in CLOSED:
            return None
        return next((spec for other in self.others if (spec := other.find_spec(name, path, target)) is not None), None)

    def find_distributions(self, context: Any) -> Any:
        """The distributions that the others know."""
        return (d for other in self.others if hasattr(other, "find_distributions")
                for d in other.find_distributions(context))


def status(script: str) -> int:
    """The exit status of a script, which starts in the world as torch leaves it."""
    import torch

    torch.set_default_dtype(torch.float32)
    torch.set_grad_enabled(True)
    torch.manual_seed(1)
    try:
        exec(compile(script, "<script>", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        return end.code or 0 if isinstance(end.code, int | None) else 1
    except Exception as error:
        print(repr(error), file=sys.stderr)
        return 70
    return 0


def main() -> None:
    """Run every script that standard input holds."""
    sys.meta_path[:] = [Gate()]
    for package in PACKAGES:
        sys.modules[package] = types.ModuleType(package)
        sys.modules[package].__path__ = []
    scripts = json.load(sys.stdin)
    found = []
    for script in scripts:
        with contextlib.redirect_stdout(io.StringIO()):
            found.append(status(script))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
