"""The rules in wide use that are Adam's or momentum's relatives, one table row each, and their dialects.

Where all public classes agree on a form that is not the paper's, the rule is theirs and the paper's is a dialect.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from fiducial.reference.optimizers import (
    adabelief,
    adabound,
    adamp,
    adan,
    lion,
    madgrad,
    novograd,
    qhadam,
    qhm,
    sgdp,
    yogi,
)
from fiducial.suites.rules.composition import (
    ADAM_STATE,
    AMSGRAD,
    DECAY,
    DECOUPLED,
    MAXIMIZE,
    MOMENTUM,
    RATE,
    REMEMBERS,
    beta1_option,
    beta2_option,
    composed,
    eps_option,
    needs_velocity,
    pick,
)
from fiducial.suites.rules.rule import Option, Rule
from fiducial.suites.rules.wide_use_steps import (
    BETAS,
    RateAsBuilt,
    ThreeAverages,
    adabelief_step,
    adabound_form,
    adamp_keras_step,
    adan_form,
    float32,
    float32_moment,
    madgrad_step,
    madgrad_timm_step,
    novograd_form,
    projecting,
)

ENTRYWISE = frozenset({"linear-in-rate", "odd", "permutation", "splitting"})
WHOLE = frozenset({"linear-in-rate", "odd"})
COUNTERS = ("parameter", "group")
MOMENTS = {name: ADAM_STATE[name] for name in ("m", "v", "t")}
DECOUPLED_UNLESS = replace(DECOUPLED, neutral=True, values=(False,))  # these rules decouple where nothing is said
NESTEROV = Option("nesterov", False, (True,), ("nesterov",))
DELTA = Option("delta", 0.1, (0.1, 1.0, 3.0, 0.5, 0.0), ("delta",))
RATIO = Option("wd_ratio", 0.1, (0.1, 1.0, 0.5), ("wd_ratio",), {"weight_decay": 0.1, "delta": 3.0})
START = Option("initial_accumulator_value", 1e-6, (1e-6, 0.1, 1.0),
               ("initial_accumulator_value", "initial_accumulator"))

LION = Rule(
    name="lion", summary="step by the sign of a momentum that looks at the new gradient harder than it remembers it",
    formula="θ ← θ(1-ηλ) - η sign(β₁m + (1-β₁)g);  m ← β₂m + (1-β₂)g",
    source="Chen et al. 2023, algorithm 2",
    options=(replace(RATE, neutral=1e-4), beta1_option(), beta2_option(0.99), DECAY,
             replace(DECOUPLED_UNLESS, spelt=("decoupled", "weight_decouple")), MAXIMIZE),
    start=lambda x, o: lion.init(x), step=composed(lambda x, g, s, o: lion.step(x, g, s, **pick(o, *BETAS))),
    state={"m": ADAM_STATE["m"]}, laws=ENTRYWISE | {"gradient-degree-0"})

ADABELIEF = Rule(
    name="adabelief", summary="Adam that divides by how far gradients stray from their average",
    formula="m ← β₁m + (1-β₁)g;  s ← β₂s + (1-β₂)(g-m)² + ε;  θ ← θ - η m̂/(√ŝ + ε)   (rectify: as radam from ρ_t ≥ 5)",
    source="Zhuang et al. 2020, algorithm 2; the authors' code (rectify, amsgrad)",
    options=(RATE, beta1_option(), beta2_option(), eps_option(1e-16), DECAY, DECOUPLED_UNLESS, MAXIMIZE,
             AMSGRAD, Option("rectify", False, (True,), ("rectify",), {"amsgrad": False})),
    start=lambda x, o: adabelief.init(x), step=composed(adabelief_step),
    state={"m": ADAM_STATE["m"], "s": ("exp_avg_var", "s"), "smax": ("max_exp_avg_var",), "t": ADAM_STATE["t"]},
    counters=COUNTERS, laws=ENTRYWISE)

YOGI = Rule(
    name="yogi", summary="Adam whose second moment walks towards g² by steps of a size of their own",
    formula="m ← β₁m + (1-β₁)g;  v ← v - (1-β₂)sign(v-g²)g²;  θ ← θ - η m̂/(√v̂ + ε);  m₀ = v₀ = 1e-6",
    source="Zaheer et al. 2018, algorithm 2; corrected and started as TensorFlow Addons does",
    options=(replace(RATE, neutral=1e-2), beta1_option(), beta2_option(), eps_option(1e-3), DECAY, DECOUPLED, MAXIMIZE,
             START),
    start=lambda x, o: yogi.init(x, initial_accumulator_value=o["initial_accumulator_value"],
                                 initial_momentum=o["initial_accumulator_value"]),
    step=composed(lambda x, g, s, o: yogi.corrected_step(x, g, s, **pick(o, *BETAS, "eps"))),
    state=MOMENTS, counters=COUNTERS, laws=ENTRYWISE - {"odd"} | {"moves-at-zero-gradient"})

ADABOUND = RateAsBuilt(
    name="adabound", summary="Adam whose rates are clipped to bounds that close on a rate of sgd",
    formula="θ ← θ - clip(η√(1-β₂ᵗ)/(1-β₁ᵗ)/(√v + ε), l, u)·m;  l, u = η*·η/η₀·(1 - 1/(γt+1)), …·(1 + 1/(γt))",
    source="Luo et al. 2019, algorithm 2; the authors' code",
    options=(RATE, beta1_option(), beta2_option(), eps_option(1e-8), DECAY, DECOUPLED, MAXIMIZE,
             Option("final_lr", 0.1, (0.1, 1.0, 1e-3), ("final_lr",)),
             Option("gamma", 1e-3, (1e-3, 0.1, 1.0), ("gamma",)),
             Option("amsbound", False, (True,), ("amsbound", "ams_bound"))),
    start=lambda x, o: adabound.init(x, lr=o["lr"]), step=composed(adabound_form(0.0)), state=ADAM_STATE,
    counters=(*COUNTERS, "built"), laws=ENTRYWISE)

QHM = Rule(
    name="qhm", summary="the weighted mean of a step of gradient descent and one of momentum",
    formula="b ← βb + (1-β)g;  θ ← θ - η((1-ν)g + νb)", source="Ma and Yarats 2019",
    options=(RATE, replace(MOMENTUM, neutral=0.999, values=(0.9, 0.5, 0.999)),
             Option("nu", 0.7, (0.7, 1.0, 0.0, 0.3), ("nu",), {"momentum": needs_velocity}), DECAY, DECOUPLED,
             MAXIMIZE),
    start=lambda x, o: qhm.init(x),
    step=composed(lambda x, g, s, o: qhm.step(x, g, s, **pick(o, "lr", "momentum", "nu"))),
    state={"b": ("momentum_buffer", "b")}, averages=("momentum",), laws=ENTRYWISE | {"gradient-degree-1"})

QHADAM = Rule(
    name="qhadam", aliases=("qhadamw",), summary="Adam whose two averages are each mixed with the newest gradient",
    formula="θ ← θ - η((1-ν₁)g + ν₁m̂)/(√((1-ν₂)g² + ν₂v̂) + ε), m̂ and v̂ as adam",
    source="Ma and Yarats 2019; the authors' code, which keeps the corrected averages",
    options=(RATE, beta1_option(), beta2_option(), eps_option(1e-8), DECAY,
             replace(DECOUPLED, spelt=(*DECOUPLED.spelt, "decouple_weight_decay")), MAXIMIZE,
             Option("nu1", 1.0, (1.0, 0.7, 0.0, 0.3), (("nus", 0), "nu1", "nu_1")),
             Option("nu2", 1.0, (1.0, 0.7, 0.0, 0.3), (("nus", 1), "nu2", "nu_2"))),
    start=lambda x, o: qhadam.weighted_init(x),
    step=composed(lambda x, g, s, o: qhadam.weighted_step(x, g, s, **pick(o, *BETAS, "nu1", "nu2", "eps"))),
    state={**{name: ADAM_STATE[name] for name in ("m", "v")}, "w1": ("beta1_weight",), "w2": ("beta2_weight",)},
    laws=ENTRYWISE | {"bias-correction"})

NOVOGRAD = Rule(
    name="novograd", aliases=("nvnovograd",), summary="momentum of gradients divided by a running norm of their layer",
    formula="v ← β₂v + (1-β₂)‖g‖², v₁ = ‖g₁‖²;  m ← β₁m + (g/(√v + ε) + λθ);  θ ← θ - ηm",
    source="Ginsburg et al. 2019, algorithm 1",
    options=(RATE, beta1_option(0.95), beta2_option(0.98), eps_option(1e-8), DECAY, DECOUPLED, MAXIMIZE, AMSGRAD,
             Option("grad_averaging", False, (True,), ("grad_averaging",))),
    start=lambda x, o: novograd.init(x), step=novograd_form(novograd.moment), scope="tensor",
    state={"m": ("exp_avg", "moments", "m"), "v": ("exp_avg_sq", "grads_ema", "v"), "vmax": ("max_exp_avg_sq",),
           "t": ("step",)},
    laws=WHOLE | {"permutation"})

MADGRAD = Rule(
    name="madgrad", summary="from the start, along the sum of gradients, over the cube root of that of their squares",
    formula="s ← s + λg, v ← v + λg², λ = (η+ε)√t;  θ ← μθ + (1-μ)(θ₀ - s/(∛v + ε))",
    source="Defazio and Jelassi 2021, algorithm 1; the authors' code (η + ε unless η = 0)",
    options=(replace(RATE, neutral=1e-2), replace(MOMENTUM, neutral=0.9, values=(0.9, 0.5, 0.0, 0.99)),
             eps_option(1e-6), DECAY, replace(DECOUPLED, spelt=(*DECOUPLED.spelt, "decouple_decay")), MAXIMIZE),
    start=lambda x, o: madgrad.init(x), step=madgrad_step,
    state={"s": ("s",), "v": ("grad_sum_sq",), "x0": ("x0",), "t": ("step", "k")}, counters=(*COUNTERS, "optimizer"),
    averages=("momentum",), laws=frozenset({"odd", "permutation", "splitting", "moves-at-zero-rate"}))

ADAMP = Rule(
    name="adamp", summary="Adam without the radial part of its step on weights whose gradient is tangential",
    formula="p = m̂/(√v̂ + ε), without its part along θ (row by row, or in all) where |cos(θ, g)| < δ/√dim;  "
            "θ ← θ(1-ηλr) - ηp",
    source="Heo et al. 2021, algorithm 2; the authors' code",
    options=(RATE, beta1_option(), beta2_option(), eps_option(1e-8), DECAY, DECOUPLED_UNLESS, MAXIMIZE, NESTEROV, DELTA,
             RATIO),
    start=lambda x, o: adamp.init(x), step=projecting(adamp.step, adamp.nesterov_step, "beta1", "beta2"),
    scope="tensor", state=MOMENTS, counters=COUNTERS,
    laws=WHOLE | REMEMBERS)  # a step depends on where θ has come to

SGDP = Rule(
    name="sgdp", summary="momentum without the radial part of its step on weights whose gradient is tangential",
    formula="b ← μb + (1-d)g;  p = b (nesterov: g + μb), projected as in adamp;  θ ← θ(1-ηλr/(1-μ)) - ηp",
    source="Heo et al. 2021, algorithm 1; timm's code, whose momentum is not projected",
    options=(RATE, MOMENTUM, Option("dampening", 0.0, (0.5, 0.9), ("dampening",), {"momentum": needs_velocity}),
             eps_option(1e-8), DECAY, DECOUPLED_UNLESS, MAXIMIZE, replace(NESTEROV, companion={
                 "momentum": needs_velocity}), DELTA, RATIO),
    start=lambda x, o: sgdp.init(x), step=projecting(sgdp.step, sgdp.nesterov_step, "momentum", "dampening"),
    scope="tensor", state={"b": ("momentum", "momentum_buffer", "b")}, laws=WHOLE)

ADAN = ThreeAverages(
    name="adan", summary="Adam with Nesterov's look-ahead, made of an average of the gradients' differences",
    formula="m ← β₁m + (1-β₁)g;  d ← β₂d + (1-β₂)(g-g′);  n ← β₃n + (1-β₃)(g + β₂(g-g′))²;  "
            "θ ← (θ - η(m̂ + β₂d̂)/(√n̂ + ε))/(1+ηλ)",
    source="Xie et al. 2022, algorithm 1; the authors' code, which corrects the averages",
    options=(RATE, beta1_option(0.98),
             Option("beta_difference", 0.92, (0.92, 0.5, 0.0, 0.99), (("betas", 1), "beta2", "b2")),
             Option("beta3", 0.99, (0.999, 0.9, 0.5, 0.0), (("betas", 2), "beta3", "b3")),
             eps_option(1e-8), DECAY,
             replace(DECOUPLED, spelt=("no_prox", "decoupled", "weight_decouple", "adam_wd")), MAXIMIZE),
    start=lambda x, o: adan.init(x), step=adan_form(adan.step),
    state={"m": ("exp_avg", "m"), "d": ("exp_avg_diff", "v"), "n": ("exp_avg_sq", "n"),
           "g": ("neg_pre_grad", "previous_grad", "prev_grad"), "t": ("step",)},
    counters=(*COUNTERS, "debiased"), averages=("beta1", "beta_difference", "beta3"),
    laws=ENTRYWISE - {"linear-in-rate"} | {"bias-correction"})

RULES = (LION, ADABELIEF, YOGI, ADABOUND, QHM, QHADAM, NOVOGRAD, MADGRAD, ADAMP, SGDP, ADAN)


def _dialect(rule: Rule, name: str, who: str, formula: str, **changes: Any) -> Rule:
    """A dialect: the rule with another name and another step."""
    return replace(rule, name=f"{rule.name}/{name}", who=who, formula=formula, aliases=(), **changes)


def _without(rule: Rule, *names: str) -> tuple[Option, ...]:
    """The rule's options but for these."""
    return tuple(option for option in rule.options if option.name not in names)


