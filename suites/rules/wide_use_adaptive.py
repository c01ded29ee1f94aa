"""The rules in wide use with further memories: of the past alone, of slow gradients, of slow weights, of a mean.

Those that step a whole tensor at a time stand in `wide_use_layers`.

Where the public classes agree on a form that is not the paper's, the rule is theirs and the paper's is a dialect.
"""

from __future__ import annotations

import functools
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from fiducial.checks.plans import Options
from fiducial.reference.optimizers import (
    adam,
    adam_atan2,
    ademamix,
    adopt,
    decay,
    ftrl,
    grokfast,
    lookahead,
    maximize,
    schedule_free_adamw,
    schedule_free_sgd,
)
from fiducial.suites.rules import wide_use_layers
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
    composed,
    eps_option,
    needs_velocity,
    pick,
)
from fiducial.suites.rules.optimizers import ADAM, SGD
from fiducial.suites.rules.rule import Option, Rule
from fiducial.suites.rules.wide_use_layers import (
    BETAS,
    DECOUPLED_UNLESS,
    MOMENTS,
    ROAMING,
    WHOLE,
    ascending,
    dialect,
    pulled,
    without,
)

ENTRYWISE = WHOLE | {"splitting"}


def whole(count: Any) -> int:
    """A count of steps as an int, whatever carries it."""
    return int(getattr(count, "value", count))


def adopt_form(form: Callable[..., tuple[Any, Any]], *names: str, waits: bool = True) -> Step:
    """A form of ADOPT; waits: decoupled decay leaves the first gradient out."""

    def step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
        g, apart = pulled(x, g, o)
        if state.t or not waits:
            x = decay.decoupled(x, lr=o["lr"], weight_decay=apart)
        return form(x, g, state, **pick(o, *BETAS, "eps", *names))

    return step


def ademamix_form(form: Callable[..., tuple[Any, Any]]) -> Step:
    """A form of AdEMAMix, α and β₃ as they are at each step of their warm-ups."""

    def step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
        g, apart = pulled(x, g, o)
        t, alpha, beta3, both = state.t + 1, o["alpha"], o["beta3"], o.get("t_alpha_beta3")
        rise, slow = (both if o.get(name) is None else o[name] for name in ("t_alpha", "t_beta3"))
        if rise is not None:
            alpha = ademamix.scheduled_alpha(t, alpha=alpha, warmup=rise)
        if slow is not None:
            beta3 = ademamix.scheduled_beta3(t, beta1=o["beta1"], beta3=beta3, warmup=slow)
        return form(x, g, state, alpha=alpha, beta3=beta3, weight_decay=apart,
                    **pick(o, "lr", "beta1", "beta2", "eps"))

    return step


Grok = namedtuple("Grok", ("m", "v", "mu", "t", "seen"))  # seen: gradients; t may count steps without one


def grokfast_start(x: Any, o: Options) -> Any:
    """Adam's state, and the filter's."""
    return Grok(**adam.init(x)._asdict(), mu=grokfast.init(x).mu, seen=0)


def grokfast_form(form: Callable[..., Any], *, penalized: bool = False) -> Step:
    """A form of Adam on gradients that the filter has amplified, from a step on; penalized: coupled decay with them."""

    def step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
        g = maximize.ascent(g) if o["maximize"] else g
        mu = g if state.seen == 0 else state.mu
        coupled, apart = (0.0, o["weight_decay"]) if o["decoupled"] else (o["weight_decay"], 0.0)
        start, x = x, decay.decoupled(x, lr=o["lr"], weight_decay=apart)
        g = decay.coupled(g, start, weight_decay=coupled) if penalized else g
        if state.t >= whole(o["after"]):
            g, kept = grokfast.filtered(g, grokfast.State(mu, 1), alpha=o["alpha"], lamb=o["lamb"])
            mu = kept.mu
        g = g if penalized else decay.coupled(g, start, weight_decay=coupled)
        x, moved = form(x, g, adam.State(state.m, state.v, state.t), **pick(o, "lr", "beta1", "beta2", "eps"))
        return x, Grok(**moved._asdict(), mu=mu, seen=state.seen + 1)

    return step


