"""What runs in the subject's process: load the subject, judge one check, name a deviation.

A laboratory is kept from one check to the next, with its recorded runs.
"""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import platform
from dataclasses import replace
from typing import Any, cast

from fiducial.checks.contract import CHECKS, DECISIVE, Check, Laboratory, find
from fiducial.checks.evidence import NO_DEVICE, Deviation, Environment, Evidence, Status, Subject, recorded
from fiducial.checks.handling import PLAIN
from fiducial.suites import own_rules_of_users, rules, subjects, worker_of_kinds
from fiducial.suites.adapters import prepare
from fiducial.suites.binding import Misfit, bind
from fiducial.suites.declared_in_vain import stale
from fiducial.suites.jobs import CheckInfo, Job, Known, Loaded, Refusal, unpickled
from fiducial.suites.known import Entry, applicable
from fiducial.suites.reproduction.optimizers import script
from fiducial.suites.rules import Rule


def load(job: Job) -> Loaded:
    """Import and build the subject, and list the checks that apply to it. Raises Refusal."""
    if _is_of_another_kind(job):
        return worker_of_kinds.load(job)
    factory, rule, lab = _bound(job.model_dump_json())
    paths = offered(lab) if job.offers else []
    package, version = subjects.distribution(factory)
    subject = Subject(path=job.subject, framework=lab.subject.framework, package=package, version=version,
                      hyperparameters=recorded({**lab.subject.defaults, **job.settings}),
                      settings=recorded(job.settings), way=job.way or None, declared=recorded(job.declaration.told()),
                      source_sha256=subjects.source_sha256(factory))
    known = {**expected_failures(job, {**lab.subject.defaults, **job.settings}, version),
             **{check_id: Known(reason=why, claimed=False) for check_id, why in job.declaration.refuses.items()}}
    absent = missing(job.device) or unequipped(job.way)
    checks = [CheckInfo(id=c.id, claim=c.claim, severity=c.severity, rests_on=list(c.rests_on), stream=c.group,
                        needs_step=c.needs_step, reason=absent or c.reason(lab, job.level), known=known.get(c.id))
              for c in sorted(CHECKS, key=_turn) if c.quick or job.level != "quick"]
    judged = {info.id for info in checks if info.reason is None}
    return Loaded(subject=subject, rule=rule.name, checks=checks, paths=[] if absent else paths,
                  false_alarm=sum(c.alpha for c in CHECKS if c.id in judged),
                  environment=environment(job, lab.subject.framework))


def _turn(check: Check) -> int:
    """What most rests on is run first; how a class is built is asked last, lest a crash there hide how it steps."""
    decisive = find(DECISIVE)
    assert decisive is not None
    return 0 if check.group == decisive.group else 1 if check.stream is not None else 2


def judge(job: Job, check_id: str) -> Evidence:
    """Run one check."""
    if _is_of_another_kind(job):
        return worker_of_kinds.judge(job, check_id)
    lab = _bound(job.model_dump_json())[2]
    check = find(check_id)
    if check is None:
        raise KeyError(check_id)
    if check_id not in {*job.known, *job.declaration.refuses}:
        written = functools.partial(script, check, lab, job.subject, declaration=job.declaration)
        return check.examine(lab, seed=job.seed, level=job.level, reproduce=written)  # type: ignore[arg-type]
    found = check.examine(lab, seed=job.seed, level=job.level, shrinks=False)  # type: ignore[arg-type]
    if found.status is not Status.PASSED or check_id not in job.known:
        return found
    return check.examine(lab, seed=job.known[check_id].get("seed", 0), level="standard", shrinks=False)


def expected_failures(job: Job, settings: dict[str, Any], version: str | None) -> dict[str, Known]:
    """The known failures that speak of this subject with its settings, at its version."""
    return applicable({name: Entry.model_validate(entry) for name, entry in job.known.items()}, settings, version)


def deviation(job: Job) -> Deviation | None:
    """The known variant that the subject follows instead of its rule; None if it follows none."""
    from fiducial.suites.family import named

    if _is_of_another_kind(job) or job.way == "compiled" or job.declaration.handling(subjects.find).format is not None:
        return None  # what the search compares in floats is told apart at float64's roundoff
    factory, rule, lab = _bound(job.model_dump_json())
    return named(factory, job.settings, rule, lab)


