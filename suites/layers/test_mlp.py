"""The MLP against its claims: every parameter's gradient beside differences, the graph engine and torch's autograd."""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.typing import NDArray

from fiducial.checks.claims import Claim
from fiducial.checks.claims_of_maps import follows_definition, gradient_follows_definition, gradient_is_the_derivative
from fiducial.checks.evidence import Status
from fiducial.checks.gradient_flow import jacobian_is_bounded_by_the_weights
from fiducial.checks.networks import MLP, logistic_slope_is_y_times_one_minus_y
from fiducial.reference.graphs import reverse_mode
from fiducial.reference.layers import mlp
from fiducial.reference.layers.mlp import IDENTITY, LOGISTIC, RELU, TANH, Activation
from fiducial.suites.bindings import Binding, Wrong, define_test, variant

Array = NDArray[Any]
DRAWS = {**MLP, "activation": st.sampled_from((LOGISTIC, TANH, RELU, IDENTITY))}
FOLLOWS = follows_definition(mlp, examples=50, **DRAWS)
BACKWARD = gradient_follows_definition(mlp, examples=50, **DRAWS)
DERIVATIVE = gradient_is_the_derivative(examples=10, **DRAWS)


def affine_at_the_end(x: Array, theta: Array, *, sizes: Any, activation: Activation = LOGISTIC) -> Array:
    """The last layer without its activation."""
    return mlp.passed(x, theta, sizes, activation)[1][-1]


def with_slope(taken: Any) -> Any:
    """The backward pass with another slope: a function of z and of the activation."""
    def backward(x: Array, theta: Array, g: Array, *, sizes: Any, activation: Activation = LOGISTIC) -> Any:
        other = Activation(activation.value, lambda z: taken(activation, z))
        return mlp.backward(x, theta, g, sizes=sizes, activation=other)
    return variant(mlp, backward=backward)


SLOPE_AT_Y = with_slope(lambda a, z: a.slope(a.value(z)))
WITHOUT_SLOPE = with_slope(lambda a, z: np.ones_like(z))


def tanh_net(x: Array, theta: Array, g: Array, *, sizes: Any) -> Any:
    """The slope of tanh, up to 1."""
    return mlp.backward(x, theta, g, sizes=sizes, activation=TANH)


BINDING = Binding(
    row="mlp with hand-written backward", section=3, definition=mlp,
    claims=(FOLLOWS, BACKWARD, DERIVATIVE, logistic_slope_is_y_times_one_minus_y, jacobian_is_bounded_by_the_weights),
    wrong=[
        Wrong(variant(mlp, forward=affine_at_the_end), by=FOLLOWS),
        Wrong(WITHOUT_SLOPE, by=BACKWARD),
        Wrong(SLOPE_AT_Y, by=DERIVATIVE, printed="h ← h ⊙ g'(y)", right="h ⊙ g'(z); y(1 - y) is already in terms of y"),
        Wrong(SLOPE_AT_Y, by=logistic_slope_is_y_times_one_minus_y),
        Wrong(variant(mlp, backward=tanh_net), by=jacobian_is_bounded_by_the_weights),
    ])

test_mlp = define_test(BINDING)


def by_the_graph_engine(x: Array, theta: Array, g: Array, *, sizes: Any, activation: Activation) -> mlp.Gradients:
    """Every number of the net a node: an MLP on object arrays, written anew, under reverse mode."""
    def value(z: Any) -> Any:
        logistic = 0.5 * np.tanh(0.5 * z) + 0.5
        rectified = z if z.value > 0 else 0 * z
        return {LOGISTIC: logistic, TANH: np.tanh(z), RELU: rectified, IDENTITY: z}[activation]

    def pulled(*numbers: Any) -> Any:
        rows, rest = np.array(numbers[: x.size], dtype=object).reshape(x.shape), list(numbers[x.size:])
        for m, n in pairwise(sizes):
            w = np.array(rest[: m * n], dtype=object).reshape(n, m)
            b, rest = rest[m * n: m * n + n], rest[m * n + n:]
            rows = np.array([[value(sum(w[i] * row) + b[i]) for i in range(n)] for row in rows], dtype=object)
        return np.sum(rows * g)

    found = np.array(reverse_mode.jacobian(pulled, *x.ravel(), *theta)[0], dtype=np.float64)
    return mlp.Gradients(found[: x.size].reshape(x.shape), found[x.size:])


def by_torch(x: Array, theta: Array, g: Array, *, sizes: Any, activation: Activation) -> mlp.Gradients:
    """torch's layers under torch's autograd."""
    torch = pytest.importorskip("torch")
    values = {LOGISTIC: torch.sigmoid, TANH: torch.tanh, RELU: torch.relu, IDENTITY: lambda z: z}
    leaves = [torch.from_numpy(a).requires_grad_() for a in (x, theta)]
    y, rest = leaves
    for m, n in pairwise(sizes):
        y = values[activation](torch.nn.functional.linear(y, rest[: m * n].reshape(n, m), rest[m * n: m * n + n]))
        rest = rest[m * n + n:]
    return mlp.Gradients(*[d.numpy() for d in torch.autograd.grad(y, leaves, torch.from_numpy(g))])


@pytest.mark.parametrize("way", [by_the_graph_engine, by_torch])
@pytest.mark.parametrize("claim", [BACKWARD, DERIVATIVE], ids=lambda claim: claim.id)
def test_other_ways_to_every_gradient_agree(way: Any, claim: Claim) -> None:
    subject = SimpleNamespace(forward=mlp.forward, backward=way)
    assert claim.examine(subject, level="quick").status is Status.PASSED


@pytest.mark.parametrize(("x", "theta", "message"), [
    (np.zeros((1, 2)), np.zeros(5), "theta must hold 6 numbers for sizes (2, 2), got 5"),
    (np.zeros((1, 3)), np.zeros(6), "x must have 2 columns, as sizes begins, got shape (1, 3)"),
])
def test_what_does_not_fit_is_refused(x: Array, theta: Array, message: str) -> None:
    with pytest.raises(ValueError) as raised:
        mlp.forward(x, theta, sizes=(2, 2))
    assert str(raised.value) == message
