"""Claims about hidden units: those that start equal stay equal, those that are off for all examples get no gradient."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from fiducial.checks.claims import Claim, claim
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.gradients import Verdict, check_gradient
from fiducial.checks.initializers import EPS, SEEDS, Draw

UNITS, INPUTS, OUTPUTS, EXAMPLES = 7, 5, 2, 9
Product = Callable[[Array, Array], Array]


class Net(NamedTuple):
    """y = A tanh(W x + b) + c: W (units, inputs), b (units, 1), A (outputs, units), c (outputs, 1)."""

    w: Array
    b: Array
    a: Array
    c: Array


def in_one_order(w: Array, x: Array) -> Array:
    """w @ x, each entry summed from its first term to its last."""
    y = np.zeros((w.shape[0], x.shape[1]))
    for i in range(w.shape[1]):
        y = y + w[:, i, None] * x[None, i, :]
    return y


def trained(net: Net, x: Array, t: Array, *, lr: float, steps: int, product: Product = in_one_order) -> Net:
    """After so many steps of descent on the mean of ‖y - t‖²/2, every sum over terms being the product's."""
    ones = np.ones((x.shape[1], 1))
    for _ in range(steps):
        h = np.tanh(product(net.w, x) + net.b)
        e = (product(net.a, h) + net.c - t) / x.shape[1]
        s = product(net.a.T, e) * (1 - h**2)
        step = Net(product(s, x.T), product(s, ones), product(e, h.T), product(e, ones))
        net = Net(*(value - lr * change for value, change in zip(net, step, strict=True)))
    return net


def started(f: Any, rng: np.random.Generator, options: Mapping[str, Any], *, units: int = UNITS,
            inputs: int = INPUTS) -> Net:
    """A net whose weights are the subject's and whose biases are 0."""
    return Net(Draw((units, inputs), options).of(f, rng), np.zeros((units, 1)),
               Draw((OUTPUTS, units), options).of(f, rng), np.zeros((OUTPUTS, 1)))


def examples(rng: np.random.Generator, inputs: int = INPUTS, count: int = EXAMPLES) -> tuple[Array, Array]:
    """Normal inputs, and targets of one sign."""
    return rng.standard_normal((inputs, count)), 1 + rng.random((OUTPUTS, count))


def unequal(net: Net) -> int:
    """How many entries of units differ from the first unit's."""
    return int(np.sum(net.w != net.w[:1]) + np.sum(net.b != net.b[:1]) + np.sum(net.a != net.a[:, :1]))


def hidden_units_stay_equal(**options: Any) -> Claim:
    """Units that an initializer makes equal."""

    @claim("behaviour", examples=10, seed=SEEDS, lr=st.sampled_from([0.01, 0.1, 0.5]))
    def hidden_units_stay_equal(f: Any, seed: int, lr: float) -> Gap:
        """The hidden units of a layer start equal and stay equal through training, bit for bit.

            w_1 = … = w_H, a_1 = … = a_H  ⇒  the same after 30 steps

        Allowed  0 entries that differ: every unit's sums run in one fixed order, so equal terms give equal sums.
        Rejects  an initializer that adds noise however small.
        Mend     fill every entry with the very same number, and compute nothing on the way.
        Cares    a layer of equal units has the power of one, however wide it is.
        """
        rng = np.random.default_rng(seed)
        net = trained(started(f, rng, options), *examples(rng), lr=lr, steps=30)
        return Gap(float(unequal(net)), 0.0, "entries that differ from the first unit's after 30 steps")

    return hidden_units_stay_equal


@claim("behaviour", examples=10, seed=SEEDS, lr=st.sampled_from([0.01, 0.1, 0.5]))
def zeros_never_leave_zero(f: Any, seed: int, lr: float) -> Gap:
    """Under tanh every weight's gradient is exactly 0 at zero weights: only the output's bias moves.

        W = 0, A = 0  ⇒  h = tanh(0) = 0, ∂E/∂A = e hᵀ = 0, ∂E/∂W = (Aᵀ e) … = 0;   ∂E/∂c = Σ e ≠ 0

    Allowed  0 entries that leave 0 in 10 steps, while every output bias does leave it.
    Rejects  ones; any constant but 0.
    Mend     fill in zeros and nothing else.
    Cares    the loss falls a little, by the output's bias, and nothing else is ever learnt.
    """
    rng = np.random.default_rng(seed)
    net = trained(started(f, rng, {}), *examples(rng), lr=lr, steps=10)
    moved = sum(int(np.count_nonzero(value)) for value in (net.w, net.b, net.a))
    return Gap(float(moved + np.count_nonzero(net.c == 0)), 0.0, "weights that left 0, output biases that did not")


