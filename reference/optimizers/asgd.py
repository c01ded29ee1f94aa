"""ASGD: gradient descent at a falling rate, and the running mean of the parameters that it passes.

    η_t = η / (1 + λ η (t - 1))^α                                λ is `lambd`; one number
    x_t = (1 - λ η_t) x_{t-1} - η_t g_t                          a, x, g of one shape
    a_t = a_{t-1} + μ_t (x_t - a_{t-1}),   μ_t = 1 / max(1, t - 1 - t_0)

The answer is a; a_t = x_t until the mean begins after step t_0 + 1.

Source   Polyak, Juditsky, Acceleration of stochastic approximation by averaging, 1992; with the rate of Xu, Towards
         optimal one pass large scale learning with averaged stochastic gradient descent, 2011, in Bottou's sgd.
Variant  torch: `torch_step`, η_t is computed at the end of step t - 1 and kept, with μ, in float32: a learning rate
         that is changed before step t counts from step t + 1 on. At a constant rate both are one.
"""

from typing import Any, NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """ax: mean of x, shaped like x; eta, mu: η and μ of the next step; t: steps done."""

    ax: Array
    eta: Array
    mu: Array
    t: int


def init(x: Array, *, lr: float = 1e-2) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    return State(ax=np.zeros_like(parameters(x)), eta=lr * np.float64(1), mu=np.float64(1), t=0)


def rate(t: int, *, lr: float, lambd: float, alpha: float) -> Any:
    """η_{t+1}: the rate after t steps."""
    return lr / (1 + lambd * lr * t) ** alpha


def torch_step(x: Array, g: Array, state: State, *, lr: float, lambd: float = 1e-4, alpha: float = 0.75,
               t0: float = 1e6) -> tuple[Array, State]:
    """One update at the kept rate; then the next one is computed from lr."""
    x = (1 - lambd * state.eta) * x - state.eta * g
    ax, t = state.ax + state.mu * (x - state.ax), state.t + 1
    return x, State(ax, rate(t, lr=lr, lambd=lambd, alpha=alpha), 1 / np.maximum(1.0, t - t0), t)


def step(x: Array, g: Array, state: State, *, lr: float, lambd: float = 1e-4, alpha: float = 0.75,
         t0: float = 1e6) -> tuple[Array, State]:
    """One update at the rate that lr has now."""
    now = state._replace(eta=rate(state.t, lr=lr, lambd=lambd, alpha=alpha))
    return torch_step(x, g, now, lr=lr, lambd=lambd, alpha=alpha, t0=t0)
