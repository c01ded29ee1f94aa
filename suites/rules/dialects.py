"""The dialects: legitimate forms of a rule that public classes have, each named and never condemned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fiducial.checks.plans import Options
from fiducial.reference.optimizers import (
    adagrad,
    adam,
    amsgrad,
    gradient_descent,
    momentum,
    momentum_average,
)
from fiducial.suites.rules.composition import (
    DECAY,
    MAXIMIZE,
    MOMENTUM,
    RATE,
    Step,
    adam_step,
    composed,
    pick,
    rmsprop_keras_step,
    rmsprop_start,
    sgd_step,
)
from fiducial.suites.rules.optimizers import (
    ADAGRAD,
    ADAM,
    ADAMW,
    AMSGRAD_RULE,
    RMSPROP,
    SGD,
)
from fiducial.suites.rules.rule import Rule


def _dialect(rule: Rule, name: str, who: str, formula: str, **changes: Any) -> Rule:
    """A dialect: the rule with another name and another step."""
    return replace(rule, name=f"{rule.name}/{name}", who=who, formula=formula, aliases=(), **changes)


def _adam_form(form: Callable[..., Any]) -> Step:
    return lambda x, g, s, o: form(x, g, s, **pick(o, "lr", "beta1", "beta2", "eps"))


ALWAYS = {"amsgrad-or-not"}  # lost where the maximum is always taken
LINEAR = {"linear-in-rate"}  # lost where the rate stands inside the memory, or beside a term without it
UNCORRECTED = ADAM.laws - {"bias-correction"}  # on a constant gradient the steps are not lr·g/(|g| + ε)
_NO_AMSGRAD = tuple(o for o in ADAM.options if o.name != "amsgrad")
_W_NO_AMSGRAD = tuple(o for o in ADAMW.options if o.name != "amsgrad")


def _amsgrad_start(x: Any, o: Options) -> Any:
    return amsgrad.init(x)


def _plain_start(x: Any, o: Options) -> Any:
    return adam.init(x)


def _rmsprop_rate_outside(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """ε under the root as in TensorFlow, the rate outside the buffer as in torch: θ - ηb."""
    _, state = rmsprop_keras_step(x, g, state, {**o, "lr": 1.0})
    return x - o["lr"] * state.b, state


DIALECTS = (
    _dialect(SGD, "velocity", "Polyak's form; Keras, TensorFlow", "v ← μv - ηg;  θ ← θ + v",
             options=(RATE, MOMENTUM, DECAY, MAXIMIZE), start=lambda x, o: momentum.init(x), laws=SGD.laws - LINEAR,
             step=composed(lambda x, g, s, o: momentum.step(x, g, s, **pick(o, "lr", "momentum"))), state={}),
    _dialect(SGD, "average", "optimi with dampening=True; QHM", "v ← μv + (1-μ)g;  θ ← θ - ηv",
             options=(RATE, MOMENTUM, DECAY, MAXIMIZE), start=lambda x, o: momentum_average.init(x),
             step=composed(lambda x, g, s, o: momentum_average.step(x, g, s, **pick(o, "lr", "momentum"))), state={}),
    _dialect(SGD, "plain", "", "θ ← θ - ηg, no momentum at all", options=(RATE, DECAY, MAXIMIZE),
             start=lambda x, o: gradient_descent.init(x),
             step=composed(lambda x, g, s, o: gradient_descent.step(x, g, s, lr=o["lr"])), state={}),
    _dialect(SGD, "decoupled", "SGDW: Loshchilov and Hutter, algorithm 1; timm SGDW", "θ ← θ(1-ηλ);  then sgd's step",
             step=composed(sgd_step, "decoupled")),
    _dialect(SGD, "decay-after", "", "sgd's step;  then θ ← θ(1-ηλ)",
             step=composed(sgd_step, "after"), laws=SGD.laws - LINEAR),
    _dialect(ADAGRAD, "keras", "Keras 3", "r ← r + g²;  θ ← θ - ηg/√(r + ε)",
             options=tuple(o for o in ADAGRAD.options if o.name != "lr_decay"),
             step=composed(lambda x, g, s, o: adagrad.keras_step(x, g, s, **pick(o, "lr", "eps")))),
    _dialect(RMSPROP, "tensorflow", "TensorFlow 2, Keras, optax", "b ← μb + ηg/√(v + ε);  θ ← θ - b",
             step=composed(rmsprop_keras_step), laws=RMSPROP.laws - LINEAR),
    _dialect(RMSPROP, "tensorflow1", "TensorFlow 1, timm RMSpropTF", "v_0 = 1;  θ ← θ - ηg/√(v + ε)",
             start=lambda x, o: rmsprop_start(x, o, 1.0), step=composed(rmsprop_keras_step),
             laws=RMSPROP.laws - LINEAR),
    _dialect(RMSPROP, "under-root", "PFRL's RMSpropEpsInsideSqrt", "b ← μb + g/√(v + ε);  θ ← θ - ηb",
             step=composed(_rmsprop_rate_outside)),
    _dialect(RMSPROP, "stable-baselines", "Stable-Baselines3's RMSpropTFLike; timm RMSpropTF with lr_in_momentum=False",
             "v_0 = 1;  b ← μb + g/√(v + ε);  θ ← θ - ηb",
             start=lambda x, o: rmsprop_start(x, o, 1.0), step=composed(_rmsprop_rate_outside)),
    _dialect(ADAM, "keras", "TensorFlow, Keras; the paper's ε̂", "θ ← θ - η√(1-β₂ᵗ)/(1-β₁ᵗ) · m/(√v + ε)",
             options=_NO_AMSGRAD, start=_plain_start, step=composed(_adam_form(adam.keras_step)), laws=UNCORRECTED),
    _dialect(ADAM, "under-root", "", "ε inside the root, after the correction: θ ← θ - η m̂/√(v̂ + ε)",
             options=_NO_AMSGRAD, start=_plain_start, step=composed(_adam_form(adam.under_root_step)),
             laws=UNCORRECTED),
    _dialect(ADAM, "uncorrected", "BertAdam", "no bias correction: θ ← θ - η m/(√v + ε)",
             options=_NO_AMSGRAD, start=_plain_start, step=composed(_adam_form(adam.uncorrected_step)),
             laws=UNCORRECTED),
    _dialect(AMSGRAD_RULE, "paper", "Reddi, Kale and Kumar", "no correction: v̂ ← max(v̂, v);  θ ← θ - η m/(√v̂ + ε)",
             start=_amsgrad_start, step=composed(_adam_form(amsgrad.step)), laws=UNCORRECTED - ALWAYS),
    _dialect(AMSGRAD_RULE, "optax", "optax", "the maximum of the corrected v: v̂ ← max(v̂, v/(1-β₂ᵗ))",
             start=_amsgrad_start, step=composed(_adam_form(amsgrad.optax_step)), laws=ADAM.laws - ALWAYS),
    _dialect(ADAMW, "decay-after", "", "adam's step;  then θ ← θ(1-ηλ)",
             step=composed(adam_step, "after"), laws=ADAMW.laws - LINEAR),
    _dialect(ADAMW, "hugging-face", "transformers before 5, GaLore's AdamW, OpenAIAdam",
             "θ ← θ - η√(1-β₂ᵗ)/(1-β₁ᵗ) · m/(√v + ε);  then θ ← θ(1-ηλ)",
             options=_W_NO_AMSGRAD, start=_plain_start, step=composed(_adam_form(adam.keras_step), "after"),
             laws=UNCORRECTED - LINEAR),
    _dialect(ADAMW, "fixed-decay", "pytorch_optimizer with fixed_decay=True",
             "θ ← θ(1-λ);  then adam's step", step=composed(adam_step, "fixed"),
             laws=(ADAMW.laws - LINEAR) | {"moves-at-zero-rate"}),
    _dialect(ADAMW, "uncorrected", "BertAdam, which decays", "no bias correction: θ ← θ(1-ηλ) - η m/(√v + ε)",
             options=_W_NO_AMSGRAD, start=_plain_start, step=composed(_adam_form(adam.uncorrected_step), "decoupled"),
             laws=UNCORRECTED),
)
