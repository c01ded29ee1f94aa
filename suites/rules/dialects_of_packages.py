"""The dialects of optax's aliases and of Keras's optimizers, and which dialect each declares by its documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fiducial.checks.plans import Options
from fiducial.reference.optimizers import nadam
from fiducial.suites.rules.composition import composed, pick, rmsprop_keras_step, rmsprop_start
from fiducial.suites.rules.optimizers import ADAMW, RMSPROP
from fiducial.suites.rules.rule import Option, Rule

START = Option("initial_accumulator_value", 0.0, (0.1, 1.0), ("initial_scale",))
RHO = replace(RMSPROP.option("rho"), spelt=("decay", "rho"))


def _looking_ahead(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """NAdam without a schedule of its momentum."""
    return nadam.constant_step(x, g, state, **pick(o, "lr", "beta1", "beta2", "eps"))


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
)
DECLARED: Mapping[str, str] = {
    "optax:rmsprop": "rmsprop/optax", "optax:adagrad": "adagrad/keras", "optax:amsgrad": "amsgrad/optax",
    "optax:nadam": "nadam/constant", "optax:nadamw": "adamw/nesterov", "optax:radam": "radam/optax",
    "optax:adan": "adan/optax", "optax:lars": "lars/optax",
}