DIALECTS = (
    _dialect(YOGI, "paper", "Zaheer et al.", "m₀ = v₀ = 0, no correction: θ ← θ - η m/(√v + ε)",
             options=_without(YOGI, "initial_accumulator_value"), start=lambda x, o: yogi.init(x), laws=ENTRYWISE,
             step=composed(lambda x, g, s, o: yogi.step(x, g, s, **pick(o, *BETAS, "eps")))),
    _dialect(ADABOUND, "paper", "Luo et al.", "θ ← θ - clip(η/√v, l, u)·m/√t, η* fixed",
             options=_without(ADABOUND, "eps", "amsbound"),
             laws=ENTRYWISE - {"linear-in-rate"} | {"moves-at-zero-rate"},
             step=composed(lambda x, g, s, o: adabound.step(x, g, s, **pick(o, *BETAS, "final_lr", "gamma")))),
    _dialect(ADABOUND, "floored", "pytorch_optimizer", "√(v + 1e-15) + ε for √v + ε",
             step=composed(adabound_form(1e-15))),
    _dialect(QHADAM, "float32-weights", "pytorch_optimizer", "the sums of the weights are kept in float32",
             precision={"w1": "float32", "w2": "float32"}),
    _dialect(NOVOGRAD, "waiting", "torch-optimizer, timm's NvNovoGrad",
             "v, kept in float32, starts with the first gradient that is not 0",
             step=novograd_form(float32_moment, root=lambda v, eps: float32(float32(np.sqrt(v)) + eps)),
             precision={"root": "float32"}),
    _dialect(NOVOGRAD, "undamped-start", "pytorch_optimizer",
             "grad_averaging: m₁ = g₁/(√v₁ + ε) + λθ undamped, then β₁m + (1-β₁)(…)",
             step=novograd_form(novograd.moment, whole_start=True)),
    _dialect(MADGRAD, "paper", "Defazio and Jelassi", "λ = η√t", laws=MADGRAD.laws,
             step=composed(lambda x, g, s, o: madgrad.step(x, g, s, **pick(o, "lr", "momentum", "eps")))),
    _dialect(MADGRAD, "timm", "timm, torch-optimizer, optax",
             "λ = (η+ε)√t at η = 0 too;  decoupled decay θ(1-ηλ) before the step", step=madgrad_timm_step),
    _dialect(ADAMP, "softened", "torch-optimizer", "|cos| = |θᵀg|/((‖θ‖ + ε)(‖g‖ + ε))",
             step=projecting(adamp.step, adamp.nesterov_step, "beta1", "beta2",
                             similarity=adamp.softened_cosine)),
    _dialect(ADAMP, "keras", "pytorch_optimizer", "ε before the correction: p = √(1-β₂ᵗ)/(1-β₁ᵗ) · m/(√v + ε)",
             step=adamp_keras_step),
    _dialect(SGDP, "overwriting", "adamp", "without Nesterov's form the projected step is kept: b ← p",
             step=projecting(sgdp.overwriting_step, sgdp.nesterov_step, "momentum", "dampening")),
    _dialect(SGDP, "overwriting-softened", "torch-optimizer", "as overwriting; |cos| = |θᵀg|/((‖θ‖ + ε)(‖g‖ + ε))",
             step=projecting(sgdp.overwriting_step, sgdp.nesterov_step, "momentum", "dampening",
                             similarity=adamp.softened_cosine)),
    _dialect(ADAN, "optax", "optax", "differences weigh 1 - β₂: n ← β₃n + (1-β₃)(g + (1-β₂)(g-g′))², u = m̂ + (1-β₂)d̂; "
             "θ ← θ(1-ηλ) - ηu/(√(n̂ + ε′) + ε)", step=adan_form(adan.optax_step),
             options=(*_without(ADAN, "decoupled"), Option("eps_root", 0.0, (1e-3, 0.1, 1e-8), ("eps_root",))),
             laws=(ADAN.laws | {"linear-in-rate"}) - {"bias-correction"}),
)
