"""What is claimed of the looks at a net before and after training: its first loss, a tiny set, bias and variance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from scipy import stats

from fiducial.checks.claims import claim
from fiducial.checks.claims_of_maps import derivative_gap
from fiducial.checks.evidence import Array, Gap, same

Draws = SearchStrategy[Any]
U = 2.0**-53
SEEDS: Draws = st.integers(0, 2**20)
CLASSES: Draws = st.integers(2, 10)
ERRORS: Draws = st.sampled_from((0.0, 0.05, 0.1, 0.2, 0.5))
TRIALS = 2048


def net(seed: int, classes: int, scale: float, *, hidden: int = 16, inputs: int = 4) -> tuple[tuple[int, ...], Array]:
    """Widths and normal weights of a net of one hidden layer, its biases 0, scaled."""
    sizes, rng = (inputs, hidden, classes), np.random.default_rng(seed)
    parts = [part for below, above in ((inputs, hidden), (hidden, classes))
             for part in (rng.standard_normal(above * below) * math.sqrt(2 / below), np.zeros(above))]
    return sizes, scale * np.concatenate(parts)


def examples(seed: int, classes: int, count: int) -> tuple[Array, Array]:
    """Inputs and labels without any relation."""
    rng = np.random.default_rng([1, seed])
    return rng.standard_normal((count, 4)), rng.integers(0, classes, count)


@claim("value", examples=40, seed=SEEDS, classes=CLASSES, power=st.integers(0, 20))
def an_ignorant_net_begins_at_ln_k(f: Any, seed: int, classes: int, power: int) -> Gap:
    """The smaller the weights, the nearer the first loss is to ln K, that of one class as good as another.

        |L - ln K| ≤ max s - min s,   s = O(scale²) for two layers

    Allowed  the spread of the scores themselves, and 64 u ln K.
    Rejects  a loss summed over the examples; ln of another number of classes.
    """
    sizes, theta = net(seed, classes, 2.0**-power)
    x, labels = examples(seed, classes, 20)
    spread = float(np.ptp(f.scores(x, theta, sizes=sizes), axis=1).max())
    expected = float(f.expected_first_loss(classes))
    first = float(f.loss(x, labels, theta, sizes=sizes))
    return Gap.worst([Gap(abs(first - expected), spread + 64 * U * expected, "first loss"),
                      Gap(abs(expected - math.log(classes)), 4 * U * expected, "ln K")])


@claim("value", examples=40, seed=SEEDS, lam=st.sampled_from((1e-3, 0.5, 10.0)))
def a_penalty_raises_the_first_loss(f: Any, seed: int, lam: float) -> Gap:
    """The first loss rises with the penalty, by exactly it.

        L(λ) - L(0) = λ ‖θ‖²

    Allowed  256 u (L + λ ‖θ‖²): a sum of 150 squares added to a loss.
    Rejects  a penalty that is divided by the number of examples; a penalty taken off.
    """
    sizes, theta = net(seed, 3, 1.0)
    x, labels = examples(seed, 3, 8)
    plain, with_penalty = (float(f.loss(x, labels, theta, sizes=sizes, lam=each)) for each in (0.0, lam))
    penalty = lam * math.fsum(theta**2)
    return Gap(abs(with_penalty - plain - penalty), 256 * U * (with_penalty + penalty))


@claim("gradient", examples=8, seed=SEEDS, lam=st.sampled_from((0.0, 0.5)))
def the_nets_gradient_is_its_derivative(f: Any, seed: int, lam: float) -> Gap | None:
    """The gradient that trains the net is the derivative of its loss.

        f.gradient(θ) = ∂ f.loss/∂θ

    Allowed  the error bar of the numerical derivative.
    Rejects  a gradient without the penalty's part.
    """
    sizes, theta = net(seed, 3, 1.0, hidden=3)
    x, labels = examples(seed, 3, 5)

    class Loss:
        """The loss as a map of θ alone."""

        @staticmethod
        def forward(theta: Array) -> Any:
            return f.loss(x, labels, theta, sizes=sizes, lam=lam)

        @staticmethod
        def backward(theta: Array, g: Array) -> Any:
            return g * f.gradient(x, labels, theta, sizes=sizes, lam=lam)

    return derivative_gap(Loss, {"theta": theta}, seed)


@claim("behaviour", examples=8, seed=SEEDS, classes=st.integers(2, 4))
def a_tiny_set_is_learnt_by_heart(f: Any, seed: int, classes: int) -> Gap:
    """A net that works learns eight examples with arbitrary labels by heart: the loss nears 0, and all are right.

        L_300 < ⅒ ln K,   accuracy 1

    Allowed  a tenth of what guessing costs, and no mistake: a net of 64 units for 8 examples has a solution of loss 0,
             and 300 steps are many times what it takes (see the suite for the margin).
    Rejects  descent along the gradient; labels that were shuffled away from their examples.
    """
    sizes, theta = net(seed, classes, 1.0, hidden=64)
    x, labels = examples(seed, classes, 8)
    found = f.overfit(x, labels, theta, sizes=sizes)
    again = float(f.loss(x, labels, found.theta, sizes=sizes))
    return Gap.worst([Gap(float(found.losses[-1]), 0.1 * math.log(classes), "last loss"),
                      Gap(abs(float(found.losses[-1]) - again), 0.0, "the loss of what it returns"),
                      Gap(1.0 - found.right, 0.0, "share of mistakes")])


@claim("value", examples=60, train=ERRORS, gap=ERRORS, target=ERRORS)
def bias_first_then_variance(f: Any, train: float, gap: float, target: float) -> Gap:
    """A high training error asks for a bigger model, whatever the gap; only then a gap asks for data.

        train > target: a bigger model;   else validation > target: more data or regularization;   else done

    Allowed  nothing.
    Rejects  more data for a model that cannot fit what it has.
    """
    validation = train + gap
    expected = ("a bigger model" if train > target else
                "more data or regularization" if validation > target else "done")
    return same(expected, f.advice(train, validation, target=target), "advice")


@claim("value", examples=40, n=st.integers(1, 60), part=st.integers(0, 60), variance=st.sampled_from((1.0, 0.25)))
def more_data_closes_the_gap(f: Any, n: int, part: int, variance: float) -> Gap:
    """More weights lower the training error and widen the gap; more data closes it, and both errors meet at the noise.

        E validation - E train = 2 p σ²/n,   E train + E validation = 2 σ²

    Allowed  8 u σ²: four roundings of numbers of at most 2 σ².
    Rejects  p/(n - p) for p/n, which is the gap of fresh inputs.
    """
    p = min(part, n)
    train, validation = f.expected_errors(p, n, variance=variance)
    return Gap.worst([Gap(abs(validation - train - 2 * p * variance / n), 8 * U * variance, "gap"),
                      Gap(abs(validation + train - 2 * variance), 8 * U * variance, "sum")])


@claim("distribution", random=True)
def errors_of_least_squares_are_these(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Least squares on noise has these errors: measured over 2048 fits of 3 weights to 8 examples.

        8 · train/σ² ~ χ²_5,   so that Σ over fits ~ χ² with 2048 · 5 degrees of freedom; E train = σ² · 5/8
        validation: fresh noise, of which 8 · error/σ² is a sum of independent squares with mean 8 + 3

    Allowed  the exact quantiles of χ² at α/2 for the training error, which at 1e-9 finds an error off by 13 % with
             probability 0.99. The validation error is χ²_{5m} + 2 χ²_{3m} (across the fit, and along it, where the
             noises add): each part keeps within its own quantiles at α/4.
    Rejects  errors that do not depend on the number of weights.
    """
    p, n = 3, 8
    basis = np.linalg.qr(rng.standard_normal((n, p)))[0]
    noise, fresh = rng.standard_normal((2, TRIALS, n))
    fitted = noise @ basis @ basis.T
    train, validation = (float(((y - fitted) ** 2).sum()) for y in (noise, fresh))
    stated = [n * TRIALS * float(error) for error in f.expected_errors(p, n, variance=1.0)]
    degrees = [(n - p) * TRIALS, p * TRIALS]
    spread = [max(abs(float(q(tail, k)) - k) for q in (stats.chi2.ppf, stats.chi2.isf))
              for k, tail in ((degrees[0], alpha / 4), (degrees[0], alpha / 8), (degrees[1], alpha / 8))]
    return Gap.worst([Gap(abs(train - stated[0]), spread[0], "training error, summed"),
                      Gap(abs(validation - stated[1]), spread[1] + 2 * spread[2], "validation error, summed")])
