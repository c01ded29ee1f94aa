"""Draws: random plans in which every term of an update matters, made to shrink to small ones.

Numbers are drawn with two or three digits, so that a failing sample can be read and typed. Simplest choices stand
first in every list, because Hypothesis shrinks towards them.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from fiducial.checks.evidence import Array
from fiducial.checks.plans import Demands, Group, Layout, Plan, Tensor

SHAPES: tuple[tuple[int, ...], ...] = ((2,), (1,), (3,), (2, 3), (4, 2), (2, 2, 2), (7,))
ODD_SHAPES: tuple[tuple[int, ...], ...] = ((), (0,), (1,), (2, 3), (0, 3), (3, 2))
# Four dimensions, as a convolution has; and one entry more than 16, 64 and 1024, where whole vectors and blocks end.
LARGER_SHAPES: tuple[tuple[int, ...], ...] = ((2, 1, 3, 2), (17,), (5, 13), (41, 25))
MATRICES: tuple[tuple[int, ...], ...] = ((1, 3), (2, 3), (3, 1), (4, 2), (1, 1), (2, 2))
STEPS = (2, 1, 3, 5, 8, 13)
GRADIENT_SCALES = (1.0, 0.1, 10.0, 1e-3, 1e-6, 1e3)
START_SCALES = (1.0, 0.0, 1e-2, 10.0)
LAYOUTS: tuple[Layout, ...] = ("contiguous", "transposed", "strided")


@dataclass(frozen=True)
class Choice:
    """One option of a subject that plans may move.

    values     what it is set to, the default's usual neighbours first
    companion  other options that it needs in order to matter (dampening needs momentum)
    per_group  whether a parameter group can hold it
    """

    name: str
    values: tuple[Any, ...]
    companion: Mapping[str, Any]
    per_group: bool = True

    @functools.cached_property
    def drawn(self) -> SearchStrategy[Any]:
        """One of its values."""
        return st.sampled_from(self.values)


def _normal(rng: np.random.Generator, steps: int, size: int) -> Array:
    """Independent gradients of both signs, one in ten exactly zero."""
    drawn = np.round(rng.normal(size=(steps, size)), 2)
    return np.where(rng.random((steps, size)) < 0.1, 0.0, drawn)


def _constant(rng: np.random.Generator, steps: int, size: int) -> Array:
    return np.tile(np.round(rng.normal(size=size), 2), (steps, 1))


def _flipping(rng: np.random.Generator, steps: int, size: int) -> Array:
    course: Array = _constant(rng, steps, size) * (-1.0) ** np.arange(steps)[:, None]
    return course


def _decaying(rng: np.random.Generator, steps: int, size: int) -> Array:
    course: Array = _constant(rng, steps, size) * 0.25 ** np.arange(steps)[:, None]
    return course


def _growing(rng: np.random.Generator, steps: int, size: int) -> Array:
    course: Array = _constant(rng, steps, size) * 2.0 ** np.arange(steps)[:, None]
    return course


def _sparse_in_time(rng: np.random.Generator, steps: int, size: int) -> Array:
    return _normal(rng, steps, size) * (rng.random((steps, 1)) < 0.5)


COURSES = (_normal, _constant, _flipping, _decaying, _growing, _sparse_in_time)


_sampled = functools.lru_cache(maxsize=512)(st.sampled_from)  # Hypothesis looks a new strategy over, which takes time


@functools.lru_cache(maxsize=512)
@st.composite
def tensors(draw: DrawFn, steps: int, shapes: Sequence[tuple[int, ...]] = SHAPES,
            scales: Sequence[float] = GRADIENT_SCALES, layouts: Sequence[Layout] = ("contiguous",)) -> Tensor:
    """One tensor: shape, layout, start, and a course of gradients."""
    shape = draw(_sampled(shapes))
    course = draw(_sampled(COURSES))
    scale = draw(_sampled(scales))
    start = draw(_sampled(START_SCALES))
    rng = np.random.default_rng(draw(st.integers(0, 255)))
    size = int(np.prod(shape))
    begin = np.round(rng.normal(size=shape), 2) * start
    gradients = course(rng, steps, size) * scale
    layout, gradient_layout = (draw(_sampled(layouts)) for _ in range(2)) if len(layouts) > 1 \
        else (layouts[0], layouts[0])
    return Tensor(np.asarray(begin, dtype=np.float64), tuple(g.reshape(shape) for g in gradients),
                  layout, gradient_layout)


@st.composite
def settings(draw: DrawFn, choices: Sequence[Choice], moved: Sequence[str] | None = None) -> dict[str, Any]:
    """Values for some options: the named ones, or any few; companions come along where they are missing."""
    names = [c.name for c in choices]
    if moved is None:
        count = draw(_sampled((0, 1, 2, 3, len(names))))
        chosen = draw(st.permutations(names))[:count] if names else []
        moved = [name for name in names if name in chosen]
    out: dict[str, Any] = {}
    by_name = {c.name: c for c in choices}
    for name in moved:
        out[name] = draw(by_name[name].drawn)
    return reconciled(out, by_name)


def reconciled(options: dict[str, Any], choices: Mapping[str, Choice]) -> dict[str, Any]:
    """The options with the companions that they need; a companion that was drawn to a value that works is kept."""
    out = dict(options)
    for name in options:
        active = options[name] not in (False, 0, 0.0)
        for other, value in choices[name].companion.items() if active else ():
            if other in choices and (callable(value) or other not in out or out[other] != value):
                out[other] = value(out.get(other)) if callable(value) else value
    return out


def suited(shapes: Sequence[tuple[int, ...]], demands: Demands) -> tuple[tuple[int, ...], ...]:
    """The shapes that a rule admits; small matrices for ordinary shapes where it admits nothing else."""
    if demands.matrices and shapes == SHAPES:
        return MATRICES
    return tuple(shape for shape in shapes if demands.admits(shape)) or MATRICES


def touching_rows(plan: Plan) -> Plan:
    """The plan with gradients that leave rows untouched: in step k those i for which 3 divides i + k; and in which the
    rows before these add up to 0, and are touched all the same."""

    def thinned(g: Array, k: int) -> Array:
        left = (np.arange(g.shape[0]) + k) % 3
        thin: Array = np.where(left[:, None] == 0, 0.0, g.reshape(g.shape[0], math.prod(g.shape[1:])))
        if pairs := thin.shape[1] // 2:
            twos = thin[left == 2, :2 * pairs]
            thin[left == 2] = 0.0
            thin[left == 2, 0:2 * pairs:2], thin[left == 2, 1:2 * pairs:2] = twos[:, 0::2], -twos[:, 0::2]
        return thin.reshape(g.shape)

    return plan.map_tensors(lambda t: replace(t, gradients=tuple(
        None if g is None else thinned(g, k) for k, g in enumerate(t.gradients))))


def rates(choices: Sequence[Choice]) -> tuple[float, ...]:
    """The learning rates that a subject is drawn with; empty if it has none."""
    return next((c.values for c in choices if c.name == "lr"), ())


@st.composite
def plans(draw: DrawFn, choices: Sequence[Choice], *, moved: Sequence[str] | None = None, groups: int = 1,
          shapes: Sequence[tuple[int, ...]] = SHAPES, scales: Sequence[float] = GRADIENT_SCALES,
          layouts: Sequence[Layout] = ("contiguous",), steps: Sequence[int] = STEPS,
          most_tensors: int = 2, least_tensors: int = 1, schedule: bool = True) -> Plan:
    """A plan.

    moved     the options that leave their defaults (None: any few)
    groups    how many parameter groups, each with options of its own
    schedule  whether the learning rate may change on the way
    """
    count = draw(_sampled(steps))
    shared = [c for c in choices if not c.per_group]
    common = draw(settings(shared, None if moved is None else [m for m in moved if any(c.name == m for c in shared)]))
    built = []
    for _ in range(groups):
        own = [c for c in choices if c.per_group]
        options = draw(settings(own, None if moved is None else [m for m in moved if any(c.name == m for c in own)]))
        number = draw(st.integers(least_tensors, most_tensors))
        members = tuple(draw(tensors(count, shapes, scales, layouts)) for _ in range(number))
        merged = reconciled({**common, **options}, {c.name: c for c in choices}) if shared else options
        built.append(Group(members, merged))
    plan = Plan(tuple(built))
    return draw(scheduled(plan, choices)) if schedule and count > 1 else plan


@st.composite
def scheduled(draw: DrawFn, plan: Plan, choices: Sequence[Choice]) -> Plan:
    """The plan, perhaps with one change of the learning rate: of its first group, or of all that share one rate."""
    rate = next((c for c in choices if c.name == "lr" and c.values), None)
    if rate is None or not draw(st.booleans()):
        return plan
    when = draw(st.integers(1, plan.steps - 1))
    moved = {"lr": draw(rate.drawn)}
    return replace(plan, changes={when: dict.fromkeys(range(1 if rate.per_group else len(plan.groups)), moved)})


@st.composite
def with_absences(draw: DrawFn, base: SearchStrategy[Plan]) -> Plan:
    """A plan in which some gradients are absent: in the first steps, in the middle, or always."""
    plan = draw(base)

    def thin(tensor: Tensor, pattern: Sequence[bool]) -> Tensor:
        return replace(tensor, gradients=tuple(None if gone else g
                                               for g, gone in zip(tensor.gradients, pattern, strict=True)))

    patterns = [draw(st.lists(st.booleans(), min_size=plan.steps, max_size=plan.steps)) for _ in plan.tensors]
    if not any(any(p) for p in patterns):
        patterns[-1] = [True] + [False] * (plan.steps - 1)
    it = iter(patterns)
    return plan.map_tensors(lambda t: thin(t, next(it)))
