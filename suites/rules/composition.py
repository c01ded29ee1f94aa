"""How definitions are composed: the options that rules share, and the steps with ascent and decay around them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from fiducial.checks.plans import Options
from fiducial.reference.optimizers import (
    adam,
    amsgrad,
    decay,
    maximize,
    momentum_buffer,
    nesterov_buffer,
    rmsprop,
    rmsprop_centered,
)
from fiducial.suites.rules.rule import Option

RATE = Option("lr", 1e-3, (0.1, 1.0, 1e-3, 1e-5, 10.0), ("lr", "learning_rate", "eta"))
DECAY = Option("weight_decay", 0.0, (0.1, 0.5, 1e-2), ("weight_decay", "wd"))
DECOUPLED = Option("decoupled", False, (True,), ("decoupled", "decoupled_weight_decay", "weight_decouple",
                                                 "decoupled_decay", "decouple_wd"), {"weight_decay": 0.1})
MAXIMIZE = Option("maximize", False, (True,), ("maximize",))


def beta1_option(default: float = 0.9) -> Option:
    """The decay rate of the first moment."""
    return Option("beta1", default, (0.9, 0.5, 0.0, 0.99, 0.3), (("betas", 0), "beta1", "beta_1", "b1"))


def beta2_option(default: float = 0.999) -> Option:
    """The decay rate of the second moment."""
    return Option("beta2", default, (0.999, 0.9, 0.5, 0.0), (("betas", 1), "beta2", "beta_2", "b2"))


def eps_option(default: float) -> Option:
    """What keeps a denominator from zero."""
    return Option("eps", default, (1e-3, 1.0, 1e-8, 1e-12), ("eps", "epsilon", "eps_hat", "e"))


Step = Callable[[Any, Any, Any, Options], tuple[Any, Any]]
Decay = Literal["coupled", "decoupled", "fixed", "after", "none"]


def pick(options: Options, *names: str) -> dict[str, Any]:
    """The named options, as keywords for a definition."""
    return {name: options[name] for name in names}


def composed(core: Step, decays: Decay = "coupled") -> Step:
    """Put ascent and decay around a definition's step: maximize first, then decay, then the step.

    decays  coupled: g + λθ; decoupled: θ(1 - ηλ) before the step; fixed: θ(1 - λ) before it; after: θ(1 - ηλ) after it;
            none: the rule knows no decay
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


def sgd_step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """torch's buffer form, or Nesterov's form of it."""
    if o["nesterov"]:
        x, b = nesterov_buffer.step(x, g, nesterov_buffer.State(state.b), **pick(o, "lr", "momentum"))
        return x, momentum_buffer.State(b.b, state.t + 1)
    return momentum_buffer.step(x, g, state, **pick(o, "lr", "momentum", "dampening"))


def rmsprop_step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """ε outside the root; centered where asked for."""
    form: Callable[..., tuple[Any, Any]] = rmsprop_centered.step if o["centered"] else rmsprop.step
    return form(x, g, state, **pick(o, "lr", "rho", "eps", "momentum"))


def rmsprop_keras_step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """ε inside the root, the rate inside the momentum buffer; centered where asked for."""
    form: Callable[..., tuple[Any, Any]] = rmsprop_centered.keras_step if o["centered"] else rmsprop.keras_step
    return form(x, g, state, **pick(o, "lr", "rho", "eps", "momentum"))


def rmsprop_start(x: Any, o: Options, v: float = 0.0) -> Any:
    """The state before the first step, the second moment at v."""
    return (rmsprop_centered if o["centered"] else rmsprop).init(x, initial_accumulator_value=v)


def adam_step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """Adam, or AMSGrad as torch has it."""
    form = amsgrad.torch_step if o["amsgrad"] else adam.step
    return form(x, g, state, **pick(o, "lr", "beta1", "beta2", "eps"))


def adam_start(x: Any, o: Options) -> Any:
    """The state before the first step."""
    return amsgrad.init(x) if o["amsgrad"] else adam.init(x)


def needs_velocity(value: Any) -> Any:
    """A momentum that is at work: the drawn one unless it is zero."""
    return value if value not in (None, 0, 0.0) else 0.9


MOMENTUM = Option("momentum", 0.0, (0.9, 0.5, 0.99), ("momentum", "mu", "beta"))
ADAM_STATE = {"m": ("exp_avg", "m", "momentum", "mu", "exp_avgs"), "v": ("exp_avg_sq", "v", "nu"),
              "vmax": ("max_exp_avg_sq", "vmax", "v_max"), "t": ("step", "t", "steps")}
COUNTERS = ("parameter", "group", "debiased")
REMEMBERS = frozenset({"remembers-at-zero-first-rate"})  # something beside the first moment keeps earlier signs
AMSGRAD = Option("amsgrad", False, (True,), ("amsgrad", "ams_bound"))
