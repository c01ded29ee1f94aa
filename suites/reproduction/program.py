"""A script as text: values as Python source, the subject's import, the imports that the text needs, and its length.

A script ends with exit status 1 where the failure shows, and 0 where it does not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

MOST_LINES = 30
WIDEST = 40_000  # characters of a line that holds numbers; more of them are no example
STANDARD = ("copy", "importlib.util", "io", "pickle", "random", "sys", "warnings", "weakref")
SAME = "same = lambda x, y: x.shape == y.shape and bool(((x == y) | (x != x) & (y != y)).all())"


class Unwritable(Exception):
    """No script can be written, and why."""


def literal(value: Any) -> str:
    """A value as Python source that gives it back exactly. Raises Unwritable for what has none."""
    if isinstance(value, np.ndarray):
        return literal(value.tolist())
    if isinstance(value, np.generic):
        return literal(value.item())
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(literal(v) for v in value) + "]"
    if type(value) is tuple:
        return "(" + "".join(f"{literal(v)}, " for v in value).removesuffix(" " if len(value) == 1 else ", ") + ")"
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if value is None or type(value) in (bool, int, float, str):
        return repr(value)
    if type(value).__name__ == "Tensor" and not value.ndim:
        return f"torch.tensor({value.item()!r}, dtype={value.dtype})"
    if re.fullmatch(r"torch\.[a-z0-9_]+", repr(value)):  # a dtype
        return repr(value)
    raise Unwritable(f"{type(value).__name__} has no literal")


def call(name: str, first: str, options: Mapping[str, Any]) -> str:
    """A call with one argument and keywords."""
    if all(isinstance(key, str) and key.isidentifier() for key in options):
        return f"{name}({', '.join([first, *(f'{key}={literal(value)}' for key, value in options.items())])})"
    return f"{name}({first}, **{literal(options)})"


def importing(path: str, name: str = "Subject") -> list[str]:
    """The lines that import `package.module:Attr` or `path/file.py:Attr` under a name. Raises Unwritable."""
    module, _, attribute = path.rpartition(":")
    if not module or "<" in attribute or module == "__main__":
        raise Unwritable(f"{path} cannot be imported")
    if not module.endswith(".py"):
        first, *rest = attribute.split(".")
        bound = [f"{name} = {attribute}"] if rest else []
        return [f"from {module} import {first}" + ("" if rest else f" as {name}"), *bound]
    file, folder = re.sub(r"\W", "_", Path(module).stem), str(Path(module).parent)
    return [f"spec = importlib.util.spec_from_file_location({file!r}, {module!r})",
            f"module = sys.modules[{file!r}] = importlib.util.module_from_spec(spec)",
            f"sys.path.append({folder!r}); spec.loader.exec_module(module); {name} = module.{attribute}"]


def program(check: str, claim: str, path: str, body: Sequence[str], imported: Sequence[str] | None = None) -> str:
    """The whole script, with the subject's import in lines of its own if need be. Raises Unwritable if it is too long.
    """
    lines = [*(imported if imported is not None else importing(path)), *body]
    used = "\n".join(line for line in lines if "import" not in line)
    text = "\n".join(lines)
    standard = [name for name in STANDARD if re.search(rf"(?<![\w.]){re.escape(name)}\.", text)]
    head = [f"# {check} fails for {_printable(path)}:", f"# {_printable(claim)}",
            *([f"import {', '.join(standard)}"] if standard else []),
            *(["import numpy as np"] if re.search(r"\bnp\.", text) else []),
            *(["import torch"] if re.search(r"\btorch\.", used) else [])]
    if len(head) + len(lines) > MOST_LINES:
        raise Unwritable(f"it would take {len(head) + len(lines)} lines")
    if max(map(len, lines)) > WIDEST:
        raise Unwritable("it would hold too many numbers")
    return "\n".join([*head, *lines]) + "\n"


def indented(lines: Sequence[str]) -> list[str]:
    """The lines of a block."""
    return [f"    {line}" for line in lines]


def guarded(lines: Sequence[str]) -> list[str]:
    """Lines whose every exception is the failure."""
    return ["try:", *indented(lines), "except Exception as error:", '    sys.exit(f"raised {error!r}")']


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)
