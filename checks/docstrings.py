"""The form of a claim's docstring: the claim, a formula, then parts that begin with a word of their own."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

PARTS = ("Allowed", "Rejects", "Mend", "Cares")  # how allowed is derived, a wrong subject, how to mend it, who cares


def claim_of(judge: Callable[..., Any]) -> str:
    """The claim in words: the first line."""
    return (inspect.getdoc(judge) or "").split("\n")[0]


def part(judge: Callable[..., Any], name: str) -> str | None:
    """What a part says, as one line; None where the docstring lacks it."""
    text = inspect.getdoc(judge) or ""
    ends = "|".join(other for other in PARTS if other != name)
    found = re.search(rf"^{name} +(.*?)(?=^(?:{ends}) |\Z)", text, re.MULTILINE | re.DOTALL)
    return " ".join(found[1].split()) if found else None
