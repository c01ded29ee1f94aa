"""Dead units get no gradient, and higher rates make more of them."""

import numpy as np

from fiducial.checks.evidence import Array
from fiducial.checks.hidden_units import (
    dead_units_stay_dead,
    deaths_rise_with_the_rate,
    hidden_gradient_is_the_derivative,
    remedy_leaves_fewer_dead,
)
from fiducial.reference.initializers import dead_relu
from fiducial.reference.initializers.dead_relu import Hidden
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def leaky_gradient(hidden: Hidden, a: Array, x: Array, t: Array) -> Hidden:
    """The gradient of units that leak a hundredth."""
    s = x @ hidden.w.T + hidden.b
    e = np.maximum(s, 0.0) @ a - t
    g = np.where(s > 0, 1.0, 0.01) * e[:, None] * a / len(x)
    return Hidden(g.T @ x, g.sum(axis=0))


def summed_gradient(hidden: Hidden, a: Array, x: Array, t: Array) -> Hidden:
    """The division by N forgotten."""
    g = dead_relu.gradient(hidden, a, x, t)
    return Hidden(len(x) * g.w, len(x) * g.b)


def ascent(hidden: Hidden, a: Array, x: Array, t: Array, *, lr: float) -> Hidden:
    """A step up."""
    g = dead_relu.gradient(hidden, a, x, t)
    return Hidden(hidden.w + lr * g.w, hidden.b + lr * g.b)


def limited(hidden: Hidden, a: Array, x: Array, t: Array, *, lr: float) -> Hidden:
    """A step whose length is limited, whatever the rate."""
    g = dead_relu.gradient(hidden, a, x, t)
    scale = lr / max(1.0, 100 * lr * float(np.sqrt(np.sum(g.w**2) + np.sum(g.b**2))))
    return Hidden(hidden.w - scale * g.w, hidden.b - scale * g.b)


BINDING = Binding(
    row="dead ReLU", section=5, definition=dead_relu,
    claims=(dead_units_stay_dead, hidden_gradient_is_the_derivative, deaths_rise_with_the_rate,
            remedy_leaves_fewer_dead),
    wrong=[Wrong(variant(dead_relu, gradient=leaky_gradient), by=dead_units_stay_dead),
           Wrong(variant(dead_relu, gradient=summed_gradient), by=hidden_gradient_is_the_derivative),
           Wrong(variant(dead_relu, step=ascent), by=deaths_rise_with_the_rate),
           Wrong(variant(dead_relu, step=limited), by=deaths_rise_with_the_rate),
           Wrong(variant(dead_relu, remedy=lambda lr: 10 * lr), by=remedy_leaves_fewer_dead,
                 printed="\"higher learning rates mitigate\" dying ReLUs", right="they cause them")])
test_dead_relu = define_test(BINDING)
