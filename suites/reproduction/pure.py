"""Recorded runs of pure optimizers as Python: optax factories, Keras optimizers, NumPy step functions and classes."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fiducial.checks.contract import Laboratory
from fiducial.checks.evidence import Gap
from fiducial.checks.plans import Plan
from fiducial.suites.reproduction.constructions import accepted, refused
from fiducial.suites.reproduction.program import Unwritable, indented, literal
from fiducial.suites.reproduction.runs import STATES, Ingredients, Look, Runs, Spelling, layouts_of, numbers_of

LAID = ["def lay(x, how):",
        "    if how == 'strided': return np.stack([x, 0 * x], -1).reshape(*x.shape[:-1], -1)[..., ::2]",
        "    return np.ascontiguousarray(x.T).T if how == 'transposed' else x"]


@dataclass(frozen=True)
class Words:
    """How one framework says what a run does.

    top      `tree` makes parameters of lists, `leaves` arrays of parameters, `step` takes one step
    made     the optimizer, out of `options`
    first    its state, out of `optimizer` and `ps`
    changed  the option `n` becomes `v` on the way
    saved    a reload by plain arrays
    kept     the state's arrays by name, for each parameter
    held     what a step is given, and must leave alone
    """

    top: tuple[str, ...]
    made: str
    first: str
    changed: str
    saved: str
    kept: str
    held: str = "(ps, gs, state)"


OPTAX = Words(
    ("tree = lambda xs: tuple({'layer': {'w': jnp.array(x, dtype=jnp.float64)}} for x in xs)",
     "leaves = lambda x: [np.array(v) for v in jax.tree_util.tree_leaves(x)]",
     "def step(optimizer, ps, gs, s): u, s = optimizer.update(gs, s, ps); return optax.apply_updates(ps, u), s"),
    "Subject(**options)", "optimizer.init(ps)",
    "state.hyperparams[n] = jnp.asarray(v, dtype=jnp.asarray(state.hyperparams[n]).dtype)",
    "optimizer = build(); fresh = jax.tree_util.tree_structure(optimizer.init(ps)); "
    "state = jax.tree_util.tree_unflatten(fresh, [jnp.asarray(v) for v in leaves(state)])",
    "[{n: leaves(state)[i] for n, i in own.items()} for own in names]")

KERAS = Words(
    ("tree = lambda xs: [keras.Variable(np.array(x), dtype='float64') for x in xs]",
     "leaves = lambda vs: [np.array(keras.ops.convert_to_numpy(v.value)) for v in vs]",
     "def step(optimizer, ps, gs, state): optimizer.apply([g.value for g in gs], ps); return ps, state"),
    "Subject(**options)", "optimizer.build(ps)", "setattr(optimizer, n, v)",
    "stored = {}; optimizer.save_own_variables(stored); optimizer = build(); optimizer.build(ps); "
    "optimizer.load_own_variables({n: np.array(v) for n, v in stored.items()})",
    "[{n: leaves([getattr(optimizer, a)[i] if a != 'iterations' else optimizer.iterations])[0] "
    "for n, a in own.items()} for i, own in enumerate(names)]", "leaves(gs)")

TREE = ("tree = lambda xs: [np.array(x, dtype=np.float64) for x in xs]",
        "leaves = lambda xs: [np.array(x) for x in xs]")
NAMED = ["def named(s):", "    if isinstance(s, (tuple, list)) and not hasattr(s, '_asdict'): s = dict(enumerate(s))",
         "    s = s._asdict() if hasattr(s, '_asdict') else s if isinstance(s, dict) else vars(s)",
         "    return {str(n): v for n, v in s.items()}"]
PICKLED = "state = pickle.loads(pickle.dumps(state))"
NUMPY = Words(
    (*TREE, "each = lambda options, *given: zip(*(Subject(x, g, s, **options) for x, g, s in zip(*given)))",
     "step = lambda options, ps, gs, state: map(list, each(options, ps, gs, state))"),
    "dict(options)", "[Subject.__globals__['init'](x, **own) for x in ps]", "optimizer[n] = v", PICKLED,
    "[{n: np.asarray(v) for n, v in named(s).items()} for s in state]")
WHOLE = Words(
    (*TREE, "subject = Subject()",
     "step = lambda options, ps, gs, state: subject.step(ps, gs, state, **options)"),
    "dict(options)", "subject.init(ps)", "optimizer[n] = v", PICKLED,
    "[{n: np.asarray(v[i] if isinstance(v, (list, tuple)) and len(v) == len(ps) else v) "
    "for n, v in named(state).items()} for i in range(len(ps))]")


def words_for(subject: Any) -> Words:
    """The words of a subject's framework. Raises Unwritable where there are none."""
    if subject.framework == "keras":
        return KERAS
    if subject.framework == "optax":
        return OPTAX
    if subject.framework == "numpy":
        return WHOLE if subject.whole else NUMPY
    raise Unwritable(f"there are no words for {subject.framework}")


