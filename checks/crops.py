"""Crops and views: random boxes of an image and what is made of them, at test and in training."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fiducial.checks import statistics
from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap, same
from fiducial.checks.statistics import laws

UNIT = 2.0**-53
SIDES = st.sampled_from([8, 1, 2, 3, 13, 64, 200])
SEEDS = st.integers(0, 2**32 - 1)
EIGHTHS = st.integers(-40, 40).map(lambda k: k / 8)
SMALLEST = 0.08
WIDEST = math.log(4 / 3)
VAST = 2**60  # an image so large that a box is known to float64's own rounding
DRAWS = 4096
EVEN = st.sampled_from([4, 6, 10])


def worst(difference: Any) -> float:
    """The largest size of an entry, 0 for none."""
    return float(np.abs(difference).max(initial=0.0))


@claim("value", examples=300, height=SIDES, width=SIDES, seed=SEEDS)
def box_lies_inside(f: Any, height: int, width: int, seed: int) -> Gap:
    """A box lies inside its image and holds at least one pixel, whatever the image's form.

        0 ≤ top, top + h ≤ H, h ≥ 1; likewise across

    Allowed  nothing.
    Rejects  a corner drawn from the whole image; no way out for images that no box fits.
    """
    box = f.box((height, width, 3), rng=np.random.default_rng(seed))
    beyond = (-box.top, -box.left, box.top + box.height - height, box.left + box.width - width, 1 - box.height,
              1 - box.width)
    return Gap(float(max(0, *beyond)), 0.0, "pixels beyond the image")


@claim("distribution", random=True)
def proposals_are_log_uniform(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """The area is uniform, the logarithm of the ratio too, and the two are independent.

        a ~ U(0.08, 1),  ln r ~ U(ln ¾, ln 4/3)

    Allowed  each law and the independence at α/3, 4096 draws: a distance of the cdfs of 0.078, and a shift of the
             normal scores by 0.14, are found with power 0.99 at α = 1e-9.
    Rejects  a ratio that is uniform itself; sides that are uniform, so that small areas are too frequent.
    """
    area, ratio = np.array([f.proposal(rng=rng) for _ in range(DRAWS)]).T
    return Gap.worst([statistics.distribution(area, laws.uniform(SMALLEST, 1.0), alpha=alpha / 3),
                      statistics.distribution(np.log(ratio), laws.uniform(-WIDEST, WIDEST), alpha=alpha / 3),
                      statistics.independence(area, ratio, alpha=alpha / 3)])


def _ratio_below(u: Array) -> Array:
    """∫ of e^{-|t|} - 0.08 over (-WIDEST, u), normalised: ln r where a r ≤ 1 and a / r ≤ 1, in a square image."""
    u = np.clip(u, -WIDEST, WIDEST)
    half = 1 - math.exp(-WIDEST) - SMALLEST * WIDEST
    part = 1 - np.exp(-np.abs(u)) - SMALLEST * np.abs(u)
    return np.asarray((half + np.sign(u) * part) / (2 * half))


def _area_below(a: Array) -> Array:
    """∫ of min(ln 4/3, -ln t) over (0.08, a), normalised."""
    a = np.clip(a, SMALLEST, 1.0)
    free = WIDEST * (np.minimum(a, 0.75) - SMALLEST)
    b = np.maximum(a, 0.75)
    bound = (b - b * np.log(b)) - (0.75 - 0.75 * math.log(0.75))
    whole = WIDEST * (0.75 - SMALLEST) + 1 - (0.75 - 0.75 * math.log(0.75))
    return np.asarray((free + bound) / whole)


@claim("distribution", random=True)
def boxes_follow_their_law(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """A box is a proposal that fits, at a place drawn uniformly from those where it fits.

        in a square image (a, ln r) is uniform where a max(r, 1/r) ≤ 1;  top/(H-h), left/(W-w) ~ U(0, 1)

    Allowed  the four laws at α/4, 4096 boxes of an image with 2^60 pixels a side, where rounding takes a value out of
             its support with probability 5e-12 in all: a distance of the cdfs of 0.078 is found with power 0.99 at
             α = 1e-9. The whole image, which follows ten refusals (3.5e-9 a box), is left out.
    Rejects  a box in the middle; the largest box that fits for each proposal that does not.
    """
    boxes = np.array([f.box((VAST, VAST, 3), rng=rng) for _ in range(DRAWS)], dtype=np.float64)
    top, left, height, width = boxes[(boxes[:, 2] < VAST) | (boxes[:, 3] < VAST)].T
    room, space = height < VAST, width < VAST
    ratio = laws.Continuous("ln of the ratio", _ratio_below, lambda u: _ratio_below(-u))
    area = laws.Continuous("area", _area_below, lambda a: 1 - _area_below(a))
    return Gap.worst([
        statistics.distribution(np.log(width / height), ratio, alpha=alpha / 4),
        statistics.distribution(height * width / VAST**2, area, alpha=alpha / 4),
        statistics.distribution((top / np.where(room, VAST - height, 1.0))[room], laws.uniform(), alpha=alpha / 4),
        statistics.distribution((left / np.where(space, VAST - width, 1.0))[space], laws.uniform(), alpha=alpha / 4)])


@claim("distribution", random=True)
def half_are_mirrored(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Half of the crops are mirrored.

        P(mirrored) = ½

    Allowed  exact binomial quantiles for 4096 draws: a share off by 0.066 is found with power 0.99 at α = 1e-9.
    Rejects  a crop that is always mirrored.
    """
    return statistics.proportion([f.mirrored(rng=rng) for _ in range(DRAWS)], 0.5, alpha=alpha)


