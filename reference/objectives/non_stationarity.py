"""Non-stationarity: an objective whose optimum moves while it is sought.

    f_t(x) = f(x - c_t)
    drift    c_t = δ t                            descent on a bowl falls behind by δ/(η h): c_t - x_t → δ/(η h)
    jump     c_t = δ ⌊t/T⌋                        still for T steps, then off by δ at once
    swing    c_t = δ sin(2π t/T)                  back after T steps

t counts steps from 0; δ in the units of x, T steps.

Source   Schaul, Antonoglou, Silver, Unit tests for stochastic optimization, 2014, the section on non-stationarity.
         The lag: Widrow, McCool, Larimore, Johnson, Stationary and nonstationary learning characteristics of the LMS
         adaptive filter, 1976.
Variant  the paper moves scales and noise levels too.
"""

import math

from .._arguments import number, one_of, positive, whole

KINDS = ("drift", "jump", "swing")


def optimum(t: int, *, kind: str = "drift", delta: float = 0.01, period: int = 100) -> float:
    """c_t. Raises ValueError for another kind, t < 0, or a period below 1."""
    steps, most = whole("t", t), whole("period", period, least=1)
    if one_of("kind", kind, KINDS) == "drift":
        return float(number("delta", delta) * steps)
    return delta * (steps // most) if kind == "jump" else delta * math.sin(2 * math.pi * (steps % most) / most)


def lag(*, lr: float, h: float = 1.0, delta: float = 0.01) -> float:
    """How far behind a drifting bowl descent settles. Raises ValueError unless 0 < η < 2/h."""
    if not positive("lr", lr) < 2 / positive("h", h):
        raise ValueError(f"lr must be below 2/h = {2 / h}, got {lr!r}")
    return delta / (lr * h)