def clamped_adam(x: Any, g: Any, state: Any, *, lr: Any, beta1: Any, beta2: Any, eps: Any) -> tuple[Any, Any]:
    """Adam with max(√v̂, ε) for √v̂ + ε."""
    state = adam.moments(g, state, beta1=beta1, beta2=beta2)
    m, v = adam.corrected(state, beta1=beta1, beta2=beta2)
    return x - lr * m / np.maximum(np.sqrt(v), eps), state


@functools.cache
def flat(fields: tuple[str, ...]) -> type[Any]:
    """Lookahead's state with the inner state's fields beside its own."""
    return namedtuple("Flat", (*fields, "s", "steps"))


def looking_ahead(rule: Rule, form: Callable[..., Any], **changes: Any) -> Rule:
    """The rule with Lookahead around it."""
    own = (Option("k", 5, (2, 3, 5, 1), ("k", "sync_period", "lookahead_k")),
           Option("alpha", 0.5, (0.5, 0.1, 0.9), ("alpha", "slow_step_size", "lookahead_alpha"), {"k": 2}))

    def start(x: Any, o: Options) -> Any:
        begun = rule.start(x, o)
        return flat(begun._fields)(*begun, s=x, steps=0)

    def step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
        begun = rule.start(x, o)
        kept = type(begun)(**{name: getattr(state, name) for name in begun._fields})
        x, new = form(x, g, lookahead.State(kept, state.s, state.steps),
                      lambda x, g, own: rule.step(x, g, own, o), k=whole(o["k"]), alpha=o["alpha"])
        return x, type(state)(*new.inner, s=new.s, steps=new.t)

    return replace(rule, name=f"lookahead_{rule.name}", aliases=(), start=start, step=step,
                   options=(*rule.options, *own),
                   summary=f"{rule.name}, and after every k steps of it one step back towards where they began",
                   formula=f"{rule.formula};  every k-th time then s ← s + α(θ - s), θ ← s",
                   source=f"Zhang, Lucas, Hinton and Ba 2019, algorithm 1, around {rule.name}",
                   laws=frozenset({"odd", "permutation", "splitting"}) | REMEMBERS, counters=("parameter",),
                   state={**rule.state, "s": ("slow_params", "slow", "slow_param")}, **changes)


def warmed(t: int, o: Options) -> Any:
    """γ_t."""
    return schedule_free_sgd.warmed(t, **pick(o, "lr", "warmup_steps"))


@dataclass(frozen=True)
class Averaging(Rule):
    """A schedule-free rule: where steps are counted by group, the weights of a step that is missed count too.

    rate  (t, options) → the rate of step t, by which it is weighed
    """

    rate: Callable[[int, Options], Any] = warmed

    def missed(self, counter: str, state: Any, options: Options, t: int) -> Any:
        """The weight of the step is added; nothing moves."""
        rate = self.rate(state.t + 1, options)
        return schedule_free_sgd.weighed(state, rate, **pick(options, "r", "weight_lr_power"))[1]


ADOPT = Rule(
    name="adopt", summary="divide by the second moment of the past alone, and average what has been divided",
    formula="v₀ = g₀²;  m ← β₁m + (1-β₁)clip(g/max(√v, ε), ±t^¼);  θ ← θ - ηm;  v ← β₂v + (1-β₂)g²",
    source="Taniguchi et al. 2024, with clipping; the authors' code",
    options=(RATE, beta1_option(), beta2_option(0.9999), eps_option(1e-6), DECAY,
             replace(DECOUPLED, spelt=(*DECOUPLED.spelt, "decoupled", "decouple")), MAXIMIZE,
             Option("clip_exp", 0.25, (0.333, 1.0, 0.0), ("clip_exp",))),
    start=lambda x, o: adopt.init(x), step=adopt_form(adopt.step, "clip_exp"),
    state=MOMENTS, laws=ENTRYWISE)

