"""The Python door: certify a class, a callable, or a path to one."""

from __future__ import annotations

import atexit
import difflib
import os
import re
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Never

from fiducial.checks.evidence import Certificate
from fiducial.suites.jobs import Job, Refusal, pickled
from fiducial.suites.runner import Coordinator, Record, run

LEVELS = ("quick", "standard", "deep")
DEVICES = ("cpu", "cuda", "all")
UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def certify(subject: str | Callable[..., Any], rule: str | None = None, *, settings: Mapping[str, Any] | None = None,
            level: str = "standard", seed: int = 0, jobs: int | None = None, timeout: float = 30,
            memory: str | int = "4G", device: str = "cpu", only: Sequence[str] = ()) -> Certificate:
    """Hold a subject against a rule, in processes of its own, and return the certificate.

    subject   "package.module:Attr", "path/file.py:Attr", or a class or factory itself
    rule      a rule's name (`fiducial list rules`) or "file.py:step"; None: the one that the subject's name names
    settings  keyword arguments of the constructor; the verdict speaks of the path that they choose
    level     quick, standard or deep;  seed  of every draw;  jobs  processes at a time (None: one a core)
    timeout   seconds a check;  memory  "4G", "512M" or bytes, above what the subject has when it is ready
    only      globs of check ids; none: all

    Raises ValueError with one sentence for a wrong call. A subject that cannot be imported or built gives a certificate
    whose verdict is "error".
    """
    try:
        job = ordered(subject, rule, settings=dict(settings or {}), level=level, seed=seed, jobs=jobs, timeout=timeout,
                      memory=memory, device=device, only=[only] if isinstance(only, str) else list(only))
        if isinstance(job, Certificate):
            return job
        return served(job)
    except Refusal as refusal:
        raise ValueError(refusal.sentence) from None


def ordered(subject: str | Callable[..., Any], rule: str | None, *, settings: dict[str, Any], level: str, seed: int,
            jobs: int | None, timeout: float, memory: str | int, device: str, only: list[str],
            build_timeout: float = 120.0) -> Job | Certificate:
    """The job that a call asks for; a certificate of failure for an object that cannot be carried to another process.

    Raises Refusal for a wrong call.
    """
    path = subject if isinstance(subject, str) else name_of(subject)
    job = Job(subject=path, rule=rule_for(path, rule), settings=settings, level=one_of("level", level, LEVELS),
              seed=whole("seed", seed, 0), device=one_of("device", device, DEVICES), only=only,
              lanes=whole("jobs", jobs if jobs is not None else cores(), 1), timeout=positive("timeout", timeout),
              build_timeout=positive("build timeout", build_timeout), memory=size(memory),
              sys_path=[path for path in sys.path if path], folder=os.getcwd())
    if isinstance(subject, str):
        return job if _is_path(subject) else _refuse(_how_to_name(subject))
    try:
        return job.model_copy(update={"pickled": carried(subject)})
    except Exception as error:  # whatever an object's own __reduce__ raises
        record = Record(job)
        record.refuse(f"{path} cannot be carried to a process of its own ({error}); pass it as path/file.py:Name")
        return record.certificate()


def rule_for(path: str, rule: str | None) -> str:
    """The name of the rule that was asked for, else of the one that the subject's last name names. Raises Refusal."""
    from fiducial.suites import rules

    if rule is not None and ":" in rule:  # a definition of the user's own
        return rule
    if (optimizer := rules.find(rule or rules.declared(path) or re.split(r"[:.]", path)[-1])) is not None:
        return optimizer.name
    from fiducial.suites.rules import definitions_alone, registry  # the latter takes as long to import as all claims

    if (other := registry.find(rule or path, path)) is not None:
        return other.name
    if (why := definitions_alone.sentence(rule or path)) is not None:
        return _refuse(why)
    known = [*rules.names(), *(other.name for other in registry.rules())]
    if rule is not None:
        return _refuse(f"no rule is named {rule}{nearest(rule, known)}; `fiducial list rules` lists them")
    return _refuse(f"the name of {path} names no rule; pass one of {', '.join(known)}")


