"""What the figures of the desk depend on, and how they are printed."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Sequence
from typing import Any

import psutil
from rich.table import Table

PACKAGES = ("numpy", "scipy", "hypothesis", "torch")
Row = dict[str, Any]


def environment() -> Row:
    """The versions and the machine that the numbers depend on; nothing that names a machine."""
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in PACKAGES},
            "platform": f"{platform.system()} {platform.machine()}", "cores": os.cpu_count(),
            "memory_gib": round(psutil.virtual_memory().total / 2**30)}


def table(title: str, rows: Sequence[Row]) -> Table:
    """Rows of equal keys as a table."""
    made = Table(title=title, title_justify="left")
    for name in rows[0]:
        made.add_column(name.replace("_", " "), justify="left" if isinstance(rows[0][name], str) else "right")
    for row in rows:
        made.add_row(*("" if value is None else str(value) for value in row.values()))
    return made
