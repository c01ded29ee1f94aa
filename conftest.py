"""Give pytest the installed packages, so that no module of ours is ever run under a second name.

pytest names a test module after its folders (`suites.optimizers.test_adam`) and would run `suites/__init__.py`
again under that name; here the packages `fiducial.suites…` stand under it already. Sums are taken by one thread, which
pins their order, and is many times faster than two on a busy machine.
"""

import importlib
import os
import sys
from pathlib import Path

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

ROOT = Path(__file__).parent

for init in sorted(ROOT.glob("suites/**/__init__.py")):
    name = ".".join(init.parent.relative_to(ROOT).parts)
    if name != "suites.door":
        sys.modules[name] = importlib.import_module(f"fiducial.{name}")
