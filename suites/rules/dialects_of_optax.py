"""The dialects of optax's aliases that differ from other packages in more than a starting value."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from fiducial.checks.plans import Options
from fiducial.checks.rounding import Rounded
from fiducial.reference.optimizers import adabelief, adafactor, adamax, rprop
from fiducial.suites.rules.composition import DECAY, RATE, composed, pick
from fiducial.suites.rules.rule import Option, Rule
from fiducial.suites.rules.torch_optimizers import ADAFACTOR, ADAMAX, RPROP
from fiducial.suites.rules.wide_use import ADABELIEF
from fiducial.suites.rules.wide_use_steps import float32

ROOT = Option("eps_root", 0.0, (1e-3, 0.1, 1e-8), ("eps_root",))
NESTEROV = Option("nesterov", False, (True,), ("nesterov",))


def _belief(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """ε inside the average and ε outside the root apart; the first moment of the step ahead where asked for."""
    beta1, beta2 = o["beta1"], o["beta2"]
    state = adabelief.moments(g, state, eps=o["eps_root"], beta1=beta1, beta2=beta2)
    m, s = state.m / (1 - beta1**state.t), state.s / (1 - beta2**state.t)
    if o["nesterov"]:
        m = beta1 * state.m / (1 - beta1 ** (state.t + 1)) + (1 - beta1) * g / (1 - beta1**state.t)
    return x - o["lr"] * m / (np.sqrt(s) + o["eps"]), state


def _factored(x: Any, o: Options) -> tuple[int, ...]:
    """The two longest axes, if both are long enough."""
    axes = [int(axis) for axis in np.argsort(x.shape)[-2:]]
    least = o["least"].value if isinstance(o["least"], Rounded) else o["least"]
    return tuple(axes) if o["factored"] and len(axes) == 2 and x.shape[axes[0]] >= least else ()


def _turned(a: Any, axes: tuple[int, ...]) -> Any:
    """The array with these axes last."""
    return np.moveaxis(a, axes, (-2, -1)) if axes else a


def _factors_start(x: Any, o: Options) -> Any:
    """Rows and columns of the two longest axes, or every entry."""
    axes = _factored(x, o)
    return adafactor.init(_turned(x, axes)) if axes else adafactor.Full(np.zeros_like(x), 0)


def _factors(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """w = t^-τ in float32; the rate is relative, not capped; decay is added to the step as it is."""
    axes, t = _factored(x, o), state.t + 1
    w, squares = float32(t ** -o["decay_rate"]), _turned(g**2 + o["eps1"], axes)
    if axes:
        rows, columns = (np.mean(squares, axis=axis, keepdims=True) for axis in (-1, -2))
        state = adafactor.Factored((1 - w) * state.r + w * rows, (1 - w) * state.c + w * columns, t)
    else:
        state = adafactor.Full((1 - w) * state.v + w * squares, t)
    u = _turned(g, axes) / np.sqrt(adafactor.second_moment(state))
    u = np.moveaxis(u, (-2, -1), axes) if axes else u
    if x.size == 0:
        return x, state
    size = np.maximum(adafactor.rms(x), 1e-3) if o["relative"] else 1.0
    u = o["lr"] * size * u / np.maximum(adafactor.rms(u) / o["d"], 1.0)
    return x - (u + o["weight_decay"] * x), state


def _late(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """The move that the last gradient gave, unless this one has turned; p holds the move itself."""
    agrees = rprop.agreement(g, state.p)
    sizes = rprop.sizes(state.s, agrees, **pick(o, "etaminus", "etaplus", "step_min", "step_max"))
    s = np.where(agrees == 0, state.s, sizes)
    move = np.where(agrees < 0, 0.0, state.p)
    return x - move, rprop.State(s, np.where(agrees < 0, 0.0, s * np.sign(g)), state.t + 1)


DIALECTS: tuple[Rule, ...] = (
    replace(ADABELIEF, name="adabelief/optax", aliases=(), who="optax",
            formula="s ← β₂s + (1-β₂)(g-m)² + ε′;  θ ← θ - η m̂/(√ŝ + ε)   (nesterov: β₁m/(1-β₁ᵗ⁺¹) + (1-β₁)g/(1-β₁ᵗ))",
            options=(RATE, ADABELIEF.option("beta1"), ADABELIEF.option("beta2"), ADABELIEF.option("eps"),
                     replace(ROOT, neutral=1e-16), NESTEROV), step=_belief),
    replace(ADAFACTOR, name="adafactor/optax", aliases=(), who="optax",
            formula="w = t^-τ;  r, c (or v, where an axis is short) ← means of g² + ε₁;  u = g/√v;  "
                    "θ ← θ - max(10⁻³, RMS θ)·η·u/max(1, RMS(u)/d) - λθ",
            options=(RATE, Option("decay_rate", 0.8, (0.8, 0.5, 1.0), ("decay_rate",)),
                     Option("eps1", 1e-30, (1e-3, 0.1, 1e-12), ("eps",)),
                     Option("d", 1.0, (1.0, 2.0, 1.25), ("clipping_threshold",)),
                     Option("relative", True, (False,), ("multiply_by_parameter_scale",)),
                     Option("factored", True, (False,), ("factored",), {"least": 1}),
                     Option("least", 128, (1, 2, 3), ("min_dim_size_to_factor",)),
                     replace(DECAY, spelt=("weight_decay_rate",))),
            start=_factors_start, step=_factors, laws=ADAFACTOR.laws | {"moves-at-zero-rate"}),
    replace(ADAMAX, name="adamax/decoupled", aliases=("adamaxw",), who="optax's adamaxw",
            formula="θ ← θ(1-ηλ);  then adamax's step",
            step=composed(lambda x, g, s, o: adamax.step(x, g, s, **pick(o, "lr", "beta1", "beta2", "eps")),
                          "decoupled")),
    replace(RPROP, name="rprop/late", aliases=(), who="optax",
            formula="as rprop, but no clamp where f = 1, and each move is made one step late, unless the sign turned",
            options=tuple(o for o in RPROP.options if o.name != "maximize"),
            step=_late, laws=frozenset({"odd", "permutation", "splitting"})),
)
