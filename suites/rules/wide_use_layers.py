"""The rules in wide use that step one tensor at a time: by its norm, or by the mean of its entries.

Where the public classes agree on a form that is not the paper's, the rule is theirs and the paper's is a dialect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from fiducial.checks.plans import Options
from fiducial.reference.optimizers import adam, cautious_adamw, decay, lamb, lars, maximize, stable_adamw
from fiducial.suites.rules.composition import (
    ADAM_STATE,
    DECAY,
    DECOUPLED,
    MAXIMIZE,
    MOMENTUM,
    RATE,
    REMEMBERS,
    Step,
    beta1_option,
    beta2_option,
    eps_option,
    needs_velocity,
    pick,
)
from fiducial.suites.rules.rule import Option, Rule

WHOLE = frozenset({"linear-in-rate", "odd", "permutation"})
ROAMING = frozenset({"odd", "permutation"})  # a step depends on where the parameters are, or on several rates
MOMENTS = {name: ADAM_STATE[name] for name in ("m", "v", "t")}
BETAS = ("lr", "beta1", "beta2")
DECOUPLED_UNLESS = replace(DECOUPLED, neutral=True, values=(False,))  # these rules decouple where nothing is said


def pulled(x: Any, g: Any, o: Options) -> tuple[Any, float]:
    """The gradient, flipped and with coupled decay where asked for, and the decay that is still to be done."""
    g = maximize.ascent(g) if o["maximize"] else g
    return (g, o["weight_decay"]) if o["decoupled"] else (decay.coupled(g, x, weight_decay=o["weight_decay"]), 0.0)


def with_decay(form: Callable[..., tuple[Any, Any]], *names: str) -> Step:
    """A form that decays by itself unless decay is coupled."""

    def step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
        g, apart = pulled(x, g, o)
        return form(x, g, state, weight_decay=apart, **pick(o, *BETAS, "eps", *names))

    return step


def ascending(form: Callable[..., Any], *names: str) -> Step:
    """A form on the gradient, or on its opposite, with the named options."""
    return lambda x, g, s, o: form(x, maximize.ascent(g) if o["maximize"] else g, s, **pick(o, *names))


def lars_direction(x: Any, g: Any, o: Options) -> Any:
    """q(g + λθ), clipped where asked for; g itself without decay, unless always adapted."""
    if o["weight_decay"] == 0 and not o["always_adapt"]:
        return g
    q = lars.trust(x, g, **pick(o, "trust_coefficient", "weight_decay", "eps"))
    return (np.minimum(q / o["lr"], 1.0) if o["trust_clip"] else q) * (g + o["weight_decay"] * x)


def lars_bolts_direction(x: Any, g: Any, o: Options) -> Any:
    """q(g + λθ) where there is decay and no norm is 0; g itself elsewhere."""
    if o["weight_decay"] == 0:
        return g
    size, slope = lars.norm(x), lars.norm(g)
    q = lars.trust(x, g, **pick(o, "trust_coefficient", "weight_decay", "eps"))
    return np.where(size * slope == 0, g, q * (g + o["weight_decay"] * x))


def lars_matrix_direction(x: Any, g: Any, o: Options) -> Any:
    """q(g + λθ), q = κ‖θ‖/(‖g‖ + λ‖θ‖), for matrices and whatever has more axes; g itself for the rest."""
    if x.ndim < 2:
        return g
    size = lars.norm(x)
    below = lars.norm(g) + o["weight_decay"] * size
    return lars.unless_zero(o["trust_coefficient"] * size / below, size, below) * (g + o["weight_decay"] * x)


def lars_form(direction: Callable[..., Any], *, damped_start: bool = False) -> Step:
    """Momentum as torch has it along a direction; damped_start: v_1 = (1 - dampening) d_1."""

    def step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
        d = direction(x, maximize.ascent(g) if o["maximize"] else g, o)
        if o["momentum"] == 0:
            return x - o["lr"] * d, state
        if damped_start and state.t == 0:
            state = state._replace(t=1)
        _, moved = lars.plain_step(x, d, state, **pick(o, "lr", "momentum", "dampening"))
        return x - o["lr"] * (d + o["momentum"] * moved.v if o["nesterov"] else moved.v), moved

    return step


def lamb_step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """timm's options around the definition: correction, averaging, where the ratio is left out, and its clipping."""
    g, beta1, beta2 = maximize.ascent(g) if o["maximize"] else g, o["beta1"], o["beta2"]
    new = adam.moments(g, state, beta1=beta1, beta2=beta2)
    if not o["grad_averaging"]:
        new = new._replace(m=beta1 * state.m + g)
    m, v = adam.corrected(new, beta1=beta1, beta2=beta2) if o["bias_correction"] else (new.m, new.v)
    r = m / (np.sqrt(v) + o["eps"])
    if o["decoupled"]:
        x = decay.decoupled(x, **pick(o, "lr", "weight_decay"))
    else:
        r = r + o["weight_decay"] * x
    if o["weight_decay"] == 0 and not o["always_adapt"]:
        return x - o["lr"] * r, new
    q = lamb.ratio(x, r)
    return x - o["lr"] * (np.minimum(q, 1.0) if o["trust_clip"] else q) * r, new


