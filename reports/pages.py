"""Pages: templates filled in so that nothing in a record can become markup, run, or reach the network.

Every value that a template prints is made visible, cut at a limit, and escaped, unless it is markup of ours. A page
carries its own style and script, and forbids every other one and every request by its Content-Security-Policy.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from fiducial.reports import words
from fiducial.reports.scale import scale
from fiducial.reports.verdicts import MARKS

# Code between backticks, or an address on the web: nothing else becomes a link, and no javascript: ever.
MARKED = re.compile(r"`([^`\n]+)`|https?://[^\s<>\"'()\\`]+[^\s<>\"'()\\`.,;:!?]")


@pass_context
def finalize(context: Context, value: Any) -> Any:
    """What a template prints, before it is escaped."""
    if isinstance(value, Markup):
        return value
    return words.shown("" if value is None else value, context.get("limit", words.USUAL))


def whole(text: str) -> Markup:
    """Text that is not cut."""
    return escape(words.visible(text))


def trusted(text: str) -> Markup:
    """Coordinates that we computed, never cut. Raises ValueError for anything but numbers."""
    if not re.fullmatch(r"[0-9 ,.e+-]*", text):
        raise ValueError("coordinates must be numbers")
    return Markup(text)


@pass_context
def prose(context: Context, text: str) -> Markup:
    """Text in which web addresses are links, and what stands between backticks is code."""
    seen = words.shown(text, context.get("limit", words.USUAL))
    parts, end = [], 0
    for found in MARKED.finditer(seen):
        parts.append(escape(seen[end:found.start()]))
        form = "<code>{}</code>" if found[1] else '<a rel="noreferrer noopener" href="{0}">{0}</a>'
        parts.append(Markup(form).format(found[1] or found[0]))
        end = found.end()
    return Markup("").join([*parts, escape(seen[end:])])


def anchor(kind: str, name: str) -> Markup:
    """A fragment that leads to one thing of a page, never cut: its name where that can stand in an address."""
    plain = re.fullmatch(r"[A-Za-z0-9._-]{1,100}", name)
    number = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:16]
    return Markup(f"{kind}-{name if plain else number}")


@cache
def asset(name: str) -> str:
    """A file of the templates."""
    return (resources.files("fiducial.reports") / "templates" / name).read_text(encoding="utf-8")


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def environment() -> Environment:
    """The templates, with the filters that they use."""
    made = Environment(loader=PackageLoader("fiducial.reports", "templates"), autoescape=True, finalize=finalize,
                       undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters.update(number=words.number, share=words.share, spoken=words.spoken, duration=words.seconds,
                        whole=whole, prose=prose, trusted=trusted)
    made.globals.update(anchor=anchor, limit=words.USUAL, marks=MARKS, scale=scale, share=words.share)
    return made


def render(template: str, **values: Any) -> str:
    """A whole page; `limit` among the values cuts every text."""
    style, script = asset("page.css"), asset("page.js")
    policy = f"default-src 'none'; style-src {_source(style)}; script-src {_source(script)}; img-src data:; " \
             "base-uri 'none'; form-action 'none'"
    return environment().get_template(template).render(
        style=Markup(style), script=Markup(script), policy=Markup(policy), **values)
