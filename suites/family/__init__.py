"""The family of variants: what an optimizer may be, if it is not exactly its rule, and how it is found out."""

from __future__ import annotations

from fiducial.suites.family.search import Found, identified, named

__all__ = ["Found", "identified", "named"]