ADEMAMIX = Rule(
    name="ademamix", summary="Adam whose first moment is joined by a much slower average of the same gradients",
    formula="m ← β₁m + (1-β₁)g;  s ← β₃s + (1-β₃)g;  v ← β₂v + (1-β₂)g²;  θ ← θ(1-ηλ) - η(m̂ + αs)/(√v̂ + ε)",
    source="Pagliardini, Ablin and Grangier 2024, algorithm 1",
    options=(RATE, beta1_option(), beta2_option(), Option("beta3", 0.9999, (0.9999, 0.9, 0.5), (("betas", 2), "beta3")),
             Option("alpha", 5.0, (5.0, 1.0, 0.0), ("alpha",)), eps_option(1e-8), DECAY, DECOUPLED_UNLESS, MAXIMIZE,
             *(Option(name, None, (4.0, 10.0, 1.0), (name, *spelt), {"beta1": needs_velocity})
               for name, spelt in (("t_alpha_beta3", ()), ("t_alpha", ("alpha_warmup",)),
                                   ("t_beta3", ("beta3_warmup",))))),
    start=lambda x, o: ademamix.init(x), step=ademamix_form(ademamix.step), averages=("beta1", "beta2", "beta3"),
    state={**MOMENTS, "s": ("exp_avg_slow", "m2")}, laws=ENTRYWISE | REMEMBERS)

ADAM_ATAN2 = Rule(
    name="adam_atan2", aliases=("adamatan2",), summary="Adam with an angle for its quotient, which needs no ε",
    formula="θ ← θ(1-ηλ) - ηa·atan2(m̂, b√v̂), m̂ and v̂ as adam", source="Everett et al. 2024, Adam-atan2",
    options=(replace(RATE, neutral=1e-4), beta1_option(), beta2_option(0.99), DECAY, MAXIMIZE,
             Option("a", 1.27, (1.0, 3.0), ("a",)), Option("b", 1.0, (0.5, 2.0), ("b",))),
    start=lambda x, o: adam_atan2.init(x), state=MOMENTS, laws=ENTRYWISE,
    step=composed(lambda x, g, s, o: adam_atan2.step(x, g, s, **pick(o, *BETAS, "a", "b")), "decoupled"))

GROKFAST_ADAMW = Rule(
    name="grokfast_adamw", summary="AdamW on gradients whose slow part is added once more, amplified",
    formula="μ ← αμ + (1-α)g, μ₀ = g₁;  θ ← θ(1-ηλ), then adam's step with g + λ'μ for g",
    source="Lee, Kang, Kim and Lee 2024, algorithm 2, around AdamW",
    options=(RATE, beta1_option(), beta2_option(0.99), eps_option(1e-8), DECAY, DECOUPLED_UNLESS, MAXIMIZE,
             Option("alpha", 0.98, (0.98, 0.5, 0.9), ("grokfast_alpha", "alpha")),
             Option("lamb", 2.0, (2.0, 0.5, 5.0), ("grokfast_lamb", "lamb")),
             Option("after", 0, (2, 1), ("grokfast_after_step",))),
    start=grokfast_start, step=grokfast_form(adam.step), state={**MOMENTS, "mu": ("grok_exp_avg",)},
    averages=("beta1", "beta2", "alpha"), laws=ENTRYWISE | REMEMBERS)

LOOKAHEAD_SGD = looking_ahead(SGD, lookahead.step)
LOOKAHEAD_ADAM = looking_ahead(ADAM, lookahead.step)

_FREE = (Option("warmup_steps", 0, (4, 2, 1), ("warmup_steps",)), Option("r", 0.0, (1.0, 0.5), ("r",)),
         Option("weight_lr_power", 2.0, (0.0, 1.0, 2.0), ("weight_lr_power",), {"warmup_steps": 4}))
