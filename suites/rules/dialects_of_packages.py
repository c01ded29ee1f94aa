"""The dialects of optax's and timm's classes, and which dialect each public class declares by its documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from fiducial.checks.plans import Options
from fiducial.reference.optimizers import adam, nadam
from fiducial.suites.rules import dialects_of_keras
from fiducial.suites.rules.composition import composed, pick, rmsprop_keras_step, rmsprop_start
from fiducial.suites.rules.optimizers import ADAMW, RMSPROP
from fiducial.suites.rules.rule import Option, Rule
from fiducial.suites.rules.wide_use_adaptive import clamped_adam

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


def _clamped(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """Adam that divides by ε where √v̂ is below it."""
    return clamped_adam(x, g, state, **pick(o, "lr", "beta1", "beta2", "eps"))


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
    replace(ADAMW, name="adamw/clamped", aliases=(), who="heavyball",
            formula="θ ← θ(1-ηλ) - ηm̂/max(√v̂, ε)",
            options=tuple(o for o in ADAMW.options if o.name != "amsgrad"), start=lambda x, o: adam.init(x),
            step=composed(_clamped, "decoupled"), laws=ADAMW.laws - {"bias-correction", "amsgrad-or-not"}),
    *dialects_of_keras.DIALECTS,
)
DECLARED: Mapping[str, str] = {
    "optax:rmsprop": "rmsprop/optax", "optax:adagrad": "adagrad/keras", "optax:amsgrad": "amsgrad/optax",
    "optax:nadam": "nadam/constant", "optax:nadamw": "adamw/nesterov", "optax:radam": "radam/optax",
    "optax:adan": "adan/optax", "optax:adabelief": "adabelief/optax", "optax:adafactor": "adafactor/optax",
    "optax:lars": "lars/optax",
    "heavyball:AdamW": "adamw/clamped",
    "timm:AdamWLegacy": "adamw", "timm:NAdamW": "adamw/nesterov-one-correction", "timm:SGDW": "sgd/decoupled",
    "timm:RMSpropTF": "rmsprop/tensorflow1", "timm:NAdamLegacy": "nadam",
    "timm:RAdamLegacy": "radam/decoupled",
    "torch_optimizer:Shampoo": "shampoo/in-turn",
    "pytorch_optimizer:Prodigy": "prodigy/float32-sums",
    "pytorch_optimizer:DAdaptSGD": "d_adaptation_sgd/float32-sums",
    "pytorch_optimizer:DAdaptAdam": "d_adaptation_adam/float32-sums",
    "keras:SGD": "sgd/keras3", "keras:RMSprop": "rmsprop/keras3", "keras:Adam": "adam/keras3",
    "keras:AdamW": "adam/keras3", "keras:Adagrad": "adagrad/keras3", "keras:Adadelta": "adadelta/keras3",
    "keras:Adamax": "adamax/keras3", "keras:Nadam": "nadam/keras3",
    "keras:Lamb": "lamb/keras3", "keras:Adafactor": "adafactor/keras3", "keras:Muon": "muon/keras3",
    "keras:ScheduleFreeAdamW": "schedule_free_adamw/keras3",
}
