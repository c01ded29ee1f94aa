"""The rules of the lectures that no library has, and those that precondition, perturb or find their own rate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from fiducial.checks.plans import Demands, Options
from fiducial.checks.rounding import Rounded
from fiducial.reference.optimizers import (
    came,
    conjugate_gradients,
    d_adaptation_adam,
    d_adaptation_sgd,
    decay,
    gains,
    gradient_average,
    momentum_buffer,
    momentum_schedule,
    prodigy,
    sam,
    sign_descent,
)
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
    composed,
    eps_option,
    pick,
)
from fiducial.suites.rules.rule import Option, Rule

ENTRYWISE = frozenset({"linear-in-rate", "odd", "permutation", "splitting"})


def whole(value: Any) -> int:
    """A count, out of the scalar with a bound that checks make of it."""
    return round(float(value.value if isinstance(value, Rounded) else value))


SIGN_DESCENT = Rule(
    name="sign_descent", aliases=("signsgd", "sign_sgd"), summary="a step of one length against each gradient's sign",
    formula="θ ← θ - η sign(g)", source="the part of Rprop without sizes; Bernstein et al. 2018, algorithm 1",
    options=(RATE, DECAY, MAXIMIZE), start=lambda x, o: sign_descent.init(x),
    step=composed(lambda x, g, s, o: sign_descent.step(x, g, s, lr=o["lr"])), laws=ENTRYWISE)

GRADIENT_AVERAGE = Rule(
    name="gradient_average", aliases=("moving_average",), summary="descent along the mean of the last M gradients",
    scope="tensor",
    formula="v = mean of the last min(t, M) gradients;  θ ← θ - ηv", source="a moving average",
    options=(RATE, Option("window", 10, (2, 1, 3, 5), ("window", "window_size"), per_group=False), DECAY, MAXIMIZE),
    start=lambda x, o: gradient_average.init(x, window=whole(o["window"])),
    step=composed(lambda x, g, s, o: gradient_average.step(x, g, s, lr=o["lr"])), counters=("parameter", "group"),
    laws=ENTRYWISE | {"gradient-degree-1"})

GAINS = Rule(
    name="gains", aliases=("adaptive_gains",), summary="a gain for each weight, by the signs of successive gradients",
    formula="γ ← γ + κ where g·p > 0, else φγ, from t = 2;  p ← g;  θ ← θ - ηγg",
    source="Jacobs 1988; Hinton 2012, lecture 6d",
    options=(RATE, Option("kappa", 0.05, (0.05, 0.5), ("kappa", "increase")),
             Option("phi", 0.95, (0.95, 0.5), ("phi", "decrease")), DECAY, MAXIMIZE),
    start=lambda x, o: gains.init(x),
    step=composed(lambda x, g, s, o: gains.step(x, g, s, **pick(o, "lr", "kappa", "phi"))),
    state={"gain": ("gain", "gains"), "p": ("prev",), "t": ("step", "t")}, counters=("parameter", "group"),
    laws=ENTRYWISE | {"gradient-degree-1"})

MOMENTUM_SCHEDULE = Rule(
    name="momentum_schedule", summary="momentum that rises from a first to a last value over T steps",
    formula="α = α₀ + (α₁-α₀)·min(1, (t-1)/T);  v ← αv - ηg;  θ ← θ + v", source="Hinton 2010, section 9",
    options=(RATE, Option("start", 0.5, (0.5, 0.3), ("start", "momentum_start")),
             Option("end", 0.9, (0.9, 0.99), ("end", "momentum_end")),
             Option("steps", 500, (5, 1, 3, 10), ("steps", "momentum_steps")), DECAY, MAXIMIZE),
    start=lambda x, o: momentum_schedule.init(x),
    step=composed(lambda x, g, s, o: momentum_schedule.step(x, g, s, steps=whole(o["steps"]),
                                                            **pick(o, "lr", "start", "end"))),
    state={"v": ("momentum_buffer", "velocity", "v"), "t": ("step", "t")}, counters=("parameter", "group"), averages=(),
    laws=frozenset({"odd", "permutation", "splitting", "gradient-degree-1"}))


def _conjugate(x: Any, evaluate: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """Hd by a difference of gradients, which is exact on a quadratic."""
    g = evaluate(x)[1]
    return conjugate_gradients.step(x, g, conjugate_gradients.differenced(lambda y: evaluate(y)[1], x), state)


CONJUGATE_GRADIENTS = Rule(
    name="conjugate_gradients", aliases=("cg",), summary="directions that leave what those before them achieved",
    formula="d ← -g + (gᵀg/g₋ᵀg₋)d;  Hd = ∇f(θ+d) - ∇f(θ);  θ ← θ - (gᵀd/dᵀHd)d",
    source="Hestenes and Stiefel 1952; Fletcher and Reeves 1964", options=(),
    start=lambda x, o: conjugate_gradients.init(x), step=_conjugate, scope="all", demands=Demands(objective=True))


def _sam(x: Any, evaluate: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """Plain or adaptive ascent; descent with momentum from there."""
    form = sam.adaptive_step if o["adaptive"] else sam.step

    def inner(y: Any, g: Any, own: Any) -> tuple[Any, Any]:
        return momentum_buffer.step(y, g, own, **pick(o, "lr", "momentum"))

    moved, new = form(x, lambda y: evaluate(y)[1], sam.State(state), inner, rho=o["rho"])
    return moved, new.inner


SAM = Rule(
    name="sam", summary="descent by the gradient of the highest point within a small distance",
    formula="ε = ρ∇f(θ)/‖∇f(θ)‖ (adaptive: ρθ²∇f/‖θ∇f‖);  θ by momentum with ∇f(θ + ε)",
    source="Foret et al. 2021, algorithm 1; Kwon et al. 2021 (adaptive)",
    options=(RATE, MOMENTUM, Option("rho", 0.05, (0.05, 0.5, 2.0), ("rho",)),
             Option("adaptive", False, (True,), ("adaptive",))),
    start=lambda x, o: momentum_buffer.init(x), step=_sam, scope="all", demands=Demands(objective=True))

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


def _d_adaptation_sgd(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """Decay is in every gradient but that of the norm ‖g_0‖."""
    return d_adaptation_sgd.step(x, decay.coupled(g, x, weight_decay=o["weight_decay"]), state, first=g,
                                 growth=_limit(o["growth_rate"]), **pick(o, "lr", "momentum"))


def _rate(state: Any, o: Options) -> Any:
    """λ, with Adam's corrections where asked for."""
    rate = state.d * o["lr"]
    if not o["bias_correction"]:
        return rate
    return rate * d_adaptation_adam.correction(state.k + 1, **pick(o, "beta1", "beta2"))


