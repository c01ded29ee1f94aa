"""Claims about signals in deep random nets: which initializer keeps them, under which activation, forward and backward.

Each layer's sums, given the signal x that enters it, are s_j = Σ_i w_ji x_i with independent rows of independent,
even, strictly sub-Gaussian entries of variance v (normal and uniform ones are). So y_j = s_j² / (v Σ x_i²) has,
whatever x is,
    E y = 1,   E e^{λy} ≤ (1 - 2λ)^{-1/2},   E y² ≤ 3,
and sums of y over units, layers and nets obey the bounds of `mean_of_squares`, though the layers depend on each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from scipy import special

from fiducial.checks import statistics
from fiducial.checks.claims import Claim, claim
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.initializers import Draw

WIDTHS = (40, 24) * 12  # 23 layers; the two widths tell a fan-in from a fan-out
NETS = 30
Activation = Callable[[Array], Array]


def relu(s: Array) -> Array:
    """max(s, 0)."""
    return np.maximum(s, 0.0)


def linear(s: Array) -> Array:
    """s itself."""
    return s


def leaky(slope: float) -> Activation:
    """s above 0, slope · s below."""
    return lambda s: np.where(s > 0, s, slope * s)


def mean_of_squares(y: Array, *, alpha: float, where: str) -> Gap:
    """Squares of strictly sub-Gaussian terms, each of mean 1 given all before it, have mean 1.

        measured |ȳ - 1|

    Allowed  above: ε with ε - ln(1 + ε) = 2 ln(2/α) / N, Chernoff's bound for the moments of χ²_N, which dominate;
             below: √(6 ln(2/α) / N), from E e^{-λy} ≤ exp(-λ + 3λ²/2) at its best λ. Both hold for every N.
    """
    n, budget = y.size, math.log(2 / alpha)
    if not np.isfinite(y).all():
        return Gap(math.inf, 0.0, f"{where}: the signal is 0 or not finite")
    above = -float(special.lambertw(-math.exp(-1 - 2 * budget / n), -1).real) - 1
    mean = float(np.mean(y))
    allowed = above if mean > 1 else math.sqrt(6 * budget / n)
    return Gap(abs(mean - 1), allowed, where, {"mean": mean, "n": n})


class Layer(NamedTuple):
    """What one layer of one net did: the mean square that entered, and the sums that came out."""

    entered: float
    sums: Array


def forward(f: Any, rng: np.random.Generator, activation: Activation, *, widths: Sequence[int] = WIDTHS,
            nets: int = NETS, scale: float = 1.0, **options: Any) -> Iterator[Layer]:
    """Layer after layer of fresh nets, each with a normal input of this scale."""
    for _ in range(nets):
        x = scale * rng.standard_normal(widths[0])
        for n_in, n_out in pairwise(widths):
            s = Draw((n_out, n_in), options).of(f, rng) @ x
            yield Layer(float(np.mean(x**2)), s)
            x = activation(s)


def backward(f: Any, rng: np.random.Generator, *, keep: float = 1.0, widths: Sequence[int] = WIDTHS,
             nets: int = NETS, **options: Any) -> Iterator[Layer]:
    """The same for gradients, g ← Wᵀ(m ∘ g), with masks m that keep with probability `keep`, whatever the weights."""
    for _ in range(nets):
        g = rng.standard_normal(widths[-1])
        for n_in, n_out in zip(widths[-2::-1], widths[::-1], strict=False):
            g = np.where(rng.random(n_out) < keep, g, 0.0)
            s = Draw((n_out, n_in), options).of(f, rng).T @ g
            yield Layer(float(np.mean(g**2)), s)
            g = s


def ratios(layers: Iterable[Layer], factor: float, pick: Activation = linear) -> Array:
    """y = s² / (factor · mean square that entered), over all layers and those of their sums that `pick` leaves."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.concatenate([pick(s) ** 2 / (factor * entered) for entered, s in layers])


def judged(layers: Iterable[Layer], factor: float, alpha: float, pick: Activation = linear) -> Gap:
    """E s² = factor · E x² in layers that widen and in layers that narrow, each with its share of α.

    Together they would hide one fan taken for the other: n_in/n_out and n_out/n_in, weighted by units, average to 1.
    """
    known = list(layers)
    widths = sorted({layer.sums.size for layer in known})
    return Gap.worst([mean_of_squares(ratios((layer for layer in known if layer.sums.size == n), factor, pick),
                                      alpha=alpha / len(widths), where=f"E s² / ({factor:g} E x²) in layers of {n}")
                      for n in widths])


def sums_have(factor: float, f: Any, rng: np.random.Generator, alpha: float, activation: Activation,
              **options: Any) -> Gap:
    """E s² = factor · E x² in every layer."""
    return judged(forward(f, rng, activation, **options), factor, alpha)


