"""The rules of the optimizers, one table row each, in the order of the catalogue.

Order of the parts, everywhere as in torch: maximize flips g; coupled decay adds λθ to g; decoupled decay multiplies θ
by 1 - ηλ before the step; then the definition's own step.
"""

from __future__ import annotations

from dataclasses import replace

from fiducial.reference.optimizers import adadelta, adagrad, momentum_buffer
from fiducial.suites.rules.composition import (
    ADAM_STATE,
    AMSGRAD,
    COUNTERS,
    DECAY,
    DECOUPLED,
    MAXIMIZE,
    MOMENTUM,
    RATE,
    adam_start,
    adam_step,
    beta1_option,
    beta2_option,
    composed,
    eps_option,
    needs_velocity,
    pick,
    rmsprop_start,
    rmsprop_step,
    sgd_step,
)
from fiducial.suites.rules.rule import Option, Rule

SGD = Rule(
    name="sgd", aliases=("gradient_descent", "momentum", "nesterov", "nag", "sgdm"),
    summary="gradient descent, with momentum and Nesterov's form where asked for",
    formula="b ← μb + (1-d)g, b₁ = g₁;  θ ← θ - ηb  (nesterov: θ - η(g + μb); no momentum: θ - ηg)",
    source="Polyak 1964; Sutskever, Martens, Dahl and Hinton 2013; as torch.optim.SGD",
    options=(RATE, MOMENTUM,
             Option("dampening", 0.0, (0.5, 0.9), ("dampening",), {"momentum": needs_velocity, "nesterov": False}),
             Option("nesterov", False, (True,), ("nesterov",), {"momentum": needs_velocity, "dampening": 0.0}),
             DECAY, MAXIMIZE),
    start=lambda x, o: momentum_buffer.init(x), step=composed(sgd_step),
    state={"b": ("momentum_buffer", "buf", "velocity", "b", "v")},
    laws=frozenset({"linear-in-rate", "odd", "permutation", "splitting", "gradient-degree-1"}))

ADAGRAD = Rule(
    name="adagrad", summary="each entry's rate falls with the root of its summed squared gradients",
    formula="r ← r + g²;  θ ← θ - η/(1+(t-1)d) · g/(√r + ε)",
    source="Duchi, Hazan and Singer 2011; as torch.optim.Adagrad",
    options=(RATE, Option("lr_decay", 0.0, (0.1, 1.0), ("lr_decay",)),
             Option("initial_accumulator_value", 0.0, (0.1, 1.0), ("initial_accumulator_value", "initial_accumulator"),
                    per_group=False),
             eps_option(1e-10), DECAY, MAXIMIZE),
    start=lambda x, o: adagrad.init(x, initial_accumulator_value=o["initial_accumulator_value"]),
    step=composed(lambda x, g, s, o: adagrad.step(x, g, s, **pick(o, "lr", "eps", "lr_decay"))),
    state={"r": ("sum", "accumulator", "r", "G"), "t": ("step", "t")},
    laws=frozenset({"linear-in-rate", "odd", "permutation", "splitting"}))

RMSPROP = Rule(
    name="rmsprop", summary="divide each gradient by a running root mean square of its past",
    formula="v ← ρv + (1-ρ)g²;  b ← μb + g/(√v + ε);  θ ← θ - ηb   (centered: √(v - m²) with m ← ρm + (1-ρ)g)",
    source="Hinton 2012, lecture 6e; Graves 2013 (centered); as torch.optim.RMSprop",
    options=(RATE, Option("rho", 0.99, (0.9, 0.99, 0.5), ("alpha", "rho", "decay_rate", "beta2", ("betas", 1))),
             eps_option(1e-8), Option("momentum", 0.0, (0.9, 0.5), ("momentum", "mu")),
             Option("centered", False, (True,), ("centered",)), DECAY, DECOUPLED, MAXIMIZE),
    start=rmsprop_start, step=composed(rmsprop_step),
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
    options=(RATE, beta1_option(), beta2_option(), eps_option(1e-8), DECAY, AMSGRAD, DECOUPLED, MAXIMIZE),
    start=adam_start, step=composed(adam_step), state=ADAM_STATE, counters=COUNTERS,
    laws=frozenset({"linear-in-rate", "odd", "permutation", "splitting", "bias-correction",
                    "amsgrad-or-not"}))

AMSGRAD_RULE = Rule(
    name="amsgrad", summary="Adam that divides by the largest second moment so far",
    formula="as adam, with √(max over time of v)/√(1-β₂ᵗ) in the denominator",
    source="Reddi, Kale and Kumar 2018, algorithm 2, with torch's corrections",
    options=tuple(replace(o, neutral=True, values=(True,)) if o.name == "amsgrad" else o for o in ADAM.options),
    start=adam_start, step=composed(adam_step), state=ADAM_STATE, counters=COUNTERS, laws=ADAM.laws)

ADAMW = Rule(
    name="adamw", summary="Adam with weight decay taken out of the gradient",
    formula="θ ← θ(1-ηλ);  then adam's step",
    source="Loshchilov and Hutter 2019, algorithm 2; as torch.optim.AdamW",
    options=tuple(replace(o, neutral=1e-2) if o.name == "weight_decay" else o
                  for o in ADAM.options if o.name != "decoupled"),
    start=adam_start, step=composed(adam_step, "decoupled"), state=ADAM_STATE, counters=COUNTERS, laws=ADAM.laws)


RULES = (SGD, ADAGRAD, RMSPROP, ADADELTA, ADAM, AMSGRAD_RULE, ADAMW)
