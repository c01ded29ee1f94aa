"""Forward mode against its claims: one pass for each input."""

from collections.abc import Callable
from typing import Any

from fiducial.checks.graphs import (
    gradient_of_the_worked_example,
    is_the_derivative_of_a_program,
    one_pass_an_input,
    parallel_edges_factor,
    sums_over_paths,
)
from fiducial.reference.graphs import forward_mode
from fiducial.reference.graphs.graph import trace
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def one_edge_a_pair(graph: Any, source: int, sink: int) -> Any:
    """Edges kept by their two nodes: a parallel one replaces the one before."""
    kept = {(e.tail, e.head): e for e in graph.edges}
    return forward_mode.derivative(graph._replace(edges=tuple(kept.values())), source, sink)


def last_operand_only(function: Callable[..., Any], *inputs: Any) -> list[list[Any]]:
    """Each node hears its last operand alone."""
    graph = trace(function, *inputs)
    cut = graph._replace(edges=tuple({e.head: e for e in graph.edges}.values()))
    return [[forward_mode.derivative(cut, i, o) for i in graph.inputs] for o in graph.outputs]


def one_pass_a_node(function: Callable[..., Any], *inputs: Any) -> list[list[Any]]:
    """A pass from every node of the graph, of which the inputs' are kept."""
    graph = trace(function, *inputs)
    passes = [forward_mode.tangents(graph, {node: 1}) for node in range(len(graph.values))]
    return [[passes[i][o] for i in graph.inputs] for o in graph.outputs]


def slope_of_the_wrong_sign(function: Callable[..., Any], *inputs: Any) -> list[list[Any]]:
    """A node of one operand hands on minus its derivative."""
    graph = trace(function, *inputs)
    heads = [e.head for e in graph.edges]
    edges = [e._replace(derivative=-e.derivative) if heads.count(e.head) == 1 else e for e in graph.edges]
    turned = graph._replace(edges=tuple(edges))
    return [[forward_mode.derivative(turned, i, o) for i in graph.inputs] for o in graph.outputs]


BINDING = Binding(
    row="computational graph, forward mode", section=3, definition=forward_mode,
    claims=(gradient_of_the_worked_example, sums_over_paths, parallel_edges_factor, is_the_derivative_of_a_program,
            one_pass_an_input),
    wrong=[
        Wrong(variant(forward_mode, jacobian=last_operand_only), by=gradient_of_the_worked_example),
        Wrong(variant(forward_mode, derivative=one_edge_a_pair), by=sums_over_paths),
        Wrong(variant(forward_mode, derivative=one_edge_a_pair), by=parallel_edges_factor),
        Wrong(variant(forward_mode, jacobian=slope_of_the_wrong_sign), by=is_the_derivative_of_a_program),
        Wrong(variant(forward_mode, jacobian=one_pass_a_node), by=one_pass_an_input,
              printed="forward mode: one pass per node", right="one pass per input"),
    ])

test_forward_mode = define_test(BINDING)