def lamb_clamped_step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """Without correction, φ(z) = min(z, clamp); with the bias in the rate where asked for."""
    form = lamb.debiased_rate_step if o["debias"] else lamb.uncorrected_step
    return form(x, maximize.ascent(g) if o["maximize"] else g, state,
                **pick(o, "lr", "beta1", "beta2", "eps", "weight_decay", "clamp"))


def lamb_softened_step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """The rate over 1 - β₁ᵗ, φ(z) = min(z, 10), ‖r‖ + ε for ‖r‖; decay apart from r unless coupled, which is in r."""
    g = maximize.ascent(g) if o["maximize"] else g
    if o["decoupled"]:
        x = decay.decoupled(x, **pick(o, "lr", "weight_decay"))
    state = adam.moments(g, state, **pick(o, "beta1", "beta2"))
    r = state.m / (np.sqrt(state.v) + o["eps"])
    r = r if o["decoupled"] else r + o["weight_decay"] * x
    size, length = np.minimum(lars.norm(x), 10.0), lars.norm(r)
    rate = o["lr"] / (1 - o["beta1"]**state.t)
    return x - rate * lars.unless_zero(size / (length + o["eps"]), size, length) * r, state


STABLE_ADAMW = Rule(
    name="stable_adamw", aliases=("stableadamw",), scope="tensor",
    summary="AdamW that shortens its step wherever a whole tensor's gradients outgrow their second moment",
    formula="m̂, v̂ as adam;  η' = η/max(1, √mean(g²/max(v̂, ε²)));  θ ← θ(1-η'λ) - η'm̂/(√v̂ + ε)",
    source="Wortsman et al. 2023, algorithm 2",
    options=(RATE, beta1_option(), beta2_option(0.99), eps_option(1e-8), replace(DECAY, neutral=1e-2),
             DECOUPLED_UNLESS, MAXIMIZE),
    start=lambda x, o: stable_adamw.init(x), step=with_decay(stable_adamw.step),
    state={"v": ("exp_avg",), "u": ("exp_avg_sq",), "t": ADAM_STATE["t"]}, laws=WHOLE | {"bias-correction"})

CAUTIOUS_ADAMW = Rule(
    name="cautious_adamw", aliases=("cadamw", "c_adamw"), scope="tensor",
    summary="AdamW that takes only those entries of its step on which the newest gradient agrees",
    formula="u = m̂/(√v̂ + ε);  φ = [ug > 0];  θ ← θ(1-ηλ) - η·n/(Σφ + 1)·φu",
    source="Liang, Chen, Liu and Liu 2024, algorithm 2",
    options=(RATE, beta1_option(), beta2_option(), eps_option(1e-8), replace(DECAY, neutral=1e-2), DECOUPLED_UNLESS,
             MAXIMIZE),
    start=lambda x, o: cautious_adamw.init(x), step=with_decay(cautious_adamw.step), state=MOMENTS, laws=WHOLE)

_TRUST = Option("trust_coefficient", 1e-3, (0.1, 1.0), ("trust_coefficient", "trust_coeff"), {"weight_decay": 0.1})
_ALWAYS = Option("always_adapt", False, (True,), ("always_adapt",))
_CLIP = Option("trust_clip", False, (True,), ("trust_clip",), {"always_adapt": True})

LARS = Rule(
    name="lars", scope="tensor", summary="momentum whose step on each layer is in proportion to the layer's weights",
    formula="q = κ‖θ‖/(‖g‖ + λ‖θ‖ + ε), 1 where a norm is 0;  b ← μb + (1-d)q(g + λθ), undamped at first;  "
            "θ ← θ - ηb;  q and λ left out where λ = 0",
    source="You, Gitman and Ginsburg 2017; as timm.optim.Lars",
    options=(RATE, MOMENTUM, Option("dampening", 0.0, (0.5, 0.9), ("dampening",), {"momentum": needs_velocity,
                                                                                    "nesterov": False}),
             Option("nesterov", False, (True,), ("nesterov",), {"momentum": needs_velocity, "dampening": 0.0}),
             DECAY, MAXIMIZE, _TRUST, replace(eps_option(1e-8), companion={"weight_decay": 0.1}), _ALWAYS, _CLIP),
    start=lambda x, o: lars.init(x), step=lars_form(lars_direction), averages=(),
    state={"v": ("momentum_buffer", "buf", "v")}, laws=ROAMING)

