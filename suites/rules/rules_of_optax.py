"""The rules that optax has beside what torch has: one table row each, and how other packages differ."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from fiducial.checks.plans import Options
from fiducial.reference.optimizers import adam, fromage, lion, optimistic, sign_descent, sm3
from fiducial.suites.rules.composition import (
    DECAY,
    DECOUPLED,
    MAXIMIZE,
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
ALPHA = Option("alpha", 1.0, (0.5, 2.0), ("alpha",))
BETA = Option("beta", 1.0, (0.5, 2.0, 0.0), ("beta",))
NESTEROV = Option("nesterov", True, (False,), ("nesterov",))
ROOT = Option("eps_root", 0.0, (1e-3, 0.1), ("eps_root",))
AVERAGE = Option("momentum", 0.9, (0.9, 0.5, 0.0), ("momentum", "beta"))


def _signum(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """Lion with one decay rate; without momentum the sign of the gradient itself."""
    if o["momentum"] == 0:
        return sign_descent.step(x, g, sign_descent.State(), lr=o["lr"])[0], lion.State(g)
    return lion.step(x, g, state, lr=o["lr"], beta1=o["momentum"], beta2=o["momentum"])


def _covered(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """Sums, or averages where β is not 0; nothing where there are no entries."""
    if x.size == 0:
        return x, state
    if o["beta"] == 0:
        return sm3.step(x, g, state, **pick(o, "lr", "momentum", "eps"))
    return sm3.forgetting_step(x, g, state, **pick(o, "lr", "momentum", "eps", "beta"))


class Extrapolated(NamedTuple):
    """m, v, t: Adam's; p: the direction before."""

    m: Any
    v: Any
    p: Any
    t: int


def _direction(g: Any, state: Extrapolated, o: Options) -> tuple[Any, adam.State]:
    """Adam's or NAdam's direction, with a second constant under the root."""
    moments = adam.moments(g, adam.State(state.m, state.v, state.t), **pick(o, "beta1", "beta2"))
    beta1, beta2, t = o["beta1"], o["beta2"], moments.t
    m = moments.m / (1 - beta1**t)
    if o["nesterov"]:
        m = beta1 * moments.m / (1 - beta1 ** (t + 1)) + (1 - beta1) * g / (1 - beta1**t)
    return m / (np.sqrt(moments.v / (1 - beta2**t) + o["eps_root"]) + o["eps"]), moments


def _extrapolated(x: Any, g: Any, state: Extrapolated, o: Options) -> tuple[Any, Extrapolated]:
    """Optimistic descent along Adam's directions."""
    g = -g if o["maximize"] else g
    d, moments = _direction(g, state, o)
    x, kept = optimistic.step(x, d, optimistic.State(state.p, state.t), **pick(o, "lr", "alpha", "beta"))
    return x, Extrapolated(moments.m, moments.v, kept.p, kept.t)


def _by_optimism(x: Any, g: Any, state: Extrapolated, o: Options) -> tuple[Any, Extrapolated]:
    """α is the rate, β a rate of its own, and no other rate follows."""
    return _extrapolated(x, g, state, {**o, "lr": 1.0, "alpha": o["lr"], "beta": o["optimism"], "maximize": False})


SIGNUM = Rule(
    name="signum", aliases=("sign_momentum",), summary="a step of one length against the sign of the averaged gradient",
    formula="m ← μm + (1-μ)g;  θ ← θ - η sign(m)", source="Bernstein et al. 2018, algorithm 2",
    options=(RATE, AVERAGE, DECAY, replace(DECOUPLED, neutral=True, values=(False,)), MAXIMIZE),
    start=lambda x, o: lion.init(x), step=composed(_signum),
    state={"m": ("momentum_buffer", "ema", "m")}, laws=ENTRYWISE | {"gradient-degree-0"})

SM3 = Rule(
    name="sm3", scope="tensor", summary="AdaGrad that remembers one number for each row and each column",
    formula="ν = min over i's slices of μ + g² (β > 0: βmin μ + (1-β)g²);  m ← κm + (1-κ)g/√(ν + ε);  θ ← θ - ηm;  "
            "each slice's μ ← max of its ν   (β > 0: of its ν and its μ)",
    source="Anil et al. 2019, algorithm SM3-II; momentum as the public classes have it",
    options=(RATE, replace(AVERAGE, neutral=0.0, values=(0.9, 0.5), spelt=("momentum",)),
             Option("beta", 0.0, (0.9, 0.5), ("beta",)), eps_option(1e-30), MAXIMIZE),
    start=lambda x, o: sm3.init(x), averages=("momentum", "beta"),
    step=composed(_covered, "none"), state={"m": ("momentum_buffer", "nu")},
    laws=frozenset({"linear-in-rate", "odd", "permutation"}))

