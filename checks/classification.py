"""What losses of scores and labels claim beyond their values and gradients: cross-entropy, 0-1 loss."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from hypothesis import strategies as st

from fiducial.checks.claims import Claim, Sample, claim
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.gradients import Verdict, check_gradient
from fiducial.checks.losses import (
    CLASSIFIED,
    EXAMPLES,
    FINE,
    LABELS,
    REDUCTION,
    ROWS,
    SCORES,
    Draws,
    Sizes,
    U,
    drawn,
    dyadic,
    entrywise,
    random_labels,
    rounding,
    sizes,
    slope,
)

IGNORED = -100
EPSILONS: Draws = st.sampled_from((0.0, 0.125, 0.5))
POSITIONS = sizes("positions", ((), (2,)))


def some_ignored(rng: np.random.Generator, s: Sizes) -> Array:
    """Labels of which about one in five is to be ignored."""
    return np.where(rng.random(s.labels) < 0.2, IGNORED, rng.integers(0, s.classes, s.labels))


def class_weights(rng: np.random.Generator, s: Sizes) -> tuple[float, ...]:
    """A power of two for every class."""
    return tuple(rng.choice((1.0, 0.5, 2.0, 0.25), s.classes).tolist())


LABELLED: dict[str, Any] = {
    "labels": drawn(POSITIONS, some_ignored), "weight": st.none() | drawn(POSITIONS, class_weights),
    "reduction": REDUCTION}
OPTIONS_OF_NLL: dict[str, Any] = {"logp": dyadic(POSITIONS, grain=FINE), **LABELLED}
OPTIONS_OF_CROSS_ENTROPY: dict[str, Any] = {"x": dyadic(POSITIONS), **LABELLED, "label_smoothing": EPSILONS}
NEAR = dyadic(POSITIONS, scales=(1.0,))


def shifted_scores_cost_the_same(definition: Any) -> Claim:
    """The claim for a loss of scores and labels."""
    @claim("invariance", examples=EXAMPLES, **CLASSIFIED, c=dyadic(ROWS, lambda s: (s.batch, 1), (1.0, 256.0)))
    def shifted_scores_cost_the_same(f: Any, x: Array, labels: Array, c: Array) -> Gap | None:
        """One constant added to every score of an example changes nothing.

            f(x + c) = f(x)

        Allowed  4 × the running error bounds of the definition at both places; x + c is exact.
        Rejects  the logarithm of Σ exp(x) with the maximum not taken off, which overflows.
        Mend     take the largest score off first: x - m - ln Σ e^(x - m).
        Cares    scores drift together in training; a loss that overflows ends the run.
        """
        here, there = {"x": x, "labels": labels}, {"x": x + c, "labels": labels}
        return entrywise(np.abs(np.asarray(f.forward(**there)) - f.forward(**here)),
                         rounding(definition, here) + rounding(definition, there))

    return shifted_scores_cost_the_same


def probabilities(x: Array) -> Array:
    """Softmax along the classes of N×C scores."""
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p: Array = e / e.sum(axis=1, keepdims=True)
    return p


@claim("gradient", examples=EXAMPLES, **CLASSIFIED)
def probabilities_minus_one_hot(f: Any, x: Array, labels: Array) -> Gap:
    """The gradient is the probabilities less the label, divided by the number of examples.

        ∂L/∂x_n = (softmax(x_n) - onehot(y_n)) / N

    Allowed  each of two softmaxes errs relatively by 2 u (C + max x - min x + 4): exp passes on the rounding of
             its argument; the difference and the division add 3 u.
    Rejects  p - 1 in every class; a gradient that is not divided by N.
    Mend     subtract 1 at the label's entry only, and divide by the number of examples.
    Cares    every classifier's gradient starts here; a lost 1/N is a rate that grows with the batch.
    """
    n, classes = x.shape
    expected = (probabilities(x) - np.eye(classes)[labels]) / n
    roundings = 4 * (classes + float(np.ptp(x)) + 4) + 3
    return Gap(float(np.abs(slope(f, x=x, labels=labels) - expected).max()), roundings * U / n)


@claim("gradient", examples=EXAMPLES, x=dyadic(ROWS, scales=(1.0,)), labels=LABELS)
def expected_gradient_is_free_of_the_batch_size(f: Any, x: Array, labels: Array) -> Gap:
    """Averaged over all batches of a size, the gradient of a shared bias is that of all examples.

        1/#batches Σ_batches ∂L(batch)/∂b = ∂L(all)/∂b,   scores x_n + b,   batch sizes 1 to N

    Allowed  an entry is a mean over at most 2^N batches of means of numbers of size at most 1, each off by at most
             4 u (C + max x - min x + 4) as a difference of probabilities: that, and 2 (2^N + N) u of sums.
    Rejects  reduction by sum, whose gradient grows with the batch. (With class weights the mean divides by the weights
             drawn, and the claim is untrue of everybody.)
    Mend     divide by the number of examples (reduction by mean).
    Cares    a rate that was tuned for one batch size is then a rate for the others too, in the mean.
    """
    n, classes = x.shape
    whole_batch = slope(f, x=x, labels=labels).sum(axis=0)
    allowed = 2 * (4 * (classes + float(np.ptp(x)) + 4) + 2 * (2.0**n + n)) * U
    gaps = []
    for size in range(1, n + 1):
        batches = [list(chosen) for chosen in combinations(range(n), size)]
        mean = sum(slope(f, x=x[b], labels=labels[b]).sum(axis=0) for b in batches) / len(batches)
        gaps.append(Gap(float(np.abs(mean - whole_batch).max()), allowed, f"batches of {size}"))
    return Gap.worst(gaps)


@claim("gradient", examples=EXAMPLES, classes=st.integers(2, 5), height=st.sampled_from((8.0, 20.0, 40.0, 1e3, 1e4)))
def does_not_vanish_at_a_confident_mistake(f: Any, classes: int, height: float) -> Gap:
    """However sure of a wrong class, the gradient still pulls with full strength.

        x = (a, 0, …, 0), label 1:   ∂L/∂x_0 → 1,   ∂L/∂x_1 → -1   as a grows

    Allowed  1 - p_0 <= (C - 1) e^-a and p_1 <= e^-a, and the rounding of p, 4 (C + 4) u + a u where p counts.
    Rejects  squared error on the softmax, whose gradient is 0 there.
    Mend     take the logarithm of the softmax, so that the gradient is p - onehot; no squared error on probabilities.
    Cares    a sure mistake that gives no gradient is never unlearnt.
    """
    x = np.zeros((1, classes))
    x[0, 0] = height
    found = slope(f, x=x, labels=np.array([1]))[0, :2]
    allowed = classes * np.exp(-height) * (1 + height * U) + 4 * (classes + 4) * U
    return Gap(float(np.abs(found - [1.0, -1.0]).max()), float(allowed))


def all_ignored_is_no_number(scores: str) -> Claim:
    """The claim for a loss with `ignore_index`; `scores` is what its first argument is called."""
    @claim("value", examples=EXAMPLES, x=SCORES, reduction=REDUCTION)
    def all_ignored_is_no_number(f: Any, x: Array, reduction: str) -> Gap:
        """Where every label is ignored the mean is 0/0, nan; the sum and the single losses are 0.

            mean over no label = nan

        Allowed  nothing.
        Rejects  a mean over no label that is 0, as if the model were perfect.
        Mend     let 0/0 be nan; do not put 0 in its place.
        Cares    a batch of padding alone is a fault of the data; a loss of 0 hides it.
        """
        labels = np.full(len(x), IGNORED)
        found = np.asarray(f.forward(**{scores: x, "labels": labels, "reduction": reduction}))
        expected = np.isnan(found) if reduction == "mean" else found == 0
        return Gap(float(np.count_nonzero(~expected)), 0.0, f"{reduction} of ignored losses")

    return all_ignored_is_no_number


def difference(f: Any, definition: Any, one: Sample, other: Sample) -> Gap | None:
    """How far two samples' losses lie apart, beside 4 × the definition's running error bounds at both."""
    return entrywise(np.abs(np.asarray(f.forward(**one)) - f.forward(**other)),
                     rounding(definition, one) + rounding(definition, other))


def ignored_count_nowhere(definition: Any, scores: str) -> Claim:
    """The claim for a loss with `ignore_index`."""
    @claim("invariance", examples=EXAMPLES, **CLASSIFIED, extra=st.integers(1, 4),
           reduction=st.sampled_from(("mean", "sum")))
    def ignored_count_nowhere(f: Any, x: Array, labels: Array, extra: int, reduction: str) -> Gap | None:
        """Examples whose label is ignored count neither above nor below the fraction.

            f([x; z], [y; -100]) = f(x, y)

        Allowed  4 × the running error bounds of the definition at both.
        Rejects  a mean that divides by all N examples.
        Mend     drop ignored labels from numerator and denominator: divide by the number that counted.
        Cares    padding is ignored by its label; a mean over all positions shrinks the loss of short sequences.
        """
        few = {scores: x, "labels": labels, "reduction": reduction}
        many = {scores: np.concatenate([x, np.ones((extra, x.shape[1]))]),
                "labels": np.concatenate([labels, np.full(extra, IGNORED)]), "reduction": reduction}
        return difference(f, definition, many, few)

    return ignored_count_nowhere


def weights_are_relative(definition: Any, scores: str) -> Claim:
    """The claim for a loss with class weights."""
    @claim("invariance", examples=EXAMPLES, **CLASSIFIED, weight=drawn(ROWS, class_weights),
           factor=st.sampled_from((2.0, 0.25, 1024.0)))
    def weights_are_relative(f: Any, x: Array, labels: Array, weight: tuple[float, ...], factor: float) -> Gap | None:
        """In the mean only the ratios of the class weights matter: it divides by the weights that were used.

            f(x, y, c w) = f(x, y, w)

        Allowed  4 × the running error bounds of the definition at both; factors are powers of two.
        Rejects  a weighted mean that divides by the number of examples.
        Mend     divide the weighted sum by the sum of the weights that were used.
        Cares    else the size of the class weights acts as a second learning rate.
        """
        one, other = ({scores: x, "labels": labels, "weight": tuple(k * w for w in weight)} for k in (1.0, factor))
        return difference(f, definition, one, other)

    return weights_are_relative


def smoothing_is_a_mixture(definition: Any) -> Claim:
    """The claim for a cross-entropy with label smoothing."""
    @claim("value", examples=EXAMPLES, **CLASSIFIED, epsilon=st.sampled_from((0.125, 0.5, 0.25)))
    def smoothing_is_a_mixture(f: Any, x: Array, labels: Array, epsilon: float) -> Gap | None:
        """Label smoothing mixes the loss of the label with the mean loss of all classes, the label's among them.

            L_ε(y) = (1 - ε) L(y) + ε/C Σ_c L(c)

        Allowed  4 × the running error bounds of the definition in each term, and (C + 3) u of their sum.
        Rejects  ε shared out among the other classes only.
        Mend     spread ε over all C classes, the label's among them: (1 - ε) onehot + ε/C.
        Cares    the other convention, ε/(C - 1), is another loss at the same ε: results do not carry over.
        """
        classes = x.shape[1]
        at = [{"x": x, "labels": y} for y in (labels, *(np.full(len(x), c) for c in range(classes)))]
        shares = [1 - epsilon, *[epsilon / classes] * classes]
        values = [share * float(f.forward(**one)) for share, one in zip(shares, at, strict=True)]
        errors = [share * float(rounding(definition, one)) for share, one in zip(shares, at, strict=True)]
        smooth = {**at[0], "label_smoothing": epsilon}
        allowed = rounding(definition, smooth) + sum(errors) + (classes + 3) * U * sum(map(abs, values))
        return entrywise(np.abs(np.asarray(f.forward(**smooth)) - sum(values)), np.asarray(allowed))

    return smoothing_is_a_mixture


def counts_the_mistakes(definition: Any) -> Claim:
    """The claim for a 0-1 loss."""
    @claim("value", examples=EXAMPLES, **CLASSIFIED, reduction=REDUCTION)
    def counts_the_mistakes(f: Any, x: Array, labels: Array, reduction: str) -> Gap:
        """Every example whose first highest score is not its label counts 1, and every other one 0.

            L_n = [argmax x_n ≠ y_n]

        Allowed  nothing for the counts, which are exact; u for their mean.
        Rejects  a share in percent; the last of equal scores taken for the highest.
        Mend     1 for argmax x ≠ y, the first of equal scores being the highest; the mean is a share, not percents.
        Cares    two libraries' error rates can be compared only if ties and units are the same.
        """
        sample = {"x": x, "labels": labels, "reduction": reduction}
        found, expected = np.asarray(f.forward(**sample)), np.asarray(definition.forward(**sample))
        if found.shape != expected.shape:
            return Gap(np.inf, 0.0, f"shape {found.shape} instead of {expected.shape}")
        return Gap(float(np.abs(found - expected).max()), U if reduction == "mean" else 0.0)

    return counts_the_mistakes


def apart(x: Array) -> bool:
    """Whether the two highest scores of every example differ, by a sixteenth at least."""
    top = np.sort(x, axis=1)[:, -2:]
    return bool(np.all(top[:, 1] > top[:, 0]))


SEVEN: Draws = st.shared(st.just(Sizes(7, 3)), key="seven")
LOOKS = 8


@claim("gradient", examples=5, x=dyadic(SEVEN, scales=(1.0,)), labels=drawn(SEVEN, random_labels))
def flat_almost_everywhere(f: Any, x: Array, labels: Array) -> Gap | None:
    """The loss has no useful derivative: it is flat almost everywhere, and the gradient engine says so.

        ∂L/∂x = 0 wherever the two highest scores differ

    Allowed  nothing: the verdict is a word. The engine compares five places; where the loss is the same at all of them
             it says "right", and looks again elsewhere, up to 8 times. Examples with tied scores judge nothing.
    Rejects  a smooth stand-in for it, such as 1 - p_y.
    Mend     count the mistakes: argmax x ≠ y, no probability in its place.
    Cares    it is the number that is reported; a smooth one under the same name cannot be compared.
    """
    if not apart(x):
        return None
    for seed in range(LOOKS):
        report = check_gradient(lambda scores: np.asarray(f.forward(x=scores, labels=labels)), x,
                                backward=lambda scores, g: np.zeros_like(scores), seed=seed)
        if report.verdict is not Verdict.RIGHT:
            break
    return Gap(float(report.verdict is not Verdict.FLAT), 0.0, f"the verdict is: {report.verdict}")


@claim("value", examples=EXAMPLES, **CLASSIFIED)
def below_the_cross_entropy(f: Any, x: Array, labels: Array) -> Gap:
    """Each mistake costs at least ln 2 of cross-entropy, so that the 0-1 loss is at most cross-entropy / ln 2.

        [argmax x_n ≠ y_n] <= -log₂ softmax(x_n)_{y_n}

    Allowed  the logarithm of a softmax is off by 4 u (C + max x - min x + 4).
    Rejects  labels counted from 1, which makes mistakes of sure hits.
    Mend     count labels from 0, and compare the argmax along the axis of the classes.
    Cares    that cross-entropy bounds the mistakes is why it may be minimized in their stead.
    """
    below = x - x.max(axis=1, keepdims=True)
    losses = np.log(np.exp(below).sum(axis=1)) - below[np.arange(len(x)), labels]
    excess = np.asarray(f.forward(x=x, labels=labels, reduction="none")) - losses / np.log(2)
    return Gap(float(excess.max()), 4 * (x.shape[1] + float(np.ptp(x)) + 4) * U / np.log(2))
