"""GaLore: Adam on a projection of the gradient to few dimensions, and the update projected back.

    g_t = U S Vᵀ  at t = 1, T + 1, 2T + 1, …                     singular values falling; x, g: n × m
    P = the first r columns of V where n >= m:  ĝ = g P (n × r)
    P = the first r columns of U where n < m:   ĝ = Pᵀ g (r × m)
    m̂, v̂ as in Adam, of ĝ;   u = m̂ / (√v̂ + ε)
    x_t = x_{t-1} - η α u Pᵀ   or   x_{t-1} - η α P u            α is `scale`

m and v are kept when P changes, although they belong to another basis. The decomposition leaves the signs of P's
columns open, and m goes on as if it had not.

Source   Zhao et al., GaLore: memory-efficient LLM training by gradient low-rank projection, 2024, algorithm 2.
Variant  galore-torch: `keras_step`, ε before the correction; P in float32 whatever the gradient is; on request
         projections from the other side, or from both. x (1 - η λ) after the step.
"""

from typing import Any, NamedTuple

import numpy as np

from .._arguments import whole
from .._arrays import Array
from . import adam
from ._parameters import parameters


class State(NamedTuple):
    """inner: Adam's state, shaped like ĝ; p: the projection, m × r or n × r; t: steps done."""

    inner: adam.State
    p: Array
    t: int


def init(x: Array, *, rank: int) -> State:
    """The state before the first step. Raises ValueError unless x is a float64 matrix and rank is 1 or more."""
    if parameters(x).ndim != 2:
        raise ValueError(f"x must be a matrix, got shape {x.shape}: give other parameters to Adam")
    n, m = x.shape
    r = min(whole("rank", rank, 1), n, m)
    return State(adam.init(np.zeros((n, r) if n >= m else (r, m))), np.zeros((min(n, m), r)), 0)


def projection(g: Array, *, rank: int) -> Array:
    """The leading singular vectors of the shorter side."""
    u, _, vt = np.linalg.svd(g, full_matrices=False)
    return vt[:rank].T if g.shape[0] >= g.shape[1] else u[:, :rank]


def down(g: Array, p: Array) -> Array:
    """ĝ."""
    return g @ p if g.shape[0] >= g.shape[1] else p.T @ g


def back(u: Array, p: Array, shape: tuple[int, ...]) -> Array:
    """u in the shape of x."""
    return u @ p.T if shape[0] >= shape[1] else p @ u


def _stepped(form: Any, x: Array, g: Array, state: State, *, lr: float, scale: float, period: int,
             **h: float) -> tuple[Array, State]:
    """One update by a form of Adam, which starts at 0 to show its move."""
    p = state.p if state.t % period else projection(g, rank=state.p.shape[1])
    moved, inner = form(0.0 * down(g, p), down(g, p), state.inner, lr=lr, **h)
    return x + scale * back(moved, p, x.shape), State(inner, p, state.t + 1)


def step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
         scale: float = 0.25, period: int = 200) -> tuple[Array, State]:
    """One update."""
    return _stepped(adam.step, x, g, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps, scale=scale, period=period)


def keras_step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999,
               eps: float = 1e-6, scale: float = 0.25, period: int = 200) -> tuple[Array, State]:
    """One update with ε before Adam's correction."""
    return _stepped(adam.keras_step, x, g, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps, scale=scale, period=period)
