"""Agreement: a recorded run beside the trajectory that the definition gives for the same plan.

    measured = |θ_subject − θ_definition|      allowed = 4 · bound

Allowed  `bound` is the running error bound of the definition's own evaluation (`checks.rounding`). The definition is
         off by at most once that bound. A subject computes the same formula with other roundings: each of its
         operations is counted in the bound once; folding the two bias corrections into the step size, writing
         m + (1-β)(g-m) for βm + (1-β)g, or θ - (η/c)m/(√v/√c' + ε) at most triples the number of roundings
         that any one term passes. One for the definition and three for the subject make four.
         Nothing is re-synchronised between steps.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np

from fiducial.checks.evidence import Array, Gap
from fiducial.checks.plans import Demands, Options, Plan, Record, Spot, bowl, curvatures
from fiducial.checks.rounding import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, SCALAR, Rounded, Rounding, Undecided, exact

SHARE = 4.0
ROUNDINGS: dict[str, Rounding] = {"float64": FLOAT64, "float32": FLOAT32, "bfloat16": BFLOAT16, "float16": FLOAT16}


class Definition(Protocol):
    """A rule as the checks see it: one array, pure, options by name."""

    @property
    def scope(self) -> str:
        """element, matrix, tensor or all: what one call of `step` is given."""

    @property
    def averages(self) -> tuple[str, ...]:
        """The options that are decay rates of averages, which subjects may apply as 1 - (1 - β)."""

    @property
    def counters(self) -> tuple[str, ...]:
        """The ways in which subjects count a step that gave a parameter no gradient; "parameter" first: not at all."""

    @property
    def precision(self) -> Mapping[str, str]:
        """Fields of the state, and named intermediates, that have a format of their own, whatever the parameters'."""

    @property
    def results(self) -> tuple[str, ...]:
        """Fields of the state that are what the rule is for, and not only what its next step reads."""

    @property
    def by_format(self) -> Mapping[str, Mapping[str, Any]]:
        """Format → the neutral values of the options that depend on it."""

    @property
    def demands(self) -> Demands:
        """What it asks of the plans."""

    @property
    def absent(self) -> str:
        """What a step of all parameters as one does with a tensor that has no gradient: zero, or left-out."""

    def missed(self, counter: str, state: Any, options: Options, t: int) -> Any:
        """The state of a parameter that had no gradient in step t of its group, under a way of counting."""

    def start(self, x: Any, options: Options) -> Any:
        """The state before the first step."""

    def step(self, x: Any, g: Any, state: Any, options: Options) -> tuple[Any, Any]:
        """The parameter and the state after one step."""


class Point(NamedTuple):
    """One tensor after one step as the definition has it: value, bound and state."""

    x: Rounded
    state: Any


@dataclass
class Expected:
    """What the definition gives for a plan: points[tensor][step], the start being step 0."""

    points: list[list[Point]]

    def judgeable(self) -> bool:
        """Whether any number after the first step has a finite bound."""
        return any(bool(np.isfinite(p.x.error).any()) for path in self.points for p in path[1:] if p.x.value.size)


def _bundles(plan: Plan, together: bool) -> Iterator[tuple[int, list[int]]]:
    """Tensors that can be advanced as one array: the same group, and a gradient present in the same steps."""
    bundles: dict[tuple[Any, ...], list[int]] = {}
    index = 0
    for g, group in enumerate(plan.groups):
        for tensor in group.tensors:
            present = tuple(gradient is not None for gradient in tensor.gradients)
            frozen = tuple(sorted(tensor.frozen))
            bundles.setdefault((g, present, frozen, None if together else index), []).append(index)
            index += 1
    for key, indices in bundles.items():
        yield key[0], indices