FROMAGE = Rule(
    name="fromage", scope="tensor", summary="every layer moves by one share of its own norm, and does not grow by that",
    formula="θ ← (θ - η‖θ‖/‖g‖·g)/√(1+η²)   (1 for the ratio where a norm is 0)",
    source="Bernstein, Vahdat, Yue and Liu 2020, algorithm 1; the authors' code",
    options=(replace(RATE, neutral=1e-2), MAXIMIZE), start=lambda x, o: fromage.init(x),
    step=composed(lambda x, g, s, o: fromage.step(x, g, s, lr=o["lr"]), "none"), only={"p_bound": None},
    laws=frozenset({"odd", "permutation", "moves-at-zero-gradient"}))

OPTIMISTIC = Rule(
    name="optimistic_gradient_descent", aliases=("ogd", "optimistic_sgd"),
    summary="descent that steps as if the gradient went on changing as it just did",
    formula="θ ← θ - η((α+β)g - βg₋),  g₋ the gradient before, at first g itself",
    source="Daskalakis et al. 2018, section 2; Mokhtari et al. 2020 (α and β)", options=(RATE, ALPHA, BETA, MAXIMIZE),
    start=lambda x, o: optimistic.init(x),
    step=composed(lambda x, g, s, o: optimistic.step(x, g, s, **pick(o, "lr", "alpha", "beta")), "none"),
    state={"p": ("previous_gradient", "prev_grad", "previous_grad")}, averages=(), counters=("parameter", "group"),
    laws=ENTRYWISE | {"gradient-degree-1"})

OPTIMISTIC_ADAM = Rule(
    name="optimistic_adam", aliases=("optimistic_adam_v2",),
    summary="Adam that steps as if its direction went on changing as it just did",
    formula="d = m̂/(√(v̂ + ε′) + ε)   (nesterov: m̂ = β₁m/(1-β₁ᵗ⁺¹) + (1-β₁)g/(1-β₁ᵗ));  θ ← θ - η((α+β)d - βd₋)",
    source="Daskalakis et al. 2018, algorithm 1; as optax's optimistic_adam_v2",
    options=(RATE, beta1_option(), beta2_option(), eps_option(1e-8), ROOT, ALPHA, BETA, NESTEROV, MAXIMIZE),
    start=lambda x, o: Extrapolated(np.zeros_like(x), np.zeros_like(x), np.zeros_like(x), 0), step=_extrapolated,
    state={"m": ("mu", "exp_avg"), "v": ("nu", "exp_avg_sq"), "p": ("previous_gradient",), "t": ("step",)},
    averages=("beta1", "beta2"), counters=("parameter", "group"), laws=ENTRYWISE | REMEMBERS)

RULES = (SIGNUM, SM3, FROMAGE, OPTIMISTIC, OPTIMISTIC_ADAM)
DIALECTS = (
    replace(SM3, name="sm3/optax", aliases=(), who="optax", formula="as sm3 at β = 0, with ε = 10⁻⁸ always",
            options=tuple(o for o in SM3.options if o.name not in ("eps", "beta")),
            step=lambda x, g, s, o: SM3.step(x, g, s, {**o, "eps": 1e-8, "beta": 0.0})),
    replace(FROMAGE, name="fromage/floored", aliases=(), who="optax",
            formula="as fromage, with max(‖θ‖, ‖·‖₀) and max(‖g‖, ‖·‖₀) for the norms",
            options=(*FROMAGE.options, Option("min_norm", 1e-6, (1.0, 0.1, 1e-6), ("min_norm",))),
            step=composed(lambda x, g, s, o: fromage.floored_step(x, g, s, **pick(o, "lr", "min_norm")), "none")),
    replace(OPTIMISTIC_ADAM, name="optimistic_adam/two-rates", aliases=(), who="optax's first optimistic_adam",
            formula="θ ← θ - (η+κ)d + κd₋", laws=OPTIMISTIC_ADAM.laws - {"linear-in-rate"} | {"moves-at-zero-rate"},
            options=(*(o for o in OPTIMISTIC_ADAM.options if o.name not in ("alpha", "beta", "maximize")),
                     Option("optimism", 1e-3, (0.1, 1.0, 1e-3), ("optimism",))), step=_by_optimism),
)
DECLARED = {"optax:sm3": "sm3/optax", "optax:fromage": "fromage/floored",
            "optax:optimistic_adam": "optimistic_adam/two-rates", "pytorch_optimizer:SignSGD": "signum"}
