"""Equivalence: whether two forms of one rule agree, within their bounds, on everything that could tell them apart.

The plans go beyond what the checks draw: a further seed of the streams that move everything, and runs whose options lie
anywhere between the values of the draws, whose gradients are 1e-8 to 1e8, of every length up to 80 steps. Parameters
count, and the state that a rule is for. All other state comes to show in the parameters, or it is an implementation's
own affair (`checks.contract.recognition`): a count that nothing reads, a sum whose unit cancels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from fiducial.checks.agreement import Definition, Expected, expected
from fiducial.checks.contract import Laboratory, Level
from fiducial.checks.contract.streams import EPSILONS, OPTIONS, SCHEDULED, TRAJECTORIES
from fiducial.checks.draws import COURSES, SHAPES, Choice, reconciled, suited, touching_rows
from fiducial.checks.plans import Group, Plan, Tensor

FURTHER = 1  # the seed
MOST_STEPS = 30  # of a drawn plan on which equivalence is judged
STREAMS = (TRAJECTORIES, OPTIONS, EPSILONS, SCHEDULED)
WIDE = 60  # plans beyond the streams
LENGTHS = (1, 2, 3, 5, 8, 13, 30, 80)


def plans(lab: Laboratory, seed: int, level: Level) -> list[Plan]:
    """Plans that move everything."""
    drawn = [plan for stream in STREAMS for index, (strategy, count) in enumerate(stream.cases(lab, level))
             for plan in lab.drawn(f"{stream.name}/{index}", strategy, count, seed)]
    return [plan for plan in drawn if plan.steps <= MOST_STEPS]


def searched(lab: Laboratory) -> list[Plan]:
    """Everything on which two forms are compared, drawn once: the plans beyond the streams first."""
    if "searched" not in lab.notes:
        wide = [_wide(lab, np.random.default_rng([2026, index])) for index in range(WIDE)]
        lab.notes["searched"] = [*wide, *plans(lab, FURTHER, "standard")]
    return list(lab.notes["searched"])


def _wide(lab: Laboratory, rng: np.random.Generator) -> Plan:
    """A plan whose options are any number between those that the streams choose among; every second one moves all."""
    demands = lab.definition.demands
    steps = int(rng.choice([1, 2, 3] if demands.objective else LENGTHS))
    shapes = suited(SHAPES, demands)
    shape = shapes[int(rng.integers(len(shapes)))]
    course = COURSES[int(rng.integers(len(COURSES)))](rng, steps, int(np.prod(shape)))
    start = np.round(rng.normal(size=shape), 2) * rng.choice([0.0, 1e-2, 1.0, 10.0])
    tensor = Tensor(start, tuple(g.reshape(shape) for g in course * 10 ** rng.uniform(-8, 8)))
    share = rng.choice([0.5, 1.0])
    moved = {c.name: _between(c, rng) for c in lab.choices if rng.random() < share}
    plan = Plan((Group((tensor,), reconciled(moved, {c.name: c for c in lab.choices})),))
    if lab.has("lr") and rng.random() < 0.5:
        plan = replace(plan, changes={int(k): {0: {"lr": _between(lab.choice("lr"), rng)}} for k in range(1, steps)})
    return touching_rows(plan) if demands.rows else plan


def _between(choice: Choice, rng: np.random.Generator) -> Any:
    """A number between two of an option's values, on a logarithmic scale where both are positive; or one of them."""
    a, b = (choice.values[int(rng.integers(len(choice.values)))] for _ in range(2))
    if not (isinstance(a, float) and isinstance(b, float)):
        return a
    share = rng.random()
    return float(a ** (1 - share) * b**share if a > 0 and b > 0 else a + share * (b - a))


def equivalent(lab: Laboratory, other: Definition) -> bool:
    """Whether nothing that is searched takes the laboratory's definition and another apart.

    What the other refuses by a ValueError says nothing, as in the contract; not everything may be refused.
    """
    compared = 0
    for plan in searched(lab):
        try:
            theirs = expected(plan, other, lab.defaults)
        except ValueError:
            continue
        except Exception:  # whatever else a changed term may raise: the definition does not
            return False
        if apart(lab.expected(plan), theirs, lab.definition.results):
            return False
        compared += 1
    return compared > 0


def apart(a: Expected, b: Expected, results: Sequence[str] = ()) -> bool:
    """Whether a trajectory is outside the bounds of another, in parameters or in a result that is kept beside them."""
    pairs = [pair for one, two in zip(a.points, b.points, strict=True) for pair in zip(one, two, strict=True)]
    return any(_differ(p.x, q.x) or any(_differ(getattr(p.state, name), getattr(q.state, name)) for name in results)
               for p, q in pairs)


def _differ(x: Any, y: Any) -> bool:
    """Whether the second value is further from the first than both bounds; where the first has none, nothing is said.

    A second value whose own bound is infinite is held to the first's alone, and nan is apart from every number.
    """
    (a, ea), (b, eb) = ((v.value, v.error) if hasattr(v, "error") else (np.asarray(v), np.asarray(0.0)) for v in (x, y))
    if np.shape(a) != np.shape(b):
        return True
    with np.errstate(all="ignore"):
        allowed = ea + np.where(np.isfinite(eb), eb, ea)
        return bool(np.any(np.isfinite(a) & np.isfinite(ea) & ~(np.abs(a - b) <= allowed)))
