"""Give pytest the installed packages, so that no module of ours is ever run under a second name.

pytest names a test module after its folders (`suites.optimizers.test_adam`); here every such name stands for the module
`fiducial.suites.optimizers.test_adam`, whoever imports it first. Sums are taken by one thread, which pins their order,
and is many times faster than two on a busy machine.
"""

import importlib
import os
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
ROOT = Path(__file__).parent


class SameModule(MetaPathFinder, Loader):
    """Finds `suites.…` as `fiducial.suites.…`: one object under two names."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The module's file in this folder; pytest asks for the origin."""
        place = ROOT.joinpath(*name.split("."))
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if name.partition(".")[0] != "suites" or name == "suites.door" or not file.is_file():
            return None
        return ModuleSpec(name, self, origin=str(file), is_package=place.is_dir())

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module as it is installed."""
        return importlib.import_module(f"fiducial.{spec.name}")

    def exec_module(self, module: ModuleType) -> None:
        """It has run."""


sys.meta_path.insert(0, SameModule())
