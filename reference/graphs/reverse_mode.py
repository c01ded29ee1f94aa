"""Reverse mode: derivatives carried back from one output to every node.

    c_sink = 1, 0 elsewhere;   c_i = Σ over the edges (i, j) of d_ij c_j,   against the order of the nodes
    c_i = ∂v_sink/∂v_i                                one pass an *output*, one product an edge

Each edge is used once, whatever the number of inputs: a gradient costs a small constant times the function.

Source   Linnainmaa, Taylor expansion of the accumulated rounding error, 1976. Speelpenning, Compiling fast partial
         derivatives of functions given by algorithms, 1980.
         Griewank, Walther, Evaluating derivatives, 2nd edition, 2008, section 3.2 and equation 3.14 (the cost).
Variant  back-propagation is reverse mode on the graph of a network, its nodes being layers.
"""

from collections.abc import Callable
from typing import Any

from .graph import Graph, trace


def cotangents(graph: Graph, seeds: dict[int, Any]) -> list[Any]:
    """c of every node, from c at some of the outputs: one pass."""
    found: list[Any] = [seeds.get(node, 0) for node in range(len(graph.values))]
    for tail, head, derivative in reversed(graph.edges):
        found[tail] += derivative * found[head]
    return found


def derivative(graph: Graph, source: int, sink: int) -> Any:
    """∂v_sink/∂v_source."""
    return cotangents(graph, {sink: 1})[source]


def jacobian(function: Callable[..., Any], *inputs: Any) -> list[list[Any]]:
    """One row for each output, one column for each input: as many passes as outputs."""
    graph = trace(function, *inputs)
    rows = [cotangents(graph, {node: 1}) for node in graph.outputs]
    return [[row[node] for node in graph.inputs] for row in rows]
