"""The rules: how the options of real subjects compose the definitions, one table row each."""

from __future__ import annotations

from fiducial.suites.rules import (
    dialects,
    dialects_of_optax,
    dialects_of_packages,
    eigenbases,
    found_rates,
    optimizers,
    preconditioned,
    projected,
    rules_of_optax,
    second_order,
    torch_optimizers,
    wide_use,
    wide_use_adaptive,
)
from fiducial.suites.rules.rule import Option, Rule

RULES: tuple[Rule, ...] = (*optimizers.RULES, *torch_optimizers.RULES, *wide_use.RULES, *wide_use_adaptive.RULES,
                            *second_order.RULES, *found_rates.RULES, *preconditioned.RULES,
                            *rules_of_optax.RULES, *projected.RULES, *eigenbases.RULES,
                            *dialects.DIALECTS, *torch_optimizers.DIALECTS, *wide_use.DIALECTS,
                            *wide_use_adaptive.DIALECTS, *second_order.DIALECTS,
                            *found_rates.DIALECTS, *preconditioned.DIALECTS,
                            *dialects_of_packages.DIALECTS, *dialects_of_optax.DIALECTS,
                            *rules_of_optax.DIALECTS, *projected.DIALECTS,
                            *eigenbases.DIALECTS)
__all__ = ["RULES", "Option", "Rule", "declared", "explain", "find", "names"]


def names() -> list[str]:
    """The names of all rules, dialects included."""
    return [rule.name for rule in RULES]


def find(name: str) -> Rule | None:
    """A rule by its name or an alias of it, whatever the case; None if there is none."""
    wanted = name.lower().replace("-", "_")
    for rule in RULES:
        if wanted in {spelling.lower().replace("-", "_") for spelling in (rule.name, *rule.aliases)}:
            return rule
    return None


def declared(path: str) -> str | None:
    """The dialect that a package documents for one of its own optimizers, by the subject's path, if any."""
    module, _, attribute = path.rpartition(":")
    known = {**dialects_of_packages.DECLARED, **rules_of_optax.DECLARED, **projected.DECLARED, **eigenbases.DECLARED}
    return known.get(f"{module.split('.')[0]}:{attribute.rpartition('.')[2]}")


def explain(name: str) -> str:
    """What a rule is: formula, source, options and how classes spell them, dialects."""
    rule = find(name)
    if rule is None:
        raise KeyError(name)
    lines = [f"{rule.name}: {rule.summary}", "", f"  {rule.formula}", "", f"Source   {rule.source}"]
    if rule.who:
        lines.append(f"Used by  {rule.who}")
    lines.append("Options")
    for option in rule.options:
        spelt = ", ".join(s if isinstance(s, str) else f"{s[0]}[{s[1]}]" for s in option.spelt)
        lines.append(f"  {option.name:<26} {option.neutral!s:<8} spelt {spelt}")
    dialects = [r.name for r in RULES if r.name.startswith(f"{rule.name}/")]
    if dialects:
        lines += ["Dialects", *(f"  {d}" for d in dialects)]
    return "\n".join(lines)
