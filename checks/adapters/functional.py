"""Pure optimizers: state goes in and comes out. Their shared shape, and how a plan is driven through it.

A pure optimizer is a class with two methods, and this is all that fiducial asks of one:

    class Mine:
        def init(self, params): ...                                 → state
        def step(self, params, grads, state, **options): ...        → (params, state)

`params` and `grads` are lists of NumPy arrays of float64, one for each parameter and in the same order; `state` is
anything that pickle can carry. The keywords of `step` are the options, each with its default. Neither method may write
into what it is given. Attributes of a state (or keys, where it is a dictionary) that are lists as long as `params` are
recognised as state tensors by their names.
"""

from __future__ import annotations

import copy
import pickle
import random
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Protocol

import numpy as np

from fiducial.checks.adapters.refusals import failure_of
from fiducial.checks.evidence import Array
from fiducial.checks.plans import Demands, Failure, Layout, Options, Plan, Record, Reload, Seen, spelt

NO_CLOSURE = "not claimed: a pure step is given its gradients and takes no closure"
NO_GROUPS = "not claimed: it has no parameter groups"
NO_ABSENCE = "not claimed: every parameter has its gradient in every step"
NO_AUTOGRAD = "not claimed: its arrays carry no gradients and no graph"
NO_DTYPES = "not claimed: its plans are handed over in float64"
NO_FORMS = "not claimed: parameters are not handed to the constructor"
NO_CROSSING = "not claimed: nothing casts a state to its parameters' dtype when it is restored"
NO_KINDS = "not claimed: its arrays are dense and real, and its options are numbers"
UNCLAIMED: Mapping[str, str] = {
    "closure.*": NO_CLOSURE, "groups.*": NO_GROUPS,
    **{f"dtype.{name}": NO_DTYPES for name in ("*-follows-definition", "small-*", "parameter-*", "state-*", "mixed-*")},
    **{f"gradient.{name}": NO_ABSENCE for name in ("absent-leaves-everything", "absent-follows-definition",
                                                   "frozen-parameter-stays", "frozen-from-the-start-joins")},
    "state.resumes-with-an-absent-gradient": NO_ABSENCE,
    **{f"gradient.{name}": NO_AUTOGRAD for name in ("no-graph-is-kept", "version-counter-rises", "grad-mode-left-alone",
                                                    "accumulation-is-the-sum", "zero-grad-empties",
                                                    "steps-without-autograd")},
    "path.gradient-release-*": NO_AUTOGRAD,
    "gradient.parameters-stay-in-place": "not claimed: a pure step returns new parameters",
    "construction.accepts-*": NO_FORMS, "construction.warns-on-a-duplicate": NO_FORMS,
    "construction.refuses-a-bare-tensor": NO_FORMS, "construction.refuses-an-empty-list": NO_FORMS,
    "construction.refuses-a-parameter-in-two-groups": NO_FORMS, "construction.parameters-left-alone": NO_FORMS,
    "construction.options-stand-in-groups-and-defaults": NO_GROUPS,
    "construction.*-or-right": NO_KINDS, "construction.integers-*": NO_KINDS, "construction.meta-*": NO_KINDS,
    **{f"rule.{name}": NO_KINDS for name in ("tensor-rate-equals-number", "complex-equals-two-reals",
                                             "sparse-equals-dense")},
    **{f"state.{name}": NO_CROSSING for name in ("follows-its-parameters-dtype", "counters-keep-their-precision",
                                                 "survives-a-narrower-dtype")},
    "construction.refuses-incompatible-flags": "not claimed: it has no flags of torch's",
    "construction.representation-names-the-class": "not claimed: it is a function",
}


class Interrupted(Exception):
    """The subject raised; the failure is in the record."""


class Built(Protocol):
    """A pure optimizer with its options: what an adapter hands to a run."""

    def init(self, params: Any) -> Any:
        """The state before the first step."""

    def step(self, params: Any, grads: Any, state: Any) -> tuple[Any, Any]:
        """Parameters and state after one step."""

    def change(self, state: Any, options: Options) -> Any:
        """Set options on the way; the state that carries them on."""

    def hand_over(self, fresh: Any) -> None:
        """Give a fresh one what the caller holds: options that are handed in at each step."""

    def fields(self, state: Any, count: int) -> list[dict[str, Any]]:
        """For each of `count` parameters its state tensors by name, and the counters of all."""


