"""The recorded graph against its claims."""

from collections.abc import Callable
from typing import Any

from fiducial.checks.graphs import worked_example
from fiducial.reference.graphs import graph
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def own_operand(function: Callable[..., Any], *inputs: Any) -> graph.Graph:
    """The edge into a product carries its own tail's value: d(ab)/da = a."""
    found = graph.trace(function, *inputs)
    products = {e.head for e in found.edges if e.derivative != 1}
    edges = [e._replace(derivative=found.values[e.tail]) if e.head in products else e for e in found.edges]
    return found._replace(edges=tuple(edges))


BINDING = Binding(row="computational graph", section=3, definition=graph, claims=(worked_example,),
                  wrong=[Wrong(variant(graph, trace=own_operand), by=worked_example)])

test_graph = define_test(BINDING)


def test_a_constant_output_has_no_edges() -> None:
    found = graph.trace(lambda a: [a, 2.5], 1.0)
    assert found == graph.Graph((1.0, 2.5), (), (0,), (0, 1))


def test_quotients_and_powers_carry_their_derivatives() -> None:
    found = graph.trace(lambda a, b: a / b, 3.0, 2.0)
    assert [(e.tail, e.head, e.derivative) for e in found.edges] == [(1, 2, -0.25), (0, 3, 0.5), (2, 3, 3.0)]
    assert graph.trace(lambda a: 1 / a, 2.0).values == (2.0, 0.5, 0.5)