def expected(plan: Plan, definition: Definition, defaults: Options, *, counter: str = "parameter",
             rounded_inputs: bool = False, inside: str | None = None) -> Expected:
    """Run the definition over a plan, with error bounds.

    counter  one of the definition's: "parameter", each tensor counts the steps in which it had a gradient (torch's
             own classes); "group", steps are counted once for all tensors of a group, gradients or not; "optimizer",
             once for all, so that a group that joins later finds the count of the first; …
    rounded_inputs  whether starts, gradients and options are themselves known to one unit of the plan's dtype only,
             as where a subject casts all that it is given
    inside   the format that a subject computes in, where that is not the plan's dtype
    """
    rounding = max(ROUNDINGS[inside or plan.dtype], ROUNDINGS[plan.dtype], key=lambda r: r.unit)
    together = definition.scope == "element"
    known_to = rounding.unit if rounded_inputs else 0.0
    points: list[list[Point]] = [[] for _ in plan.tensors]
    with np.errstate(all="ignore"):
        if definition.scope == "all":
            _advance_all(plan, definition, defaults, rounding, known_to, points)
        for group, indices in _bundles(plan, together) if definition.scope != "all" else ():
            _advance(plan, definition, defaults, counter, rounding, known_to, group, indices, points)
    return Expected(points)


def _flat(arrays: Sequence[Array], together: bool) -> Array:
    """One array for one tensor; one flat array for several."""
    return np.concatenate([np.ravel(a) for a in arrays]) if together else arrays[0]


def _advance(plan: Plan, definition: Definition, defaults: Options, counter: str, rounding: Rounding,
             known_to: float, group: int, indices: list[int], points: list[list[Point]]) -> None:
    """Run one bundle of tensors through the plan, and hand each its own slice."""
    together, averages = definition.scope == "element", definition.averages
    tensors = [plan.tensors[i] for i in indices]
    carried = [_carried(plan.options_at(k, group, defaults), averages, rounding, known_to) for k in range(plan.steps)]
    x = _given(_flat([t.start for t in tensors], together), known_to, rounding)
    state = _stored(definition.start(x, carried[0]), definition.precision, rounding)
    begun, joins, shapes = False, plan.groups[group].joins, [t.start.shape for t in tensors]
    for k in range(-1, plan.steps):
        gradients = [g for t in tensors if (g := t.gradients[k]) is not None]
        if k >= joins and gradients and k not in tensors[0].frozen:
            if not begun and counter == "parameter":  # what reads an option when it begins finds it as it is now
                state = _stored(definition.start(x, carried[k]), definition.precision, rounding)
            begun = True
            x, state = _moved(x, _given(_flat(gradients, together), known_to, rounding), state, definition, carried[k])
            state = _stored(state, definition.precision, rounding)
        elif counter == "optimizer" and k >= 0:
            state = definition.missed(counter, state, carried[k], k + 1)
        elif k >= joins and counter != "parameter":
            state = definition.missed(counter, state, carried[k], k - joins + 1)
        for i, piece in zip(indices, _pieces(x, state, shapes, together), strict=True):
            points[i].append(piece)


def _moved(x: Rounded, g: Rounded, state: Any, definition: Definition, options: Options) -> tuple[Any, Any]:
    """One step; of no known result, but counted, where the definition has to decide what rounding leaves open."""
    try:
        return definition.step(x, g, state, options)
    except Undecided:
        counted = {"t": state.t + 1} if hasattr(state, "t") else {}
        return Rounded(x.value, np.inf, x.rounding), _unknown(state)._replace(**counted)


def _advance_all(plan: Plan, definition: Definition, defaults: Options, rounding: Rounding, known_to: float,
                 points: list[list[Point]]) -> None:
    """Run every tensor of the plan as one flat array; one without a gradient has a zero one, or stays out of the step.

    A definition that has to decide what rounding leaves open says nothing from there on.
    """
    shapes = [t.start.shape for t in plan.tensors]
    x, lost = _given(_flat([t.start for t in plan.tensors], True), known_to, rounding), False
    state = definition.start(x, _carried(plan.options_at(0, 0, defaults), definition.averages, rounding, known_to))
    for k in range(-1, plan.steps):
        if k >= 0 and not lost:
            options = _of_all(plan, k, definition, defaults, rounding, known_to)
            gradients = [np.zeros_like(t.start) if (g := t.gradients[k]) is None else g for t in plan.tensors]
            tilt = _given(_flat(gradients, True), known_to, rounding)
            present = _present(plan, k) if definition.absent == "left-out" else np.ones(x.size, dtype=bool)
            try:
                x, state = _joint(x, tilt, state, options, present, definition)
            except Undecided:
                lost = True
        lost = lost or not np.isfinite(x.error).any()
        x, state = (Rounded(x.value, np.inf, rounding), _unknown(state)) if lost else (x, state)
        for path, piece in zip(points, _pieces(x, state, shapes, True), strict=True):
            path.append(piece)


