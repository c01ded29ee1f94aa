"""Words and numbers of records as a page may show them: no control characters, no hidden ones, nothing endless.

A record may hold anything that a subject printed, was named or returned.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

USUAL = 600  # characters of one text that are shown
SHORT = 8  # numbers of an array that are shown
# Control characters, lone surrogates, and what is invisible or turns the reading direction.
HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
                    r"\u2060-\u206f\u3164\ufeff\ufff9-\uffff\ud800-\udfff\U000e0000-\U000e0fff]")


def visible(text: str) -> str:
    """Text whose hidden characters are spelt out: an escape becomes \\x1b, a turn of direction \\u202e."""
    return HIDDEN.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def shown(text: object, limit: int = USUAL) -> str:
    """Visible text, cut at a limit; what was cut is counted."""
    whole = str(text)
    seen = visible(whole[:limit])  # an escape takes up to six characters for one
    return seen if len(whole) <= limit else f"{seen} … ({len(whole) - limit} characters more)"


def number(value: float | None) -> str:
    """Three digits; nothing for what was not measured."""
    return "" if value is None else f"{value:.3g}"


def seconds(value: float) -> str:
    """A time as one reads it."""
    return f"{value:.1f} s" if value >= 0.1 else f"{1000 * value:.1f} ms"


def share(measured: float | None, allowed: float | None) -> str:
    """What was measured beside what is allowed, in words."""
    if measured is None or allowed is None:
        return ""
    if allowed == 0 or not math.isfinite(measured):
        return "exact" if measured == 0 else number(measured)
    return f"{100 * measured / allowed:.2g} %" if measured < allowed else f"{measured / allowed:.3g} times"


def spoken(value: Any, *, exact: bool = False) -> str:
    """A recorded value; an array as its dtype, shape and first numbers; with six digits, or all of them."""
    if isinstance(value, float):
        return repr(value) if exact else f"{value:.6g}"
    if isinstance(value, Mapping) and {"dtype", "shape", "data"} <= value.keys():
        return _array(value, exact=exact)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {spoken(entry, exact=exact)}" for name, entry in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(spoken(entry, exact=exact) for entry in value) + "]"
    return str(value)


def _array(value: Mapping[str, Any], *, exact: bool) -> str:
    """Raises nothing: a foreign record may hold anything under these names."""
    shape, data = value["shape"], value["data"]
    if not isinstance(shape, list) or not isinstance(data, list):
        return f"{value['dtype']} {shape} {data}"
    first = ", ".join(spoken(entry, exact=exact) for entry in data[:SHORT])
    return f"{value['dtype']}{shape} [{first}{', …' if len(data) > SHORT else ''}]"
