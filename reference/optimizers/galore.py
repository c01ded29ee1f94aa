"""GaLore: Adam on a projection of the gradient to few dimensions, and the update projected back.

    g_t = U S Vᵀ  at t = 1, T + 1, 2T + 1, …                     singular values falling; x, g: n × m
    P = the first r columns of V where n >= m:  ĝ = g P (n × r)
    P = the first r columns of U where n < m:   ĝ = Pᵀ g (r × m)
    m̂, v̂ as in Adam, of ĝ;   u = m̂ / (√v̂ + ε)
    x_t = x_{t-1} - η α u Pᵀ   or   x_{t-1} - η α P u            α is `scale`

m and v are kept when P changes, although they belong to another basis. The decomposition leaves the signs of P's
columns open, and m goes on as if it had not.

Source   Zhao et al., GaLore: memory-efficient LLM training by gradient low-rank projection, 2024, algorithm 2.
Variant  galore-torch, pytorch_optimizer: `keras_step`, ε before the correction; P in float32 whatever the gradient is;
         on request other projections; x (1 - η λ) after the step. pytorch_optimizer decomposes at t = 1, T, 2T, …
         optax: P on the longer side, of float32, `projected` with `longer`.
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


def init(x: Array, *, rank: int, longer: bool = False) -> State:
    """The state before the first step. Raises ValueError unless x is a float64 matrix and rank is 1 or more."""
    if parameters(x).ndim != 2:
        raise ValueError(f"x must be a matrix, got shape {x.shape}: give other parameters to Adam")
    n, m = x.shape
    r = min(whole("rank", rank, 1), n, m)
    right = from_the_right(x.shape, longer=longer)
    return State(adam.init(np.zeros((n, r) if right else (r, m))), np.zeros((m if right else n, r)), 0)


def from_the_right(shape: tuple[int, ...], *, longer: bool = False) -> bool:
    """Whether P stands to the right of g, on the shorter side or on the longer one."""
    return (shape[0] >= shape[1]) != longer


def projection(g: Array, *, rank: int, longer: bool = False) -> Array:
    """The leading singular vectors of one side."""
    u, _, vt = np.linalg.svd(g, full_matrices=False)
    return vt[:rank].T if from_the_right(g.shape, longer=longer) else u[:, :rank]


def down(g: Array, p: Array, *, longer: bool = False) -> Array:
    """ĝ."""
    return g @ p if from_the_right(g.shape, longer=longer) else p.T @ g


def back(u: Array, p: Array, shape: tuple[int, ...], *, longer: bool = False) -> Array:
    """u in the shape of x."""
    return u @ p.T if from_the_right(shape, longer=longer) else p @ u


def projected(form: Any, x: Array, g: Array, state: State, *, lr: float, scale: float, period: int,
              longer: bool = False, project: Any = projection, **h: float) -> tuple[Array, State]:
    """One update by a form of Adam, which starts at 0 to show its move."""
    p = state.p if state.t % period else project(g, rank=state.p.shape[1], longer=longer)
    seen = down(g, p, longer=longer)
    moved, inner = form(0.0 * seen, seen, state.inner, lr=lr, **h)
    return x + scale * back(moved, p, x.shape, longer=longer), State(inner, p, state.t + 1)


def step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
         scale: float = 0.25, period: int = 200) -> tuple[Array, State]:
    """One update."""
    return projected(adam.step, x, g, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps, scale=scale, period=period)


def keras_step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999,
               eps: float = 1e-6, scale: float = 0.25, period: int = 200) -> tuple[Array, State]:
    """One update with ε before Adam's correction."""
    return projected(adam.keras_step, x, g, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps, scale=scale, period=period)
