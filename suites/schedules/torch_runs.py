"""torch's schedules, built by hand where no class is the whole algorithm, as the claims drive them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fiducial.suites.rules.kinds import ScheduleRule
from fiducial.suites.subjects_of_kinds import adapt


def built_by(build: Callable[..., Any], definition: Any) -> Any:
    """A function (optimizer, **options) → scheduler as a subject of the claims about a definition."""
    rule = ScheduleRule(name=build.__name__, summary="", formula="", source="", definition=definition, claims=())
    return adapt(build, rule, {}, build.__name__)
