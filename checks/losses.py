"""What losses claim beyond their values and gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fiducial.checks.agreement import SHARE
from fiducial.checks.claims import Claim, claim
from fiducial.checks.claims_of_maps import bounded, gradients_of
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.rounding import FLOAT64, Rounded

Draws = SearchStrategy[Any]
U = 2.0**-53
ONE = np.ones(())
EXAMPLES = 40  # samples of one claim at level standard
REDUCTION: Draws = st.sampled_from(("mean", "sum", "none"))


class Sizes(NamedTuple):
    """Examples, classes, and positions within an example."""

    batch: int
    classes: int
    rest: tuple[int, ...] = ()

    @property
    def scores(self) -> tuple[int, ...]:
        """N×C×…"""
        return (self.batch, self.classes, *self.rest)

    @property
    def labels(self) -> tuple[int, ...]:
        """N×…"""
        return (self.batch, *self.rest)


def sizes(key: str, rests: tuple[tuple[int, ...], ...] = ((),)) -> Draws:
    """Sizes that the arguments of one sample share."""
    found = [Sizes(batch, classes, rest) for rest in rests for batch in (2, 1, 3, 5) for classes in (3, 2, 4)]
    return st.shared(st.sampled_from(found), key=key)


def drawn(of: Draws, made: Callable[[np.random.Generator, Any], Any], stream: int = 0) -> Draws:
    """What is made of a generator and of sizes; arguments of different streams differ, whatever is drawn."""
    return st.builds(lambda size, seed: made(np.random.default_rng([stream, seed]), size), of, st.integers(0, 2**16))


def dyadic(of: Draws, shape: Callable[[Any], tuple[int, ...]] = lambda s: s.scores,
           scales: tuple[float, ...] = (1.0, 16.0), stream: int = 0, grain: int = 16) -> Draws:
    """Sixteenths from -4 to 4 times a power of two: sums and halves of them are exact, in float32 too.

    A finer grain makes products round, and ties rare.
    """
    return drawn(of, lambda rng, s: rng.integers(-4 * grain, 4 * grain + 1, shape(s)) / grain * rng.choice(scales),
                 stream)


def same_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape itself."""
    return shape


def random_labels(rng: np.random.Generator, s: Sizes) -> Array:
    """A class for every example."""
    return rng.integers(0, s.classes, s.labels)


SHAPE: Draws = st.shared(st.sampled_from(((2,), (1,), (3,), (2, 3), (5, 1))), key="losses")
FINE = 4096
REAL = dyadic(SHAPE, same_shape, grain=FINE)
PAIR: dict[str, Any] = {"y": REAL, "t": dyadic(SHAPE, same_shape, stream=1, grain=FINE)}
ROWS = sizes("rows")
SCORES = dyadic(ROWS)
LABELS = drawn(ROWS, random_labels)
CLASSIFIED: dict[str, Any] = {"x": SCORES, "labels": LABELS}


def rounding(definition: Any, sample: Mapping[str, Any]) -> Array:
    """4 × the running error bound of the definition, entry by entry: what two sound evaluations may differ by."""
    with np.errstate(all="ignore"):
        found = definition.forward(**bounded(sample, FLOAT64))
    return SHARE * (found.error if isinstance(found, Rounded) else np.zeros(np.shape(found)))


def entrywise(excess: Array, allowed: Array, where: str = "") -> Gap | None:
    """The entry that comes nearest to what is allowed for it; None where nothing has a finite bound."""
    if np.shape(excess) != np.shape(allowed):
        return Gap(np.inf, 0.0, f"shape {np.shape(excess)} instead of {np.shape(allowed)}")
    gaps = [Gap(float(e), float(a), where) for e, a in zip(np.ravel(excess), np.ravel(allowed), strict=True)
            if np.isfinite(a)]
    return Gap.worst(gaps) if gaps else None


def slope(f: Any, **sample: Any) -> Array:
    """The gradient of the first argument, for the cotangent 1 of a loss that is one number."""
    name = next(iter(sample))
    found = gradients_of(f.backward(**sample, g=ONE), sample, f.forward)
    return np.asarray(found[name])


