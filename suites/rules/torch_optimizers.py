"""The rules of the other classes of torch.optim, one table row each, and their dialects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fiducial.reference.optimizers import adamax, asgd, maximize, nadam, radam, rprop
from fiducial.suites.rules.composition import (
    ADAM_STATE,
    DECAY,
    DECOUPLED,
    MAXIMIZE,
    RATE,
    Step,
    beta1_option,
    beta2_option,
    composed,
    eps_option,
    pick,
)
from fiducial.suites.rules.rule import Option, Rule

ENTRYWISE = frozenset({"linear-in-rate", "odd", "permutation", "splitting"})
MOMENTS = {name: ADAM_STATE[name] for name in ("m", "v", "t")}


def _adam_like(form: Callable[..., Any], *more: str) -> Step:
    """A step of the options of Adam, with ascent and decay around it."""
    return composed(lambda x, g, s, o: form(x, g, s, **pick(o, "lr", "beta1", "beta2", "eps", *more)))


ADAMAX = Rule(
    name="adamax", summary="Adam whose second moment is a decaying maximum",
    formula="m ← β₁m + (1-β₁)g;  u ← max(β₂u, |g| + ε);  θ ← θ - η/(1-β₁ᵗ) · m/u",
    source="Kingma and Ba 2015, algorithm 2; as torch.optim.Adamax",
    options=(RATE, beta1_option(), beta2_option(), eps_option(1e-8), DECAY, MAXIMIZE),
    start=lambda x, o: adamax.init(x), step=_adam_like(adamax.step),
    state={"m": ADAM_STATE["m"], "u": ("exp_inf", "u"), "t": ADAM_STATE["t"]}, counters=("parameter", "group"),
    averages=("beta1",), laws=ENTRYWISE | {"bias-correction"})

NADAM = Rule(
    name="nadam", summary="Adam with Nesterov's look-ahead and a warm-up of its momentum",
    formula="μ_t = β₁(1 - ½·0.96^(tψ)), P ← Pμ_t;  m, v as adam;  "
            "θ ← θ - η[(1-μ_t)g/(1-P) + μ_{t+1}m/(1-Pμ_{t+1})]/(√v̂ + ε)",
    source="Dozat 2016, algorithm 2; as torch.optim.NAdam, which keeps P in float32",
    options=(RATE, beta1_option(), beta2_option(), eps_option(1e-8), DECAY, DECOUPLED, MAXIMIZE,
             Option("momentum_decay", 4e-3, (4e-3, 1.0, 0.1), ("momentum_decay", "schedule_decay"))),
    start=lambda x, o: nadam.init(x), step=_adam_like(nadam.step, "momentum_decay"),
    state={**MOMENTS, "p": ("mu_product", "m_schedule", "mu_prod")}, counters=("parameter", "group"),
    precision={"p": "float32"}, laws=ENTRYWISE)

RADAM = Rule(
    name="radam", summary="Adam that waits until its second moment has settled",
    formula="ρ_t = ρ_∞ - 2tβ₂ᵗ/(1-β₂ᵗ);  ρ_t > 5: θ ← θ - ηr_t m̂√(1-β₂ᵗ)/(√v + ε), else θ ← θ - ηm̂",
    source="Liu et al. 2020, algorithm 2; as torch.optim.RAdam (threshold 5 for 4, an ε)",
    options=(RATE, beta1_option(), beta2_option(), eps_option(1e-8), DECAY, DECOUPLED, MAXIMIZE),
    start=lambda x, o: radam.init(x), step=_adam_like(radam.torch_step), state=MOMENTS,
    counters=("parameter", "group"), laws=ENTRYWISE)


def _ascending(core: Step) -> Step:
    """Ascent before a step that has no weight decay."""
    return lambda x, g, s, o: core(x, maximize.ascent(g) if o["maximize"] else g, s, o)


RPROP = Rule(
    name="rprop", summary="a step of its own for each entry, by the signs of its gradients",
    formula="s ← clamp(s·f), f = η⁺, η⁻, 1 as g·p >, <, = 0;  p ← 0 on a turn, else g;  θ ← θ - s·sign(p);  s₀ = η",
    source="Riedmiller and Braun 1993; Igel and Hüsken 2003 (iRprop⁻); as torch.optim.Rprop",
    options=(RATE, Option("etaminus", 0.5, (0.5, 0.3, 0.9), (("etas", 0), "eta_minus", "etaminus")),
             Option("etaplus", 1.2, (1.2, 2.0, 1.5), (("etas", 1), "eta_plus", "etaplus")),
             Option("step_min", 1e-6, (1e-6, 0.05, 1.0), (("step_sizes", 0), "min_step_size", "step_min")),
             Option("step_max", 50.0, (50.0, 0.05, 1e-3), (("step_sizes", 1), "max_step_size", "step_max")), MAXIMIZE),
    start=lambda x, o: rprop.init(x, lr=o["lr"]),
    step=_ascending(lambda x, g, s, o: rprop.step(x, g, s, **pick(o, "etaminus", "etaplus", "step_min", "step_max"))),
    state={"s": ("step_size", "s"), "p": ("prev",), "t": ADAM_STATE["t"]}, counters=("parameter", "group"),
    laws=frozenset({"odd", "permutation", "splitting", "moves-at-zero-rate"}))

ASGD = Rule(
    name="asgd", aliases=("averaged_sgd",), summary="descent at a falling rate, and the mean of its parameters",
    formula="θ ← (1-λη)θ - ηg;  a ← a + μ(θ - a);  η ← lr/(1+λ·lr·t)^α, μ ← 1/max(1, t-t₀) for the next step",
    source="Polyak and Juditsky 1992; Xu 2011; as torch.optim.ASGD, which keeps η and μ in float32",
    options=(RATE, Option("lambd", 1e-4, (0.1, 0.5, 1e-4, 0.0), ("lambd",)),
             Option("alpha", 0.75, (0.75, 0.5, 1.0), ("alpha",)), Option("t0", 1e6, (1e6, 1.0, 2.0), ("t0",)),
             DECAY, MAXIMIZE),
    start=lambda x, o: asgd.init(x, lr=o["lr"]),
    step=composed(lambda x, g, s, o: asgd.torch_step(x, g, s, **pick(o, "lr", "lambd", "alpha", "t0"))),
    state={"ax": ("ax",), "eta": ("eta",), "mu": ("mu",), "t": ADAM_STATE["t"]}, counters=("parameter", "group"),
    precision={"eta": "float32", "mu": "float32"},
    laws=frozenset({"odd", "permutation", "splitting", "moves-at-zero-gradient"}))


RULES = (ADAMAX, NADAM, RADAM, RPROP, ASGD)


def _dialect(rule: Rule, name: str, who: str, formula: str, **changes: Any) -> Rule:
    """A dialect: the rule with another name and another step."""
    return replace(rule, name=f"{rule.name}/{name}", who=who, formula=formula, aliases=(), **changes)


def _without(rule: Rule, name: str) -> tuple[Option, ...]:
    """The rule's options but for one."""
    return tuple(option for option in rule.options if option.name != name)