LAMB = Rule(
    name="lamb", scope="tensor", summary="Adam whose step on each layer is in proportion to the layer's weights",
    formula="r = m̂/(√v̂ + ε) + λθ;  θ ← θ - η‖θ‖/‖r‖·r, the ratio 1 where a norm is 0",
    source="You et al. 2020, algorithm 2; the options as timm.optim.Lamb's",
    options=(RATE, beta1_option(), beta2_option(), eps_option(1e-6), DECAY, DECOUPLED, MAXIMIZE,
             Option("bias_correction", True, (False,), ("bias_correction",)),
             Option("grad_averaging", True, (False,), ("grad_averaging",)),
             replace(_ALWAYS, neutral=True, values=(True, False)), _CLIP),
    start=lambda x, o: lamb.init(x), step=lamb_step, state=MOMENTS, laws=ROAMING | REMEMBERS)

RULES = (STABLE_ADAMW, CAUTIOUS_ADAMW, LARS, LAMB)


def dialect(rule: Rule, name: str, who: str, formula: str, **changes: Any) -> Rule:
    """A dialect: the rule with another name and another step."""
    return replace(rule, name=f"{rule.name}/{name}", who=who, formula=formula, aliases=(), **changes)


def without(rule: Rule, *names: str) -> tuple[Option, ...]:
    """The rule's options but for these."""
    return tuple(option for option in rule.options if option.name not in names)


_LAMB_PLAIN = without(LAMB, "bias_correction", "grad_averaging", "always_adapt", "trust_clip", "decoupled")
_LARS_PLAIN = without(LARS, "dampening", "nesterov", "eps", "always_adapt", "trust_clip")
DIALECTS = (
    dialect(STABLE_ADAMW, "timm", "timm's AdamW with clipping_threshold",
            "θ ← θ(1-ηλ) - η/max(1, RMS/d)·m̂/(√v̂ + ε), RMS that of g/(√v̂ + ε)",
            options=(*STABLE_ADAMW.options, Option("threshold", 1.0, (0.5, 2.0), ("clipping_threshold",))),
            step=with_decay(stable_adamw.timm_step, "threshold"), state=MOMENTS),
    dialect(CAUTIOUS_ADAMW, "clamped", "timm with caution=True", "φ/max(mean φ, 10⁻³) for n/(Σφ + 1)·φ",
            step=with_decay(cautious_adamw.clamped_step)),
    dialect(LARS, "bolts", "torch-optimizer, lightning-bolts", "q and λ left out where λ = 0 or a norm is 0",
            options=without(LARS, "always_adapt", "trust_clip"), step=lars_form(lars_bolts_direction)),
    dialect(LARS, "matrices", "pytorch_optimizer", "no ε;  q and λ left out for vectors;  b damped from the first",
            options=without(LARS, "always_adapt", "trust_clip", "eps"),
            step=lars_form(lars_matrix_direction, damped_start=True)),
    dialect(LARS, "paper", "You, Gitman and Ginsburg", "v ← μv + ηq(g + λθ), without ε;  θ ← θ - v", laws=ROAMING,
            options=_LARS_PLAIN, step=ascending(lars.step, "lr", "momentum", "weight_decay", "trust_coefficient")),
    dialect(LARS, "optax", "optax", "q = κ‖θ‖/(‖g + λθ‖ + ε);  v ← μv + ηq(g + λθ);  θ ← θ - v", laws=ROAMING,
            options=(*_LARS_PLAIN, LARS.option("eps")),
            step=ascending(lars.optax_step, "lr", "momentum", "weight_decay", "trust_coefficient", "eps")),
    dialect(LAMB, "clamped", "the paper's third version; pytorch-lamb, torch-optimizer",
            "r = m/(√v + ε) + λθ;  θ ← θ - η min(‖θ‖, clamp)/‖r‖·r", step=lamb_clamped_step,
            options=(*_LAMB_PLAIN, Option("clamp", 10.0, (0.5, 2.0), ("clamp_value", "clamp")),
                      Option("debias", False, (True,), ("debias",)))),
    dialect(LAMB, "softened", "pytorch_optimizer",
            "r = m/(√v + ε);  θ ← θ(1-ηλ), then θ - η/(1-β₁ᵗ)·min(‖θ‖, 10)/(‖r‖ + ε)·r",
            step=lamb_softened_step, options=(*_LAMB_PLAIN, DECOUPLED_UNLESS)),
)
