"""The streams: where the plans of each claim come from, and how many are drawn at each level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fiducial.checks.contract.claims import Level, Stream, share
from fiducial.checks.contract.laboratory import Laboratory
from fiducial.checks.draws import (
    LARGER_SHAPES,
    LAYOUTS,
    ODD_SHAPES,
    SHAPES,
    STEPS,
    Choice,
    plans,
    suited,
    touching_rows,
    with_absences,
)
from fiducial.checks.plans import Group, Plan, Tensor

Cases = list[tuple[SearchStrategy[Plan], int]]


def movable(lab: Laboratory) -> list[str]:
    """The options whose draws move a run, the learning rate aside."""
    return [c.name for c in lab.choices if c.name != "lr"]


def drawn(lab: Laboratory, choices: Sequence[Choice] | None = None, *, shapes: Sequence[tuple[int, ...]] = SHAPES,
          **limits: Any) -> SearchStrategy[Plan]:
    """Plans of the subject's options (or those given), such as its rule can be run on."""
    demands = lab.definition.demands
    if demands.objective:  # each step is many iterations
        limits["steps"] = tuple(dict.fromkeys(min(count, 3) for count in limits.get("steps", STEPS)))
    base = plans(lab.choices if choices is None else choices, shapes=suited(shapes, demands), **limits)
    return base.map(touching_rows) if demands.rows else base


def _trajectories(lab: Laboratory, level: Level) -> Cases:
    """Default settings first, then any few options at once; 1 to 13 steps; a few of 30, and of 200 on two entries."""
    return [(drawn(lab, moved=("lr",), steps=(1, 2, 3, 5, 8)), share(level, 12)),
            (drawn(lab), share(level, 40)),
            (drawn(lab, steps=(5, 30, 30, 30), most_tensors=1), share(level, 6)),
            (drawn(lab, steps=(5, 200, 200, 200), shapes=((2,), (1,)), most_tensors=1), share(level, 3))]


def _first_steps(lab: Laboratory, level: Level) -> Cases:
    """One step from a fresh state, with any few options moved."""
    return [(drawn(lab, steps=(1,)), share(level, 20))]


def every_step(lab: Laboratory, base: SearchStrategy[Plan]) -> SearchStrategy[Plan]:
    """Plans whose learning rate is written anew before every step but the first."""

    def changed(plan: Plan, drawn: list[float]) -> Plan:
        return replace(plan, changes={k: {0: {"lr": drawn[k]}} for k in range(1, plan.steps)})

    values = lab.choice("lr").values if lab.has("lr") else (1.0,)
    return st.builds(changed, base, st.lists(st.sampled_from(values), min_size=8, max_size=8))


def _options(lab: Laboratory, level: Level) -> Cases:
    """Every option alone, under a rate that changes too; and (from standard on) every pair, with what they need."""
    singles = [(name,) for name in [c.name for c in lab.choices]]
    pairs: Sequence[tuple[str, ...]] = [] if level == "quick" else list(combinations(movable(lab), 2))
    return [*((drawn(lab, moved=m, most_tensors=1), share(level, 3)) for m in singles),
            *((drawn(lab, moved=m, most_tensors=1, schedule=False), 2 if level == "standard" else 20)
              for m in pairs),
            *((every_step(lab, drawn(lab, moved=m, most_tensors=1, steps=(3, 5), schedule=False)),
               share(level, 2)) for m in singles if lab.has("lr"))]


def _relations(lab: Laboratory, level: Level) -> Cases:
    """Short runs with a few options moved: the ground that twisted runs are compared with."""
    return [(drawn(lab, steps=(2, 3, 5), schedule=False), share(level, 10))]


def _scheduled(lab: Laboratory, level: Level) -> Cases:
    """Runs whose learning rate changes before every step."""
    return [(every_step(lab, drawn(lab, steps=(3, 5, 8), schedule=False)), share(level, 12))]


def _rated(lab: Laboratory, level: Level) -> Cases:
    """A few short runs whose learning rate changes before every step."""
    return [(every_step(lab, drawn(lab, steps=(3, 5), schedule=False)), share(level, 4))]


def _kinds(lab: Laboratory, level: Level) -> Cases:
    """A few short runs with a few options moved, to be taken in tensors of other kinds and in other surroundings.

    In one more every option is moved at once: each has a tensor of the state, or a line of the step, of its own.
    """
    shapes = ((2,), (1,), (3,), (2, 3), (4, 2))
    every = tuple(choice.name for choice in lab.choices)
    return [(drawn(lab, steps=(2, 3), shapes=shapes, schedule=False), share(level, 6)),
            *([(drawn(lab, moved=every, steps=(2, 3), shapes=shapes, schedule=False), 1)] if every else [])]


def _epsilons(lab: Laboratory, level: Level) -> Cases:
    """Gradients near ε in size, so that where ε stands shows."""
    return [(drawn(lab, moved=("eps",), scales=(1e-3, 1.0, 1e-6, 1e-8), steps=(1, 2, 3, 5)), share(level, 12))]