MIXED = ROAMING | {"splitting", "moves-at-zero-rate", "moves-at-zero-gradient"}  # (1-β)z + βz is rounded
_WEIGHED = ("lr", "weight_decay", "warmup_steps", "r", "weight_lr_power")


SCHEDULE_FREE_SGD = Averaging(
    name="schedule_free_sgd", aliases=("sgdschedulefree", "schedulefreesgd"),
    summary="descent from one sequence, its running mean to evaluate at, gradients between the two",
    formula="θ = (1-β)z + βx;  z ← z - γ(g + λθ);  x ← (1-c)x + cz, c = w/Σw, w = t^r (max γ)^p;  γ = η min(1, t/T)",
    source="Defazio et al. 2024; as schedulefree.SGDScheduleFree, in training mode",
    options=(replace(RATE, neutral=1.0), replace(MOMENTUM, neutral=0.9, values=(0.9, 0.5, 0.99)), DECAY, MAXIMIZE,
             *_FREE),
    start=lambda x, o: schedule_free_sgd.init(x), step=ascending(schedule_free_sgd.step, "momentum", *_WEIGHED),
    state={"z": ("z",), "x": ("x",)}, laws=MIXED)

SCHEDULE_FREE_ADAMW = Averaging(
    name="schedule_free_adamw", aliases=("adamwschedulefree", "schedulefreeadamw", "sfadamw"),
    summary="descent by the second moment, its running mean to evaluate at, gradients between the two",
    formula="θ = (1-β₁)z + β₁x;  v ← β₂v + (1-β₂)g²;  z ← z - γ(g/(√v̂ + ε) + λθ);  x as schedule_free_sgd",
    source="Defazio et al. 2024, algorithm 1; as schedulefree.AdamWScheduleFree, in training mode",
    options=(replace(RATE, neutral=2.5e-3), beta1_option(), beta2_option(), eps_option(1e-8), DECAY, MAXIMIZE, *_FREE),
    start=lambda x, o: schedule_free_adamw.init(x), averages=("beta2",),
    step=ascending(schedule_free_adamw.step, "beta1", "beta2", "eps", *_WEIGHED),
    state={"z": ("z",), "x": ("x",), "v": ADAM_STATE["v"]}, laws=MIXED)

FTRL = Rule(
    name="ftrl", summary="in each step the minimum of all gradients so far, of a pull to the old points, and of |θ|",
    formula="n′ = n + g²;  z ← z + g + 2sθ - (n′^p - n^p)θ/η;  θ ← -(z - clip(z, ±λ₁))/((β + n′^p)/η + 2λ₂), p = ½;  "
            "θ(1-ηλ) before the step",
    source="McMahan et al. 2013, algorithm 1; as TensorFlow and Keras have it (2λ₂, a shrinkage s, n₀ = 0.1)",
    options=(RATE, Option("rate_power", -0.5, (-0.5, -1.0, -0.3), ("learning_rate_power",)),
             Option("initial_accumulator_value", 0.1, (0.1, 1.0), ("initial_accumulator_value",)),
             Option("l1", 0.0, (0.1, 1.0), ("l1_regularization_strength",)),
             Option("l2", 0.0, (0.1, 1.0), ("l2_regularization_strength",)),
             Option("shrinkage", 0.0, (0.1, 1.0), ("l2_shrinkage_regularization_strength",)),
             Option("beta", 0.0, (0.5, 1.0), ("beta",)), DECAY, MAXIMIZE),
    start=lambda x, o: ftrl.init(x, initial_accumulator_value=o["initial_accumulator_value"]), averages=(),
    step=composed(lambda x, g, s, o: ftrl.shrunk_step(x, g, s, power=-o["rate_power"], l2=2 * o["l2"],
                                                      **pick(o, "lr", "beta", "l1", "shrinkage")), "decoupled"),
    state={"n": ("sum", "accumulator"), "z": ("linears", "linear")},
    laws=frozenset({"odd", "permutation", "splitting", "moves-at-zero-gradient", "moves-at-zero-rate"}))