def _of_all(plan: Plan, k: int, definition: Definition, defaults: Options, rounding: Rounding,
            known_to: float) -> dict[str, Any]:
    """The first group's options; a number in which the groups differ, once for each entry of every tensor."""
    carried = [_carried(plan.options_at(k, i, defaults), definition.averages, rounding, known_to)
               for i in range(len(plan.groups))]
    entries = [sum(t.start.size for t in group.tensors) for group in plan.groups]

    def spread(name: str, first: Any) -> Any:
        own = [options[name] for options in carried]
        if not isinstance(first, Rounded) or all(one.value == first.value for one in own[1:]):
            return first
        return np.concatenate([np.full_like(Rounded(np.zeros(n), 0.0, rounding), one)
                               for n, one in zip(entries, own, strict=True)])

    return {name: spread(name, first) for name, first in carried[0].items()}


def _present(plan: Plan, k: int) -> Array:
    """Which entries of all tensors have a gradient in step k."""
    return np.concatenate([np.full(t.start.size, t.gradients[k] is not None and k not in t.frozen)
                           for t in plan.tensors])


def _joint(x: Rounded, g: Rounded, state: Any, options: dict[str, Any], present: Array,
           definition: Definition) -> tuple[Rounded, Any]:
    """One step of the entries that are present; the others keep their values and their entries of the state."""
    if definition.demands.objective:
        moved, state = definition.step(x, partial(bowl, tilt=g, curvature=curvatures(x.size)), state, options)
        return moved, state
    if present.all():
        moved, state = definition.step(x, g, state, options)
        return moved, state

    def picked(value: Any) -> Any:
        return value[present] if getattr(value, "shape", None) == present.shape else value

    def returned(old: Any, new: Any) -> Any:
        return _placed(old, new, present) if getattr(old, "shape", None) == present.shape else new

    mine = type(state)(*map(picked, state))
    moved, new = definition.step(picked(x), picked(g), mine, {name: picked(v) for name, v in options.items()})
    return _placed(x, moved, present), type(state)(*map(returned, state, new))


def _unknown(state: Any) -> Any:
    """A state of which nothing is known any more."""
    return type(state)(*(Rounded(v.value, np.inf, v.rounding) if isinstance(v, Rounded) else v for v in state))


def _placed(old: Any, new: Any, present: Array) -> Rounded:
    """An array with new entries where they are present."""
    old, new = exact(old), exact(new)
    value, error = old.value.copy(), np.array(np.broadcast_to(old.error, old.value.shape))
    value[present], error[present] = new.value, new.error
    return Rounded(value, error, old.rounding)


def _stored(state: Any, precision: Mapping[str, str], rounding: Rounding) -> Any:
    """The state with one unit of their own format added to the fields that are kept in one coarser than the rest."""
    coarser = {name: ROUNDINGS[dtype] for name, dtype in precision.items()
               if ROUNDINGS[dtype].unit > rounding.unit and hasattr(state, name)}
    kept = {name: (exact(getattr(state, name), rounding), own) for name, own in coarser.items()}
    sizes = {name: np.where(np.isfinite(v.value), np.abs(v.value), np.inf) for name, (v, _) in kept.items()}
    return state._replace(**{name: Rounded(v.value, v.error + own.unit * sizes[name] + own.tiny, rounding)
                             for name, (v, own) in kept.items()}) if kept else state


def _known(values: Array, known_to: float) -> Any:
    """The errors of values that are known to a relative error; what is not finite is known to none."""
    return np.where(np.isfinite(values), known_to * np.abs(values), np.inf) if known_to else 0.0


def _given(values: Array, known_to: float, rounding: Rounding) -> Rounded:
    """What a subject is given: exact, or known to a relative error."""
    return Rounded(values, _known(values, known_to), rounding)