def convex_in(argument: str, definition: Any, **samples: Any) -> Claim:
    """The claim for a loss, its first argument and the definition whose rounding counts."""
    @claim("value", examples=EXAMPLES, other=samples[argument], **samples)
    def middle_below_the_ends(f: Any, other: Array, **sample: Any) -> Gap | None:
        """The loss is convex in the prediction: in the middle it is at most the mean of the two ends.

            f((a + b)/2) <= (f(a) + f(b))/2

        Allowed  4 × the running error bounds of the definition at the three points; a, b and their middle are exact.
        Rejects  the squared error of a softmax for a cross-entropy; an error cut off beyond some size.
        Mend     use the loss's own formula up to the ends, without a cap on large errors.
        Cares    convexity in the prediction is why these losses have no false minima of their own.
        """
        places = [sample[argument], other, (sample[argument] + other) / 2]
        at = [{**sample, argument: place} for place in places]
        a, b, middle = (f.forward(**one) for one in at)
        ea, eb, em = (rounding(definition, one) for one in at)
        return entrywise(middle - (a + b) / 2, em + (ea + eb) / 2 + 2 * U * (np.abs(a) + np.abs(b)))

    return middle_below_the_ends


def never_negative(definition: Any, **samples: Any) -> Claim:
    """The claim for a loss and its definition."""
    @claim("value", examples=EXAMPLES, **samples)
    def never_negative(f: Any, **sample: Any) -> Gap | None:
        """The loss is never negative.

            f(x) >= 0

        Allowed  4 × the running error bound of the definition.
        Rejects  scores taken for log-probabilities; a divergence with its arguments in each other's place.
        Mend     hand over what the loss takes (log-probabilities, scores, probabilities) in its order of arguments.
        Cares    a loss below 0 is minimized towards nonsense.
        """
        return entrywise(-np.asarray(f.forward(**sample)), rounding(definition, sample))

    return never_negative


def reductions_agree(**samples: Any) -> Claim:
    """The claim for a loss with a `reduction`, whose mean is over all its losses."""
    @claim("value", examples=EXAMPLES, **samples)
    def reductions_agree(f: Any, **sample: Any) -> Gap:
        """Sum and mean are those of the single losses.

            f(sum) = Σ f(none),   f(mean) = Σ f(none) / n

        Allowed  two orders of n additions: 2 n u Σ |f(none)|, and one division.
        Rejects  a mean that divides by the rows of a matrix.
        Mend     sum over all entries; the mean divides by the number of the losses that reduction none returns.
        Cares    a mean over rows instead of entries is a learning rate that grows with the width.
        """
        each = np.asarray(f.forward(**sample, reduction="none"))
        allowed = 2 * (each.size + 1) * U * float(np.sum(np.abs(each)))
        total, mean = (float(f.forward(**sample, reduction=kind)) for kind in ("sum", "mean"))
        return Gap.worst([Gap(abs(total - float(np.sum(each))), allowed, "sum"),
                          Gap(abs(mean - float(np.mean(each))), allowed / each.size, "mean")])

    return reductions_agree


@claim("value", examples=EXAMPLES, **PAIR, times=st.integers(2, 4))
def additive_over_examples(f: Any, y: Array, t: Array, times: int) -> Gap:
    """The error of several batches together is the sum of their errors: each example counts once.

        L([y; …; y], [t; …; t]) = k L(y, t)

    Allowed  sums of squares have no cancellation: (k n + 3) u relative, for each side.
    Rejects  E = Σ L where L is a sum over all examples already.
    """
    alone = float(f.forward(y=y, t=t))
    together = float(f.forward(y=np.concatenate([y] * times), t=np.concatenate([t] * times)))
    return Gap(abs(together - times * alone), 2 * (times * y.size + 3) * U * times * alone)


@claim("value", examples=EXAMPLES, **PAIR)
def scales_of_one_error(f: Any, y: Array, t: Array) -> Gap:
    """The half, the mean and the single errors are scales and parts of the one sum of squares.

        ½Σ = Σ/2,   mean = Σ/n,   each adds up to Σ;   the gradients likewise

    Allowed  sums of squares have no cancellation: 2 (n + 3) u relative.
    Rejects  a half whose gradient keeps the 2.
    """
    total, along = float(f.forward(y=y, t=t)), f.backward(y=y, t=t, g=ONE)
    values = [2 * f.half_forward(y=y, t=t), y.size * f.mean_forward(y=y, t=t), np.sum(f.each_forward(y=y, t=t))]
    slopes = [2 * f.half_backward(y=y, t=t, g=ONE), y.size * f.mean_backward(y=y, t=t, g=ONE),
              f.each_backward(y=y, t=t, g=np.ones(y.shape))]
    relative = 2 * (y.size + 3) * U
    return Gap.worst([*(Gap(abs(float(v) - total), relative * total, "value") for v in values),
                      *(Gap(float(np.abs(s - along).max()), relative * float(np.abs(along).max()), "gradient")
                        for s in slopes)])
