"""Forward mode: derivatives carried along with the values, from one input to every node.

    t_source = 1, 0 at the other inputs;   t_j = Σ over the edges (i, j) of t_i d_ij,   in the order of the nodes
    t_j = ∂v_j/∂v_source                              one pass an *input*, one product an edge

Source   Wengert, A simple automatic derivative evaluation program, 1964.
         Griewank, Walther, Evaluating derivatives, 2nd edition, 2008, section 3.1.
Variant  dual numbers carry t in the same pass that evaluates; JAX and torch (jvp) push one direction Σ t_i ẋ_i.
"""

from collections.abc import Callable
from typing import Any

from .graph import Graph, trace


def tangents(graph: Graph, seeds: dict[int, Any]) -> list[Any]:
    """t of every node, from t at some of the inputs: one pass."""
    found: list[Any] = [seeds.get(node, 0) for node in range(len(graph.values))]
    for tail, head, derivative in graph.edges:
        found[head] += found[tail] * derivative
    return found


def derivative(graph: Graph, source: int, sink: int) -> Any:
    """∂v_sink/∂v_source."""
    return tangents(graph, {source: 1})[sink]


def jacobian(function: Callable[..., Any], *inputs: Any) -> list[list[Any]]:
    """One row for each output, one column for each input: as many passes as inputs."""
    graph = trace(function, *inputs)
    columns = [tangents(graph, {node: 1}) for node in graph.inputs]
    return [[column[node] for column in columns] for node in graph.outputs]