class PureOptimizer:
    """A pure optimizer with its settings, as the laboratory asks for it; an adapter says how it is built.

    unclaimed  check ids (or globs of them) that say nothing of such a subject → why
    """

    framework = "numpy"
    implementation: frozenset[str] = frozenset()
    unclaimed: Mapping[str, str] = UNCLAIMED
    derived: frozenset[str] = frozenset()
    has_home = True

    def __init__(self, title: str, defaults: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        self.title = title
        self.settings = dict(settings)
        self.defaults: dict[str, Any] = {**defaults, **settings}
        self.names: Mapping[str, tuple[str, int | None]] = {}
        self.demands = Demands()
        self.group_keys: set[str] = set()

    def built(self, options: Options, plan: Plan) -> Built:
        """The optimizer with options spelt as keywords. Raises whatever the subject raises."""
        raise NotImplementedError

    def tree(self, arrays: Sequence[Array], plan: Plan) -> Any:
        """Parameters or gradients in the form that the optimizer takes."""
        raise NotImplementedError

    def leaves(self, tree: Any) -> list[Any]:
        """The arrays of such a form, in order."""
        raise NotImplementedError

    def snapshot(self, tree: Any) -> Any:
        """What parameters or a state hold at this moment, to see whether a step writes into them."""
        return _copied(tree)

    def saved(self, state: Any) -> Any:
        """A state as plain arrays, as a checkpoint holds it."""
        raise NotImplementedError

    def restored(self, saved: Any, fresh: Any) -> Any:
        """What was saved, in the structure of a fresh state."""
        raise NotImplementedError

    def per_group(self, name: str) -> bool:
        """The one group holds every option."""
        return True

    def paths(self) -> list[str]:
        """No flag chooses a path of its own."""
        return []

    def keywords(self, options: Options) -> dict[str, Any]:
        """Canonical options as keywords of the subject: (beta1=0.5) → (betas=(0.5, 0.999))."""
        return spelt(options, self.names, self.defaults)

    def attempt(self, what: str, plan: Plan | None = None) -> Any:
        """Every claim that asks for one is unclaimed."""
        raise NotImplementedError(what)

    def construct(self, form: str, options: Options | None = None, steps: int = 0) -> Trial:
        """Build, and make a state for two parameters; the form says nothing here."""
        return Trial(self, options or {})

    def drive(self, plan: Plan) -> Record:
        """Run a plan and record everything; an exception of the subject ends the run and is recorded."""
        record = Record(plan, [t.start.copy() for t in plan.tensors])
        with watched(record), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with suppress(Interrupted):
                Course(self, plan, record).run()
        return record


class Trial:
    """What building an optimizer came to."""

    def __init__(self, subject: PureOptimizer, options: Options) -> None:
        self.failure: Failure | None = None
        self.complaints: list[str] = []
        self.world = Record(Plan(()), [])
        with warnings.catch_warnings(record=True) as caught, watched(self.world):
            warnings.simplefilter("always")
            try:
                optimizer = subject.built(subject.keywords(options), Plan(()))
                optimizer.init(subject.tree([np.array([[1.0, -2.0]]), np.array([[0.5, 3.0]])], Plan(())))
            except Exception as error:
                self.failure = failure_of(error, -1)
        self.warned = [str(w.message) for w in caught]

    def shows(self, keyword: str) -> bool:
        """A pure optimizer lists its options nowhere."""
        return False


class Course:
    """One run of a plan through a pure optimizer, and the record that is being written."""

    def __init__(self, subject: PureOptimizer, plan: Plan, record: Record) -> None:
        self.subject, self.plan, self.record = subject, plan, record
        self.params = subject.tree([laid_out(t.start, t.layout) for t in plan.tensors], plan)

    def run(self) -> None:
        """Build, then step through the plan."""
        options = self.subject.keywords(self.plan.groups[0].options)
        self.optimizer = self._guarded(-1, lambda: self.subject.built(options, self.plan))
        self.state = self._guarded(-1, lambda: self.optimizer.init(self.params))
        other = self._companion() if self.plan.companion else None
        for k in range(self.plan.steps):
            if other is not None:
                self._guarded(k, other)
            if k in self.plan.reloads:
                self._guarded(k, partial(self._reload, self.plan.reloads[k]))
            moved = self.plan.changes.get(k, {}).get(0)
            if moved:
                self.state = self._guarded(
                    k, partial(self.optimizer.change, self.state, self.subject.keywords(moved)))
            self._step(k)

    def _guarded(self, step: int, act: Callable[[], Any]) -> Any:
        """Do it; an exception goes into the record and ends the run."""
        try:
            return act()
        except Exception as error:
            self.record.failure = failure_of(error, step)
            self.record.left_behind = [np.array(p) for p in self.subject.leaves(self.params)]
            raise Interrupted from error

    def _step(self, k: int) -> None:
        """One step: what was given is looked at again afterwards, what came back goes on."""
        given = [np.asarray(t.gradients[k], dtype=np.float64) for t in self.plan.tensors]
        grads = self.subject.tree([laid_out(g, t.gradient_layout)
                                   for g, t in zip(given, self.plan.tensors, strict=True)], self.plan)
        before = [self.subject.snapshot(x) for x in (self.params, self.state)]
        held = self.params, self.state
        self.params, self.state = self._guarded(k, lambda: self.optimizer.step(*held[:1], grads, held[1]))
        for what, was, now in zip(("parameters", "state"), before, held, strict=True):
            if not _equal(was, self.subject.snapshot(now)):
                self.record.changed_in_place.append(f"step {k + 1} wrote into the {what} that it was given")
        self.record.steps.append(self._guarded(k, lambda: self._seen(given, grads)))
        self._aliases(grads)

    def _seen(self, given: list[Array], grads: Any) -> list[Seen]:
        """Every parameter after a step."""
        values, after = self.subject.leaves(self.params), self.subject.leaves(grads)
        if len(values) != len(given):
            raise ValueError(f"{len(given)} parameters went into the step, {len(values)} came back")
        fields = self.optimizer.fields(self.state, len(given))
        return [Seen(np.array(v), g, np.array(a), own)
                for v, g, a, own in zip(values, given, after, fields, strict=True)]

    def _aliases(self, grads: Any) -> None:
        """State tensors that live in the memory of a parameter or of its gradient."""
        pairs = {"parameter": self.subject.leaves(self.params), "gradient": self.subject.leaves(grads)}
        for i, own in enumerate(self.optimizer.fields(self.state, len(pairs["parameter"]))):
            for name, value in own.items():
                self.record.aliases += [f"state {name!r} of parameter {i} shares memory with its {what}"
                                        for what, arrays in pairs.items() if _overlap(value, arrays[i])]

    def _companion(self) -> Callable[[], None]:
        """A second optimizer on parameters of its own; what is returned steps it."""
        mate = self._guarded(-1, lambda: self.subject.built({}, self.plan))
        shape = (1, 3) if self.subject.demands.matrices else (3,)
        params, grads = (self.subject.tree([np.array(v).reshape(shape)], self.plan)
                         for v in ([2.0, -1.0, 0.5], [1.0, 2.0, -3.0]))
        kept = [params, self._guarded(-1, lambda: mate.init(params))]

        def step() -> None:
            kept[:] = mate.step(kept[0], grads, kept[1])

        return step

    def _reload(self, how: Reload) -> None:
        """Go on with a copy of parameters and state: as plain arrays in a fresh state, pickled, or copied."""
        pair = self.params, self.state
        if how == "deepcopy":
            self.params, self.state = copy.deepcopy(pair)
            return
        if how == "pickle":
            self.params, self.state = pickle.loads(pickle.dumps(pair))
            return
        saved = self.subject.saved(self.state)
        if how == "weights-only":
            saved = pickle.loads(pickle.dumps(saved))
        before = _copied(saved)
        options = self.subject.keywords(self.plan.groups[0].options)
        fresh = self.subject.built(options, self.plan)
        self.state = self.subject.restored(saved, fresh.init(self.params))
        self.optimizer.hand_over(fresh)
        self.optimizer = fresh
        if not _equal(before, _copied(saved)):
            self.record.dictionary_changed = "what was saved changed when it was restored"


def laid_out(values: Array, layout: Layout) -> Array:
    """An array with the values, in the layout."""
    if layout == "transposed" and values.ndim >= 2:
        return np.ascontiguousarray(values.T).transpose()
    if layout == "strided" and values.ndim >= 1:
        wide = np.zeros((*values.shape[:-1], 2 * values.shape[-1]))
        wide[..., ::2] = values
        return wide[..., ::2]
    return np.array(values, dtype=np.float64)


def _copied(tree: Any) -> Any:
    """A nested structure with its arrays copied: what it held at this moment."""
    if isinstance(tree, Mapping):
        return {name: _copied(value) for name, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_copied(value) for value in tree]
    if hasattr(tree, "shape") and hasattr(tree, "dtype"):
        return np.array(tree)
    return _copied(vars(tree)) if hasattr(tree, "__dict__") and not callable(tree) else tree


def _equal(a: Any, b: Any) -> bool:
    """Whether two such copies hold the same."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_equal(v, b[name]) for name, v in a.items())
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(_equal(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.shape == b.shape and a.tobytes() == b.tobytes()
    return type(a) is type(b) and bool(a == b or a != a)


def _overlap(value: Any, array: Any) -> bool:
    """Whether two NumPy arrays live in the same memory."""
    return isinstance(value, np.ndarray) and isinstance(array, np.ndarray) and np.shares_memory(value, array)


@contextmanager
def watched(record: Record) -> Iterator[None]:
    """Notice what a run does to the global generators of NumPy and Python, which every run finds seeded alike."""
    outside = np.random.get_state(legacy=False), random.getstate()  # noqa: NPY002  what subjects may move
    seeded = np.random.RandomState(20261).get_state(legacy=False), random.Random(20261).getstate()
    _put_back(seeded)
    try:
        yield
    finally:
        now = np.random.get_state(legacy=False), random.getstate()  # noqa: NPY002
        record.generators_moved += [name for name, a, b in zip(("numpy", "random"), now, seeded, strict=True)
                                    if pickle.dumps(a) != pickle.dumps(b)]
        _put_back(outside)


def _put_back(states: tuple[Any, Any]) -> None:
    """Set the global generators."""
    np.random.set_state(states[0])  # noqa: NPY002
    random.setstate(states[1])
