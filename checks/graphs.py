"""What is claimed of computational graphs: that they hold the derivatives, and what a derivative costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from fiducial.checks.claims import Claim, claim
from fiducial.checks.claims_of_maps import derivative_gap
from fiducial.checks.evidence import Array, Gap

U = 2.0**-53
CHEAP = 5  # operations of the function with its gradient, over those of the function alone


class Counted:
    """A number whose operations are counted, all on one counter."""

    def __init__(self, value: float, counter: list[int]) -> None:
        self.value, self.counter = value, counter

    def _of(self, value: float) -> Counted:
        self.counter[0] += 1
        return Counted(value, self.counter)

    def __add__(self, other: Any) -> Counted:
        return self._of(self.value + _plain(other))

    def __sub__(self, other: Any) -> Counted:
        return self._of(self.value - _plain(other))

    def __rsub__(self, other: Any) -> Counted:
        return self._of(_plain(other) - self.value)

    def __mul__(self, other: Any) -> Counted:
        return self._of(self.value * _plain(other))

    def exp(self) -> Counted:
        return self._of(float(np.exp(self.value)))

    def tanh(self) -> Counted:
        return self._of(float(np.tanh(self.value)))

    __radd__, __rmul__ = __add__, __mul__


def _plain(x: Any) -> float:
    return float(x.value if isinstance(x, Counted) else x)


class Edge(NamedTuple):
    """From one node to a later one, with a derivative."""

    tail: int
    head: int
    derivative: Any


class Drawn(NamedTuple):
    """A graph with whole numbers at its edges; edges in the order of their heads."""

    values: tuple[int, ...]
    edges: tuple[Edge, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@st.composite
def graphs(draw: DrawFn) -> Drawn:
    """Two inputs, up to five nodes behind them, up to three operands each; parallel edges included."""
    edges = []
    nodes = draw(st.integers(3, 7))
    for head in range(2, nodes):
        tails = draw(st.lists(st.integers(0, head - 1), min_size=1, max_size=3))
        edges += [Edge(tail, head, draw(st.integers(-3, 5))) for tail in tails]
    return Drawn((0,) * nodes, tuple(edges), (0, 1), (nodes - 1,))


class Program(NamedTuple):
    """Instructions on a growing list of numbers, which begins with the inputs; its last number is the output."""

    inputs: int
    steps: tuple[tuple[str, int, int], ...]

    def __call__(self, *inputs: Any) -> Any:
        """Run it on numbers of any kind."""
        values = list(inputs)
        for word, i, j in self.steps:
            values.append(OPERATIONS[word](values[i % len(values)], values[j % len(values)]))
        return values[-1]


OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b, "multiply": lambda a, b: a * b, "subtract": lambda a, b: a - b,
    "tanh": lambda a, b: np.tanh(a), "exp": lambda a, b: np.exp(np.tanh(a)), "shift": lambda a, b: 1.5 - a,
}
PROGRAMS = st.builds(Program, st.integers(1, 3), st.lists(
    st.tuples(st.sampled_from(sorted(OPERATIONS)), st.integers(0, 7), st.integers(0, 7)),
    min_size=1, max_size=8).map(tuple))
POINTS = st.integers(0, 255).map(lambda seed: np.round(np.random.default_rng(seed).normal(size=3), 2))


def _worked(a: Any, b: Any) -> Any:
    return (a + b) * (b + 1)


@claim("value")
def worked_example(f: Any) -> Gap:
    """(a + b)(b + 1) at (2, 1) is 6, and its nodes and edges are these.

        values 2, 1, 3, 2, 6;   a→c 1, b→c 1, b→d 1, c→e 2, d→e 3

    Allowed  0: every number is a small whole one.
    Rejects  a product whose edges carry the operand itself in place of the other one.
    """
    graph = f.trace(_worked, 2.0, 1.0)
    expected = [(0, 2, 1), (1, 2, 1), (1, 3, 1), (2, 4, 2), (3, 4, 3)]
    values = list(graph.values) == [2, 1, 3, 2, 6]
    return Gap(float(not values or sorted(tuple(e) for e in graph.edges) != expected), 0.0, "nodes or edges")


@claim("gradient")
def gradient_of_the_worked_example(f: Any) -> Gap:
    """The gradient of (a + b)(b + 1) at (2, 1) is (2, 5).

        ∂/∂a = b + 1,   ∂/∂b = (b + 1) + (a + b)

    Allowed  0: every number is a small whole one.
    Rejects  a sweep that takes one of the two paths from b alone.
    """
    found = f.jacobian(_worked, 2.0, 1.0)
    return Gap(float(np.max(np.abs(np.array(found, dtype=np.float64) - [[2.0, 5.0]]))), 0.0)


def _walked(graph: Drawn, source: int, sink: int) -> int:
    """The sum over paths, by walking every one of them."""
    if source == sink:
        return 1
    return sum(e.derivative * _walked(graph, e.head, sink) for e in graph.edges if e.tail == source)


@claim("gradient", graph=graphs())
def sums_over_paths(f: Any, graph: Drawn) -> Gap:
    """A derivative is the sum over all paths of the product of the edges.

        ∂v_sink/∂v_source = Σ_paths Π_edges d_ij

    Allowed  0: whole numbers.
    Rejects  a sweep that lets a second edge between two nodes replace the first.
    """
    sink = graph.outputs[0]
    wrong = [f.derivative(graph, source, sink) - _walked(graph, source, sink) for source in graph.inputs]
    return Gap(float(max(abs(w) for w in wrong)), 0.0, "derivative by an input")


@claim("gradient", first=st.lists(st.integers(-9, 9), min_size=3, max_size=3),
       second=st.lists(st.integers(-9, 9), min_size=3, max_size=3))
def parallel_edges_factor(f: Any, first: list[int], second: list[int]) -> Gap:
    """Three parallel edges and three more behind them: nine paths, one product of two sums.

        αδ + αε + αζ + βδ + … + γζ = (α + β + γ)(δ + ε + ζ)

    Allowed  0: whole numbers.
    Rejects  a sweep that lets a second edge between two nodes replace the first.
    """
    edges = [Edge(0, 1, d) for d in first] + [Edge(1, 2, d) for d in second]
    found = f.derivative(Drawn((0, 0, 0), tuple(edges), (0,), (2,)), 0, 2)
    return Gap(float(abs(found - sum(first) * sum(second))), 0.0)


@claim("gradient", examples=30, program=PROGRAMS, x=POINTS)
def is_the_derivative_of_a_program(f: Any, program: Program, x: Array) -> Gap | None:
    """The Jacobian of a random program is its derivative.

        f.jacobian(program, x) v = d/dt program(x + t v)

    Allowed  the error bar of the numerical derivative.
    Rejects  tanh with slope 1 + y² in place of 1 - y².
    """
    def backward(x: Array, g: Array) -> Array:
        rows = np.array(f.jacobian(program, *x[: program.inputs]), dtype=np.float64)
        return np.append(g @ rows, np.zeros(len(x) - program.inputs))

    subject = SimpleNamespace(forward=lambda x: np.atleast_1d(program(*x[: program.inputs])), backward=backward)
    return derivative_gap(subject, {"x": x}, 0)


def _products(inputs: int, outputs: int) -> Callable[..., list[Any]]:
    """(x₁ x₂ … x_n) x_j for j = 1…m: n - 1 + m products, two edges each."""
    def function(*x: Any) -> list[Any]:
        whole = x[0]
        for factor in x[1:]:
            whole = whole * factor
        return [whole * x[j % inputs] for j in range(outputs)]
    return function


def _cost(f: Any, function: Callable[..., Any], inputs: Sequence[float]) -> tuple[int, int]:
    """Operations of the function alone, and of its Jacobian, the function's included."""
    alone, whole = [0], [0]
    function(*[Counted(x, alone) for x in inputs])
    f.jacobian(function, *[Counted(x, whole) for x in inputs])
    return alone[0], whole[0]


