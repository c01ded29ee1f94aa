"""Computational graph: nodes in the order of evaluation, and edges that carry local derivatives.

    v_j = φ_j(v_i, …)   for each node j; an edge (i, j) for each operand v_i of φ_j, with d_ij = ∂φ_j/∂v_i
    (a + b)(b + 1) at (2, 1): nodes a = 2, b = 1, c = a + b = 3, d = b + 1 = 2, e = c d = 6;
                              edges a→c 1, b→c 1, b→d 1, c→e d = 2, d→e c = 3

An operand that is used twice has two edges: they are parallel. Any numbers will do that have the arithmetic.

Source   Bauer, Computational graphs and rounding error, 1974. Olah, Calculus on computational graphs, 2015.
         Griewank, Walther, Evaluating derivatives, 2nd edition, 2008, sections 2.1 and 2.2.
Variant  torch and micrograd keep a function that pulls back in place of the numbers d_ij.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Edge(NamedTuple):
    """From node `tail` to node `head`, tail < head, with the derivative of the head by the tail."""

    tail: int
    head: int
    derivative: Any


class Graph(NamedTuple):
    """values of the nodes in order, edges in the order of their heads; which nodes are inputs and outputs."""

    values: tuple[Any, ...]
    edges: tuple[Edge, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


class Variable:
    """A number that writes down what is done to it. NumPy's functions take it too, also inside object arrays."""

    def __init__(self, tape: Tape, value: Any, *operands: tuple[Variable, Any]) -> None:
        self.tape, self.value = tape, value
        self.node: int = tape.write(value, [(operand.node, derivative) for operand, derivative in operands])

    def _apply(self, value: Any, *operands: tuple[Variable, Any]) -> Variable:
        return Variable(self.tape, value, *operands)

    def __add__(self, other: Any) -> Variable:
        if isinstance(other, Variable):
            return self._apply(self.value + other.value, (self, 1), (other, 1))
        return self._apply(self.value + other, (self, 1))

    def __mul__(self, other: Any) -> Variable:
        if isinstance(other, Variable):
            return self._apply(self.value * other.value, (self, other.value), (other, self.value))
        return self._apply(self.value * other, (self, other))

    def __pow__(self, n: int) -> Variable:
        return self._apply(self.value**n, (self, n * self.value ** (n - 1)))

    def __neg__(self) -> Variable:
        return self._apply(-self.value, (self, -1))

    def __sub__(self, other: Any) -> Variable:
        if isinstance(other, Variable):
            return self._apply(self.value - other.value, (self, 1), (other, -1))
        return self._apply(self.value - other, (self, 1))

    def __rsub__(self, other: Any) -> Variable:
        return self._apply(other - self.value, (self, -1))

    def __truediv__(self, other: Any) -> Variable:
        return self * other**-1 if isinstance(other, Variable) else self * (1 / other)

    def __rtruediv__(self, other: Any) -> Variable:
        quotient: Variable = self**-1 * other
        return quotient

    __radd__, __rmul__ = __add__, __mul__

    def exp(self) -> Variable:
        y = np.exp(self.value)
        return self._apply(y, (self, y))

    def log(self) -> Variable:
        return self._apply(np.log(self.value), (self, 1 / self.value))

    def tanh(self) -> Variable:
        y = np.tanh(self.value)
        return self._apply(y, (self, 1 - y * y))


class Tape:
    """The nodes and edges written so far."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.edges: list[Edge] = []

    def write(self, value: Any, operands: list[tuple[int, Any]]) -> int:
        """A node at the end, with its edges; returns its number."""
        head = len(self.values)
        self.values.append(value)
        self.edges += [Edge(tail, head, derivative) for tail, derivative in operands]
        return head


def trace(function: Callable[..., Any], *inputs: Any) -> Graph:
    """The graph of a function of numbers, at these numbers; it returns a number, or an array or a sequence of them."""
    tape = Tape()
    variables = [Variable(tape, value) for value in inputs]
    found = np.ravel(np.array(function(*variables), dtype=object))
    outputs = [out if isinstance(out, Variable) else Variable(tape, out) for out in found]
    return Graph(tuple(tape.values), tuple(tape.edges), tuple(v.node for v in variables),
                 tuple(out.node for out in outputs))