def rectified_have(factor: float, f: Any, rng: np.random.Generator, alpha: float, **options: Any) -> Gap:
    """E max(s, 0)² = factor/2 · E x²: half of the sums are positive, and E s² = factor · E x² over those.

    A sum's sign is independent of its square and fair, so the count is binomial and the squares obey their bounds.
    """
    layers = list(forward(f, rng, relu, **options))
    on = np.concatenate([s > 0 for _, s in layers])
    return Gap.worst([statistics.proportion(on, 0.5, alpha=alpha / 2),
                      judged(layers, factor, alpha / 2, pick=lambda s: s[s > 0])])


def keeps_linear_signal(**options: Any) -> Claim:
    """Fan-in scaling in a linear net."""

    @claim("distribution", random=True)
    def keeps_linear_signal(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
        """A linear net keeps the second moment of its signal, in the mean over nets, through 23 layers.

            E x_{d+1}² = E x_d²

        Allowed  the bounds of `mean_of_squares` on 8640 and 13,200 sums, in layers that narrow and that widen: a
                 factor off by 13 % a layer is found with power 0.99.
        Rejects  He's variance, which doubles it in each layer; the fan-out taken for the fan-in.
        Mend     use 1/n_in, n_in the inputs of a unit; check which axis is which.
        Cares    a transposed fan is right in square layers and wrong in all others.
        """
        return sums_have(1.0, f, rng, alpha, linear, **options)

    return keeps_linear_signal


@claim("distribution", random=True)
def loses_half_under_relu(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """With variance 1/n each ReLU layer loses half of the second moment: 2^-23 is left after 23.

        E x_{d+1}² = ½ E x_d²

    Allowed  α/2 for the share of positive sums, exactly binomial, α/2 for the squares of those (`mean_of_squares`);
             a factor off by 19 % a layer is found with power 0.99.
    Rejects  He's variance, which loses nothing.
    Mend     use 1/n_in; the 2 that ReLUs need is He's initializer.
    Cares    a deep net of ReLUs that starts so has no signal left at its end.
    """
    return rectified_have(1.0, f, rng, alpha)


def keeps_relu_signal(**options: Any) -> Claim:
    """Fan-in scaling in a net of ReLUs."""

    @claim("distribution", random=True)
    def keeps_relu_signal(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
        """A net of ReLUs keeps the second moment of its signal, in the mean over nets, through 23 layers.

            E x_{d+1}² = E x_d²,  x = max(s, 0):   P(s > 0) = ½,  E s² = 2 E x²

        Allowed  α/2 for the share of positive sums, exactly binomial, α/2 for the squares of those
                 (`mean_of_squares`); a factor off by 19 % a layer is found with power 0.99.
        Rejects  LeCun's variance, which halves it in each layer.
        Mend     use 2/n_in: ReLU takes half of the second moment.
        Cares    without the 2 nothing is left of a signal after some dozens of layers.
        """
        return rectified_have(2.0, f, rng, alpha, **options)

    return keeps_relu_signal


@claim("distribution", random=True)
def doubles_linear_signal(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """With variance 2/n and no activation the second moment doubles in each layer: 2^23 after 23.

        E x_{d+1}² = 2 E x_d²

    Allowed  the bounds of `mean_of_squares` on 8640 and 13,200 sums.
    Rejects  LeCun's variance, which keeps it.
    Mend     use 2/n_in, made for ReLUs, whatever stands behind the layer.
    Cares    that it doubles without one is how a forgotten activation shows.
    """
    return sums_have(2.0, f, rng, alpha, linear)


def keeps_leaky_signal(slope: float) -> Claim:
    """A leak and the variance made for it."""

    @claim("distribution", random=True)
    def keeps_leaky_signal(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
        """With the slope told, a net of leaky ReLUs keeps the second moment of its signal through 23 layers.

            E s² = 2/(1 + a²) E x²,   E φ(s)² = (1 + a²)/2 E s²

        Allowed  the bounds of `mean_of_squares` on 8640 and 13,200 sums; the second equation is arithmetic.
        Rejects  an initializer that forgets the leak: at a = 0.8 its factor is 1.64 times too large.
        Mend     hand the slope to the gain: √(2/(1 + a²)).
        Cares    with the gain of ReLU a strong leak makes signals explode with depth.
        """
        return sums_have(2 / (1 + slope**2), f, rng, alpha, leaky(slope), a=slope)

    return keeps_leaky_signal


def keeps_linear_gradient(**options: Any) -> Claim:
    """Fan-out scaling, backward."""

    @claim("distribution", random=True)
    def keeps_linear_gradient(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
        """A linear net keeps the second moment of its gradients, in the mean over nets, through 23 layers.

            E g_d² = E g_{d+1}²,  g_d = Wᵀ g_{d+1}

        Allowed  the bounds of `mean_of_squares` on 8640 and 13,200 sums.
        Rejects  the fan-in taken for the fan-out.
        Mend     use 1/n_out where gradients are to be kept; check which axis is which.
        Cares    a transposed fan is right in square layers and wrong in all others.
        """
        return judged(backward(f, rng, **options), 1.0, alpha)

    return keeps_linear_gradient


def keeps_relu_gradient(**options: Any) -> Claim:
    """Fan-out scaling, backward through masks."""

    @claim("distribution", random=True)
    def keeps_relu_gradient(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
        """Through ReLUs, each on with probability ½ and independently of the weights, gradients keep their size.

            g_d = Wᵀ(m ∘ g_{d+1}),   E g_d² = 2 E (m ∘ g_{d+1})² = E g_{d+1}²

        Allowed  the bounds of `mean_of_squares` on 8640 and 13,200 sums. That masks are independent of the
                 weights is the source's assumption, and here part of the claim.
        Rejects  the fan-in taken for the fan-out; LeCun's variance.
        Mend     use 2/n_out where gradients are to be kept.
        Cares    gradients that lose a factor a layer leave the first layers untrained.
        """
        return judged(backward(f, rng, keep=0.5, **options), 2.0, alpha)

    return keeps_relu_gradient


@claim("distribution", random=True)
def compromises_between_signal_and_gradient(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """The forward and the backward factor average to 1; each is 1 only where the fans are equal.

        E s² = 2n_in/(n_in + n_out) E x²,   E g_d² = 2n_out/(n_in + n_out) E g_{d+1}²;   their mean is 1

    Allowed  α/4 each for the bounds of `mean_of_squares` at fans (160, 96), (96, 160), forward and
             backward.
    Rejects  fan-in scaling, which is 1 forward and n_out/n_in backward.
    Mend     use the variance 2/(n_in + n_out).
    Cares    with either fan alone one of the two directions grows or dies where widths change.
    """
    gaps = []
    for n_in, n_out in ((160, 96), (96, 160)):
        for name, n, walk in (("forward", n_in, forward(f, rng, linear, widths=(n_in, n_out), nets=75)),
                              ("backward", n_out, backward(f, rng, widths=(n_in, n_out), nets=75))):
            y = ratios(walk, 2 * n / (n_in + n_out))
            gaps.append(mean_of_squares(y, alpha=alpha / 4, where=f"{name} factor at fans ({n_in}, {n_out})"))
    return Gap.worst(gaps)


@claim("distribution", random=True)
def keeps_small_tanh_signal(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Near 0, where tanh is linear, a net of tanh units of one width keeps the second moment of its signal.

        E tanh(s)² = E x²,  up to E tanh(s)² ≥ E s² (1 - 2s²/3)

    Allowed  the bounds of `mean_of_squares` on 12,880 activations, and below 1 also 2/3 of the largest s², which is
             under 1e-10 for inputs of size 1e-8.
    Rejects  He's variance; a gain other than 1.
    Mend     use 1/n_in and a gain of 1.
    Cares    tanh units start in their linear part, and deep nets of them stay there only with this variance.
    """
    width, depth, nets = 28, 23, 20
    layers = list(forward(f, rng, np.tanh, widths=(width,) * (depth + 1), nets=nets, scale=1e-8))
    y = ratios(layers, 1.0, pick=np.tanh)
    gap = mean_of_squares(y, alpha=alpha, where="E tanh(s)² / E x²")
    curved = 2 / 3 * max(float(np.max(s**2)) for _, s in layers) if np.mean(y) < 1 else 0.0
    return Gap(gap.measured, gap.allowed + curved, gap.where, gap.sample)


@claim("distribution", random=True)
def small_numbers_scale_with_the_fan(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Near linearity a layer scales its signal by 0.01 √n_in: it dies below 10,000 inputs, faster in narrow nets.

        E s² = n_in σ² E x²,  σ = 0.01,  n_in = 16 and 256

    Allowed  α/2 each for the bounds of `mean_of_squares` on about 6000 sums.
    Rejects  a variance that is scaled by the fan; 0.01 taken for the variance.
    Mend     take 0.01 for the standard deviation, whatever the shape.
    Cares    a fixed number fits one width only: that is what the claim lets people see.
    """
    gaps = []
    for n, nets in ((16, 20), (256, 2)):
        y = ratios(forward(f, rng, np.tanh, widths=(n,) * 21, nets=nets, scale=1e-2, std=0.01), n * 1e-4)
        gaps.append(mean_of_squares(y, alpha=alpha / 2, where=f"E s² / (n σ² E x²) at n = {n}"))
    return Gap.worst(gaps)


@claim("distribution", random=True)
def half_of_the_activations_are_zero(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """For a given input half of the ReLUs are off; over further inputs none stays off: that is no dead unit.

        P(s ≤ 0) = ½ in each layer;   P(s_j ≤ 0 for 12 orthogonal inputs) = 2^-12

    Allowed  α/2 each, exact binomial: the signs of sums of even, independent weights are fair and independent.
    Rejects  weights with a negative mean; weights that are zero.
    Mend     draw weights of mean 0 from an even law.
    Cares    units that are off for every input never learn.
    """
    on = np.concatenate([s > 0 for _, s in forward(f, rng, relu, nets=10)])
    w = np.concatenate([Draw((400, 12)).of(f, rng) for _ in range(5)])
    off = np.all(w <= 0, axis=1)
    return Gap.worst([statistics.proportion(on, 0.5, alpha=alpha / 2),
                      statistics.counted(int(off.sum()), off.size, 2.0**-12, alpha=alpha / 2, where="units never on")])