RULES = (ADOPT, ADEMAMIX, ADAM_ATAN2, GROKFAST_ADAMW, LOOKAHEAD_SGD, LOOKAHEAD_ADAM, SCHEDULE_FREE_SGD,
         SCHEDULE_FREE_ADAMW, FTRL, *wide_use_layers.RULES)


DIALECTS = (
    dialect(ADOPT, "unclipped", "", "m ← β₁m + (1-β₁)g/max(√v, ε)", options=without(ADOPT, "clip_exp"),
            step=adopt_form(adopt.unclipped_step)),
    dialect(ADOPT, "decay-at-once", "adam-atan2-pytorch's Adopt", "θ ← θ(1-ηλ) at the first gradient too",
            options=(*without(ADOPT, "decoupled"), DECOUPLED_UNLESS),
            step=adopt_form(adopt.step, "clip_exp", waits=False)),
    dialect(ADOPT, "late-clip", "pytorch_optimizer", "clipped at ±(t+1)^¼;  θ ← θ(1-ηλ) at the first gradient too",
            options=without(ADOPT, "clip_exp"), step=adopt_form(adopt.late_step, waits=False)),
    dialect(ADEMAMIX, "clamped", "heavyball", "max(√v̂, ε) for √v̂ + ε", step=ademamix_form(ademamix.clamped_step),
            options=without(ADEMAMIX, "t_alpha_beta3", "t_alpha", "t_beta3")),
    dialect(ADAM_ATAN2, "correction-outside", "adam-atan2", "θ ← θ(1-ηλ) - η/(1-β₁ᵗ)·a·atan2(m, b√v̂)",
            step=composed(lambda x, g, s, o: adam_atan2.outer_step(x, g, s, **pick(o, *BETAS, "a", "b")),
                          "decoupled")),
    dialect(GROKFAST_ADAMW, "clamped", "pytorch_optimizer with normalize_lr=False",
            "max(√v̂, ε) for √v̂ + ε;  coupled decay amplified too", step=grokfast_form(clamped_adam, penalized=True)),
    replace(looking_ahead(SGD, lookahead.late_step), name="lookahead_sgd/late", who="timm",
            formula="s starts as θ after the first k steps"),
    replace(looking_ahead(SGD, lookahead.early_step), name="lookahead_sgd/early", who="torch-optimizer",
            formula="s starts as θ after the first step, and the step back follows steps k+1, 2k+1, …"),
    dialect(SCHEDULE_FREE_SGD, "paper", "Defazio et al.", "w = γ²", options=without(
        SCHEDULE_FREE_SGD, "r", "weight_lr_power"), counters=("parameter",),
        step=ascending(schedule_free_sgd.paper_step, "lr", "momentum", "weight_decay", "warmup_steps")),
    dialect(SCHEDULE_FREE_SGD, "uniform", "Defazio et al., the equations", "c = 1/(t+1), no warm-up", options=without(
        SCHEDULE_FREE_SGD, "r", "weight_lr_power", "warmup_steps"), counters=("parameter",),
        step=ascending(schedule_free_sgd.uniform_step, "lr", "momentum", "weight_decay")),
    dialect(SCHEDULE_FREE_ADAMW, "early", "schedulefree's AdamWScheduleFreePaper",
            "γ = η√(1-β₂ᵗ)min(1, t/T);  z ← z - γ(g/(√v + ε) + λθ)",
            rate=lambda t, o: warmed(t, o) * np.sqrt(1 - o["beta2"] ** t),
            step=ascending(schedule_free_adamw.early_step, "beta1", "beta2", "eps", *_WEIGHED)),
    dialect(SCHEDULE_FREE_ADAMW, "floored", "pytorch_optimizer", "√(v̂ + 10⁻¹⁵) + ε for √v̂ + ε",
            step=ascending(partial(schedule_free_adamw.step, floor=1e-15), "beta1", "beta2", "eps", *_WEIGHED)),
    *wide_use_layers.DIALECTS,
)
