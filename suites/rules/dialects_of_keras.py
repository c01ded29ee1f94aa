"""The dialects of Keras 3's optimizers: each decays by itself, decoupled, and some reckon in float32 on the way.

Keras's torch backend takes `ops.minimum`, `ops.maximum`, `ops.mean` and `ops.norm` in float32, whatever floatx; its
JAX backend takes them in the parameters' format, which is the wider form of the rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from fiducial.checks.formats import summed
from fiducial.checks.plans import Demands, Options
from fiducial.checks.rounding import FLOAT32, Rounded
from fiducial.reference.optimizers import (
    adadelta,
    adafactor,
    adagrad,
    adam,
    adamax,
    amsgrad,
    lamb,
    momentum,
    muon,
    nadam,
)
from fiducial.suites.rules.composition import (
    ADAM_STATE,
    REMEMBERS,
    Step,
    adam_start,
    beta1_option,
    beta2_option,
    composed,
    eps_option,
    pick,
    rmsprop_keras_step,
)
from fiducial.suites.rules.optimizers import ADADELTA, ADAGRAD, ADAM, RMSPROP, SGD
from fiducial.suites.rules.rule import Option, Rule
from fiducial.suites.rules.torch_optimizers import ADAFACTOR, ADAMAX, MUON_EXACT, NADAM
from fiducial.suites.rules.wide_use_adaptive import SCHEDULE_FREE_ADAMW, whole
from fiducial.suites.rules.wide_use_layers import LAMB
from fiducial.suites.rules.wide_use_steps import float32

Form = Callable[[Any], Any]


def _velocity(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """Polyak's velocity, which holds the rate; Nesterov's form looks ahead along it."""
    moved, state = momentum.step(x, g, state, **pick(o, "lr", "momentum"))
    return (x + o["momentum"] * state.v - o["lr"] * g if o["nesterov"] else moved), state


def _towards(old: Any, new: Any, beta: Any) -> Any:
    """An average as Keras takes it, a + (b - a)(1-β): at β = 0 it keeps the rounding of what it forgets."""
    return old + (new - old) * (1 - beta)


def _moments(g: Any, state: Any, o: Options) -> Any:
    """Adam's averages."""
    return adam.State(_towards(state.m, g, o["beta1"]), _towards(state.v, g**2, o["beta2"]), state.t + 1)


