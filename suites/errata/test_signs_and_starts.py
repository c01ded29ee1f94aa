"""Descent, AdaGrad, RMSprop and Adadelta as printed: with the wrong sign, the wrong start, the wrong power, no ε."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from fiducial.checks.dynamics.adaptive import scaling_the_loss_changes_nothing
from fiducial.checks.evidence import Array
from fiducial.checks.update_errata import (
    a_parabola_takes_one_step,
    a_weight_without_gradient_stays,
    shifting_the_start_shifts_the_path,
    the_loss_falls,
)
from fiducial.reference.losses import cross_entropy
from fiducial.reference.optimizers import adadelta, adagrad, gradient_descent, rmsprop
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.dynamics.subjects import optimizer, pointwise
from fiducial.suites.losses.mutants import of
from fiducial.suites.rules.losses import CROSS_ENTROPY

Step = Callable[..., Any]


def uphill(subject: SimpleNamespace) -> SimpleNamespace:
    """The same displacement with the other sign."""
    def step(x: Array, gradient: Any, state: Any, **options: Any) -> Any:
        moved, state = subject.step(x, gradient, state, **options)
        return x - (moved - x), state

    return SimpleNamespace(init=subject.init, step=step)


def silently(step: Step) -> Step:
    """A step that may divide by zero, or take the root of a negative number, without a word."""
    def quiet(*arguments: Any, **options: Any) -> Any:
        with np.errstate(all="ignore"):
            return step(*arguments, **options)

    return quiet


def over_the_square(x: Array, g: Array, state: Any) -> Any:
    """The rate 1/(∇E ⊙ ∇E), at η = 0.1."""
    return x - 0.1 / (g * g) * g, state


def newton(w: float, *, value: float, slope: float, curvature: float) -> float:
    """w - Q'/Q''."""
    return w - slope / curvature


def plus(w: float, *, value: float, slope: float, curvature: float) -> float:
    """w + Q'/Q''."""
    return w + slope / curvature


def square_by_square(w: float, *, value: float, slope: float, curvature: float) -> float:
    """∂Q²/∂w² read as the derivative of Q² for w²: 2QQ'/2w."""
    return w - slope / (value * slope / w) if slope else w


def square_of_the_slope(w: float, *, value: float, slope: float, curvature: float) -> float:
    """∂Q²/∂w² read as (∂Q/∂w)²."""
    return w - slope / slope**2 if slope else w


def of_the_cost_as_printed(x: Any, labels: Any, g: Any, **options: Any) -> Any:
    """+E ∇log p, which is -∇J."""
    return -cross_entropy.backward(x, labels, g, **options)


DESCENT = optimizer(gradient_descent, lr=0.01)
ADAGRAD, RMSPROP = optimizer(adagrad, lr=0.01, eps=1e-7), optimizer(rmsprop, lr=0.001, rho=0.9, eps=1e-6)
ADADELTA = optimizer(adadelta)
NO_EPS = variant(RMSPROP, step=silently(optimizer(rmsprop, lr=0.001, rho=0.9, eps=0.0).step))
SLOPE = of(CROSS_ENTROPY, "gradient.is-the-derivative")

test_direction = define_test(Binding(
    row="gradient descent: its direction", section=13, definition=DESCENT, claims=(the_loss_falls,),
    wrong=[Wrong(uphill(DESCENT), by=the_loss_falls, printed="a step “in the direction of the gradient”",
                 right="against it")]))

test_adagrad = define_test(Binding(
    row="AdaGrad: sign and start", section=13, definition=ADAGRAD,
    claims=(the_loss_falls, shifting_the_start_shifts_the_path),
    wrong=[Wrong(uphill(ADAGRAD), by=the_loss_falls, printed="AdaGrad: Δθ = +η/(δ+√r) ⊙ g, θ ← θ + Δθ",
                 right="Δθ = -η/(δ+√r) ⊙ g: as printed it ascends"),
           Wrong(SimpleNamespace(init=lambda x: adagrad.State(r=x, t=0), step=silently(ADAGRAD.step)),
                 by=shifting_the_start_shifts_the_path, printed="AdaGrad: the accumulator starts at θ",
                 right="r = 0")]))

test_rmsprop = define_test(Binding(
    row="RMSprop: sign, start and ε", section=13, definition=RMSPROP,
    claims=(the_loss_falls, shifting_the_start_shifts_the_path, a_weight_without_gradient_stays),
    wrong=[Wrong(uphill(RMSPROP), by=the_loss_falls, printed="RMSprop: Δθ = +η/(δ+√r) ⊙ g, θ ← θ + Δθ",
                 right="Δθ = -η/(δ+√r) ⊙ g: as printed it ascends"),
           Wrong(SimpleNamespace(init=lambda x: rmsprop.init(x)._replace(v=x), step=silently(RMSPROP.step)),
                 by=shifting_the_start_shifts_the_path, printed="RMSprop: the accumulator starts at θ", right="r = 0"),
           Wrong(NO_EPS, by=a_weight_without_gradient_stays, printed="RMSprop: θ - η g/√r, with no ε",
                 right="δ + √r: 0/0 where a gradient has always been zero")]))

test_rate_of_each_component = define_test(Binding(
    row="a rate for each component", section=13, definition=optimizer(rmsprop, lr=0.1, rho=0.0, eps=0.0),
    claims=(scaling_the_loss_changes_nothing,),
    wrong=[Wrong(SimpleNamespace(init=gradient_descent.init, step=pointwise(over_the_square)),
                 by=scaling_the_loss_changes_nothing, printed="per-component rate 1/(∇E ⊙ ∇E)",
                 right="its square root, 1/√(∇E ⊙ ∇E): the limit of RMSprop at β = 0")]))

test_adadelta = define_test(Binding(
    row="Adadelta: its sign", section=13, definition=ADADELTA, claims=(the_loss_falls,),
    wrong=[Wrong(uphill(ADADELTA), by=the_loss_falls)]))

test_newton = define_test(Binding(
    row="Adadelta: the units of Newton's step", section=13, definition=SimpleNamespace(step=newton),
    claims=(a_parabola_takes_one_step,),
    wrong=[Wrong(SimpleNamespace(step=plus), by=a_parabola_takes_one_step, printed="Adadelta: Δw ≈ +Q'/Q''",
                 right="-Q'/Q''"),
           Wrong(SimpleNamespace(step=square_by_square), by=a_parabola_takes_one_step,
                 printed="Adadelta: ∂Q²/∂w² for the curvature", right="∂²Q/∂w²"),
           Wrong(SimpleNamespace(step=square_of_the_slope), by=a_parabola_takes_one_step)]))

test_cost = define_test(Binding(
    row="the gradient of a cost", section=13, definition=cross_entropy, claims=(SLOPE,),
    wrong=[Wrong(variant(cross_entropy, backward=of_the_cost_as_printed), by=SLOPE,
                 printed="∇J = +E ∇log p for a cost J", right="-E ∇log p, J = -E log p")]))
