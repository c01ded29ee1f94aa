"""Give pytest the installed packages, so that no module of ours is ever run under a second name.

pytest names a test module after its folders (`suites.optimizers.test_adam`) and would run `suites/__init__.py`
again under that name; here the packages `fiducial.suites…` stand under it already.
"""

import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).parent

for init in sorted(ROOT.glob("suites/**/__init__.py")):
    name = ".".join(init.parent.relative_to(ROOT).parts)
    if name != "suites.door":
        sys.modules[name] = importlib.import_module(f"fiducial.{name}")
