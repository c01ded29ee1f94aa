"""The training objective of an MLP against its claims."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from fiducial.checks.claims_of_maps import follows_definition, gradient_follows_definition, gradient_is_the_derivative
from fiducial.checks.networks import OBJECTIVE, a_batch_sums_its_examples, the_next_parameters_come_from_these
from fiducial.reference.layers import mlp_objective
from fiducial.reference.layers.mlp import LOGISTIC, RELU, TANH
from fiducial.suites.bindings import Binding, Wrong, define_test, variant

Array = NDArray[Any]
DRAWS = {**OBJECTIVE, "activation": st.sampled_from((LOGISTIC, TANH, RELU))}
FOLLOWS = follows_definition(mlp_objective, examples=50, **DRAWS)
BACKWARD = gradient_follows_definition(mlp_objective, examples=50, **DRAWS)
DERIVATIVE = gradient_is_the_derivative(examples=10, **DRAWS)


def with_biases_penalised(x: Array, t: Array, theta: Array, *, lam: float = 0.0, **options: Any) -> Any:
    """λΣθ² over all parameters."""
    return mlp_objective.forward(x, t, theta, **options) + lam * np.sum(theta**2)


def half_the_penalty(x: Array, t: Array, theta: Array, g: Array, *, lam: float = 0.0, **options: Any) -> Any:
    """∂Ω = W in place of 2W."""
    return mlp_objective.backward(x, t, theta, g, lam=lam / 2, **options)


def penalty_for_every_example(x: Array, t: Array, theta: Array, *, lam: float = 0.0, **options: Any) -> Any:
    """Σ_n (L_n + λΩ)."""
    return mlp_objective.forward(x, t, theta, lam=lam * len(x), **options)


def indices_exchanged(x: Array, t: Array, theta: Array, *, lr: float, **options: Any) -> Array:
    """W_{τ-1} = W_τ - η ∂E(W_τ), read for W_τ given W_{τ-1}: the fixed point of θ' = θ + η ∂E(θ'), by four rounds."""
    later = theta
    for _ in range(4):
        later = theta + lr * mlp_objective.backward(x, t, later, np.ones(()), **options).theta
    return later


BINDING = Binding(
    row="mlp with hand-written backward, E = L + λΩ", section=3, definition=mlp_objective,
    claims=(FOLLOWS, BACKWARD, DERIVATIVE, a_batch_sums_its_examples, the_next_parameters_come_from_these),
    wrong=[
        Wrong(variant(mlp_objective, forward=with_biases_penalised), by=FOLLOWS),
        Wrong(variant(mlp_objective, backward=half_the_penalty), by=BACKWARD),
        Wrong(variant(mlp_objective, backward=half_the_penalty), by=DERIVATIVE),
        Wrong(variant(mlp_objective, forward=penalty_for_every_example), by=a_batch_sums_its_examples),
        Wrong(variant(mlp_objective, step=indices_exchanged), by=the_next_parameters_come_from_these,
              printed="W at τ-1 computed from τ", right="W at τ+1 from τ"),
    ])

test_mlp_objective = define_test(BINDING)