@claim("behaviour", examples=10, seed=SEEDS, units=st.integers(2, 9), inputs=st.integers(2, 9))
def equal_rows_give_equal_sums(f: Any, seed: int, units: int, inputs: int) -> Gap:
    """Under this product hidden units that start equal stay equal, bit for bit.

        w_1 = … = w_H  ⇒  the same after 30 steps whose sums are all the product's

    Allowed  0 entries that differ.
    Rejects  a product that sums every second row backwards, as the edge of a block may be.
    """
    rng = np.random.default_rng(seed)
    row, column = rng.standard_normal((1, inputs)), rng.standard_normal((OUTPUTS, 1))
    net = Net(np.repeat(row, units, 0), np.zeros((units, 1)), np.repeat(column, units, 1), np.zeros((OUTPUTS, 1)))
    net = trained(net, *examples(rng, inputs), lr=0.1, steps=30, product=f.product)
    return Gap(float(unequal(net)), 0.0, "entries that differ from the first unit's after 30 steps")


@claim("value", examples=20, seed=SEEDS, units=st.integers(1, 9), inputs=st.integers(1, 40))
def product_is_the_matrix_product(f: Any, seed: int, units: int, inputs: int) -> Gap:
    """The entries are those of the matrix product.

        y_jn = Σ_i w_ji x_in

    Allowed  γ_n Σ|w||x| twice, for two orders of summation (Higham, 2002, section 3.1).
    Rejects  a sum that leaves its last term out.
    """
    rng = np.random.default_rng(seed)
    w, x = rng.standard_normal((units, inputs)), rng.standard_normal((inputs, 4))
    allowed = inputs * EPS * (np.abs(w) @ np.abs(x)) * (1 + inputs * EPS)
    off = np.abs(f.product(w, x) - w @ x)
    worst = np.unravel_index(int(np.argmax(off / allowed)), off.shape)
    return Gap(float(off[worst]), float(allowed[worst]), "entries of the product")


class Rectified(NamedTuple):
    """A hidden layer of ReLUs over positive inputs, its output weights, and targets below every output: e > 0."""

    w: Array
    b: Array
    a: Array
    x: Array
    t: Array

    def sums(self, hidden: Any) -> Array:
        """s, one row an example, for the subject's hidden layer."""
        return np.asarray(self.x @ np.asarray(hidden[0]).T + np.asarray(hidden[1]))


def rectified(seed: int) -> Rectified:
    """One unit in two or so has a > 0 and is on for some example: a large step down kills it."""
    rng = np.random.default_rng(seed)
    w, b, a = rng.standard_normal((12, 3)), rng.standard_normal(12) / 4, rng.standard_normal(12)
    x = rng.uniform(0.25, 1, (8, 3))
    y = np.maximum(x @ w.T + b, 0.0) @ a
    return Rectified(w, b, a, x, np.full(8, float(y.min()) - 0.5))


@claim("behaviour", examples=25, seed=SEEDS, lr=st.sampled_from([1e-3, 0.1, 10.0]))
def dead_units_stay_dead(f: Any, seed: int, lr: float) -> Gap:
    """A unit that is off for every example gets no gradient at all, and a step leaves it as it was.

        max_k s_kj ≤ 0  ⇒  ∂E/∂w_j = 0, ∂E/∂b_j = 0

    Allowed  0 entries of its gradient that are not 0, 0 that a step changes.
    Rejects  a leaky unit's gradient.
    """
    net = rectified(seed)
    hidden = f.Hidden(net.w, np.where(np.arange(12) < 4, -100.0, net.b))
    g, after = f.gradient(hidden, net.a, net.x, net.t), f.step(hidden, net.a, net.x, net.t, lr=lr)
    alive = 4 - int(np.count_nonzero(f.dead(hidden, net.x)[:4]))
    off = sum(int(np.count_nonzero(value[:4])) for value in g)
    off += sum(int(np.count_nonzero(new[:4] != old[:4])) for new, old in zip(after, hidden, strict=True))
    return Gap(float(off + alive), 0.0, "entries of dead units that have a gradient or move")