DIALECTS = (
    _dialect(ADAMAX, "keras", "Keras", "u ← max(β₂u, |g|);  θ ← θ - η/(1-β₁ᵗ) · m/(u + ε)",
             step=_adam_like(adamax.keras_step)),
    _dialect(NADAM, "constant", "optax, timm's NAdamW", "μ_t = β₁ throughout, so that P = β₁ᵗ",
             options=_without(NADAM, "momentum_decay"), step=_adam_like(nadam.constant_step), precision={}),
    _dialect(RADAM, "paper", "Liu et al.", "rectified from ρ_t > 4, by r_t/√v̂, without ε",
             options=_without(RADAM, "eps"),
             step=composed(lambda x, g, s, o: radam.step(x, g, s, **pick(o, "lr", "beta1", "beta2")))),
    _dialect(RPROP, "backtracking", "Riedmiller and Braun", "on a turn θ ← θ - (the last move), and p ← 0",
             start=lambda x, o: rprop.backtracking_init(x, lr=o["lr"]),
             step=_ascending(lambda x, g, s, o: rprop.backtracking_step(
                 x, g, s, **pick(o, "etaminus", "etaplus", "step_min", "step_max")))),
    _dialect(ASGD, "current-rate", "", "η = lr/(1+λ·lr·(t-1))^α, from the lr of this step", precision={},
             step=composed(lambda x, g, s, o: asgd.step(x, g, s, **pick(o, "lr", "lambd", "alpha", "t0")))),
    _dialect(RADAM, "optax", "optax", "rectified from ρ_t ≥ 5, by r_t/(√v̂ + ε)", step=_adam_like(radam.optax_step)),
)