def _is_of_another_kind(job: Job) -> bool:
    """Whether the job's rule is one of a function, an initializer, a schedule …, and not an optimizer's."""
    if own_rules_of_users.is_path(job.rule):
        return False
    name = job.rule or job.subject.rpartition(":")[2].rpartition(".")[2]
    return rules.find(name) is None and worker_of_kinds.rule_of(job) is not None


@functools.lru_cache(maxsize=1)
def _bound(text: str) -> tuple[Any, Rule, Laboratory]:
    """The subject of a job, its rule and its laboratory."""
    job = Job.model_validate_json(text)
    rule = _rule(job)
    device = job.device if missing(job.device) is None else "cpu"  # where it is missing, nothing but the list is made
    prepare(job.subject)
    found = subjects.at_home(unpickled(job.pickled)) if job.pickled is not None else subjects.find(job.subject)
    handling = job.declaration.handling(subjects.find)
    factory = subjects.as_factory(subjects.declared(found, job.subject, handling), job.subject, job.settings, device)
    try:
        lab = on_its_way(bind(factory, job.settings, rule, device), job)
    except Misfit as misfit:
        raise Refusal(str(misfit), 2) from misfit
    if handling != PLAIN and (why := stale(found, handling, lambda each, how: bind(each, job.settings, rule, device))):
        raise Refusal(f"{job.subject}: {why}", 2)
    return factory, rule, lab


def missing(device: str) -> str | None:
    """Why nothing can be run on a device, in words; None where it is there."""
    if device == "cpu":
        return None
    import torch

    return None if torch.cuda.is_available() else f"{NO_DEVICE}torch {torch.__version__} sees no CUDA device here"


def unequipped(way: str) -> str | None:
    """Why a way cannot be gone here, in words; None where it can."""
    if way != "compiled":
        return None
    from fiducial.checks.adapters.torch_compiled import no_compiler

    return no_compiler()


def on_its_way(lab: Laboratory, job: Job) -> Laboratory:
    """The laboratory of a subject whose settings are handed over in the way that the job names. Raises Refusal."""
    if not job.way:
        return lab
    if job.way not in (paths := offered(lab)):
        raise Refusal(f"{job.subject} has no path {job.way}: it offers {', '.join(paths) or 'none'}", 2)
    return on_way(lab, job.way)


def offered(lab: Laboratory) -> list[str]:
    """The paths that a subject offers. A rule that rounds inside tells how often; a compiler rounds less often."""
    rounds = cast(Rule, lab.definition).wider is not None
    return [path for path in lab.subject.paths() if path != "compiled" or not rounds]


def on_way(lab: Laboratory, way: str) -> Laboratory:
    """The laboratory with its subject on a way that it offers; a compiled step takes no 0-dimensional parameters."""
    subject, rule = cast(Any, lab.subject), cast(Rule, lab.definition)
    subject.way = way
    return replace(lab.anew(), definition=replace(rule, demands=replace(rule.demands, extended=way == "compiled")))


def _rule(job: Job) -> Rule:
    """The rule that the job names, or that the subject's name names. Raises Refusal."""
    if job.rule is not None and own_rules_of_users.is_path(job.rule):
        return own_rules_of_users.rule_of(job.rule)
    name = job.rule or rules.declared(job.subject) or job.subject.rpartition(":")[2].rpartition(".")[2]
    rule = rules.find(name)
    if rule is None:
        known = ", ".join(rules.names())
        raise Refusal(f"there is no rule {name!r}; --rule takes one of {known}", 2)
    return rule


FRAMEWORKS = {"torch": ("torch",), "optax": ("optax", "jax"), "keras": ("keras",), "numpy": ()}


def environment(job: Job, framework: str = "torch") -> Environment:
    """The versions that the numbers depend on."""
    versions = {name: importlib.metadata.version(name) for name in ("numpy", "scipy", "hypothesis")}
    packages = [name for name in FRAMEWORKS[framework] if importlib.util.find_spec(name)]
    spoken = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    return Environment(python=platform.python_version(), framework=spoken or None, **versions,
                       platform=f"{platform.system()} {platform.machine()}", device=job.device, threads=1)
