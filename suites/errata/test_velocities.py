"""Momentum and Nesterov's method as printed: an average of one gradient, a look-ahead by the whole velocity."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from fiducial.checks.dynamics.noise import weights_of_an_average
from fiducial.checks.evidence import Array
from fiducial.checks.update_errata import the_shifted_form_walks_alike
from fiducial.reference.optimizers import momentum, momentum_average, nesterov
from fiducial.suites.bindings import Binding, Wrong, define_test
from fiducial.suites.dynamics.subjects import optimizer, pointwise


def uncounted(x: Array) -> int:
    """No steps done."""
    return 0


def of_the_last_gradient(x: Array, g: Array, t: int, *, lr: float, momentum: float) -> Any:
    """v_t = Σ_m β^{t-m} (1 - β) g_t, m = 1 … t."""
    weight = sum(momentum**age * (1 - momentum) for age in range(t + 1))
    return x - lr * weight * g, t + 1


def ahead_by_v(x: Array, gradient: Any, state: nesterov.State, *, lr: float, momentum: float) -> Any:
    """The gradient at θ + v; in the lecture's sign, w - v."""
    v = momentum * state.v - lr * gradient(x + state.v)
    return x + v, nesterov.State(v)


test_average = define_test(Binding(
    row="momentum: its sum of gradients", section=13, definition=optimizer(momentum_average),
    claims=(weights_of_an_average,),
    wrong=[Wrong(SimpleNamespace(init=uncounted, step=pointwise(of_the_last_gradient)), by=weights_of_an_average,
                 printed="v_t = Σ_m β^{t-m} (1-β) Δ_t", right="Σ_m β^{t-m} (1-β) Δ_m")]))

test_look_ahead = define_test(Binding(
    row="Nesterov: the φ identity", section=13, definition=optimizer(nesterov), claims=(the_shifted_form_walks_alike,),
    wrong=[Wrong(SimpleNamespace(init=nesterov.init, step=ahead_by_v), by=the_shifted_form_walks_alike,
                 printed="Nesterov look-ahead at w - v: the φ identity", right="at w - γv, by which φ = w - γv"),
           Wrong(optimizer(momentum), by=the_shifted_form_walks_alike)]))
