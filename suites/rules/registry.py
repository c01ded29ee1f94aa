"""The rules of every kind but optimizers, found by name or by the path of a public subject."""

from __future__ import annotations

import functools
import importlib
import re

from fiducial.suites.rules.kinds import KindRule

TOPICS = ("activations", "losses", "layers", "normalization", "initializers", "regularization", "preprocessing",
          "schedules")


@functools.cache
def rules() -> tuple[KindRule, ...]:
    """Every rule, in the order of the catalogue."""
    modules = [importlib.import_module(f"fiducial.suites.rules.{topic}") for topic in TOPICS]
    rows = {id(row): row for module in modules for row in vars(module).values() if isinstance(row, KindRule)}
    return tuple(rows.values())


def find(name: str, path: str = "") -> KindRule | None:
    """A rule by its name, an alias, or the path of a subject that it lists as an alias; None if there is none.

    `kaiming_normal_`, `StepLR`, `BatchNorm1d` and `HuberLoss` are the rules kaiming_normal, step, batch_norm and
    huber_loss. A name of several rules (`linear` is a layer and a schedule) means that of the kind which the subject's
    path speaks of.
    """
    for rule in rules():
        if name in rule.aliases:
            return rule
    word = name.rpartition(":")[2].rpartition(".")[2]
    spoken = _spoken_of(path or name)
    for alike in (_joined, _bare):
        fitting = [rule for rule in rules() if alike(word) in {alike(known) for known in (rule.name, *rule.aliases)}]
        if fitting:
            return next((rule for rule in fitting if rule.kind == spoken), fitting[0])
    return None


def _joined(name: str) -> str:
    """A name whatever its case, hyphens and underscores."""
    return re.sub(r"[-_]", "", name.lower())


def _bare(name: str) -> str:
    """And without what public packages add: Loss, LR, the number of dimensions."""
    return re.sub(r"(?<=.)(loss|lr|[123]d)$", "", _joined(name))


def _spoken_of(path: str) -> str:
    """The kind that a path speaks of."""
    if "lr_scheduler" in path or path.endswith("LR"):
        return "schedule"
    return "initializer" if re.search(r"\binit\b|initializers", path) else "function"


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
