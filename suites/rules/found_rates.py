"""The rules that find their own rate, one for all parameters, out of how far gradients agree with the way come.

All parameters are stepped as one; what has no gradient stays out of the step and out of every sum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from fiducial.checks.formats import summed
from fiducial.checks.plans import Options
from fiducial.checks.rounding import FLOAT32, Rounded
from fiducial.reference.optimizers import d_adaptation_adam, d_adaptation_sgd, decay, maximize, prodigy
from fiducial.suites.rules.composition import (
    ADAM_STATE,
    DECAY,
    DECOUPLED,
    MAXIMIZE,
    MOMENTUM,
    RATE,
    REMEMBERS,
    beta1_option,
    beta2_option,
    eps_option,
    pick,
)
from fiducial.suites.rules.rule import Option, Rule

Total = Callable[[Any], Any]

D0 = Option("d0", 1e-6, (0.1, 1e-3, 1e-6), ("d0",), per_group=False)
GROWTH = Option("growth_rate", float("inf"), (1.5, 1.02), ("growth_rate",), per_group=False)
WARMED = Option("bias_correction", False, (True,), ("use_bias_correction", "bias_correction"), per_group=False)
SHARED = frozenset({"odd", "permutation"}) | REMEMBERS  # one rate, found from all gradients so far
FOUND = replace(RATE, neutral=1.0, values=(1.0, 0.1), per_group=False)
WHOLE_BETAS = tuple(replace(option, per_group=False) for option in (beta1_option(), beta2_option()))
AWAY = replace(DECOUPLED, per_group=False)


def _limit(value: Any) -> Any:
    """A growth rate, or None where there is none."""
    return value if float(value.value if isinstance(value, Rounded) else value) < float("inf") else None


def _flipped(g: Any, o: Options) -> Any:
    """The gradient, or its opposite where the rule may ascend."""
    return maximize.ascent(g) if o.get("maximize") else g


def _sgd(x: Any, g: Any, state: Any, o: Options, total: Total = np.sum) -> tuple[Any, Any]:
    """Decay is in every gradient but that of the norm ‖g_0‖."""
    pulled = decay.coupled(g, x, weight_decay=o["weight_decay"])
    return d_adaptation_sgd.step(x, pulled, state, first=g, growth=_limit(o["growth_rate"]), total=total,
                                 **pick(o, "lr", "momentum"))


def _rate(state: Any, o: Options) -> Any:
    """λ, with Adam's corrections where asked for."""
    rate = state.d * o["lr"]
    if not o["bias_correction"]:
        return rate
    return rate * d_adaptation_adam.correction(state.k + 1, **pick(o, "beta1", "beta2"))


def _adam(x: Any, g: Any, state: Any, o: Options, total: Total = np.sum) -> tuple[Any, Any]:
    """Decay in the gradient, or θ(1 - λw) where decoupled."""
    rate, w = _rate(state, o), o["weight_decay"]
    g = g if o["decoupled"] else decay.coupled(g, x, weight_decay=w)
    moved, new = d_adaptation_adam.adapted(x, g, state, rate, growth=_limit(o["growth_rate"]), total=total,
                                           **pick(o, "beta1", "beta2", "eps"))
    return (moved - rate * w * x if o["decoupled"] and new.k > state.k else moved), new


def _seen(x: Any, g: Any, state: Any, o: Options, total: Total = np.sum) -> Any:
    """Prodigy's state after one more gradient."""
    growth = _limit(o["growth_rate"])
    return prodigy.observed(x, g, state, _rate(state, o), weight=state.d if o["safeguard"] else None, total=total,
                            limit=None if growth is None else (o["d0"], growth),
                            **pick(o, "beta1", "beta2", "beta3", "d_coef"))


def _moved(x: Any, m: Any, rate: Any, new: Any, o: Options) -> Any:
    """Prodigy's step along m, with the new d beside ε and θ(1 - λw) where decoupled."""
    kept = x * (1 - rate * o["weight_decay"]) if o["decoupled"] else x
    return kept - rate * m / (np.sqrt(new.v) + new.d * o["eps"])


