"""Sum over paths: the chain rule written out, which forward and reverse mode factor.

    ∂v_sink/∂v_source = Σ over the paths from source to sink of Π over the path's edges of d_ij

A pair of nodes that are joined by three edges and three more behind them has nine paths, whose products sum to
(α + β + γ)(δ + ε + ζ): the number of paths grows exponentially, that of the edges does not.

Source   Bauer, Computational graphs and rounding error, 1974. Olah, Calculus on computational graphs, 2015.
Variant  none in use.
"""

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

from .graph import Edge, Graph, trace


def paths(graph: Graph, source: int, sink: int) -> Iterator[tuple[Edge, ...]]:
    """Every path, as its edges in order; the empty one if source and sink are the same node."""
    if source == sink:
        yield ()
    for edge in graph.edges:
        if edge.tail == source and edge.head <= sink:
            yield from ((edge, *rest) for rest in paths(graph, edge.head, sink))


def derivative(graph: Graph, source: int, sink: int) -> Any:
    """∂v_sink/∂v_source."""
    return sum(prod(edge.derivative for edge in path) for path in paths(graph, source, sink))


def jacobian(function: Callable[..., Any], *inputs: Any) -> list[list[Any]]:
    """One row for each output, one column for each input."""
    graph = trace(function, *inputs)
    return [[derivative(graph, node, output) for node in graph.inputs] for output in graph.outputs]