@claim("value", seed=SEEDS, slopes=st.tuples(EIGHTHS, EIGHTHS), size=st.integers(1, 6))
def resizing_keeps_the_centres_of_pixels(f: Any, seed: int, slopes: tuple[float, float], size: int) -> Gap:
    """Resizing maps edges to edges: an image that is affine in its coordinates is met where each new pixel is centred.

        y[i, j] = x(top + h (i+½)/n - ½, left + w (j+½)/n - ½),  held at the box's outermost centres; mirrored: W-1-j

    Allowed  20 u times the largest value: a place, two weights, four products, three sums.
    Rejects  corners of pixels mapped onto corners (align_corners).
    """
    rng, (a, b) = np.random.default_rng(seed), slopes
    box, mirrored = f.box((9, 12, 1), rng=rng), bool(seed % 2)
    i, j = np.mgrid[:9, :12].astype(np.float64)
    down, right = (np.clip(length * (np.arange(size) + 0.5) / size - 0.5, 0, length - 1)
                   for length in (box.height, box.width))
    expected = a * (box.top + down[:, None]) + b * (box.left + right[None, :])
    y = np.asarray(f.forward((a * i + b * j)[..., None], box, mirrored, size=size))
    if y.shape != (size, size, 1):
        return Gap(np.inf, 0.0, f"shape {y.shape}")
    return Gap(worst(y[..., 0] - (expected[:, ::-1] if mirrored else expected)),
               20 * UNIT * (8 * abs(a) + 11 * abs(b)), "pixel")


@claim("invariance", margin=st.tuples(EVEN, EVEN), seed=SEEDS)
def test_takes_the_middle(f: Any, margin: tuple[int, int], seed: int) -> Gap:
    """At test an image gives one crop of the training size, from its middle: its mirror image gives the mirrored crop.

        f.inference(x) (n, n, C),  f.inference(x[:, ::-1]) = f.inference(x)[:, ::-1],  and upside down alike

    Allowed  10 u max|x|: the weights of mirrored places differ by rounding.
    Rejects  a crop from the corner.
    """
    height, width = margin[0] + 4, margin[1] + 4
    x = np.random.default_rng(seed).integers(-40, 41, (height, width, 2)) / 8
    told = {"size": 4, "shorter": min(height, width)}
    y = np.asarray(f.inference(x, **told))
    if y.shape != (4, 4, 2):
        return Gap(np.inf, 0.0, f"shape {y.shape}")
    off = [worst(np.asarray(f.inference(x[:, ::-1], **told)) - y[:, ::-1]),
           worst(np.asarray(f.inference(x[::-1], **told)) - y[::-1])]
    return Gap(float(np.max(off)), 10 * UNIT * worst(x), "pixel")


