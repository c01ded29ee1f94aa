"""The sum over paths against its claims."""

from collections.abc import Callable
from math import prod
from typing import Any

from fiducial.checks.graphs import (
    gradient_of_the_worked_example,
    is_the_derivative_of_a_program,
    parallel_edges_factor,
    sums_over_paths,
)
from fiducial.reference.graphs import path_sum
from fiducial.reference.graphs.graph import trace
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def first_path(graph: Any, source: int, sink: int) -> Any:
    """One path stands for all."""
    return next((prod(e.derivative for e in path) for path in path_sum.paths(graph, source, sink)), 0)


def by_nodes(graph: Any, source: int, sink: int) -> Any:
    """Paths told apart by their nodes: parallel edges count once."""
    kept = {tuple(e.head for e in path): path for path in path_sum.paths(graph, source, sink)}
    return sum(prod(e.derivative for e in path) for path in kept.values())


def of_first_paths(function: Callable[..., Any], *inputs: Any) -> list[list[Any]]:
    """The Jacobian from one path an entry."""
    graph = trace(function, *inputs)
    return [[first_path(graph, i, o) for i in graph.inputs] for o in graph.outputs]


BINDING = Binding(
    row="computational graph, sum over paths", section=3, definition=path_sum,
    claims=(gradient_of_the_worked_example, sums_over_paths, parallel_edges_factor, is_the_derivative_of_a_program),
    wrong=[
        Wrong(variant(path_sum, jacobian=of_first_paths), by=gradient_of_the_worked_example),
        Wrong(variant(path_sum, derivative=first_path), by=sums_over_paths),
        Wrong(variant(path_sum, derivative=by_nodes), by=parallel_edges_factor),
        Wrong(variant(path_sum, jacobian=of_first_paths), by=is_the_derivative_of_a_program),
    ])

test_path_sum = define_test(BINDING)
