"""The small pure parts of which the steps of the families are composed; each takes the name of its form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fiducial.checks.plans import Options
from fiducial.suites.family.axes import Axis, Form, Step

Part = Callable[..., Any]

DECAY = Axis("decay", {
    "coupled": "decay added to the gradient", "decoupled": "decay before the step, times the rate",
    "after": "decay after the step, times the rate", "fixed": "decay before the step, whatever the rate",
    "fixed-after": "decay after the step, whatever the rate",
    "doubled": "the decay of a penalty λ‖θ‖², 2λθ, added to the gradient"})
ASCENT = Axis("ascent", {"gradient": "maximize before the decay", "both": "maximize that turns the decay round too"})
EPSILON = {"outside": "ε outside the root", "under": "ε under the root", "absent": "no ε"}


def around(core: Step) -> Step:
    """Ascent and decay around a step, in the forms of their axes; the option `decoupled` overrules the axis."""

    def step(x: Any, g: Any, state: Any, o: Options, form: Form) -> tuple[Any, Any]:
        decay, shrinkage = "decoupled" if o.get("decoupled") else form["decay"], o["weight_decay"]
        if o["maximize"]:
            g, shrinkage = -g, -shrinkage if form["ascent"] == "both" else shrinkage
        kept = 1 - (shrinkage if decay.startswith("fixed") else o["lr"] * shrinkage)
        if decay in ("coupled", "doubled"):
            g = g + (2 * shrinkage if decay == "doubled" else shrinkage) * x
        if decay in ("decoupled", "fixed"):
            x = x * kept
        x, state = core(x, g, state, o, form)
        return (x * kept if decay.endswith("after") else x), state

    return step


def _average(before: Any, new: Any, beta: Any, first: bool) -> Any:
    return beta * before + (1 - beta) * new


def _sum(before: Any, new: Any, beta: Any, first: bool) -> Any:
    return beta * before + new


def _seeded(before: Any, new: Any, beta: Any, first: bool) -> Any:
    return new if first else _average(before, new, beta, first)


AVERAGES: Mapping[str, Part] = {"average": _average, "sum": _sum, "seeded": _seeded}


def weight(beta: Any, t: int) -> Any:
    """The weight that an average of t values holds, 1 - βᵗ."""
    return 1 - beta**t


DENOMINATORS: Mapping[str, Callable[[Any, Any, Any], Any]] = {
    "outside": lambda v, c, eps: np.sqrt(v / c) + eps,
    "before-correction": lambda v, c, eps: (np.sqrt(v) + eps) / np.sqrt(c),
    "under": lambda v, c, eps: np.sqrt(v / c + eps),
    "under-before-correction": lambda v, c, eps: np.sqrt(v + eps) / np.sqrt(c),
    "absent": lambda v, c, eps: np.sqrt(v / c),
}
"""form → (second moment, its correction, ε) → what the step is divided by"""
