"""The rules of every kind but optimizers, found by name or by the path of a public subject."""

from __future__ import annotations

import functools
import importlib
import re
from dataclasses import replace
from typing import Any

from fiducial.checks.claims_of_maps import leaves_its_arguments_alone
from fiducial.suites.rules.kinds import KindRule

TOPICS = ("activations", "losses", "layers", "normalization", "initializers", "regularization", "preprocessing",
          "schedules")


@functools.cache
def rules() -> tuple[KindRule, ...]:
    """Every rule, in the order of the catalogue, with what every function must keep."""
    modules = [importlib.import_module(f"fiducial.suites.rules.{topic}") for topic in TOPICS]
    rows = {id(row): row for module in modules for row in vars(module).values() if isinstance(row, KindRule)}
    return tuple(_kept_by_all(row) for row in rows.values())


def _kept_by_all(rule: KindRule) -> KindRule:
    """A rule with the claim that no map has to itself: it writes into none of its arguments."""
    if rule.kind != "function":
        return rule
    samples: dict[str, Any] = dict(rule.claims[0].samples)
    return replace(rule, claims=(*rule.claims, leaves_its_arguments_alone(**samples)))


def find(name: str, path: str = "") -> KindRule | None:
    """A rule by its name, an alias, or the path of a subject that it lists as an alias; None if there is none.

    `kaiming_normal_`, `StepLR`, `BatchNorm1d` and `KLDivLoss` are the rules kaiming_normal, step, batch_norm and
    kl_div. Dimensions tell algorithms apart (`Dropout2d` drops channels, `Conv3d` is not `conv2d`) unless an alias
    says that they do not, and an alias is not shortened (`L1Loss` is no `l1` penalty). A name of several rules
    (`linear` is a layer and a schedule) means that of the kind which the subject's path speaks of.
    """
    for rule in rules():
        if name in rule.aliases:
            return rule
    word = name.rpartition(":")[2].rpartition(".")[2]
    spoken = _spoken_of(path or name)
    for fitting in ([rule for rule in rules() if _joined(word) in map(_joined, (rule.name, *rule.aliases))],
                    [rule for rule in rules() if _bare(word) == _bare(rule.name)]):
        if fitting:
            return next((rule for rule in fitting if rule.kind == spoken), fitting[0])
    return None


def _joined(name: str) -> str:
    """A name whatever its case, hyphens and underscores."""
    return re.sub(r"[-_]", "", name.lower())


def _bare(name: str) -> str:
    """And without what public packages add: Loss, LR."""
    return re.sub(r"(?<=.)(loss|lr)$", "", _joined(name))


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
