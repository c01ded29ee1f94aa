"""The rules of the optimizers, one table row each, in the order of the catalogue.

Order of the parts, everywhere as in torch: maximize flips g; coupled decay adds λθ to g; decoupled decay multiplies θ
by 1 - ηλ before the step; then the definition's own step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from fiducial.checks.plans import Options
from fiducial.reference.optimizers import (
    adadelta,
    adagrad,
    adam,
    amsgrad,
    decay,
    gradient_descent,
    maximize,
    momentum,
    momentum_average,
    momentum_buffer,
    nesterov_buffer,
    rmsprop,
    rmsprop_centered,
)
from fiducial.suites.rules.rule import Option, Rule

RATE = Option("lr", 1e-3, (0.1, 1.0, 1e-3, 1e-5, 10.0), ("lr", "learning_rate", "eta"))
DECAY = Option("weight_decay", 0.0, (0.1, 0.5, 1e-2), ("weight_decay", "wd"))
DECOUPLED = Option("decoupled", False, (True,), ("decoupled_weight_decay", "weight_decouple", "decoupled_decay",
                                                 "decouple_wd"), {"weight_decay": 0.1})
MAXIMIZE = Option("maximize", False, (True,), ("maximize",))


def _beta1(default: float = 0.9) -> Option:
    return Option("beta1", default, (0.9, 0.5, 0.0, 0.99, 0.3), (("betas", 0), "beta1", "beta_1", "b1"))


def _beta2(default: float = 0.999) -> Option:
    return Option("beta2", default, (0.999, 0.9, 0.5, 0.0), (("betas", 1), "beta2", "beta_2", "b2"))


def _eps(default: float) -> Option:
    return Option("eps", default, (1e-3, 1.0, 1e-8, 1e-12), ("eps", "epsilon", "eps_hat"))


Step = Callable[[Any, Any, Any, Options], tuple[Any, Any]]
Decay = Literal["coupled", "decoupled", "fixed", "after"]


def pick(options: Options, *names: str) -> dict[str, Any]:
    """The named options, as keywords for a definition."""
    return {name: options[name] for name in names}


def composed(core: Step, decays: Decay = "coupled") -> Step:
    """Put ascent and decay around a definition's step: maximize first, then decay, then the step.

    decays  coupled: g + λθ; decoupled: θ(1 - ηλ) before the step; fixed: θ(1 - λ) before it; after: θ(1 - ηλ) after it
    """

    def step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
        if o["maximize"]:
            g = maximize.ascent(g)
        form = "decoupled" if o.get("decoupled") else decays
        if form == "coupled":
            g = decay.coupled(g, x, weight_decay=o["weight_decay"])
        elif form == "decoupled":
            x = decay.decoupled(x, lr=o["lr"], weight_decay=o["weight_decay"])
        elif form == "fixed":
            x = decay.fixed(x, weight_decay=o["weight_decay"])
        x, state = core(x, g, state, o)
        return (decay.decoupled(x, lr=o["lr"], weight_decay=o["weight_decay"]) if form == "after" else x), state

    return step


def _sgd(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    if o["nesterov"]:
        x, b = nesterov_buffer.step(x, g, nesterov_buffer.State(state.b), **pick(o, "lr", "momentum"))
        return x, momentum_buffer.State(b.b, state.t + 1)
    return momentum_buffer.step(x, g, state, **pick(o, "lr", "momentum", "dampening"))


def _rmsprop(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    form: Callable[..., tuple[Any, Any]] = rmsprop_centered.step if o["centered"] else rmsprop.step
    return form(x, g, state, **pick(o, "lr", "rho", "eps", "momentum"))


def _rmsprop_keras(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    form: Callable[..., tuple[Any, Any]] = rmsprop_centered.keras_step if o["centered"] else rmsprop.keras_step
    return form(x, g, state, **pick(o, "lr", "rho", "eps", "momentum"))


def _rmsprop_start(x: Any, o: Options, v: float = 0.0) -> Any:
    return (rmsprop_centered if o["centered"] else rmsprop).init(x, initial_accumulator_value=v)


def _adam(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    form = amsgrad.torch_step if o["amsgrad"] else adam.step
    return form(x, g, state, **pick(o, "lr", "beta1", "beta2", "eps"))


def _adam_start(x: Any, o: Options) -> Any:
    return amsgrad.init(x) if o["amsgrad"] else adam.init(x)


def _needs_velocity(value: Any) -> Any:
    """A momentum that is at work: the drawn one unless it is zero."""
    return value if value not in (None, 0, 0.0) else 0.9


MOMENTUM = Option("momentum", 0.0, (0.9, 0.5, 0.99), ("momentum", "mu", "beta"))
ADAM_STATE = {"m": ("exp_avg", "m", "momentum", "mu", "exp_avgs"), "v": ("exp_avg_sq", "v", "nu"),
              "vmax": ("max_exp_avg_sq", "vmax", "v_max"), "t": ("step", "t", "steps")}
COUNTERS = ("parameter", "group", "debiased")
AMSGRAD = Option("amsgrad", False, (True,), ("amsgrad", "ams_bound"))

SGD = Rule(
    name="sgd", aliases=("gradient_descent", "momentum", "nesterov", "nag", "sgdm"),
    summary="gradient descent, with momentum and Nesterov's form where asked for",
    formula="b ← μb + (1-d)g, b₁ = g₁;  θ ← θ - ηb  (nesterov: θ - η(g + μb); no momentum: θ - ηg)",
    source="Polyak 1964; Sutskever, Martens, Dahl and Hinton 2013; as torch.optim.SGD",
    options=(RATE, MOMENTUM,
             Option("dampening", 0.0, (0.5, 0.9), ("dampening",), {"momentum": _needs_velocity, "nesterov": False}),
             Option("nesterov", False, (True,), ("nesterov",), {"momentum": _needs_velocity, "dampening": 0.0}),
             DECAY, MAXIMIZE),
    start=lambda x, o: momentum_buffer.init(x), step=composed(_sgd),
    state={"b": ("momentum_buffer", "buf", "velocity", "b", "v")},
    laws=frozenset({"linear-in-rate", "odd", "permutation", "splitting", "gradient-degree-1"}))

ADAGRAD = Rule(
    name="adagrad", summary="each entry's rate falls with the root of its summed squared gradients",
    formula="r ← r + g²;  θ ← θ - η/(1+(t-1)d) · g/(√r + ε)",
    source="Duchi, Hazan and Singer 2011; as torch.optim.Adagrad",
    options=(RATE, Option("lr_decay", 0.0, (0.1, 1.0), ("lr_decay",)),
             Option("initial_accumulator_value", 0.0, (0.1, 1.0), ("initial_accumulator_value", "initial_accumulator"),
                    per_group=False),
             _eps(1e-10), DECAY, MAXIMIZE),
    start=lambda x, o: adagrad.init(x, initial_accumulator_value=o["initial_accumulator_value"]),
    step=composed(lambda x, g, s, o: adagrad.step(x, g, s, **pick(o, "lr", "eps", "lr_decay"))),
    state={"r": ("sum", "accumulator", "r", "G"), "t": ("step", "t")},
    laws=frozenset({"linear-in-rate", "odd", "permutation", "splitting"}))

RMSPROP = Rule(
    name="rmsprop", summary="divide each gradient by a running root mean square of its past",
    formula="v ← ρv + (1-ρ)g²;  b ← μb + g/(√v + ε);  θ ← θ - ηb   (centered: √(v - m²) with m ← ρm + (1-ρ)g)",
    source="Hinton 2012, lecture 6e; Graves 2013 (centered); as torch.optim.RMSprop",
    options=(RATE, Option("rho", 0.99, (0.9, 0.99, 0.5), ("alpha", "rho", "decay_rate", "beta2", ("betas", 1))),
             _eps(1e-8), Option("momentum", 0.0, (0.9, 0.5), ("momentum", "mu")),
             Option("centered", False, (True,), ("centered",)), DECAY, DECOUPLED, MAXIMIZE),
    start=_rmsprop_start, step=composed(_rmsprop),
    state={"v": ("square_avg", "v", "exp_avg_sq", "nu"), "m": ("grad_avg",), "b": ("momentum_buffer", "buf")},
    laws=frozenset({"linear-in-rate", "odd", "permutation", "splitting"}))

ADADELTA = Rule(
    name="adadelta", summary="a rate in the parameter's own units: RMS of past updates over RMS of gradients",
    formula="v ← ρv + (1-ρ)g²;  Δ = √(u + ε)/√(v + ε)·g;  u ← ρu + (1-ρ)Δ²;  θ ← θ - ηΔ",
    source="Zeiler 2012, algorithm 1; as torch.optim.Adadelta",
    options=(replace(RATE, neutral=1.0), Option("rho", 0.9, (0.9, 0.95, 0.5), ("rho", "decay_rate", "alpha")),
             Option("eps", 1e-6, (1e-3, 1.0, 1e-6), ("eps", "epsilon")), DECAY, DECOUPLED, MAXIMIZE),
    start=lambda x, o: adadelta.init(x),
    step=composed(lambda x, g, s, o: adadelta.step(x, g, s, **pick(o, "lr", "rho", "eps"))),
    state={"v": ("square_avg", "v"), "u": ("acc_delta", "accumulated_delta", "u")},
    laws=frozenset({"linear-in-rate", "odd", "permutation", "splitting"}))

ADAM = Rule(
    name="adam", summary="two averages of the gradient, corrected for their start",
    formula="m ← β₁m + (1-β₁)g;  v ← β₂v + (1-β₂)g²;  θ ← θ - η m̂/(√v̂ + ε),  m̂ = m/(1-β₁ᵗ), v̂ = v/(1-β₂ᵗ)",
    source="Kingma and Ba 2015, algorithm 1; as torch.optim.Adam",
    options=(RATE, _beta1(), _beta2(), _eps(1e-8), DECAY, AMSGRAD, DECOUPLED, MAXIMIZE),
    start=_adam_start, step=composed(_adam), state=ADAM_STATE, counters=COUNTERS,
    laws=frozenset({"linear-in-rate", "odd", "permutation", "splitting", "bias-correction"}))

AMSGRAD_RULE = Rule(
    name="amsgrad", summary="Adam that divides by the largest second moment so far",
    formula="as adam, with √(max over time of v)/√(1-β₂ᵗ) in the denominator",
    source="Reddi, Kale and Kumar 2018, algorithm 2, with torch's corrections",
    options=tuple(replace(o, neutral=True, values=(True,)) if o.name == "amsgrad" else o for o in ADAM.options),
    start=_adam_start, step=composed(_adam), state=ADAM_STATE, counters=COUNTERS, laws=ADAM.laws)

ADAMW = Rule(
    name="adamw", summary="Adam with weight decay taken out of the gradient",
    formula="θ ← θ(1-ηλ);  then adam's step",
    source="Loshchilov and Hutter 2019, algorithm 2; as torch.optim.AdamW",
    options=tuple(replace(o, neutral=1e-2) if o.name == "weight_decay" else o
                  for o in ADAM.options if o.name != "decoupled"),
    start=_adam_start, step=composed(_adam, "decoupled"), state=ADAM_STATE, counters=COUNTERS, laws=ADAM.laws)


def _dialect(rule: Rule, name: str, who: str, formula: str, **changes: Any) -> Rule:
    """A dialect: the rule with another name and another step."""
    return replace(rule, name=f"{rule.name}/{name}", who=who, formula=formula, aliases=(), **changes)


def _adam_form(form: Callable[..., Any]) -> Step:
    return lambda x, g, s, o: form(x, g, s, **pick(o, "lr", "beta1", "beta2", "eps"))


_NO_AMSGRAD = tuple(o for o in ADAM.options if o.name != "amsgrad")
_W_NO_AMSGRAD = tuple(o for o in ADAMW.options if o.name != "amsgrad")


def _plain_start(x: Any, o: Options) -> Any:
    return adam.init(x)


DIALECTS = (
    _dialect(SGD, "velocity", "Polyak's form; Keras, TensorFlow", "v ← μv - ηg;  θ ← θ + v",
             options=(RATE, MOMENTUM, DECAY, MAXIMIZE), start=lambda x, o: momentum.init(x),
             step=composed(lambda x, g, s, o: momentum.step(x, g, s, **pick(o, "lr", "momentum"))), state={}),
    _dialect(SGD, "average", "optimi with dampening=True; QHM", "v ← μv + (1-μ)g;  θ ← θ - ηv",
             options=(RATE, MOMENTUM, DECAY, MAXIMIZE), start=lambda x, o: momentum_average.init(x),
             step=composed(lambda x, g, s, o: momentum_average.step(x, g, s, **pick(o, "lr", "momentum"))), state={}),
    _dialect(SGD, "plain", "no momentum at all", "θ ← θ - ηg", options=(RATE, DECAY, MAXIMIZE),
             start=lambda x, o: gradient_descent.init(x),
             step=composed(lambda x, g, s, o: gradient_descent.step(x, g, s, lr=o["lr"])), state={}),
    _dialect(SGD, "decoupled", "SGDW: Loshchilov and Hutter, algorithm 1; timm SGDW", "θ ← θ(1-ηλ);  then sgd's step",
             step=composed(_sgd, "decoupled")),
    _dialect(SGD, "decay-after", "decay after the step", "sgd's step;  then θ ← θ(1-ηλ)",
             step=composed(_sgd, "after")),
    _dialect(ADAGRAD, "keras", "Keras 3", "r ← r + g²;  θ ← θ - ηg/√(r + ε)",
             options=tuple(o for o in ADAGRAD.options if o.name != "lr_decay"),
             step=composed(lambda x, g, s, o: adagrad.keras_step(x, g, s, **pick(o, "lr", "eps")))),
    _dialect(RMSPROP, "tensorflow", "TensorFlow 2, Keras, optax", "b ← μb + ηg/√(v + ε);  θ ← θ - b",
             step=composed(_rmsprop_keras)),
    _dialect(RMSPROP, "tensorflow1", "TensorFlow 1, timm RMSpropTF: v starts at 1", "v_0 = 1;  θ ← θ - ηg/√(v + ε)",
             start=lambda x, o: _rmsprop_start(x, o, 1.0), step=composed(_rmsprop_keras)),
    _dialect(ADAM, "keras", "TensorFlow, Keras; the paper's ε̂", "θ ← θ - η√(1-β₂ᵗ)/(1-β₁ᵗ) · m/(√v + ε)",
             options=_NO_AMSGRAD, start=_plain_start, step=composed(_adam_form(adam.keras_step))),
    _dialect(ADAM, "under-root", "ε inside the root, after the correction", "θ ← θ - η m̂/√(v̂ + ε)",
             options=_NO_AMSGRAD, start=_plain_start, step=composed(_adam_form(adam.under_root_step))),
    _dialect(ADAM, "uncorrected", "BertAdam, with no bias correction", "θ ← θ - η m/(√v + ε)",
             options=_NO_AMSGRAD, start=_plain_start, step=composed(_adam_form(adam.uncorrected_step))),
    _dialect(AMSGRAD_RULE, "paper", "Reddi, Kale and Kumar: no correction", "v̂ ← max(v̂, v);  θ ← θ - η m/(√v̂ + ε)",
             step=composed(_adam_form(amsgrad.step))),
    _dialect(AMSGRAD_RULE, "optax", "optax: the maximum of the corrected v", "v̂ ← max(v̂, v/(1-β₂ᵗ))",
             step=composed(_adam_form(amsgrad.optax_step))),
    _dialect(ADAMW, "decay-after", "decay after the step", "adam's step;  then θ ← θ(1-ηλ)",
             step=composed(_adam, "after")),
    _dialect(ADAMW, "hugging-face", "transformers before 5, GaLore's AdamW, OpenAIAdam",
             "θ ← θ - η√(1-β₂ᵗ)/(1-β₁ᵗ) · m/(√v + ε);  then θ ← θ(1-ηλ)",
             options=_W_NO_AMSGRAD, start=_plain_start, step=composed(_adam_form(adam.keras_step), "after")),
    _dialect(ADAMW, "fixed-decay", "pytorch_optimizer with fixed_decay=True",
             "θ ← θ(1-λ);  then adam's step", step=composed(_adam, "fixed"), laws=ADAMW.laws | {"moves-at-zero-rate"}),
)

RULES = (SGD, ADAGRAD, RMSPROP, ADADELTA, ADAM, AMSGRAD_RULE, ADAMW, *DIALECTS)