def before_import(subject: Any) -> list[str]:
    """What a script says before it imports its subject."""
    if subject.framework == "optax":
        return ["import jax, jax.numpy as jnp, optax; jax.config.update('jax_enable_x64', True)"]
    if subject.framework != "keras":
        return []
    import keras

    return [f"import os; os.environ.update(KERAS_BACKEND={keras.backend.backend()!r}, JAX_ENABLE_X64='1')"
            "; import keras; keras.config.set_floatx('float64')"]


HELD = Look(("broken = 0",), ("was = pickle.dumps(held)",), after=("broken += pickle.dumps(held) != was",), keeps=None)
BUILT = "Subject(**{{**{}, **options}}).build([keras.Variable(np.ones((2, 2)))])"
SILENT = "silent.append(repr(error)) if not isinstance(error, ValueError) or value not in str(error) else None"


def constructed(check: str, lab: Laboratory, gap: Gap) -> list[str] | None:
    """A Keras constructor on arguments that cannot be meant; None for any other check."""
    if lab.subject.framework != "keras" or not check.startswith(("construction.refuses-", "construction.names-")):
        return None
    settings = literal(Spelling(lab.subject, lab.defaults).settings)
    if check == "construction.names-the-bad-argument":
        return ["silent = []", f"for options, value in {literal(refused(lab))}:", f"    try: {BUILT.format(settings)}",
                f"    except Exception as error: {SILENT}", "print(silent)", "sys.exit(len(silent) > 0)"]
    return ["accepted = []", f"for options in {literal(accepted(lab, gap))}:", f"    try: {BUILT.format(settings)}",
            "    except Exception as error: refused = error", "    else: accepted.append(options)",
            "print('accepted', accepted)", "sys.exit(len(accepted) > 0)"]


OBSERVED: dict[str, tuple[Look, str]] = {"gradient.left-untouched": (HELD, "broken > 0")}


