"""What there is: the rules, the checks, and the installed subjects whose names name a rule."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
from collections.abc import Iterator

from fiducial.suites import rules as rulebook
from fiducial.suites.jobs import Refusal

SHELVES = {"torch.optim": "fiducial[torch]"}  # modules of subjects, and the extra that installs each


def rules() -> Iterator[str]:
    """One line a rule: name, summary, aliases."""
    for name in rulebook.names():
        rule = rulebook.find(name)
        assert rule is not None, "every name is found"
        aliases = f"  (also {', '.join(rule.aliases)})" if rule.aliases else ""
        yield f"{name:<24} {rule.summary}{aliases}"


def checks() -> Iterator[str]:
    """One line a check: id, severity, claim."""
    from fiducial.checks.contract import CHECKS

    for check in CHECKS:
        yield f"{check.id:<44} {check.severity:<6} {check.claim}"


def subjects() -> Iterator[str]:
    """One line an installed class whose name names a rule."""
    for shelf, extra in SHELVES.items():
        if importlib.util.find_spec(shelf.partition(".")[0]) is None:
            yield f"{shelf} is not installed: pip install '{extra}'"
            continue
        for name, thing in vars(importlib.import_module(shelf)).items():
            if isinstance(thing, type) and (rule := rulebook.find(name)) is not None:
                yield f"{shelf}:{name:<24} {rule.name}"


def explanation(name: str) -> str:
    """What a check claims and how it judges, or what a rule computes. Raises Refusal for a name of neither."""
    from fiducial.checks.contract import CHECKS

    for check in CHECKS:
        if check.id == name:
            return str(check.explanation())
    if (rule := rulebook.find(name)) is not None:
        return rulebook.explain(rule.name)
    known = [*(check.id for check in CHECKS), *rulebook.names()]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0)
    raise Refusal(f"{name} is neither a check nor a rule; did you mean {near[0]}?", 2)
