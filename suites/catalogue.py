"""What there is: the rules, the checks, and the installed subjects whose names name a rule."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
from collections.abc import Iterator
from types import ModuleType

from fiducial.checks.claims import Claim
from fiducial.suites import rules as rulebook
from fiducial.suites.jobs import Refusal
from fiducial.suites.rules import registry

SHELVES = {"torch.optim": "fiducial[torch]"}  # modules of subjects, and the extra that installs each
OTHER_SHELVES = ("nn.functional", "nn", "nn.init", "nn.utils", "optim.lr_scheduler")  # what is in torch beside them


def rules() -> Iterator[str]:
    """One line a rule: name, summary, aliases."""
    for name in rulebook.names():
        rule = rulebook.find(name)
        assert rule is not None, "every name is found"
        aliases = f"  (also {', '.join(rule.aliases)})" if rule.aliases else ""
        yield f"{name:<24} {rule.summary}{aliases}"
    for other in registry.rules():
        aliases = f"  (also {', '.join(other.aliases)})" if other.aliases else ""
        yield f"{other.name:<24} {other.summary}{aliases}"


def claims() -> dict[str, Claim]:
    """The claims about everything that is no optimizer, by id."""
    return {claim.id: claim for rule in registry.rules() for claim in rule.claims}


def checks() -> Iterator[str]:
    """One line a check: id, severity, claim."""
    from fiducial.checks.contract import CHECKS

    for check in CHECKS:
        yield f"{check.id:<44} {check.severity:<6} {check.claim}"
    for claim in sorted(claims().values(), key=lambda claim: claim.id):
        yield f"{claim.id:<44} {claim.severity:<6} {claim.claim}"


def check_ids() -> list[str]:
    """The ids of all checks, of optimizers and of everything else."""
    from fiducial.checks.contract import CHECKS

    return sorted({*(check.id for check in CHECKS), *claims()})


def subjects() -> Iterator[str]:
    """One line an installed class or function whose name names a rule."""
    for shelf, extra in SHELVES.items():
        if importlib.util.find_spec(shelf.partition(".")[0]) is None:
            yield f"{shelf} is not installed: pip install '{extra}'"
            continue
        for name, thing in vars(importlib.import_module(shelf)).items():
            if isinstance(thing, type) and (rule := rulebook.find(name)) is not None:
                yield f"{shelf}:{name:<24} {rule.name}"
        for name in _callables(importlib.import_module("torch")) if shelf == "torch.optim" else ():
            if (other := registry.find(name, name)) is not None:
                yield f"{name:<52} {other.name}"


def _callables(torch: ModuleType) -> Iterator[str]:
    """The public functions and classes of torch beside optimizers; of two forms the one that the shelf prefers."""
    for shelf in OTHER_SHELVES:
        things = vars(importlib.import_module(f"{torch.__name__}.{shelf}"))
        in_place = shelf in ("nn.init", "nn.utils")  # where x is the deprecated name of x_; elsewhere x_ is beside x
        names = {name for name, thing in things.items() if callable(thing) and not name.startswith("_")}
        twin = {name for name in names if (f"{name}_" if in_place else name.removesuffix("_")) in names - {name}}
        yield from (f"{torch.__name__}.{shelf}:{name}" for name in sorted(names - twin))


def explanation(name: str) -> str:
    """What a check claims and how it judges, or what a rule computes. Raises Refusal for a name of neither."""
    from fiducial.checks.contract import CHECKS

    for check in CHECKS:
        if check.id == name:
            return str(check.explanation())
    if (claim := claims().get(name)) is not None:
        return claim.explanation()
    if (rule := rulebook.find(name)) is not None:
        return rulebook.explain(rule.name)
    if (other := registry.find(name)) is not None:
        return registry.explain(other)
    known = [*check_ids(), *rulebook.names(), *(r.name for r in registry.rules())]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0)
    raise Refusal(f"{name} is neither a check nor a rule; did you mean {near[0]}?", 2)
