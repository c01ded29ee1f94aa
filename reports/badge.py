"""A badge: the verdict in two words, as an SVG or as the JSON that shields.io's endpoint reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from xml.sax.saxutils import escape

from fiducial.checks.evidence import Certificate
from fiducial.reports import verdicts, words

LABEL = "fiducial"
COLOURS = {"brightgreen": "#1f7a3a", "red": "#b3261e", "lightgrey": "#5f6670"}  # white stands on each at 4.5 to 1
WIDE = frozenset("mwMW@%—")


def message(certificates: Sequence[Certificate]) -> tuple[str, str]:
    """What the badge says, and its colour by the name that shields.io gives it."""
    if not certificates:
        return "nothing was run", "lightgrey"
    good = [each for each in certificates if each.verdict == "certified"]
    colour = "brightgreen" if len(good) == len(certificates) else "red"
    if len(certificates) > 1:
        return f"{len(good)} of {len(certificates)} certified", colour
    (only,) = certificates
    rule = words.shown(only.rule, 40) if only.rule and good and verdicts.whole(only) else ""
    return f"{verdicts.word(only)}{f': {rule}' if rule else ''}", colour


def endpoint(certificates: Sequence[Certificate]) -> str:
    """The JSON of shields.io's endpoint badge, schema version 1."""
    said, colour = message(certificates)
    return json.dumps({"schemaVersion": 1, "label": LABEL, "message": said, "color": colour})


def svg(certificates: Sequence[Certificate]) -> str:
    """The badge as a picture that needs no font of ours: each text is given its length."""
    said, colour = message(certificates)
    left, right = (10 + _width(text) for text in (LABEL, said))
    whole = left + right
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img"
 aria-label="{LABEL}: {escape(said, {'"': "&quot;"})}">
<title>{LABEL}: {escape(said)}</title>
<clipPath id="r"><rect width="{whole}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#444c56"/>
<rect x="{left}" width="{right}" height="20" fill="{COLOURS[colour]}"/></g>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">
<text x="{left / 2:g}" y="14" textLength="{left - 10}">{LABEL}</text>
<text x="{left + right / 2:g}" y="14" textLength="{right - 10}">{escape(said)}</text>
</g>
</svg>"""


def _width(text: str) -> int:
    """About how wide Verdana sets a text at 11 pixels."""
    return round(sum(10 if letter in WIDE or ord(letter) > 0x2E80 else 6.6 for letter in text))