def name_of(subject: object) -> str:
    """A class or function as module:name. Raises Refusal for what is neither."""
    if not callable(subject):
        _refuse(f"subject must be a path such as torch.optim:AdamW, a class or a callable, got {subject!r}")
    name = getattr(subject, "__qualname__", type(subject).__qualname__)
    return f"{getattr(subject, '__module__', '__main__')}:{name}"


def carried(subject: Callable[..., Any]) -> str:
    """The subject as text, whole where another process could not import it by its name."""
    import cloudpickle

    module = sys.modules.get(getattr(subject, "__module__", None) or "")
    if module is None or module.__name__ == "__main__" or _importable(module.__name__, module):
        return pickled(subject)
    cloudpickle.register_pickle_by_value(module)
    try:
        return pickled(subject)
    finally:
        cloudpickle.unregister_pickle_by_value(module)


def _importable(name: str, module: object) -> bool:
    """Whether a fresh process with our sys.path would find this very module under its name."""
    path: Sequence[str] | None = None
    origin: str | None = None
    for end in (match.start() for match in re.finditer(r"\.|$", name)):
        finders = (finder.find_spec(name[:end], path) for finder in sys.meta_path)
        spec = next((found for found in finders if found is not None), None)
        if spec is None:
            return False
        path, origin = spec.submodule_search_locations, spec.origin
    return origin in (getattr(module, "__file__", None), "built-in", "frozen")


def size(memory: str | int) -> int:
    """Bytes from "4G", "512M", "1.5GiB" or a number. Raises Refusal."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", str(memory).strip(), re.IGNORECASE)
    amount = int(float(found[1]) * UNITS[found[2].upper()]) if found else 0
    return amount if amount > 0 else _refuse(f"memory must be a size such as 4G or 512M, got {memory}")


def one_of(what: str, value: str, known: Sequence[str]) -> str:
    """The value, if it is known. Raises Refusal."""
    return value if value in known else _refuse(f"{what} must be {', '.join(known[:-1])} or {known[-1]}, got {value}")


def whole(what: str, value: int, least: int) -> int:
    """An integer of at least `least`. Raises Refusal."""
    fits = isinstance(value, int) and value >= least
    return value if fits else _refuse(f"{what} must be a whole number of at least {least}, got {value!r}")


def positive(what: str, value: float) -> float:
    """A number above zero. Raises Refusal."""
    fits = isinstance(value, int | float) and 0 < value < float("inf")
    return value if fits else _refuse(f"{what} must be positive, got {value!r}")


def nearest(name: str, known: Sequence[str]) -> str:
    """The remedy for a misspelt name, ready to follow it; empty if nothing is near."""
    near = difflib.get_close_matches(name.lower(), known, n=1)
    return f", did you mean {near[0]}?" if near else ""


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _is_path(subject: str) -> bool:
    place, colon, name = subject.rpartition(":")
    return bool(place and colon and all(part.isidentifier() for part in name.split(".")))


def _how_to_name(subject: str) -> str:
    place, _, name = subject.rpartition(".")
    hint = f"; did you mean {place}:{name}?" if place and name != "py" and ":" not in subject else ""
    return f"a subject is package.module:Attr or path/file.py:Attr, got {subject}{hint}"


def _refuse(sentence: str) -> Never:
    raise Refusal(sentence, 2)


_lock = threading.Lock()
_kept: dict[str, Any] = {}


def served(job: Job) -> Certificate:
    """Run a job on the coordinator that is kept between calls."""
    with _lock:
        coordinator = _coordinator()
        try:
            return run(job, coordinator)
        except Refusal:
            raise
        except BaseException:  # the job may not have ended: the next call gets a new coordinator
            close()
            raise


def _coordinator() -> Coordinator:
    """This process's coordinator: kept between calls, as its fork server holds the imported framework."""
    state = (os.getpid(), {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"})
    kept: Coordinator | None = _kept.get("coordinator")
    if kept is None or not kept.alive or _kept["state"] != state:
        close()
        _kept.update(coordinator=Coordinator(), state=state)
    found: Coordinator = _kept["coordinator"]
    return found


def warm() -> None:
    """Start the coordinator, so that it imports the framework while its caller does something else."""
    with _lock:
        _coordinator()


def close() -> None:
    """End the coordinator that is kept between calls, if it is ours."""
    kept = _kept.pop("coordinator", None)
    if kept is not None and _kept["state"][0] == os.getpid():
        kept.close()


atexit.register(close)