class PureRuns:
    """The runs of a script about a pure optimizer: what they share stands at the top, what differs `run` takes."""

    def __init__(self, plans: Sequence[Plan], spelling: Spelling) -> None:
        self.subject, self.words = spelling.subject, words_for(spelling.subject)
        self.each = [_ingredients(plan, spelling) for plan in plans]
        self.used = {"starts", "gradients", "options"} | {
            name for each in self.each for name, value in each.items() if value not in (None, False, [], {})}
        self.differ = [name for name in self.each[0] if name != "how" and any(
            literal(each[name]) != literal(self.each[0][name]) for each in self.each[1:])]
        self.row = "[[2.0, -1.0, 0.5]]" if not spelling.matrices else "[[[2.0, -1.0, 0.5]]]"
        self.slope = "[[1.0, 2.0, -3.0]]" if not spelling.matrices else "[[[1.0, 2.0, -3.0]]]"

    def lines(self, look: Look) -> list[str]:
        """Numbers, then the run: as a function where there are several."""
        shared, state = self.each[0], look.keeps == STATES
        numpy = self.subject.framework == "numpy"
        top = [*self.words.top, *(LAID if "layouts" in self.used else []), *(NAMED if state and numpy else [])]
        if state and not numpy:
            top.append(f"names = {literal(self._names())}")
        top += [f"{name} = {literal(shared[name])}" for name in shared if name in self.used
                and name not in (*self.differ, "how", "reload", "companion", "fixed")]
        kept = self.words.kept if state else "leaves(ps)"
        loop = self._loop(look, kept if look.keeps else None)
        if len(self.each) == 1:
            return [*top, *loop]
        return [*top, f"def run({', '.join(self.differ)}):", *indented(loop), "    return path"]

    def call(self, index: int) -> str:
        """One of several runs."""
        return f"run({', '.join(literal(self.each[index][name]) for name in self.differ)})"

    def _loop(self, look: Look, kept: str | None) -> list[str]:
        laid = "layouts" in self.used
        begun = "tree(starts)" if not laid else "[lay(x, how) for x, (how, _) in zip(tree(starts), layouts)]"
        given = "tree(now)" if not laid else "[lay(g, how) for g, (_, how) in zip(tree(now), layouts)]"
        held = [f"gs = {given}", f"held = {self.words.held}", *look.before] if look.before else []
        after = [line.replace("(held)", f"({self.words.held})") if self.words is KERAS else line for line in look.after]
        return [*look.first, f"ps = {begun}", *self._made(kept), "for k, now in enumerate(gradients):",
                *indented([
                    *self._prepared(), *held, f"ps, state = step(optimizer, ps, {'gs' if held else given}, state)",
                    *after, *([f"path.append({kept})"] if kept else [])])]

    def _made(self, kept: str | None) -> list[str]:
        """The optimizer, its state, and a companion's; the path begins with what is kept of them."""
        made, first = self.words.made, self.words.first
        if "fixed" in self.used:
            made = ("(optax.inject_hyperparams(Subject, static_args=fixed) if fixed else Subject)(**options)"
                    if "fixed" in self.differ else
                    f"optax.inject_hyperparams(Subject, static_args={literal(self.each[0]['fixed'])})(**options)")
        if self.words is KERAS and "how" in self.used:  # what is saved has been through its configuration
            made = "Subject.from_config(Subject(**options).get_config())"
        if "own" not in self.used:
            first = first.replace(", **own", "")
        again = "how" in self.used and "build()" in self.words.saved
        begun = f"; path = [{kept}]" if kept else ""
        lines = [f"build = lambda: {made}"] if again else []
        lines.append(f"optimizer = {'build()' if again else made}; state = {first}{begun}")
        if "companion" in self.used:
            lines += [f"qs, mate = tree({self.row}), {self._plain()}",
                      f"other = {first.replace('optimizer', 'mate').replace('ps', 'qs')}"]
        return lines

    def _plain(self) -> str:
        """An optimizer with the subject's settings alone."""
        given = literal(dict(self.subject.settings))
        return given if self.words in (NUMPY, WHOLE) else f"Subject(**{given})"

    def _prepared(self) -> list[str]:
        """Everything that happens before a step."""
        lines = []
        if "companion" in self.used:
            guard = "if companion: " if "companion" in self.differ else ""
            lines.append(f"{guard}qs, other = step(mate, qs, tree({self.slope}), other)")
        if "how" in self.used:
            how = next(each["how"] for each in self.each if each["how"])
            copied = {"deepcopy": "ps, state = copy.deepcopy((ps, state))",
                      "pickle": "ps, state = pickle.loads(pickle.dumps((ps, state)))"}
            at = "reload" if "reload" in self.differ else literal(self.each[0]["reload"])
            lines.append(f"if k == {at}: {copied.get(how, self.words.saved)}")
        if "changes" in self.used:
            lines.append(f"for n, v in changes.get(k, {{}}).items(): {self.words.changed}")
        return lines

    def _names(self) -> list[dict[str, Any]]:
        """Where each parameter's state tensors are: the number of a leaf, or an attribute."""
        where = _leaves_of if self.words is OPTAX else _attributes
        return where(self.subject, self.each[0])


