"""Reverse mode against its claims: one pass for each output, the transpose of forward mode, and cheap."""

from collections.abc import Callable
from typing import Any

from fiducial.checks.graphs import (
    a_gradient_is_cheap,
    adjoint_to,
    gradient_of_the_worked_example,
    is_the_derivative_of_a_program,
    one_pass_an_output,
    parallel_edges_factor,
    sums_over_paths,
)
from fiducial.reference.graphs import forward_mode, reverse_mode
from fiducial.reference.graphs.graph import trace
from fiducial.suites.bindings import Binding, Wrong, define_test, variant

TRANSPOSE = adjoint_to(forward_mode)


def one_edge_a_pair(graph: Any, source: int, sink: int) -> Any:
    """Edges kept by their two nodes: a parallel one replaces the one before."""
    kept = {(e.tail, e.head): e for e in graph.edges}
    return reverse_mode.derivative(graph._replace(edges=tuple(kept.values())), source, sink)


def replacing(function: Callable[..., Any], *inputs: Any) -> list[list[Any]]:
    """What comes back to a node replaces what came before: c_i = d_ij c_j in place of +=."""
    graph = trace(function, *inputs)
    rows = []
    for output in graph.outputs:
        found: list[Any] = [0] * len(graph.values)
        found[output] = 1
        for tail, head, derivative in reversed(graph.edges):
            found[tail] = derivative * found[head]
        rows.append([found[node] for node in graph.inputs])
    return rows


def in_the_order_of_evaluation(graph: Any, seeds: dict[int, Any]) -> list[Any]:
    """The edges from the first to the last."""
    return reverse_mode.cotangents(graph._replace(edges=graph.edges[::-1]), seeds)


BINDING = Binding(
    row="computational graph, reverse mode", section=3, definition=reverse_mode,
    claims=(gradient_of_the_worked_example, sums_over_paths, parallel_edges_factor, is_the_derivative_of_a_program,
            one_pass_an_output, a_gradient_is_cheap, TRANSPOSE),
    wrong=[
        Wrong(variant(reverse_mode, jacobian=replacing), by=gradient_of_the_worked_example),
        Wrong(variant(reverse_mode, derivative=one_edge_a_pair), by=sums_over_paths),
        Wrong(variant(reverse_mode, derivative=one_edge_a_pair), by=parallel_edges_factor),
        Wrong(variant(reverse_mode, jacobian=replacing), by=is_the_derivative_of_a_program),
        Wrong(variant(reverse_mode, jacobian=forward_mode.jacobian), by=one_pass_an_output),
        Wrong(variant(reverse_mode, jacobian=forward_mode.jacobian), by=a_gradient_is_cheap),
        Wrong(variant(reverse_mode, cotangents=in_the_order_of_evaluation), by=TRANSPOSE),
    ])

test_reverse_mode = define_test(BINDING)