@claim("gradient", examples=10, seed=SEEDS)
def hidden_gradient_is_the_derivative(f: Any, seed: int) -> Gap | None:
    """The gradient of the hidden layer is the derivative of the mean squared error.

        ∂E/∂W, ∂E/∂b of E = Σ (max(X Wᵀ + b, 0) a - t)² / 2N

    Allowed  the error bar of the numerical derivative.
    Rejects  the division by N forgotten.
    """
    net = rectified(seed)

    def error(w: Array, b: Array) -> Array:
        e = np.maximum(net.x @ w.T + b, 0.0) @ net.a - net.t
        return np.asarray(np.sum(e**2) / (2 * len(e)))

    def backward(w: Array, b: Array, g: Array) -> tuple[Array, ...]:
        return tuple(g * value for value in f.gradient(f.Hidden(w, b), net.a, net.x, net.t))

    report = check_gradient(error, net.w, net.b, backward=backward, seed=seed)
    judged = report.verdict in (Verdict.RIGHT, Verdict.WRONG)
    return Gap(report.gap.measured, report.gap.allowed, report.reason) if judged else None


def fatal_rate(net: Rectified) -> float:
    """Twice the rate that surely kills every unit with a > 0 that is on for some example.

        s_m falls by η a_j Σ_k e_k 1[s_kj > 0] (x_k·x_m + 1)/N ≥ η a_j min e / N
    """
    s = net.x @ net.w.T + net.b
    e = np.maximum(s, 0.0) @ net.a - net.t
    killed = (net.a > 0) & (s.max(axis=0) > 0)
    rates = s.max(axis=0)[killed] * len(e) / (net.a[killed] * e.min())
    return 2 * float(rates.max(initial=1.0))


def _after(f: Any, net: Rectified, lr: float) -> tuple[Array, Array]:
    """Each unit's largest sum after one step, and its rounding error: the step's own terms and the sums over them."""
    hidden = f.Hidden(net.w, net.b)
    stepped = f.step(hidden, net.a, net.x, net.t, lr=lr)
    g = f.gradient(hidden, net.a, net.x, net.t)
    size = np.abs(net.x) @ (np.abs(net.w) + lr * np.abs(g[0])).T + np.abs(net.b) + lr * np.abs(g[1])
    return net.sums(stepped).max(axis=0), 32 * EPS * size.max(axis=0)


@claim("behaviour", examples=25, seed=SEEDS)
def deaths_rise_with_the_rate(f: Any, seed: int) -> Gap:
    """The larger the step, the more units are dead after it; a large one kills all that it lowers.

        inputs > 0, e > 0:  s_m(η) = s_m - η c_m, with c_m ≥ 0 where a > 0 and ≤ 0 where a < 0
        dead at η ⇒ dead at every η' > η, for a > 0;   at the fatal rate every such unit is dead

    Allowed  0 units that revive and 0 that survive the fatal rate, where the sums are clear of their rounding error
             (32 ulp of their terms: 3 + 8 of them, and the step's 8).
    Rejects  a step up the gradient; a step whose length is limited.
    """
    net = rectified(seed)
    lowered, top, off = net.a > 0, fatal_rate(net), 0
    clearly_dead = np.zeros(net.a.shape, dtype=bool)
    for rate in top * 2.0 ** np.arange(-12, 1):
        largest, error = _after(f, net, float(rate))
        off += int(np.count_nonzero(clearly_dead & (largest > error) & lowered))
        clearly_dead |= largest < -error
    survivors = np.count_nonzero(lowered & ~clearly_dead)
    return Gap(float(off + survivors), 0.0, "units that revive at a higher rate, or survive the fatal one")


@claim("behaviour", examples=25, seed=SEEDS)
def remedy_leaves_fewer_dead(f: Any, seed: int) -> Gap | None:
    """At the rate that the remedy names fewer units die than at the rate that killed some.

        #dead(remedy(η)) < #dead(η),  η the least of top · 2^-k at which a step kills a unit

    Allowed  one unit fewer than at η.
    Rejects  a higher rate, said to mitigate.
    """
    net = rectified(seed)
    hidden = f.Hidden(net.w, net.b)

    def dead(rate: float) -> int:
        return int(np.count_nonzero(f.dead(f.step(hidden, net.a, net.x, net.t, lr=rate), net.x)))

    before = int(np.count_nonzero(f.dead(hidden, net.x)))
    rates = fatal_rate(net) * 2.0 ** np.arange(-20, 1)
    rate = next((r for r in rates if dead(float(r)) > before), math.nan)
    if math.isnan(rate) or rate == rates[0]:  # no unit can be killed, or one dies at any rate on the grid
        return None
    return Gap(float(dead(f.remedy(float(rate)))), float(dead(float(rate)) - 1), f"dead units, remedy for η = {rate:g}")