def _carried(options: Options, averages: tuple[str, ...], rounding: Rounding, known_to: float) -> dict[str, Any]:
    """Hyper-parameters as scalars with their errors; flags as they are.

    They are exact, but for one thing: a subject that writes its average as m + (1-β)(g-m), as torch's lerp does, knows
    β as 1 - fl(1-β). That is exact for β ≥ ½ (Sterbenz), and off by at most one unit below.
    Beside arrays that are coarser than float64 a subject may reckon with them in float32; in less than that it may not.
    """
    own = rounding if rounding.unit <= FLOAT64.unit else SCALAR

    def number(name: str, value: float) -> Rounded:
        complement = rounding.unit if name in averages and 0 < value < 0.5 else 0.0
        return Rounded(np.float64(value), max(complement, min(known_to, SCALAR.unit) * abs(value)), own)

    return {name: number(name, value) if isinstance(value, float | int) and not isinstance(value, bool) else value
            for name, value in options.items()}


def _pieces(x: Rounded, state: Any, shapes: list[tuple[int, ...]], together: bool) -> Iterator[Point]:
    """Cut a bundle back into its tensors, state included."""
    if not together:
        yield Point(x, state)
        return
    ends = list(itertools.accumulate(math.prod(shape) for shape in shapes))
    places = [(slice(end - math.prod(shape), end), shape) for end, shape in zip(ends, shapes, strict=True)]

    def cut(value: Any) -> list[Any]:
        if not isinstance(value, Rounded) or value.value.ndim == 0:
            return [value] * len(shapes)
        v, e = value.value, np.broadcast_to(value.error, value.value.shape)
        return [Rounded(v[here].reshape(s), e[here].reshape(s), value.rounding) for here, s in places]

    fields = {name: cut(getattr(state, name)) for name in getattr(state, "_fields", ())}
    for i, piece in enumerate(cut(x)):
        yield Point(piece, type(state)(**{name: pieces[i] for name, pieces in fields.items()}))


def distance(actual: Array, exact: Rounded, where: str, *, share: float = SHARE) -> Gap:
    """The worst entry of an array beside the definition's, among those with a finite bound.

    An entry that is not finite in the definition, or whose bound is not, judges nothing.
    """
    value, error = exact.value, np.broadcast_to(exact.error, exact.value.shape)
    judged = np.isfinite(value) & np.isfinite(error)
    if actual.shape != value.shape:
        return Gap(np.inf, 0.0, f"{where}: shape {actual.shape} instead of {value.shape}")
    if not judged.any():
        return Gap(0.0, 0.0, "")
    measured = np.abs(actual.astype(np.float64)[judged] - value[judged])
    allowed = share * error[judged]
    # measured <= allowed counts as 0 where both are 0, and nan counts as worst
    with np.errstate(all="ignore"):
        ratio = np.where(measured <= allowed, measured / np.where(allowed > 0, allowed, 1), np.inf)
        ratio = np.where((ratio == np.inf) & (allowed > 0) & np.isfinite(measured), measured / allowed, ratio)
    worst = int(np.argmax(ratio))
    place = tuple(int(i) for i in np.argwhere(judged)[worst])
    gap = Gap(float(measured[worst]), float(allowed[worst]), f"{where}, entry {place}" if place else where, at=place)
    if not gap.holds:
        gap.sample.update(expected=float(value[judged][worst]), actual=float(actual[judged][worst]))
    return gap


def located(gap: Gap, plan: Plan, tensor: int, step: int, **more: Any) -> Gap:
    """A gap that does not hold, with its place in a run as data; one that holds as it is."""
    return gap if gap.holds else replace(gap, at=Spot(plan, tensor, step, gap.at, **more))


def along(record: Record, exact: Expected, choose: Callable[[Point], Rounded] = lambda p: p.x,
          read: Callable[[Any], Any] = lambda seen: seen.value, what: str = "parameter") -> Gap:
    """The first step at which any tensor leaves the definition; the worst gap where none does."""
    gaps = [Gap(0.0, 0.0)]
    for k, seen in enumerate(record.steps):
        here = [located(distance(read(s), choose(exact.points[i][k + 1]), f"{what} {i} after step {k + 1}"),
                        record.plan, i, k) for i, s in enumerate(seen)]
        worst = Gap.worst(here)
        if not worst.holds:
            return worst
        gaps.append(worst)
    return Gap.worst(gaps)
