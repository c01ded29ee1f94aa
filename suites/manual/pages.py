"""The pages that are made and not written: checks, claims, rules, definitions, doors and records."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from itertools import groupby
from types import ModuleType
from typing import Any

from pydantic import BaseModel

import fiducial
import fiducial.reference
from fiducial.checks import evidence, gradients
from fiducial.checks.claims import Claim
from fiducial.checks.contract import CHECKS, Check
from fiducial.suites import rules
from fiducial.suites.catalogue import claims
from fiducial.suites.declarations import Declaration
from fiducial.suites.identify import Identification
from fiducial.suites.manual.prose import code, document, field, plain, signature
from fiducial.suites.rules import Rule, registry
from fiducial.suites.rules.kinds import KindRule

DOORS = ("certify", "identify", "parametrize_with_checks", "assert_gradient", "assert_distribution")
RECORDS: tuple[type[BaseModel], ...] = (
    evidence.Certificate, evidence.Evidence, evidence.Subject, evidence.Deviation, evidence.Summary, evidence.Budget,
    evidence.Environment, Identification, Declaration)
Pages = dict[str, str]


def pages() -> Pages:
    """Every made page: its name without an ending → Markdown."""
    return {"checks": checks_of_optimizers(), "claims": claims_of_the_rest(), "rules": rules_of_optimizers(),
            "rules-of-the-rest": rules_of_the_rest(), "doors": doors(), "records": records(), **definitions()}


def page(title: str, about: str, *sections: str) -> str:
    """A page: its title, what it holds, and its sections."""
    return "\n\n".join((f"# {title}", about, *sections)) + "\n"


def titled(name: str, level: int, anchor: str) -> str:
    """A heading that can be linked to."""
    return f"({anchor})=\n{'#' * level} {plain(name)}"


def link(name: str, anchor: str) -> str:
    """A reference to a heading."""
    return f"[{plain(name)}](#{anchor})"


def checks_of_optimizers() -> str:
    """The contract of an optimizer, section by section."""
    found = [f"## {family}\n\n" + "\n\n".join(_check(check) for check in of_it)
             for family, of_it in groupby(sorted(CHECKS, key=_family), key=_family)]
    return page("Checks of optimizers",
                f"The contract: {len(CHECKS)} claims. Each says how its tolerance is derived, a wrong subject that it "
                "rejects, how an author mends it, and why users care. `fiducial explain ID` prints the same.", *found)


def _family(check: Check) -> str:
    return check.id.partition(".")[0]


def _check(check: Check) -> str:
    rests = ", ".join(link(name, f"check.{name}") for name in check.rests_on)
    said = f"{check.severity}, line {check.line} of the contract" + (f"; rests on {rests}" if rests else "")
    return f"{titled(check.id, 3, f'check.{check.id}')}\n\n{said}\n\n{document(check.judge)}"


def claims_of_the_rest() -> str:
    """The claims about functions, initializers, schedules …"""
    users = _users()
    found = [_claim(claim, users[claim.id]) for _, claim in sorted(claims().items())]
    return page("Claims about everything else",
                "Functions, layers, losses, initializers, random maps, schedules and clips are held to these.", *found)


def _users() -> dict[str, list[KindRule]]:
    """The rules that make each claim."""
    users: dict[str, list[KindRule]] = {}
    for rule in registry.rules():
        for claim in rule.claims:
            users.setdefault(claim.id, []).append(rule)
    return users


def _claim(claim: Claim, users: list[KindRule]) -> str:
    named = ", ".join(link(rule.name, _anchor(rule)) for rule in users)
    return (f"{titled(claim.id, 2, f'claim.{claim.id}')}\n\n{claim.severity}; claimed of {named}\n\n"
            f"{document(claim.judge)}")


def rules_of_optimizers() -> str:
    """The rules that optimizers are held against, each with its dialects."""
    found = [_rule(rule) for rule in sorted(rules.RULES, key=lambda rule: rule.name)]
    return page("Rules and dialects of optimizers",
                "A dialect stands behind a slash: a form of the rule that public packages use, under a name of its "
                "own. `--rule` takes each of these names.", *found)


def _rule(rule: Rule) -> str:
    dialect = "/" in rule.name
    said = [] if dialect else [plain(f"{rule.summary}.")]
    fields = [field("Source", rule.source)] + ([field("Used by", rule.who)] if rule.who else [])
    options = [] if dialect else [_options(rule)]
    return "\n\n".join((titled(rule.name, 3 if dialect else 2, f"rule.{rule.name}"), *said, code(rule.formula),
                        "\n".join(fields), *options))


def _options(rule: Rule) -> str:
    """A table of a rule's options, with the keywords that public classes use for them."""
    rows = ["| option | default | spelt |", "|---|---|---|"]
    for option in rule.options:
        spelt = ", ".join(s if isinstance(s, str) else f"{s[0]}[{s[1]}]" for s in option.spelt)
        rows.append(f"| {plain(option.name)} | {plain(str(option.neutral))} | {plain(spelt)} |")
    return "\n".join(rows)


