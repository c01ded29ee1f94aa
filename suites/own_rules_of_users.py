"""Rules of the user's own: `--rule my_paper.py:step`, a definition out of a file.

    def init(x): ...                                → state: a NamedTuple of arrays and numbers
    def step(x, g, state, *, lr=1e-3, …): ...       → (x, state)

x and g are float64 arrays of one shape. The keywords of `step` are the rule's options; each has a default, which is the
value where a subject does not have that option. Neither function writes into what it is given. The definition is run
with error bounds: it computes with NumPy's functions on arrays that carry their rounding errors, and so must not turn
them into plain arrays (`np.asarray`, `float`, `np.zeros(x.shape)` for `np.zeros_like(x)`), nor assign to entries.

Three names may stand beside them in the file:

    scope = "element"         element, matrix, tensor, all: what one call of `step` is given
    needs = "gradient"        gradient, or objective: then g is a function x → (value, gradient)
    state_names = {"v": ("exp_avg_sq", "nu")}      how subjects call the fields of the state
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from fiducial.checks.adapters.numpy_optimizer import init_of, keywords_of
from fiducial.checks.plans import Demands, Options
from fiducial.checks.rounding import FLOAT64, Rounded, Undecided
from fiducial.suites import subjects
from fiducial.suites.jobs import Refusal
from fiducial.suites.rules import RULES, Option, Rule

SCOPES = ("element", "matrix", "tensor", "all")
NEEDS = ("gradient", "objective")


def is_path(name: str | None) -> bool:
    """Whether a rule's name is a definition in a file or a module: my_paper.py:step."""
    return name is not None and ":" in name


def rule_of(path: str) -> Rule:
    """The rule that a file's `step` and `init` define. Raises Refusal, in one sentence."""
    step = _read(path)
    init = init_of(step)
    if not callable(init):
        raise Refusal(f"the rule {path} needs a function init(x) in the same file, which makes its first state", 2)
    scope, needs = _said(step, path, "scope", SCOPES), _said(step, path, "needs", NEEDS)
    names = getattr(step, "__globals__", {}).get("state_names", {})
    if not isinstance(names, Mapping):
        raise Refusal(f"state_names of the rule {path} must be a dictionary of tuples of names, got {names!r:.60}", 2)
    spelt = {field: (value,) if isinstance(value, str) else tuple(value) for field, value in names.items()}
    rule = Rule(name=path, summary=(inspect.getdoc(step) or "").split("\n")[0], formula="", source=path,
                options=_options(step, path), start=_start(init), step=_step(step), scope=scope,
                state=spelt, counters=("parameter", "group"), demands=Demands(objective=needs == "objective"))
    _must_run(rule, path)
    fields = getattr(rule.start(np.zeros(2), rule.defaults()), "_fields", ())
    return replace(rule, state={**{field: (field,) for field in fields}, **spelt}, start=_refusing(rule.start, path),
                   step=_refusing(rule.step, path))


def _read(path: str) -> Callable[..., Any]:
    """The step function that a path names."""
    try:
        step = subjects.find(path)
    except Refusal as refusal:
        raise Refusal(f"the rule {path} cannot be read: {refusal.sentence}", 2) from refusal
    if not inspect.isfunction(step) or len(inspect.signature(step).parameters) < 3:
        raise Refusal(f"the rule {path} must be a function step(x, g, state, *, …), got {type(step).__name__}", 2)
    return step


def _said(step: Callable[..., Any], path: str, name: str, known: tuple[str, ...]) -> str:
    """What the file says of its scope or its needs; the first known one where it says nothing."""
    value = getattr(step, "__globals__", {}).get(name, known[0])
    if value not in known:
        raise Refusal(f"{name} of the rule {path} must be {', '.join(known[:-1])} or {known[-1]}, got {value!r:.60}", 2)
    return str(value)


def _options(step: Callable[..., Any], path: str) -> tuple[Option, ...]:
    """An option for each keyword of the step: spelt and drawn as other rules do where one knows it."""
    taking = keywords_of(step)
    bare = [name for name, default in taking.items() if default is inspect.Parameter.empty]
    if bare:
        raise Refusal(f"{', '.join(bare)} of the rule {path} must have a default", 2)
    return tuple(_option(name, default) for name, default in taking.items())


def _option(name: str, default: Any) -> Option:
    """An option that some rule knows by this name or spelling, at the file's default; else one drawn around it."""
    known = (o for rule in RULES for o in rule.options if isinstance(o.neutral, bool) == isinstance(default, bool))
    found = next((o for o in known if name == o.name or name in o.spelt), None)
    if found is not None:
        spelt = tuple(dict.fromkeys((name, found.name, *found.spelt)))
        return replace(found, name=name, neutral=default, spelt=spelt, companion={}, per_group=True)
    if isinstance(default, bool):
        return Option(name, default, (not default,), (name,))
    if isinstance(default, int | float) and default:
        return Option(name, default, (default, default / 2, default / 4), (name,))
    return Option(name, default, (default,), (name,))


def _start(init: Callable[..., Any]) -> Callable[[Any, Options], Any]:
    """`init`, with the options that it names."""
    wanted = list(inspect.signature(init).parameters)[1:]
    return lambda x, o: init(x, **{name: o[name] for name in wanted if name in o})


def _step(step: Callable[..., Any]) -> Callable[[Any, Any, Any, Options], tuple[Any, Any]]:
    """`step`, with its options as keywords."""
    wanted = tuple(keywords_of(step))
    return lambda x, g, state, o: step(x, g, state, **{name: o[name] for name in wanted})


def _refusing(function: Callable[..., Any], path: str) -> Callable[..., Any]:
    """What raises in the middle of a run is the rule's fault: neither the subject's nor ours."""

    def heard(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except Undecided:
            raise
        except Exception as error:
            said = " ".join(str(error).split())[:200]
            raise Refusal(f"the rule {path} raised {type(error).__name__} in a run: {said}", 2) from error

    return heard


def _must_run(rule: Rule, path: str) -> None:
    """Refuse a rule that raises, or returns something else than (x, state), on plain arrays or on bounded ones."""
    shape = (2, 2)
    ones = np.ones(shape)
    kinds: dict[str, Any] = {"plain arrays": ones, "arrays with error bounds": Rounded(ones, 0.0, FLOAT64)}
    for name, x in kinds.items():
        g: Any = (lambda y: ((y * y).sum(), y)) if rule.demands.objective else x * 0.5
        try:
            state = rule.start(x, rule.defaults())
            after, _ = rule.step(x, g, state, rule.defaults())
        except Exception as error:
            said = " ".join(str(error).split())[:200]
            raise Refusal(f"the rule {path} raised {type(error).__name__} on {name}: {said}", 2) from error
        if getattr(after, "shape", None) != shape or type(after) is not type(x):
            raise Refusal(f"the rule {path} must return parameters shaped and typed as they came on {name}, got "
                          f"{type(after).__name__}", 2)
