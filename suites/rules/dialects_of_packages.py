"""The dialects of optax's aliases and of Keras's optimizers, and which dialect each declares by its documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from fiducial.checks.plans import Options
from fiducial.reference.optimizers import adadelta, adagrad, adam, adamax, amsgrad, momentum, nadam
from fiducial.suites.rules.composition import Step, adam_start, composed, pick, rmsprop_keras_step, rmsprop_start
from fiducial.suites.rules.optimizers import ADADELTA, ADAGRAD, ADAM, ADAMW, RMSPROP, SGD
from fiducial.suites.rules.rule import Option, Rule
from fiducial.suites.rules.torch_optimizers import ADAMAX, NADAM

START = Option("initial_accumulator_value", 0.0, (0.1, 1.0), ("initial_scale", "initial_accumulator_value"))
RHO = replace(RMSPROP.option("rho"), spelt=("decay", "rho"))


def _looking_ahead(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """NAdam without a schedule of its momentum."""
    return nadam.constant_step(x, g, state, **pick(o, "lr", "beta1", "beta2", "eps"))


def _one_correction(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """The average looked ahead of, corrected as a whole by this step's 1 - β₁ᵗ."""
    beta1, beta2 = o["beta1"], o["beta2"]
    state = adam.moments(g, state, beta1=beta1, beta2=beta2)
    ahead = (beta1 * state.m + (1 - beta1) * g) / (1 - beta1**state.t)
    return x - o["lr"] * ahead / (np.sqrt(state.v / (1 - beta2**state.t)) + o["eps"]), state


def _velocity(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """Polyak's velocity, which holds the rate; Nesterov's form looks ahead along it."""
    moved, state = momentum.step(x, g, state, **pick(o, "lr", "momentum"))
    return (x + o["momentum"] * state.v - o["lr"] * g if o["nesterov"] else moved), state


def _adam(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """ε before the correction, with the largest second moment where asked for."""
    form = amsgrad.keras_step if o["amsgrad"] else adam.keras_step
    return form(x, g, state, **pick(o, "lr", "beta1", "beta2", "eps"))


def _scheduled(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """NAdam with ψ = 1."""
    return nadam.step(x, g, state, momentum_decay=1.0, **pick(o, "lr", "beta1", "beta2", "eps"))


def _keras(rule: Rule, core: Step, formula: str, without: tuple[str, ...] = (), **changes: Any) -> Rule:
    """A rule as Keras 3 has it: with a decay that is decoupled, whatever the optimizer."""
    options = tuple(o for o in rule.options if o.name not in ("decoupled", *without))
    return replace(rule, name=f"{rule.name}/keras3", aliases=(), who="Keras 3", formula=f"θ ← θ(1-ηλ);  {formula}",
                   options=options, step=composed(core, "decoupled"), **changes)


DIALECTS: tuple[Rule, ...] = (
    replace(RMSPROP, name="rmsprop/optax", aliases=(), who="optax",
            formula="v_0 = initial_scale;  b ← μb + ηg/√(v + ε);  θ ← θ - b",
            options=(*(RHO if o.name == "rho" else o for o in RMSPROP.options), START),
            start=lambda x, o: rmsprop_start(x, o, o["initial_accumulator_value"]), step=composed(rmsprop_keras_step),
            laws=RMSPROP.laws - {"linear-in-rate"}),
    replace(ADAMW, name="adamw/nesterov", aliases=("nadamw",), who="optax's nadamw",
            formula="θ ← θ(1-ηλ);  then nadam's step at a constant momentum",
            options=tuple(o for o in ADAMW.options if o.name != "amsgrad"), start=lambda x, o: nadam.init(x),
            step=composed(_looking_ahead, "decoupled"), laws=ADAMW.laws - {"bias-correction", "amsgrad-or-not"}),
    replace(ADAMW, name="adamw/nesterov-one-correction", aliases=(), who="timm's NAdamW, MLCommons",
            formula="θ ← θ(1-ηλ) - η(β₁m + (1-β₁)g)/(1-β₁ᵗ)/(√v̂ + ε)",
            options=tuple(o for o in ADAMW.options if o.name != "amsgrad"), start=lambda x, o: adam.init(x),
            step=composed(_one_correction, "decoupled"), laws=ADAMW.laws - {"bias-correction", "amsgrad-or-not"}),
    _keras(SGD, _velocity, "v ← μv - ηg;  θ ← θ + v  (nesterov: θ + μv - ηg)", ("dampening",),
           state={"v": ("m", "velocity")}, start=lambda x, o: momentum.init(x), laws=SGD.laws - {"linear-in-rate"}),
    _keras(RMSPROP, rmsprop_keras_step, "b ← μb + ηg/√(v + ε);  θ ← θ - b", laws=RMSPROP.laws - {"linear-in-rate"}),
    _keras(ADAM, _adam, "θ ← θ - η√(1-β₂ᵗ)/(1-β₁ᵗ) · m/(√v + ε)", start=adam_start,
           laws=ADAM.laws - {"bias-correction"}),
    _keras(ADAGRAD, lambda x, g, s, o: adagrad.keras_step(x, g, s, **pick(o, "lr", "eps")),
           "r ← r + g²;  θ ← θ - ηg/√(r + ε)", ("lr_decay",)),
    _keras(ADADELTA, lambda x, g, s, o: adadelta.step(x, g, s, **pick(o, "lr", "rho", "eps")), "adadelta's step"),
    _keras(ADAMAX, lambda x, g, s, o: adamax.keras_step(x, g, s, **pick(o, "lr", "beta1", "beta2", "eps")),
           "u ← max(β₂u, |g|);  θ ← θ - η/(1-β₁ᵗ) · m/(u + ε)", laws=ADAMAX.laws - {"bias-correction"}),
    _keras(NADAM, _scheduled, "nadam's step with ψ = 1", ("momentum_decay",), precision={}),
)
DECLARED: Mapping[str, str] = {
    "optax:rmsprop": "rmsprop/optax", "optax:adagrad": "adagrad/keras", "optax:amsgrad": "amsgrad/optax",
    "optax:nadam": "nadam/constant", "optax:nadamw": "adamw/nesterov", "optax:radam": "radam/optax",
    "optax:adan": "adan/optax", "optax:adabelief": "adabelief/optax", "optax:adafactor": "adafactor/optax",
    "optax:lars": "lars/optax",
    "timm:AdamWLegacy": "adamw", "timm:NAdamW": "adamw/nesterov-one-correction", "timm:SGDW": "sgd/decoupled",
    "timm:RMSpropTF": "rmsprop/tensorflow1", "timm:NAdamLegacy": "nadam",
    "torch_optimizer:Shampoo": "shampoo/in-turn",
    "pytorch_optimizer:Prodigy": "prodigy/float32-sums",
    "pytorch_optimizer:DAdaptSGD": "d_adaptation_sgd/float32-sums",
    "pytorch_optimizer:DAdaptAdam": "d_adaptation_adam/float32-sums",
    "keras:SGD": "sgd/keras3", "keras:RMSprop": "rmsprop/keras3", "keras:Adam": "adam/keras3",
    "keras:AdamW": "adam/keras3", "keras:Adagrad": "adagrad/keras3", "keras:Adadelta": "adadelta/keras3",
    "keras:Adamax": "adamax/keras3", "keras:Nadam": "nadam/keras3",
}