def _prodigy(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """Decay in the gradient unless decoupled; without a first average the new d stands beside g too."""
    g = g if o["decoupled"] else decay.coupled(g, x, weight_decay=o["weight_decay"])
    new = _seen(x, g, state, o)
    return (x if new.k == state.k else _moved(x, new.d * g if o["beta1"] == 0 else new.m, _rate(state, o), new, o)), new


def coarse(terms: Any) -> Any:
    """A sum that is taken in float32, whatever the order; what is made of it stays in float32."""
    return np.sum(summed(terms) if isinstance(terms, Rounded) and terms.rounding.unit < FLOAT32.unit else terms)


def _wide(value: Any, like: Any) -> Any:
    """A number that was computed in float32, from here on in the format of another."""
    return Rounded(value.value, value.error, like.rounding) if isinstance(value, Rounded) else value


def _counted(new: Any, state: Any, **more: Any) -> Any:
    """The state after a step that counts even where every gradient was 0, its d a number of full width."""
    return new._replace(k=state.k + 1, d=_wide(new.d, state.d), **more)


def _coarse_sgd(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """Sums in float32; decay θ(1 - λw) before the step where decoupled; every step counts once ‖g_0‖ is not 0."""
    g = _flipped(g, o)
    size = state.size if state.k else _wide(np.sqrt(coarse(g**2)), g)
    if not np.any(size != 0):
        return x, state
    if o["decoupled"]:
        x, o = x * (1 - state.d * o["lr"] / size * o["weight_decay"]), {**o, "weight_decay": 0.0}
    moved, new = _sgd(x, g, state, o, coarse)
    return moved, _counted(new, state, size=size)


def _coarse_adam(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """Sums in float32; every step with a gradient counts."""
    moved, new = _adam(x, _flipped(g, o), state, o, coarse)
    return moved, _counted(new, state)


def _coarse_prodigy(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """Sums in float32, the first average whatever β₁; every step with a gradient counts."""
    g, rate = _flipped(g, o), _rate(state, o)
    g = g if o["decoupled"] else decay.coupled(g, x, weight_decay=o["weight_decay"])
    new = _seen(x, g, state, o, coarse)
    new = new._replace(d=_wide(new.d, state.d), most=_wide(new.most, state.d))
    if new.k > state.k:
        return _moved(x, new.m, rate, new, o), new
    beta3 = np.sqrt(o["beta2"]) if o["beta3"] is None else o["beta3"]
    return x, _counted(new, state, r=beta3 * state.r)


D_ADAPTATION_SGD = Rule(
    name="d_adaptation_sgd", aliases=("dadaptsgd", "dadapt_sgd"), scope="all", absent="left-out", averages=(),
    summary="descent whose rate is a lower bound on the distance to the minimum",
    formula="λ = dγ/‖g₀‖;  r ← r + λgᵀs;  s ← s + λg;  d ← max(d, 2r/‖s‖);  θ ← μθ + (1-μ)(θ₀ - s)",
    source="Defazio and Mishchenko 2023, algorithm 4; as dadaptation.DAdaptSGD",
    options=(FOUND, replace(MOMENTUM, per_group=False), replace(DECAY, per_group=False), D0, GROWTH),
    start=lambda x, o: d_adaptation_sgd.init(x, d0=o["d0"]), step=_sgd, state={"s": ("s",)}, laws=SHARED)

D_ADAPTATION_ADAM = Rule(
    name="d_adaptation_adam", aliases=("dadaptadam", "dadapt_adam"), scope="all", absent="left-out",
    averages=("beta1", "beta2"), summary="Adam whose rate is a lower bound on the distance to the minimum",
    formula="λ = dγ;  r ← βr + (1-β)λgᵀ(s/(√v + ε));  m, v of λg, g as adam;  s ← βs + (1-β)λg, β = √β₂;  "
            "d ← max(d, r/((1-β)‖s‖₁));  θ ← θ - m/(√v + ε)",
    source="Defazio and Mishchenko 2023, algorithm 5; as dadaptation.DAdaptAdam",
    options=(FOUND, *WHOLE_BETAS, eps_option(1e-8), DECAY, AWAY, WARMED, D0, GROWTH),
    start=lambda x, o: d_adaptation_adam.init(x, d0=o["d0"]), step=_adam, laws=SHARED,
    state={"m": ADAM_STATE["m"], "v": ADAM_STATE["v"], "s": ("s",)})

PRODIGY = Rule(
    name="prodigy", scope="all", absent="left-out", averages=("beta1", "beta2"),
    summary="Adam whose rate is found from how far gradients agree with the way come",
    formula="λ = dγ;  r ← β₃r + dλgᵀ(θ₀-θ);  s ← β₃s + dλg, β₃ = √β₂;  m, v of dg, d²g² as adam;  "
            "d ← max(d, c·r/‖s‖₁);  θ ← θ - λm/(√v + dε)",
    source="Mishchenko and Defazio 2024, algorithm 4; as prodigyopt.Prodigy, with the new d beside ε, and beside g "
           "where β₁ = 0",
    options=(FOUND, *WHOLE_BETAS, eps_option(1e-8), Option("beta3", None, (0.9, 0.5), ("beta3",), per_group=False),
             Option("d_coef", 1.0, (1.0, 0.5, 2.0), ("d_coef",), per_group=False), DECAY,
             replace(AWAY, neutral=True, values=(False,)), WARMED,
             Option("safeguard", False, (True,), ("safeguard_warmup",), per_group=False), D0, GROWTH),
    start=lambda x, o: prodigy.init(x, d0=o["d0"]), step=_prodigy, laws=SHARED,
    state={"m": ADAM_STATE["m"], "v": ADAM_STATE["v"], "s": ("s",)})

RULES = (D_ADAPTATION_SGD, D_ADAPTATION_ADAM, PRODIGY)


def _coarser(rule: Rule, step: Any, formula: str, *more: Option) -> Rule:
    """The dialect whose sums over all parameters are float32."""
    return replace(rule, name=f"{rule.name}/float32-sums", aliases=(), who="pytorch_optimizer", step=step,
                   formula=formula, options=(*rule.options, *more, replace(MAXIMIZE, per_group=False)))


DIALECTS = (
    _coarser(D_ADAPTATION_SGD, _coarse_sgd, "r, ‖s‖ and ‖g₀‖ in float32;  decoupled: θ(1-λw) before the step", AWAY),
    _coarser(D_ADAPTATION_ADAM, _coarse_adam, "r and ‖s‖₁ in float32;  a step whose gradients are all 0 counts"),
    _coarser(PRODIGY, _coarse_prodigy, "r and ‖s‖₁ in float32;  m also at β₁ = 0;  a step whose gradients are all 0 "
             "counts"),
)
