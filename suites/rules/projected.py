"""GaLore: a rule whose steps hang on singular vectors, and what rounding may do to these.

σ_i of G is an eigenvalue of [[0, G], [Gᵀ, 0]], whose others are the rest of ±σ, and 0 where G is not square. A matrix
off by E turns its eigenvector (u; v)/√2 by at most asin(‖E‖/(d - ‖E‖)), d the distance to the nearest of these (Davis
and Kahan 1970), so that, with the signs chosen alike,

    ‖δu‖, ‖δv‖ ≤ 2‖E‖/(d - 2‖E‖)

E holds the bound of G, the rounding of G to the format of the decomposition, and what that adds (4 n u‖G‖_F, LAPACK
users' guide, section 4.9). Signs are open: they cancel in Adam, whose move is odd, until P is renewed while an average
of the old ones lives on; what comes after that is not judged, so that periods are drawn beside β₁ = 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from fiducial.checks.plans import Demands, Options
from fiducial.checks.rounding import FLOAT32, FLOAT64, Rounded, Rounding
from fiducial.reference.optimizers import adam, decay, galore, maximize
from fiducial.suites.rules.composition import (
    DECAY,
    MAXIMIZE,
    RATE,
    beta1_option,
    beta2_option,
    eps_option,
    pick,
)
from fiducial.suites.rules.preconditioned import BACKWARD
from fiducial.suites.rules.rule import Option, Rule
from fiducial.suites.rules.second_order import whole


class Low(NamedTuple):
    """m, v: Adam's averages of the projected gradient; p: the projection; t: steps done."""

    m: Any
    v: Any
    p: Any
    t: int


def _turned(values: Any, off: float, square: bool) -> Any:
    """The bound on each singular vector of a matrix that is off by so much; the values fall."""
    others = np.concatenate([values, -values, [] if square else [0.0]])
    nearest = np.array([np.min(np.abs(np.delete(others, i) - value)) for i, value in enumerate(values)])
    left = nearest - 2 * off
    return np.where(left > 0, 2 * off / np.where(left > 0, left, 1.0), np.inf)


def vectors(g: Any, *, rank: int, longer: bool, inside: Rounding) -> Any:
    """The projection with its bound; `inside` is the format of the decomposition, where that is narrower than g's."""
    if not isinstance(g, Rounded):
        return galore.projection(g, rank=rank, longer=longer)
    if not np.isfinite(g.error).all():
        unknown = np.zeros((g.shape[galore.from_the_right(g.shape, longer=longer)], rank))
        return Rounded(unknown, np.inf, g.rounding)
    found = galore.projection(g.value, rank=rank, longer=longer)
    unit, size = max(g.rounding.unit, inside.unit), np.linalg.norm(g.value)
    off = np.linalg.norm(g.error) + (1 + BACKWARD * max(g.shape)) * unit * size + g.size * inside.tiny
    bound = _turned(np.linalg.svd(g.value, compute_uv=False), off, g.shape[0] == g.shape[1])[:found.shape[1]]
    return Rounded(found, np.broadcast_to(bound + unit, found.shape), g.rounding)


def _start(x: Any, o: Options, longer: bool = False) -> Low:
    """No projection yet."""
    inner, p, t = galore.init(x, rank=whole(o["rank"]), longer=longer)
    return Low(inner.m, inner.v, p, t)


def _unknown(m: Any) -> Any:
    """An average whose signs belong to another basis."""
    return Rounded(m.value, np.inf, m.rounding) if isinstance(m, Rounded) else m


def _galore(form: Any, *, longer: bool = False, inside: Rounding = FLOAT64,
            after: bool = False) -> Callable[..., tuple[Any, Any]]:
    """Adam on a projection, by one of its forms; decay before the step, or after it."""

    def step(x: Any, g: Any, state: Low, o: Options) -> tuple[Any, Low]:
        g = maximize.ascent(g) if o["maximize"] else g
        period, rates = whole(o["period"]), pick(o, "lr", "weight_decay")
        renewed = state.t > 0 and state.t % period == 0
        m = _unknown(state.m) if renewed and o["beta1"] != 0 else state.m
        x = x if after else decay.decoupled(x, **rates)
        x, new = galore.projected(
            form, x, g, galore.State(adam.State(m, state.v, state.t), state.p, state.t), period=period, longer=longer,
            project=partial(vectors, inside=inside), **pick(o, "lr", "beta1", "beta2", "eps", "scale"))
        return decay.decoupled(x, **rates) if after else x, Low(new.inner.m, new.inner.v, new.p, new.t)

    return step


GALORE = Rule(
    name="galore", scope="tensor", summary="Adam on a projection of the gradient to few dimensions, projected back",
    formula="P = leading singular vectors of the shorter side of g, at t = 1, T+1, 2T+1, …;  ĝ = gP or Pᵀg;  "
            "θ ← θ(1-ηλ) - ηα·(Adam's direction of ĝ)Pᵀ, or P(…)",
    source="Zhao et al. 2024, algorithm 2",
    options=(RATE, beta1_option(), beta2_option(), eps_option(1e-8), DECAY, MAXIMIZE,
             Option("rank", 128, (1, 2, 3), ("rank",), per_group=False),
             Option("period", 200, (2, 3, 200), ("update_proj_gap", "period"), {"beta1": 0.0}, per_group=False),
             Option("scale", 0.25, (0.25, 1.0, 2.0), ("scale",))),
    start=_start, step=_galore(adam.step), demands=Demands(matrices=True), laws=frozenset({"linear-in-rate", "odd"}))

RULES = (GALORE,)
DIALECTS = (
    replace(GALORE, name="galore/epsilon-first", who="galore-torch, pytorch_optimizer",
            formula="as galore, with ε before Adam's correction, P of g in float32, and decay after the step",
            step=_galore(adam.keras_step, inside=FLOAT32, after=True), laws=frozenset({"odd"})),
    replace(GALORE, name="galore/longer-side", who="optax.contrib",
            formula="as galore, with P of the longer side (the left one of a square), of g in float32",
            start=partial(_start, longer=True), step=_galore(adam.step, longer=True, inside=FLOAT32)),
)
DECLARED = {"optax:galore": "galore/longer-side", "pytorch_optimizer:GaLore": "galore/epsilon-first",
            "galore_torch:GaLoreAdamW": "galore/epsilon-first"}