def _passes(f: Any, inputs: int, outputs: int) -> float:
    """How many sweeps over the edges the Jacobian takes: one is a product and a sum for each edge."""
    alone, whole = _cost(f, _products(inputs, outputs), [1.0] * inputs)
    edges = 2 * alone
    return (whole - alone) / (2 * edges)


SHAPES: dict[str, Any] = {"inputs": st.integers(2, 8), "outputs": st.integers(1, 8)}


@claim("behaviour", examples=40, **SHAPES)
def one_pass_an_input(f: Any, inputs: int, outputs: int) -> Gap:
    """Forward mode takes one pass over the edges for each input, whatever the number of nodes and outputs.

        operations = function + 2 · edges · inputs

    Allowed  the number of inputs exactly: operations are counted by the numbers themselves.
    Rejects  one pass for each node.
    """
    return Gap(_passes(f, inputs, outputs), float(inputs), "passes over the edges")


@claim("behaviour", examples=40, **SHAPES)
def one_pass_an_output(f: Any, inputs: int, outputs: int) -> Gap:
    """Reverse mode takes one pass over the edges for each output, whatever the number of nodes and inputs.

        operations = function + 2 · edges · outputs

    Allowed  the number of outputs exactly: operations are counted by the numbers themselves.
    Rejects  one pass for each input.
    """
    return Gap(_passes(f, inputs, outputs), float(outputs), "passes over the edges")