VIEWS = arrays(np.float64, (4, 6, 2), elements=EIGHTHS)


def predicted(x: Array) -> Array:
    """A stand-in for a network: three probabilities that hang on where things are."""
    weights = np.cos(np.arange(x.size).reshape(x.shape) * np.array([1.0, 2.0, 3.0])[:, None, None, None])
    z = (weights * x).sum(axis=(1, 2, 3)) / 8
    e = np.exp(z - z.max())
    return np.asarray(e / e.sum())


@claim("value", x=VIEWS)
def predictions_are_averaged(f: Any, x: Array) -> Gap:
    """The result is the arithmetic mean of the predictions, one for each view.

        ŷ = 1/k Σ_j f(T_j x)

    Allowed  (k + 2) u: k sums of probabilities and a quotient.
    Rejects  a sum; the prediction for the first view alone.
    """
    views = [x, x[:, ::-1], x[::-1]]
    expected = (predicted(views[0]) + predicted(views[1]) + predicted(views[2])) / 3
    return Gap(worst(np.asarray(f.forward(views, predicted)) - expected), 2 * 5 * UNIT, "probability")


@claim("value", x=VIEWS)
def logarithms_may_be_averaged(f: Any, x: Array) -> Gap:
    """Averaged logarithms give the normalised geometric mean.

        ŷ ∝ (Π_j f(T_j x))^{1/k}

    Allowed  (4 k + 10) u (1 + largest logarithm): logarithms, a mean of k, exponentials, a sum and a quotient.
    Rejects  the arithmetic mean.
    """
    views = [x, x[:, ::-1], x[::-1]]
    product = np.prod([predicted(view) for view in views], axis=0) ** (1 / 3)
    largest = max(worst(np.log(predicted(view))) for view in views)
    return Gap(worst(np.asarray(f.log_forward(views, predicted)) - product / product.sum()),
               22 * UNIT * (1 + largest), "probability")


@claim("invariance", x=VIEWS)
def mean_over_flips_is_flip_invariant(f: Any, x: Array) -> Gap:
    """Averaged over an image and its mirror image, the prediction for either is the same.

        ŷ(x[:, ::-1]) = ŷ(x)

    Allowed  nothing: the same two numbers are added.
    Rejects  an image taken twice in place of its mirror image.
    """
    both = [np.asarray(f.forward(f.flips(image), predicted)) for image in (x, x[:, ::-1])]
    return Gap(worst(both[0] - both[1]), 0.0, "probability")


@claim("behaviour", k=st.integers(1, 6))
def cost_is_one_prediction_a_view(f: Any, k: int) -> Gap:
    """Averaging over k views costs k predictions.

        #calls = k

    Allowed  nothing.
    Rejects  a second round of predictions, for the shape of the result, say.
    """
    calls: list[int] = []

    def counted(x: Array) -> Array:
        calls.append(1)
        return predicted(x)

    f.forward([np.ones((2, 2, 1))] * k, counted)
    return same(k, len(calls), "calls")


@claim("value", x=arrays(np.float64, (6, 8, 1), elements=EIGHTHS), size=st.sampled_from([2, 4, 6]))
def ten_crops_are_corners_and_middle(f: Any, x: Array, size: int) -> Gap:
    """Four corners, the middle, and their mirror images: those of the mirrored image, in another order.

        {crops of x[:, ::-1]} = {crops of x},  ten of n × n, the corners' pixels among them

    Allowed  nothing.
    Rejects  five crops without their mirror images.
    """
    crops, mirrored = ([np.asarray(crop) for crop in f.ten_crops(image, size=size)] for image in (x, x[:, ::-1]))
    wanted = [x[:size, :size], x[:size, -size:], x[-size:, :size], x[-size:, -size:],
              x[(6 - size) // 2:(6 + size) // 2, (8 - size) // 2:(8 + size) // 2]]

    def listed(images: list[Array]) -> list[bytes]:
        return sorted((image + 0.0).tobytes() for image in images)

    found = (listed(crops), listed(mirrored))
    expected = listed([*wanted, *(crop[:, ::-1] for crop in wanted)])
    return Gap(float(found != (expected, expected)), 0.0, "crops")
