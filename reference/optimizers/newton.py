"""Newton's method: step to where the second-order model of the function has its stationary point.

    H d = g                                                      H: n × n, the symmetric Hessian at x_{t-1}; x, g, d: n
    x_t = x_{t-1} - μ d                                          μ is `lr`; 1: Newton; below 1: damped

Source   Nocedal, Wright, Numerical optimization, 2nd edition, 2006, equation 2.15; damped: Boyd, Vandenberghe, Convex
         optimization, 2004, algorithm 9.5, whose line search is replaced by a constant μ.
Variant  It goes to a saddle or to a maximum as gladly as to a minimum. `shifted_step` (Levenberg 1944, Marquardt 1963)
         solves (H + λI) d = g, a descent once λ exceeds -min eig H, and gradient descent at rate 1/λ for large λ.
         `saddle_free_step` (Dauphin et al. 2014) solves |H| d = g, |H| with the eigenvalues' absolute values.
"""

from typing import NamedTuple

import numpy as np

from .._arguments import shaped
from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """Nothing to remember."""


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is a float64 vector."""
    if parameters(x).ndim != 1:
        raise ValueError(f"x must be a vector, got shape {x.shape}: flatten it, as its Hessian is a matrix")
    return State()


def _square(x: Array, hessian: Array) -> Array:
    """The Hessian. Raises ValueError unless it is n × n."""
    return shaped("hessian", hessian, (x.size, x.size))


def step(x: Array, g: Array, hessian: Array, state: State, *, lr: float = 1.0) -> tuple[Array, State]:
    """One update. Raises LinAlgError where H is singular."""
    return x - lr * np.linalg.solve(_square(x, hessian), g), state


def shifted_step(x: Array, g: Array, hessian: Array, state: State, *, damping: float,
                 lr: float = 1.0) -> tuple[Array, State]:
    """H + λI for H; λ is `damping`."""
    return x - lr * np.linalg.solve(_square(x, hessian) + damping * np.eye(x.size), g), state


def saddle_free_step(x: Array, g: Array, hessian: Array, state: State, *, lr: float = 1.0) -> tuple[Array, State]:
    """|H| for H."""
    values, vectors = np.linalg.eigh(_square(x, hessian))
    return x - lr * vectors @ ((vectors.T @ g) / np.abs(values)), state
