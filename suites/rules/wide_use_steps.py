"""How the options of the rules in wide use make one step out of definitions, and how two of them count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fiducial.checks.plans import Options
from fiducial.checks.rounding import FLOAT32, Rounded
from fiducial.reference.optimizers import adabelief, adabound, adam, adamp, adan, decay, madgrad, maximize, novograd
from fiducial.suites.rules.composition import Step, pick
from fiducial.suites.rules.rule import Rule

BETAS = ("lr", "beta1", "beta2")


def adabelief_step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """Plain, with the largest second moment, or rectified."""
    amsgrad = adabelief.amsgrad_step if o["amsgrad"] else adabelief.step
    form: Callable[..., tuple[Any, Any]] = adabelief.rectified_step if o["rectify"] else amsgrad
    return form(x, g, state, **pick(o, *BETAS, "eps"))


def adabound_form(floor: float) -> Step:
    """The authors' code, with a number added under the root."""

    def step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
        form = adabound.amsbound_step if o["amsbound"] else adabound.corrected_step
        return form(x, g, state, floor=floor, **pick(o, *BETAS, "eps", "final_lr", "gamma"))

    return step


def novograd_form(moment: Callable[..., Any], *, whole_start: bool = False,
                  root: Callable[[Any, Any], Any] = lambda v, eps: np.sqrt(v) + eps) -> Step:
    """NovoGrad with a way of starting its second moment, and of taking its root.

    whole_start  an average takes the first d as it is
    """

    def step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
        g = maximize.ascent(g) if o["maximize"] else g
        inside, first = o["weight_decay"], state.t == 0
        if o["decoupled"]:
            x, inside = decay.decoupled(x, **pick(o, "lr", "weight_decay")), 0.0
        state = moment(g, state, beta2=o["beta2"])
        d = g / root(state.vmax if o["amsgrad"] else state.v, o["eps"]) + inside * x
        averaged = o["grad_averaging"] and not (whole_start and first)
        m = o["beta1"] * state.m + ((1 - o["beta1"]) * d if averaged else d)
        return x - o["lr"] * m, state._replace(m=m)

    return step


def float32(value: Any) -> Any:
    """A number that a subject keeps in float32: known to one unit of it, exact at 0, unknown where it overflows."""
    if not isinstance(value, Rounded) or value.rounding.unit >= FLOAT32.unit:
        return value
    size = np.abs(value.value)
    error = value.error + np.where(size > 0, FLOAT32.unit * np.minimum(size, FLOAT32.largest) + FLOAT32.tiny, 0.0)
    return Rounded(value.value, np.where(size <= FLOAT32.largest, error, np.inf), value.rounding)


def float32_moment(g: Any, state: Any, *, beta2: Any) -> Any:
    """NovoGrad's v in float32, started anew as long as it is 0."""
    state = novograd.waiting_moment(g, state, beta2=beta2)
    return state._replace(v=float32(state.v), vmax=float32(state.vmax))


def madgrad_step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """The authors' code: η + ε unless η = 0; x_0 from x where there is no momentum; decay of the x before the step."""
    g, away = _pulled(x, g, o)
    rate = np.where(o["lr"] == 0, 0.0, o["lr"] + o["eps"])
    new, state = _madgrad(x, g, state, o, rate)
    return (new - rate * o["weight_decay"] * x if away else new), state


def madgrad_timm_step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """η + ε always; decay by η λ before the step."""
    g, away = _pulled(x, g, o)
    if away:
        x = decay.decoupled(x, **pick(o, "lr", "weight_decay"))
    return _madgrad(x, g, state, o, o["lr"] + o["eps"])


def _pulled(x: Any, g: Any, o: Options) -> tuple[Any, bool]:
    """The gradient, flipped and with coupled decay where asked for, and whether the decay is still to be done."""
    g = maximize.ascent(g) if o["maximize"] else g
    return (g, True) if o["decoupled"] else (decay.coupled(g, x, weight_decay=o["weight_decay"]), False)


def _madgrad(x: Any, g: Any, state: Any, o: Options, rate: Any) -> tuple[Any, Any]:
    if o["momentum"] == 0:
        return madgrad.moving_step(x, g, state, lr=rate, eps=o["eps"])
    return madgrad.step(x, g, state, lr=rate, **pick(o, "momentum", "eps"))


def projecting(plain: Callable[..., Any], nesterov: Callable[..., Any], *names: str,
               similarity: Callable[..., Any] = adamp.cosine) -> Step:
    """AdamP or SGDP, whose decay is theirs unless it is coupled."""

    def step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
        g, away = _pulled(x, g, o)
        form: Callable[..., tuple[Any, Any]] = nesterov if o["nesterov"] else plain
        return form(x, g, state, **pick(o, *names, "lr", "eps", "delta", "wd_ratio"), similarity=similarity,
                    weight_decay=o["weight_decay"] if away else 0.0)

    return step


def adamp_keras_step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
    """AdamP whose ε stands before the correction, as Keras's Adam has it."""
    g, away = _pulled(x, g, o)
    beta1, beta2 = o["beta1"], o["beta2"]
    state = adam.moments(g, state, beta1=beta1, beta2=beta2)
    m = beta1 * state.m + (1 - beta1) * g if o["nesterov"] else state.m
    p = m * np.sqrt(1 - beta2**state.t) / (1 - beta1**state.t) / (np.sqrt(state.v) + o["eps"])
    return adamp.moved(x, g, p, **pick(o, "lr", "delta", "wd_ratio", "eps"),
                       weight_decay=o["weight_decay"] if away else 0.0), state


def adan_form(form: Callable[..., tuple[Any, Any]]) -> Step:
    """Adan in one of its forms, or decoupled where that is asked for."""

    def step(x: Any, g: Any, state: Any, o: Options) -> tuple[Any, Any]:
        g = maximize.ascent(g) if o["maximize"] else g
        chosen = adan.decoupled_step if o.get("decoupled") else form
        more = pick(o, "eps_root") if "eps_root" in o else {}
        return chosen(x, g, state, beta2=o["beta_difference"], **more,
                      **pick(o, "lr", "beta1", "beta3", "eps", "weight_decay"))

    return step


@dataclass(frozen=True)
class ThreeAverages(Rule):
    """Adan, three of whose averages are corrected."""

    def missed(self, counter: str, state: Any, options: Options, t: int) -> Any:
        """As for Adam, `debiased` keeps each average divided by its 1 - βᵗ."""
        if counter != "debiased" or state.t == 0:
            return super().missed("group", state, options, t)
        kept = {name: getattr(state, name) * (1 - options[beta] ** t) / (1 - options[beta] ** state.t)
                for name, beta in (("m", "beta1"), ("d", "beta_difference"), ("n", "beta3"))}
        return state._replace(t=t, **kept)


@dataclass(frozen=True)
class RateAsBuilt(Rule):
    """AdaBound, whose bounds belong to the rate that it was built with; the parameter's own steps may count beside."""

    def missed(self, counter: str, state: Any, options: Options, t: int) -> Any:
        """`built`: a step without a gradient is not counted, and the state began with the options of the first step."""
        return state if counter == "built" else super().missed(counter, state, options, t)
