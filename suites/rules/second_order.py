"""The rules of the lectures that no library has, and those that perturb or doubt their own steps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fiducial.checks.plans import Demands, Options
from fiducial.checks.rounding import Rounded
from fiducial.reference.optimizers import (
    came,
    conjugate_gradients,
    gains,
    gradient_average,
    momentum_buffer,
    momentum_schedule,
    sam,
    sign_descent,
)
from fiducial.suites.rules.composition import (
    ADAM_STATE,
    DECAY,
    MAXIMIZE,
    MOMENTUM,
    RATE,
    beta1_option,
    beta2_option,
    composed,
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
    step=composed(lambda x, g, s, o: sign_descent.step(x, g, s, lr=o["lr"])),
    laws=ENTRYWISE | {"gradient-degree-0"})

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

RULES = (SIGN_DESCENT, GRADIENT_AVERAGE, GAINS, MOMENTUM_SCHEDULE, CONJUGATE_GRADIENTS, SAM, CAME)
DIALECTS: tuple[Rule, ...] = ()