def _adam(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """ε before the correction, with the largest second moment where asked for."""
    m, v, t = _moments(g, state, o)
    top = np.maximum(state.vmax, v) if o["amsgrad"] else v
    rate = o["lr"] * np.sqrt(1 - o["beta2"] ** t) / (1 - o["beta1"] ** t)
    x = x - rate * m / (np.sqrt(top) + o["eps"])
    return x, amsgrad.State(m, v, top, t) if o["amsgrad"] else adam.State(m, v, t)


def _adamax(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """ε outside the maximum."""
    m, u, t = _towards(state.m, g, o["beta1"]), np.maximum(o["beta2"] * state.u, np.abs(g)), state.t + 1
    return x - o["lr"] / (1 - o["beta1"] ** t) * m / (u + o["eps"]), adamax.State(m, u, t)


def _nadam(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """NAdam with ψ = 1."""
    kept, beta1 = _moments(g, state, o), o["beta1"]
    now, following = (nadam.scheduled(t, beta1=beta1, momentum_decay=1.0) for t in (kept.t, kept.t + 1))
    p = state.p * now
    n = (1 - now) * g / (1 - p) + following * kept.m / (1 - p * following)
    return (x - o["lr"] * n / (np.sqrt(kept.v / (1 - o["beta2"] ** kept.t)) + o["eps"]),
            nadam.State(kept.m, kept.v, p, kept.t))


def _lamb(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """The definition, on averages as Keras takes them."""
    state = _moments(g, state, o)
    r = lamb.adam_direction(state, **pick(o, "beta1", "beta2", "eps"))
    return x - o["lr"] * lamb.ratio(x, r) * r, state


def _other(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """Adam as Keras's Muon has it for what is no matrix, at a rate of its own."""
    state = _moments(g, state, o)
    rate = o["lr"] * o["ratio"] * np.sqrt(1 - o["beta2"] ** state.t) / (1 - o["beta1"] ** state.t)
    return x - rate * state.m / (np.sqrt(state.v) + o["eps"]), state


def coarse(value: Any) -> Any:
    """What is computed in float32, from numbers that are cast to it."""
    return summed(value) if isinstance(value, Rounded) and value.rounding.unit < FLOAT32.unit else value


def fine(value: Any) -> Any:
    """What is computed in the parameters' format."""
    return value


def _wide(value: Any, like: Any) -> Any:
    """A number that was computed in float32, from here on in the format of another."""
    return Rounded(value.value, value.error, like.rounding) if isinstance(value, Rounded) else value


def _adafactor(form: Form) -> Step:
    """As the paper has it, ε₁ in g²; without relative_step the rate is not capped; `form` takes means and extrema."""

    def mean(a: Any, **axes: Any) -> Any:
        return _wide(np.mean(form(a), **axes), a)

    def largest(a: Any, b: Any) -> Any:
        return _wide(np.maximum(form(a), form(b)), a)

    def core(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
        t, squares = state.t + 1, g**2 + o["eps1"]
        w = float(t) ** o["beta2_decay"]
        if isinstance(state, adafactor.Full):
            state = adafactor.Full((1 - w) * state.v + w * squares, t)
            v = state.v
        else:
            rows, columns = (mean(squares, axis=axis, keepdims=True) for axis in (-1, -2))
            state = adafactor.Factored((1 - w) * state.r + w * rows, (1 - w) * state.c + w * columns, t)
            v = state.r / mean(state.r, axis=-2, keepdims=True) * state.c
        u = g / np.sqrt(v)
        rate = _wide(np.minimum(form(o["lr"]), 1 / np.sqrt(float(t))), o["lr"]) if o["relative_step"] else o["lr"]
        size = largest(np.sqrt(mean(x**2)), o["eps2"])
        return x - rate * size / largest(np.sqrt(mean(u**2)) / o["d"], 1.0) * u, state

    return composed(core, "decoupled")


def _schedule_free(form: Form) -> Step:
    """Equal weights, whatever the rate; x is worked out from y and z, so that the decay of y is one of x."""

    def core(y: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
        t, beta1 = state.t + 1, o["beta1"]
        v = _towards(state.v, g**2, o["beta2"])
        warm = _wide(np.minimum(form(t / o["warmup_steps"]), 1.0), o["lr"]) if o["warmup_steps"] > 0 else 1.0
        z = state.z - o["lr"] * warm * g / (np.sqrt(v / (1 - o["beta2"] ** t)) + o["eps"])
        x = (1 - 1 / t) * ((y - (1 - beta1) * state.z) / beta1) + 1 / t * z
        return (1 - beta1) * z + beta1 * x, state._replace(z=z, x=x, v=v, t=t)

    return composed(core, "decoupled")


def _matrix(form: Form) -> Step:
    """Muon: S of the summed momentum over ‖u‖ + 10⁻⁷; the root in its rate is a float32 whatever the backend."""

    def core(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
        u, kept = muon.summed_direction(g, muon.State(state.m), **pick(o, "momentum", "nesterov"))
        tall = x.shape[0] > x.shape[1]
        u = np.swapaxes(u, 0, 1) if tall else u
        y = muon.iterated(u / (_wide(np.linalg.norm(form(u)), u) + 1e-7), coefficients=(o["a"], o["b"], o["c"]),
                          steps=whole(o["ns_steps"]))
        rate = float32(o["lr"] * o["rms_rate"] * np.sqrt(float(max(x.shape))))
        return x - rate * (np.swapaxes(y, 0, 1) if tall else y), state._replace(m=kept.b, t=state.t + 1)

    return composed(core, "decoupled")


def _muon(form: Form) -> Step:
    """Muon for matrices, and Adam, with a decay of its own, for everything else."""
    matrix, other = _matrix(form), composed(_other, "decoupled")

    def step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
        if x.ndim == 2:
            return matrix(x, g, state, o)
        return other(x, g, state, {**o, "weight_decay": o["adam_decay"]})

    return step


def _named(rule: Rule, step: Step, formula: str, leaves: tuple[str, ...] = (), **changes: Any) -> Rule:
    """A rule as Keras 3 has it; `leaves`: options that it does not have."""
    changes = {"options": tuple(o for o in rule.options if o.name not in ("decoupled", *leaves)), **changes}
    return replace(rule, name=f"{rule.name}/keras3", aliases=(), who="Keras 3", formula=f"θ ← θ(1-ηλ);  {formula}",
                   step=step, **changes)


def _keras(rule: Rule, core: Step, formula: str, leaves: tuple[str, ...] = (), **changes: Any) -> Rule:
    """The same with a decay that is decoupled, whatever the optimizer."""
    return _named(rule, composed(core, "decoupled"), formula, leaves, **changes)


def _by_backend(rule: Rule, make: Callable[[Form], Step], formula: str, leaves: tuple[str, ...] = (),
                **changes: Any) -> Rule:
    """The same whose means, norms and extrema are float32, as on the torch backend; and the wider form."""
    return replace(_named(rule, make(coarse), formula, leaves, **changes), precision={"means and extrema": "float32"},
                   wider=_named(rule, make(fine), formula, leaves, **changes))


SPELT = {"beta2_decay": "beta_2_decay", "eps1": "epsilon_1", "eps2": "epsilon_2"}
FREE_OPTIONS = (  # its x is worked out by a division by β₁
    replace(beta1_option(), values=(0.9, 0.5, 0.99, 0.3)),
    *(o for o in SCHEDULE_FREE_ADAMW.options if o.name not in ("beta1", "r", "weight_lr_power")))
MUON_OPTIONS = (
    *(o for o in MUON_EXACT.options if o.name not in ("eps", "adjust_lr_fn", "a", "b", "c")),
    *(replace(MUON_EXACT.option(name), spelt=(f"muon_{name}",)) for name in ("a", "b", "c")),
    Option("rms_rate", 0.2, (0.2, 1.0), ("rms_rate",)),
    replace(beta1_option(), spelt=("adam_beta_1",)), replace(beta2_option(), spelt=("adam_beta_2",)),
    eps_option(1e-7), Option("ratio", 1.0, (0.5, 2.0), ("adam_lr_ratio",)),
    Option("adam_decay", 4e-3, (0.1, 0.5), ("adam_weight_decay",)),
)

DIALECTS: tuple[Rule, ...] = (
    _keras(SGD, _velocity, "v ← μv - ηg;  θ ← θ + v  (nesterov: θ + μv - ηg)", ("dampening",),
           state={"v": ("m", "velocity")}, start=lambda x, o: momentum.init(x), laws=SGD.laws - {"linear-in-rate"}),
    _keras(RMSPROP, rmsprop_keras_step, "b ← μb + ηg/√(v + ε);  θ ← θ - b", laws=RMSPROP.laws - {"linear-in-rate"}),
    _keras(ADAM, _adam, "θ ← θ - η√(1-β₂ᵗ)/(1-β₁ᵗ) · m/(√v + ε)", start=adam_start,
           laws=ADAM.laws - {"bias-correction"}),
    _keras(ADAGRAD, lambda x, g, s, o: adagrad.keras_step(x, g, s, **pick(o, "lr", "eps")),
           "r ← r + g²;  θ ← θ - ηg/√(r + ε)", ("lr_decay",)),
    _keras(ADADELTA, lambda x, g, s, o: adadelta.step(x, g, s, **pick(o, "lr", "rho", "eps")), "adadelta's step"),
    _keras(ADAMAX, _adamax, "u ← max(β₂u, |g|);  θ ← θ - η/(1-β₁ᵗ) · m/(u + ε)",
           laws=ADAMAX.laws - {"bias-correction"}),
    _keras(NADAM, _nadam, "nadam's step with ψ = 1", ("momentum_decay",), precision={}),
    _keras(LAMB, _lamb, "r = m̂/(√v̂ + ε);  θ ← θ - η‖θ‖/‖r‖·r",
           ("bias_correction", "grad_averaging", "always_adapt", "trust_clip")),
    _by_backend(ADAFACTOR, _adafactor, "adafactor/paper's step, at the rate η where relative_step=False",
                options=(*(replace(o, spelt=(SPELT[o.name],)) if o.name in SPELT else o for o in ADAFACTOR.options),
                         Option("relative_step", True, (False,), ("relative_step",), {"lr": 1.0})),
                by_format={}, state={"v": ("v",), "t": ADAM_STATE["t"]}),
    _by_backend(SCHEDULE_FREE_ADAMW, _schedule_free, "x = (θ - (1-β₁)z)/β₁;  v as adam;  z ← z - γg/(√v̂ + ε);  "
                "x ← (1-1/t)x + z/t;  θ ← (1-β₁)z + β₁x",
                state={"z": ("m",), "v": ADAM_STATE["v"]}, counters=("parameter",), options=FREE_OPTIONS),
    _by_backend(MUON_EXACT, _muon, "matrices: b ← μb + g, u = g + μb or b, θ ← θ - 0.2η√max(n, m)·S⁵(u/(‖u‖ + 10⁻⁷));  "
                "else adam/keras3's step", options=MUON_OPTIONS, scope="tensor", demands=Demands(),
                start=lambda x, o: adam.init(x), state={"m": ("m",)}, averages=("beta1", "beta2", "momentum"),
                laws=MUON_EXACT.laws - {"linear-in-rate"} | {"moves-at-zero-gradient"} | REMEMBERS),  # its other decay
)