def _extremes(lab: Laboratory, level: Level) -> Cases:
    """Gradients from 1e-100 to 1e100."""
    scales = (1e30, 1e-30, 1e12, 1e-12, 1e-100, 1e100)
    return [(drawn(lab, moved=("lr",), scales=scales, schedule=False), share(level, 12))]


def _subnormals(lab: Laboratory, level: Level) -> Cases:
    """Gradients whose squares, or they themselves, are subnormal."""
    return [(drawn(lab, moved=("lr",), scales=(1e-310, 1e-320, 1e-160), schedule=False), share(level, 8))]


def _layouts(lab: Laboratory, level: Level) -> Cases:
    """Parameters and gradients that are transposed or strided, each in its own way."""
    return [(drawn(lab, layouts=LAYOUTS, shapes=((2, 3), (3,), (2, 2, 2), (4, 2)), steps=(2, 3)),
             share(level, 12))]


def _odd_shapes(lab: Laboratory, level: Level) -> Cases:
    """0-dimensional, empty and single-entry tensors beside ordinary ones; each larger shape; a dozen tensors."""
    return [(drawn(lab, shapes=ODD_SHAPES, steps=(2, 3), most_tensors=3, least_tensors=2), share(level, 12)),
            *((drawn(lab, shapes=(shape,), steps=(2,), most_tensors=1), share(level, 2))
              for shape in LARGER_SHAPES),
            (drawn(lab, steps=(2,), most_tensors=12, least_tensors=12), share(level, 2))]


def _absences(lab: Laboratory, level: Level) -> Cases:
    """Gradients that are absent: in the first steps, in between, or throughout."""
    return [(with_absences(drawn(lab, steps=(3, 5), most_tensors=3, least_tensors=2)), share(level, 16))]


def _groups(lab: Laboratory, level: Level) -> Cases:
    """Two or three groups that differ in any option."""
    return [(drawn(lab, groups=2, steps=(2, 3, 5)), share(level, 14)),
            (drawn(lab, groups=3, steps=(3,)), share(level, 4))]


def _still(lab: Laboratory, level: Level) -> Cases:
    """Zero gradients throughout, starts that are not zero."""
    return [(st.builds(stilled, drawn(lab, steps=(1, 2, 3), most_tensors=1)), share(level, 8))]


def stilled(plan: Plan) -> Plan:
    """The plan with every gradient zero and every start away from zero."""
    return plan.map_tensors(lambda t: t.map(np.zeros_like, lambda x: np.where(x == 0, 1.5, x)))


def _decay(lab: Laboratory, level: Level) -> Cases:
    """Weight decay alone, and with every option that might meet it, on parameters away from zero."""
    others = [name for name in movable(lab) if name != "weight_decay"]

    def away(plan: Plan) -> Plan:
        return plan.map_tensors(lambda t: t.map(lambda g: g, lambda x: np.where(np.abs(x) < 0.5, 1.5, x)))

    moves = [("weight_decay",), *(("weight_decay", other) for other in others)]
    return [(st.builds(away, drawn(lab, moved=m, steps=(2, 3), most_tensors=1)), share(level, 3))
            for m in moves]


def _rates(lab: Laboratory, level: Level) -> Cases:
    """Both decay rates moved off their defaults, to values that differ."""
    moved = ("beta1", "beta2")
    choices = [replace(c, values=tuple(v for v in c.values if v != lab.defaults[c.name]) or c.values)
               if c.name in moved else c for c in lab.choices]
    return [(drawn(lab, choices, moved=moved, steps=(3, 5, 8), most_tensors=1).filter(
        lambda p: p.groups[0].options.get("beta1") != p.groups[0].options.get("beta2")), share(level, 10))]


TRAJECTORIES = Stream("trajectories", _trajectories)
FIRST_STEPS = Stream("first-steps", _first_steps)
OPTIONS = Stream("options", _options)
RELATIONS = Stream("relations", _relations)
SCHEDULED = Stream("scheduled", _scheduled)
RATED = Stream("rated", _rated)
KINDS = Stream("kinds", _kinds)
EPSILONS = Stream("epsilons", _epsilons)
EXTREMES = Stream("extremes", _extremes)
SUBNORMALS = Stream("subnormals", _subnormals)
LAYOUTS_STREAM = Stream("layouts", _layouts)
ODD = Stream("odd-shapes", _odd_shapes)
ABSENCES = Stream("absences", _absences)
GROUPS = Stream("groups", _groups)
STILL = Stream("still", _still)
DECAYS = Stream("decay", _decay)
RATES = Stream("rates", _rates)


def simple_plan(options: dict[str, Any] | None = None, steps: int = 3, tensors: int = 2) -> Plan:
    """A fixed plan of ordinary numbers, for claims that need no draw."""
    rng = np.random.default_rng(7)
    members = tuple(Tensor(np.round(rng.normal(size=(2, 3)), 2), tuple(np.round(rng.normal(size=(steps, 2, 3)), 2)))
                    for _ in range(tensors))
    return Plan((Group(members, options or {}),))
