"""Lists: plans in which tensors of many shapes, layouts and formats stand side by side, for paths to take at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis.strategies import SearchStrategy

from fiducial.checks.contract.claims import Level, Stream, share
from fiducial.checks.contract.laboratory import Laboratory
from fiducial.checks.contract.streams import drawn
from fiducial.checks.draws import LAYOUTS
from fiducial.checks.plans import Layout, Plan, Tensor

SHAPES: tuple[tuple[int, ...], ...] = ((3,), (2, 3), (), (2, 1, 3, 2), (2, 2, 3, 2), (17,), (1,), (0,), (4, 2))
FORMATS = ("bfloat16", "float64", "float32")  # the narrowest first: what is taken from the first tensor shows
MEMORY: tuple[Layout, ...] = (*LAYOUTS, "channels-last", "expanded")


def _one_list(lab: Laboratory, level: Level) -> list[tuple[SearchStrategy[Plan], int]]:
    """Tensors of many shapes in one list, laid out in every way, their gradients in another; some of them alone."""
    return [(drawn(lab, shapes=SHAPES, layouts=MEMORY, steps=(2, 3, 5), least_tensors=3, most_tensors=7).map(_expanded),
             share(level, 8)),
            (drawn(lab, layouts=LAYOUTS, shapes=((2, 3), (2, 2, 2)), steps=(2, 3), most_tensors=1).map(_crossed),
             share(level, 4))]


def _crossed(plan: Plan) -> Plan:
    """The plan with every gradient laid out otherwise than its parameter."""
    return plan.map_tensors(lambda t: replace(t, gradient_layout="contiguous" if t.layout == "transposed"
                                              else "transposed"))


def _expanded(plan: Plan) -> Plan:
    """The plan with gradients that are said to be expanded made so: every row is the first. No parameter is."""

    def fitting(tensor: Tensor) -> Tensor:
        layout: Layout = "contiguous" if tensor.layout == "expanded" else tensor.layout
        if tensor.gradient_layout != "expanded" or tensor.start.ndim == 0:
            return replace(tensor, layout=layout)
        return replace(tensor.map(lambda g: np.broadcast_to(g[:1], g.shape).copy()), layout=layout)

    return plan.map_tensors(fitting)


def _to_compile(lab: Laboratory, level: Level) -> list[tuple[SearchStrategy[Plan], int]]:
    """A few of the same: each plan costs a compilation, which grows with its tensors."""
    return [(drawn(lab, shapes=SHAPES, layouts=MEMORY, steps=(3,), least_tensors=2, most_tensors=3).map(_expanded), 1),
            (drawn(lab, layouts=LAYOUTS, shapes=((2, 3), (2, 2, 2)), steps=(2,), most_tensors=1).map(_crossed), 1)]


def _of_formats(lab: Laboratory, level: Level) -> list[tuple[SearchStrategy[Plan], int]]:
    """Three tensors, one for each format, of ordinary gradients."""
    return [(drawn(lab, shapes=SHAPES, layouts=MEMORY, steps=(2, 3), scales=(1.0, 10.0, 0.1), least_tensors=3,
                   most_tensors=3, schedule=False).map(_expanded), share(level, 4))]


ONE_LIST = Stream("one-list", _one_list)
OF_FORMATS = Stream("of-formats", _of_formats)
TO_COMPILE = Stream("to-compile", _to_compile)
