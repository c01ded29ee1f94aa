"""The rules of every kind but optimizers, found by name or by the path of a public subject."""

from __future__ import annotations

import functools
import importlib
import importlib.util

from fiducial.suites.rules.kinds import KindRule

TOPICS = ("activations", "losses", "layers", "normalization", "initializers", "regularization", "schedules")


@functools.cache
def rules() -> tuple[KindRule, ...]:
    """Every rule, in the order of the catalogue."""
    modules = [importlib.import_module(f"fiducial.suites.rules.{topic}") for topic in TOPICS]
    rows = {id(row): row for module in modules for row in vars(module).values() if isinstance(row, KindRule)}
    return tuple(rows.values())


def find(name: str) -> KindRule | None:
    """A rule by its name, an alias, or the path of a subject that it lists as an alias; None if there is none.

    `kaiming_normal_` and `StepLR` are the rules kaiming_normal and step: a trailing underscore is torch's mark for
    what works in place, and LR its mark for a schedule.
    """
    for rule in rules():
        if name in rule.aliases:
            return rule
    wanted = _plain(name.rpartition(":")[2].rpartition(".")[2])
    return next((rule for rule in rules() if wanted in {_plain(word) for word in (rule.name, *rule.aliases)}), None)


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").strip("_")


def explain(rule: KindRule) -> str:
    """What a rule is: formula, source, claims, and how callables spell its arguments."""
    lines = [f"{rule.name}: {rule.summary}", "", *(f"  {line.strip()}" for line in rule.formula.split("\n")), "",
             f"Source   {rule.source}"]
    if rule.who:
        lines.append(f"Used by  {rule.who}")
    if rule.aliases:
        lines.append(f"Also     {', '.join(rule.aliases)}")
    lines += ["Claims", *(f"  {claim.id:<44} {claim.claim}" for claim in rule.claims)]
    if rule.spelt:
        lines += ["Arguments", *(f"  {name:<20} spelt {', '.join(words)}" for name, words in rule.spelt.items())]
    return "\n".join(lines)
