"""The rules of the other classes of torch.optim, one table row each, and their dialects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fiducial.checks.agreement import ROUNDINGS
from fiducial.checks.formats import stored, summed
from fiducial.checks.plans import Demands, Options
from fiducial.checks.rounding import Rounded, exact
from fiducial.reference.optimizers import (
    adafactor,
    adamax,
    asgd,
    lbfgs,
    maximize,
    muon,
    nadam,
    radam,
    rprop,
    sparse_adam,
)
from fiducial.suites.rules.composition import (
    ADAM_STATE,
    DECAY,
    DECOUPLED,
    MAXIMIZE,
    MOMENTUM,
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
    laws=frozenset({"odd", "permutation", "splitting", "moves-at-zero-rate", "gradient-degree-0"}))

ASGD = Rule(
    name="asgd", aliases=("averaged_sgd",), summary="descent at a falling rate, and the mean of its parameters",
    formula="θ ← (1-λη)θ - ηg;  a ← a + μ(θ - a);  η ← lr/(1+λ·lr·t)^α, μ ← 1/max(1, t-t₀) for the next step",
    source="Polyak and Juditsky 1992; Xu 2011; as torch.optim.ASGD, which keeps η and μ in float32",
    options=(RATE, Option("lambd", 1e-4, (0.1, 0.5, 1e-4, 0.0), ("lambd",)),
             Option("alpha", 0.75, (0.75, 0.5, 1.0), ("alpha",)), Option("t0", 1e6, (1e6, 1.0, 2.0), ("t0",)),
             DECAY, MAXIMIZE),
    start=lambda x, o: asgd.init(x, lr=o["lr"]),
    step=composed(lambda x, g, s, o: asgd.torch_step(x, g, s, **pick(o, "lr", "lambd", "alpha", "t0"))),
    state={"ax": ("ax",), "eta": ("eta",), "mu": ("mu",), "t": ADAM_STATE["t"]}, results=("ax",),
    counters=("parameter", "group"), precision={"eta": "float32", "mu": "float32"},
    laws=frozenset({"odd", "permutation", "splitting", "moves-at-zero-gradient"}))

ADAFACTOR = Rule(
    name="adafactor", summary="second moments of rows and columns, and steps relative to the parameter",
    formula="w = t^τ;  r, c (or v) ← means of g²;  v = r·c/max(mean r, ε₁);  u = g/√max(v, ε₁²);  θ ← θ(1-ηλ) - "
            "max(ε₂, RMS θ)·min(η, 1/√t)·u/max(1, RMS(u)/d)",
    source="Shazeer and Stern 2018, algorithms 4 and 5; as torch.optim.Adafactor",
    options=(RATE, Option("beta2_decay", -0.8, (-0.8, -0.5, -1.0), ("beta2_decay", "decay_rate")),
             Option("eps1", 2.0**-52, (1e-3, 0.1, 1e-12), (("eps", 0), "eps1")),
             Option("eps2", 1e-3, (1e-3, 1.0, 0.1), (("eps", 1), "eps2")),
             Option("d", 1.0, (1.0, 2.0, 1.25), ("d", "clip_threshold", "clipping_threshold")), DECAY, MAXIMIZE),
    start=lambda x, o: adafactor.init(x), scope="tensor",
    step=_ascending(lambda x, g, s, o: adafactor.torch_step(
        x, g, s, **pick(o, "lr", "beta2_decay", "eps1", "eps2", "d", "weight_decay"))),
    by_format={"float64": {"eps1": 2.0**-52}, "float32": {"eps1": 2.0**-23}, "bfloat16": {"eps1": 2.0**-7},
               "float16": {"eps1": 2.0**-10}},
    state={"r": ("row_var", "exp_avg_sq_row"), "c": ("col_var", "exp_avg_sq_col"), "v": ("variance", "exp_avg_sq"),
           "t": ADAM_STATE["t"]}, counters=("parameter", "group"), laws=frozenset({"odd", "permutation"}))

SPARSE_ADAM = Rule(
    name="sparse_adam", aliases=("sparseadam", "lazy_adam"), summary="Adam on the rows that a sparse gradient touches",
    formula="on touched rows: m, v as adam;  θ ← θ - η√(1-β₂ᵗ)/(1-β₁ᵗ) · m/(√v + ε);  other rows keep m, v and θ",
    source="as torch.optim.SparseAdam; TensorFlow's LazyAdam",
    options=(RATE, beta1_option(), beta2_option(), eps_option(1e-8), MAXIMIZE),
    start=lambda x, o: sparse_adam.init(x), scope="tensor", demands=Demands(rows=True),
    step=_ascending(lambda x, g, s, o: sparse_adam.step(x, g, s, **pick(o, "lr", "beta1", "beta2", "eps"))),
    state=MOMENTS, counters=("parameter", "group"), laws=frozenset({"linear-in-rate", "odd", "permutation"}))


def _whole(value: Any) -> int:
    """A count, out of the scalar with a bound that checks make of it."""
    return round(float(value.value if isinstance(value, Rounded) else value))


def _muon(dtype: str | None) -> Step:
    """Muon with its iteration in a format, or in that of the parameters."""

    def kept(x: Any) -> Any:
        return summed(exact(x)) if dtype and isinstance(x, Rounded) else x

    def core(x: Any, g: Any, s: Any, o: Options) -> tuple[Any, Any]:
        u, s = muon.direction(g, s, **pick(o, "momentum", "nesterov"))
        into: Callable[[Any], Any] = stored(ROUNDINGS[dtype]) if dtype and isinstance(u, Rounded) else lambda y: y
        turned: Any = muon.orthogonalized(kept(u), coefficients=(kept(o["a"]), kept(o["b"]), kept(o["c"])),
                                          steps=_whole(o["ns_steps"]), eps=into(kept(o["eps"])), stored=into)
        wide = Rounded(turned.value, turned.error) if isinstance(turned, Rounded) else turned
        rate = muon.matched_rate if o["adjust_lr_fn"] == "match_rms_adamw" else muon.rate
        return x - rate(x.shape, lr=o["lr"]) * wide, s

    return composed(core, "decoupled")


MUON_EXACT = Rule(
    name="muon", summary="momentum for matrices, brought near to the nearest orthonormal one",
    formula="b ← μb + (1-μ)g;  u = (1-μ)g + μb (nesterov) or b;  θ ← θ(1-ηλ) - η√max(1, n/m)·S⁵(u/‖u‖), "
            "S(y) = ay + (b·yyᵀ + c(yyᵀ)²)y",
    source="Jordan et al. 2024; as torch.optim.Muon, which iterates S in bfloat16",
    options=(RATE, replace(MOMENTUM, neutral=0.95, values=(0.9, 0.5, 0.0)),
             Option("nesterov", True, (True, False), ("nesterov",)),
             Option("a", 3.4445, (3.4445, 3.0), (("ns_coefficients", 0), "a")),
             Option("b", -4.775, (-4.775, -5.0), (("ns_coefficients", 1), "b")),
             Option("c", 2.0315, (2.0315, 1.5), (("ns_coefficients", 2), "c")),
             Option("eps", 1e-7, (1e-7, 10.0, 1.0), ("eps",)),
             Option("ns_steps", 5, (5, 1, 3, 0), ("ns_steps", "nsloops", "backend_steps")),
             Option("adjust_lr_fn", "original", ("original", "match_rms_adamw"), ("adjust_lr_fn",)), DECAY, MAXIMIZE),
    start=lambda x, o: muon.init(x), step=_muon(None), scope="matrix", demands=Demands(matrices=True),
    state={"b": ("momentum_buffer", "momentum", "exp_avg")}, laws=frozenset({"linear-in-rate", "odd", "permutation"}))
MUON = replace(MUON_EXACT, step=_muon("bfloat16"), precision={"iterate": "bfloat16"}, wider=MUON_EXACT)


def _lbfgs(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """L-BFGS without a line search; max_eval is a quarter more than max_iter where it is not given."""
    whole = {name: _whole(o[name]) for name in ("max_iter", "history_size")}
    most = whole["max_iter"] * 5 // 4 if o["max_eval"] is None else _whole(o["max_eval"])
    return lbfgs.step(x, g, state, max_eval=most, **whole, **pick(o, "lr", "tolerance_grad", "tolerance_change"))


LBFGS = Rule(
    name="lbfgs", aliases=("l_bfgs",),
    summary="quasi-Newton steps from the last few moves, of a fixed length: with a line search it is another rule",
    formula="d = -Hg, H by two loops over the pairs s, y with yᵀs > 1e-10, from yᵀs/yᵀy;  θ ← θ + ηd, max_iter times",
    source="Nocedal 1980; Nocedal and Wright 2006, algorithm 7.4; as torch.optim.LBFGS without a line search",
    options=(replace(RATE, neutral=1.0), Option("max_iter", 20, (1, 2, 4, 5), ("max_iter",)),
             Option("max_eval", None, (3,), ("max_eval",)),
             Option("tolerance_grad", 1e-7, (1e-7, 0.1), ("tolerance_grad",)),
             Option("tolerance_change", 1e-9, (1e-9, 0.1), ("tolerance_change",)),
             Option("history_size", 100, (1, 2, 100), ("history_size",))),
    start=lambda x, o: lbfgs.init(x), step=_lbfgs, scope="all", demands=Demands(objective=True),
    only={"line_search_fn": None},
    state={"n": ("n_iter", "n")})


RULES = (ADAMAX, NADAM, RADAM, RPROP, ASGD, ADAFACTOR, SPARSE_ADAM, MUON, LBFGS)


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
             options=_without(RADAM, "eps"), laws=RADAM.laws | {"moves-at-zero-rate"},  # 0·0/0 is no 0
             step=composed(lambda x, g, s, o: radam.step(x, g, s, **pick(o, "lr", "beta1", "beta2")))),
    _dialect(RPROP, "backtracking", "Riedmiller and Braun", "on a turn θ ← θ - (the last move), and p ← 0",
             start=lambda x, o: rprop.backtracking_init(x, lr=o["lr"]),
             step=_ascending(lambda x, g, s, o: rprop.backtracking_step(
                 x, g, s, **pick(o, "etaminus", "etaplus", "step_min", "step_max")))),
    _dialect(ADAFACTOR, "paper", "Shazeer and Stern; transformers", "ε₁ added to g², no floor",
             options=_without(ADAFACTOR, "weight_decay"),
             step=_ascending(lambda x, g, s, o: adafactor.step(
                 x, g, s, **pick(o, "lr", "beta2_decay", "eps1", "eps2", "d")))),
    _dialect(ASGD, "current-rate", "", "η = lr/(1+λ·lr·(t-1))^α, from the lr of this step", precision={},
             step=composed(lambda x, g, s, o: asgd.step(x, g, s, **pick(o, "lr", "lambd", "alpha", "t0")))),
    _dialect(RADAM, "optax", "optax", "rectified from ρ_t ≥ 5, by r_t/(√v̂ + ε)", step=_adam_like(radam.optax_step)),
    _dialect(RADAM, "decoupled", "the authors' code, timm's RAdamLegacy", "θ ← θ(1-ηλ), then radam's step",
             options=_without(RADAM, "decoupled"), step=composed(
                 lambda x, g, s, o: radam.torch_step(x, g, s, **pick(o, "lr", "beta1", "beta2", "eps")), "decoupled")),
)