def _d_adaptation_adam(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """Decay in the gradient, or θ(1 - λw) where decoupled."""
    rate, w = _rate(state, o), o["weight_decay"]
    g = g if o["decoupled"] else decay.coupled(g, x, weight_decay=w)
    moved, new = d_adaptation_adam.adapted(x, g, state, rate, growth=_limit(o["growth_rate"]),
                                           **pick(o, "beta1", "beta2", "eps"))
    return (moved - rate * w * x if o["decoupled"] and new.k > state.k else moved), new


def _prodigy(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """ε with the new d; decay in the gradient, or θ(1 - λw); without a first average the new d stands beside g too."""
    rate, w = _rate(state, o), o["weight_decay"]
    g = g if o["decoupled"] else decay.coupled(g, x, weight_decay=w)
    growth = _limit(o["growth_rate"])
    new = prodigy.observed(x, g, state, rate, weight=state.d if o["safeguard"] else None,
                           limit=None if growth is None else (o["d0"], growth),
                           **pick(o, "beta1", "beta2", "beta3", "d_coef"))
    if new.k == state.k:
        return x, new
    kept = x * (1 - rate * w) if o["decoupled"] else x
    m = new.d * g if o["beta1"] == 0 else new.m
    return kept - rate * m / (np.sqrt(new.v) + new.d * o["eps"]), new


D_ADAPTATION_SGD = Rule(
    name="d_adaptation_sgd", aliases=("dadaptsgd", "dadapt_sgd"), scope="all", averages=(),
    summary="descent whose rate is a lower bound on the distance to the minimum",
    formula="λ = dγ/‖g₀‖;  r ← r + λgᵀs;  s ← s + λg;  d ← max(d, 2r/‖s‖);  θ ← μθ + (1-μ)(θ₀ - s)",
    source="Defazio and Mishchenko 2023, algorithm 4; as dadaptation.DAdaptSGD",
    options=(FOUND, replace(MOMENTUM, per_group=False), replace(DECAY, per_group=False), D0, GROWTH),
    start=lambda x, o: d_adaptation_sgd.init(x, d0=o["d0"]), step=_d_adaptation_sgd,
    state={"s": ("s",)}, laws=SHARED, absent="left-out")

D_ADAPTATION_ADAM = Rule(
    name="d_adaptation_adam", aliases=("dadaptadam", "dadapt_adam"), scope="all", averages=("beta1", "beta2"),
    summary="Adam whose rate is a lower bound on the distance to the minimum",
    formula="λ = dγ;  r ← βr + (1-β)λgᵀ(s/(√v + ε));  m, v of λg, g as adam;  s ← βs + (1-β)λg, β = √β₂;  "
            "d ← max(d, r/((1-β)‖s‖₁));  θ ← θ - m/(√v + ε)",
    source="Defazio and Mishchenko 2023, algorithm 5; as dadaptation.DAdaptAdam",
    options=(FOUND, *WHOLE_BETAS, eps_option(1e-8), DECAY, AWAY, WARMED, D0, GROWTH),
    start=lambda x, o: d_adaptation_adam.init(x, d0=o["d0"]), step=_d_adaptation_adam, laws=SHARED, absent="left-out",
    state={"m": ADAM_STATE["m"], "v": ADAM_STATE["v"], "s": ("s",)})

PRODIGY = Rule(
    name="prodigy", scope="all", averages=("beta1", "beta2"),
    summary="Adam whose rate is found from how far gradients agree with the way come",
    formula="λ = dγ;  r ← β₃r + dλgᵀ(θ₀-θ);  s ← β₃s + dλg, β₃ = √β₂;  m, v of dg, d²g² as adam;  "
            "d ← max(d, c·r/‖s‖₁);  θ ← θ - λm/(√v + dε)",
    source="Mishchenko and Defazio 2024, algorithm 4; as prodigyopt.Prodigy, with the new d beside ε, and beside g "
           "where β₁ = 0",
    options=(FOUND, *WHOLE_BETAS, eps_option(1e-8), Option("beta3", None, (0.9, 0.5), ("beta3",), per_group=False),
             Option("d_coef", 1.0, (1.0, 0.5, 2.0), ("d_coef",), per_group=False), DECAY,
             replace(AWAY, neutral=True, values=(False,)), WARMED,
             Option("safeguard", False, (True,), ("safeguard_warmup",), per_group=False), D0, GROWTH),
    start=lambda x, o: prodigy.init(x, d0=o["d0"]), step=_prodigy, laws=SHARED, absent="left-out",
    state={"m": ADAM_STATE["m"], "v": ADAM_STATE["v"], "s": ("s",)})

CAME = Rule(
    name="came", scope="tensor", summary="Adafactor with momentum, shorter steps where it disagrees with the gradient",
    formula="r, c ← means of g² + ε₁;  u = g/√(r·c/mean r);  û = u/max(1, RMS(u)/d);  m ← β₁m + (1-β₁)û;  "
            "R, C ← means of (û-m)² + ε₂;  θ ← θ(1-ηλ) - ηm/√(R·C/mean R)",
    source="Luo et al. 2023, algorithm 2; as came_pytorch.CAME",
    options=(RATE, beta1_option(), replace(beta2_option(), values=(0.999, 0.9, 0.5)),
             Option("beta3", 0.9999, (0.9999, 0.9, 0.5), (("betas", 2), "beta3")),
             Option("eps1", 1e-30, (1e-3, 0.1, 1e-12), (("eps", 0), "eps1")),
             Option("eps2", 1e-16, (1e-3, 0.1, 1e-12), (("eps", 1), "eps2")),
             Option("d", 1.0, (1.0, 2.0, 0.5), ("clip_threshold", "d")), DECAY, MAXIMIZE),
    start=lambda x, o: came.init(x), averages=("beta1", "beta2", "beta3"),
    step=composed(lambda x, g, s, o: came.step(
        x, g, s, **pick(o, "lr", "beta1", "beta2", "beta3", "eps1", "eps2", "d")), "decoupled"),
    state={"m": ADAM_STATE["m"], "v": ADAM_STATE["v"]}, laws=frozenset({"linear-in-rate", "odd", "permutation"}))

AS_ONE = (D_ADAPTATION_SGD, D_ADAPTATION_ADAM, PRODIGY)
RULES = (SIGN_DESCENT, GRADIENT_AVERAGE, GAINS, MOMENTUM_SCHEDULE, CONJUGATE_GRADIENTS, SAM, CAME, *AS_ONE)
DIALECTS: tuple[Rule, ...] = ()