def _ingredients(plan: Plan, spelling: Spelling) -> Ingredients:
    """A plan as named values. Raises Unwritable for what a pure optimizer is never made to do."""
    if len(plan.groups) > 1 or plan.closure or plan.halves or plan.released or plan.unusual or len(plan.reloads) > 1:
        raise Unwritable("this kind of run has no short script")
    if plan.dtype != "float64" or any(
            t.frozen or t.dtype or any(g is None for g in t.gradients) for t in plan.tensors):
        raise Unwritable("this kind of run has no short script")
    subject = spelling.subject
    options = spelling.constructor(plan.groups[0].options)
    changes = {k: dict(subject.keywords(by[0])) for k, by in plan.changes.items() if by.get(0)}
    moved = {name for by in changes.values() for name in by}
    numpy = subject.framework == "numpy"
    return {"starts": [numbers_of(t.start) for t in plan.tensors],
            "gradients": [[numbers_of(t.gradients[k]) for t in plan.tensors] for k in range(plan.steps)],
            "options": options, "changes": changes, "layouts": layouts_of(plan) if numpy else [],
            "own": _of_init(subject, options) if numpy and not subject.whole else {},
            "fixed": _fixed(subject, moved) if subject.framework == "optax" and moved else [],
            "reload": next(iter(plan.reloads), None), "how": next(iter(plan.reloads.values()), None),
            "companion": plan.companion}


def _fixed(subject: Any, moved: set[str]) -> list[str]:
    """The options that are not injected."""
    return [name for name in inspect.signature(subject.factory).parameters if name not in moved]


def _of_init(subject: Any, options: dict[str, Any]) -> dict[str, Any]:
    """The options that `init` takes."""
    whole = {**subject.defaults, **options}
    names = list(inspect.signature(subject.thing.__globals__["init"]).parameters)[1:]
    return {name: whole[name] for name in names if name in whole}


def _begun(subject: Any, each: Ingredients) -> tuple[Any, Any]:
    """The optimizer of a run with its first state."""
    import numpy as np

    changes: dict[int, dict[int, dict[str, Any]]] = {k: {0: {}} for k in each["changes"]}
    built = subject.built(each["options"], Plan((), changes))
    return built, built.init(subject.tree([np.array(x, dtype=np.float64) for x in each["starts"]], Plan(())))


def _leaves_of(subject: Any, each: Ingredients) -> list[dict[str, Any]]:
    """The number of the leaf of optax's state that holds each tensor: read off a state that is its own numbering."""
    import jax

    built, state = _begun(subject, each)
    if each["changes"]:
        raise Unwritable("the state of an optimizer with injected options is nested once more")
    structure = jax.tree_util.tree_structure(state)
    numbered = jax.tree_util.tree_unflatten(structure, list(range(structure.num_leaves)))
    return [{name: int(i) for name, i in own.items()} for own in built.fields(numbered, len(each["starts"]))]


def _attributes(subject: Any, each: Ingredients) -> list[dict[str, Any]]:
    """The attribute of Keras's optimizer that lists each tensor."""
    from fiducial.checks.adapters.keras_optimizer import KNOWN_AS

    built, state = _begun(subject, each)
    names = [n for own in built.fields(state, len(each["starts"]))[:1] for n in own]
    found = {KNOWN_AS.get(a.lstrip("_"), a.lstrip("_")): a for a in vars(state)}
    return [{n: "iterations" if n == "step" else found[n] for n in names}] * len(each["starts"])


def runs_of(plans: Sequence[Plan], spelling: Spelling) -> Runs | PureRuns:
    """Runs in the words of the subject's framework."""
    return (Runs if spelling.subject.framework == "torch" else PureRuns)(plans, spelling)