@claim("behaviour", examples=40, program=PROGRAMS, length=st.integers(1, 64))
def a_gradient_is_cheap(f: Any, program: Program, length: int) -> Gap:
    """Function and gradient together cost at most five times the function, whatever the number of inputs.

        operations(f, ∇f) ≤ 5 operations(f)

    Allowed  5: a sum or product of two has two edges, each a product and a sum, so 1 + 4; tanh has one edge, and
             two operations for its slope, 1 + 2 + 2; the others have less.
    Rejects  forward mode, whose cost grows with the number of inputs.
    """
    def function(*x: Any) -> Any:
        value = program(*x[: program.inputs])
        for factor in x:
            value = value * factor
        return value

    alone, whole = _cost(f, function, [0.5] * (length + program.inputs))
    return Gap(whole / alone, float(CHEAP), "operations of function and gradient, over the function's")


def adjoint_to(forward: Any) -> Claim:
    """The claim that reverse mode is the transpose of a forward mode."""

    @claim("gradient", graph=graphs(), u=st.integers(-5, 5), v=st.lists(st.integers(-5, 5), min_size=2, max_size=2))
    def passes_the_dot_product_test(f: Any, graph: Drawn, u: int, v: list[int]) -> Gap:
        """Forward mode and reverse mode belong to one Jacobian.

            u · (J v) = (Jᵀ u) · v

        Allowed  0: whole numbers.
        Rejects  a sweep that reads the edges in the order of evaluation.
        """
        sink = graph.outputs[0]
        pushed = u * forward.tangents(graph, dict(zip(graph.inputs, v, strict=True)))[sink]
        pulled = f.cotangents(graph, {sink: u})
        return Gap(float(abs(pushed - sum(pulled[i] * x for i, x in zip(graph.inputs, v, strict=True)))), 0.0)

    return passes_the_dot_product_test


WAYS: dict[str, Any] = {"x": st.just(np.array([0.3, -1.2, 0.5])), "t": st.sampled_from((1.0, 0.0, 0.3)),
        "w": st.integers(0, 255).map(lambda s: np.round(np.random.default_rng(s).normal(size=3), 2)),
        "b": st.floats(-2, 2, width=16)}


@claim("gradient", examples=30, **WAYS)
def four_ways_agree(f: Any, x: Array, t: float, w: Array, b: float) -> Gap:
    """Formula, differences, back-propagation and automatic differentiation give one gradient.

        analytic = backpropagation = automatic ≈ numerical

    Allowed  S = Σ|w_i x_i| + |b|, m = max(1, |x_i|): z is off by (n + 3) u S, y by a quarter of that and 6 u. Two
             of the exact ways: 2 (9/4 δy + 4 u) m. Differences of step h: h²/24 m³, as the third derivative of E
             by z is at most ¼ for t in [0, 1], and 2 (δy + 4 u) m / h for the rounding of E.
    Rejects  a formula that forgets the slope of the sigmoid.
    """
    size = max(1.0, float(np.max(np.abs(x))))
    in_y = U * ((len(x) + 3) * (float(np.abs(w) @ np.abs(x)) + abs(b)) / 4 + 6)
    found, h = f.analytic(x, t, w, b), 2.0**-17
    gaps = [Gap(float(np.max(np.abs(way(x, t, w, b) - found))), 2 * (2.25 * in_y + 4 * U) * size, name)
            for name, way in (("backpropagation", f.backpropagation), ("automatic", f.automatic))]
    gaps.append(Gap(float(np.max(np.abs(f.numerical(x, t, w, b, h=h) - found))),
                    h**2 / 24 * size**3 + 2 * (in_y + 4 * U) * size / h, "numerical"))
    return Gap.worst(gaps)