def rules_of_the_rest() -> str:
    """The rules of every kind but optimizers."""
    found = [_kind_rule(rule) for rule in sorted(registry.rules(), key=lambda rule: (rule.name, rule.kind))]
    return page("Rules of everything else", "What `--rule` takes for functions, layers, losses, initializers, random "
                "maps, schedules and clips.", *found)


def _anchor(rule: KindRule) -> str:
    return f"rule.{rule.kind}.{rule.name}"


def _kind_rule(rule: KindRule) -> str:
    fields = [field("Kind", rule.kind), field("Source", rule.source),
              *([field("Used by", rule.who)] if rule.who else []),
              *([field("Also", ", ".join(rule.aliases))] if rule.aliases else []),
              ":Claims: " + ", ".join(link(claim.id, f"claim.{claim.id}") for claim in rule.claims)]
    return "\n\n".join((titled(rule.name, 2, _anchor(rule)), plain(f"{rule.summary}."), code(rule.formula),
                        "\n".join(fields)))


def definitions() -> Pages:
    """A page for each folder of definitions."""
    topics = [importlib.import_module(f"{fiducial.reference.__name__}.{info.name}")
              for info in pkgutil.iter_modules(fiducial.reference.__path__) if info.ispkg]
    return {f"definitions-{topic.__name__.rpartition('.')[2]}": _topic(topic) for topic in topics}


def _topic(topic: ModuleType) -> str:
    modules = [importlib.import_module(f"{topic.__name__}.{info.name}")
               for info in pkgutil.iter_modules(topic.__path__) if not info.name.startswith("_")]
    name = topic.__name__.rpartition(".")[2]
    return page(f"Definitions: {name}", document(topic), *(_definition(module) for module in modules))


def _definition(module: ModuleType) -> str:
    name = module.__name__.rpartition(".")[2]
    anchor = module.__name__.replace(f"{fiducial.reference.__name__}.", "definition.")
    return "\n\n".join((titled(name, 2, anchor), document(module), *_members(module)))


def _members(module: ModuleType) -> Iterator[str]:
    """The public functions and states of a module as they are written, in their order."""
    for name, thing in vars(module).items():
        if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(thing):
            yield code(inspect.getsource(thing).rstrip(), "python")
        elif inspect.isclass(thing):
            yield f"{code(_class(thing), 'python')}\n\n{document(thing)}"


def _class(thing: type) -> str:
    """A class in one line: a named tuple's fields."""
    return f"class {thing.__name__}({', '.join(getattr(thing, '_fields', ()))})"


def doors() -> str:
    """The functions that `import fiducial` hands out."""
    found = [f"{titled(f'fiducial.{name}', 2, f'door.{name}')}\n\n{_function(getattr(fiducial, name))}"
             for name in DOORS]
    deeper = f"{titled('fiducial.checks.gradients.check_gradient', 2, 'door.check_gradient')}\n\n" \
             f"{_function(gradients.check_gradient)}"
    return page("Doors", "`import fiducial` costs nothing; each of these is fetched when it is first asked for.",
                *found, deeper)


def _function(function: Any) -> str:
    return f"{signature(function)}\n\n{document(function)}"


def records() -> str:
    """What a certificate holds, field by field."""
    enumerations = [f"{titled(thing.__name__, 2, f'record.{thing.__name__}')}\n\n{document(thing)}\n\n"
                    + ", ".join(f"`{member.value}`" for member in thing)
                    for thing in (evidence.Severity, evidence.Status)]
    return page("Records", "A certificate is JSON, under `reports/certificate.schema.json`; `fiducial.certify` returns "
                "the same as an object. Fields that are unknown are ignored, so that older code reads newer records. A "
                "declaration is what a subject file says of a subject; there an unknown key is refused.",
                *(_record(record) for record in RECORDS), *enumerations)


def _record(record: type[BaseModel]) -> str:
    rows = ["| field | type | default |", "|---|---|---|"]
    for name, about in record.model_fields.items():
        default = "" if about.is_required() else plain(repr(about.get_default(call_default_factory=True)))
        written = record.__annotations__.get(name, "")
        rows.append(f"| {plain(about.alias or name)} | {plain(str(written))} | {default} |")
    return f"{titled(record.__name__, 2, f'record.{record.__name__}')}\n\n{document(record)}\n\n" + "\n".join(rows)
