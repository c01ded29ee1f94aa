"""SOAP: Adam in the eigenbasis of Shampoo's preconditioners.

    L_t = β L_{t-1} + (1 - β) g_t g_tᵀ,   R_t = β R_{t-1} + (1 - β) g_tᵀ g_t      x, g: n × m; β = β₂ unless said
    g' = Q_Lᵀ g_t Q_R,   m' = Q_Lᵀ m_t Q_R                                        m_t is Adam's mean of g
    v_t = β₂ v_{t-1} + (1 - β₂) g'²                                               v lives in the turned basis
    x_t = x_{t-1} - η √(1 - β₂ᵗ)/(1 - β₁ᵗ) Q_L (m' / (√v_t + ε)) Q_Rᵀ
    after the move, every f-th step:  Q_L, Q_R ← bases of L_t and R_t, largest eigenvalue first

At the first gradient L, R, Q_L and Q_R are made, and nothing moves. A basis is renewed by one power iteration: QR of
L Q, its columns sorted by the diagonal of QᵀLQ, and v's rows and columns with them.

Source   Vyas et al., SOAP: improving and stabilizing Shampoo using Adam, 2024, algorithms 3 and 4, with m kept in the
         plain basis; the rest as its published code.
Variant  pytorch_optimizer, heavyball: as here. One axis of x only: Adam (`precondition_1d` on request). ε before Adam's
         correction, as Keras has it.
"""

from typing import Any, NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """m: mean of g; v: mean of g'²; left, right: L and R; a, b: Q_L and Q_R; t: gradients seen."""

    m: Array
    v: Array
    left: Array
    right: Array
    a: Array
    b: Array
    t: int


def init(x: Array) -> State:
    """The state before the first gradient. Raises ValueError unless x is a float64 matrix."""
    if parameters(x).ndim != 2:
        raise ValueError(f"x must be a matrix, got shape {x.shape}: reshape it, or give it to Adam")
    n, m = x.shape
    return State(0.0 * x, 0.0 * x, np.zeros((n, n)), np.zeros((m, m)), np.eye(n), np.eye(m), 0)


def averaged(g: Array, state: State, *, beta: float) -> State:
    """L and R after one more gradient."""
    return state._replace(left=beta * state.left + (1 - beta) * g @ g.T,
                          right=beta * state.right + (1 - beta) * g.T @ g)


def eigenbasis(a: Array) -> Array:
    """Eigenvectors as columns, that of the largest eigenvalue first."""
    return np.linalg.eigh(a)[1][:, ::-1]


def iterated(a: Array, q: Array) -> tuple[Array, Array]:
    """The basis after one power iteration from q, and the order in which q's columns went into it."""
    order = np.argsort(-np.sum(q * (a @ q), axis=0), kind="stable")
    return np.linalg.qr((a @ q)[:, order])[0], order


def renewed(state: State, *, iterate: Any = iterated) -> State:
    """Both bases iterated, and v in their order."""
    a, rows = iterate(state.left, state.a)
    b, columns = iterate(state.right, state.b)
    return state._replace(a=a, b=b, v=state.v[rows][:, columns])


def begun(g: Array, state: State, *, beta: float, basis: Any = eigenbasis) -> State:
    """The state after the first gradient."""
    state = averaged(g, state, beta=beta)
    return state._replace(a=basis(state.left), b=basis(state.right), t=1)


def step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.95, beta2: float = 0.95, eps: float = 1e-8,
         beta: float | None = None, frequency: int = 10, basis: Any = eigenbasis,
         iterate: Any = iterated) -> tuple[Array, State]:
    """One update; none at the first gradient."""
    beta = beta2 if beta is None else beta
    if state.t == 0:
        return x, begun(g, state, beta=beta, basis=basis)
    m = beta1 * state.m + (1 - beta1) * g
    v = beta2 * state.v + (1 - beta2) * (state.a.T @ g @ state.b) ** 2
    rate = lr * np.sqrt(1 - beta2**state.t) / (1 - beta1**state.t)
    x = x - rate * state.a @ ((state.a.T @ m @ state.b) / (np.sqrt(v) + eps)) @ state.b.T
    new = averaged(g, state._replace(m=m, v=v), beta=beta)
    return x, (renewed(new, iterate=iterate) if state.t % frequency == 0 else new)._replace(t=state.t + 1)
