"""Classic dropout: the bias is not scaled at test, and nothing of this is exact behind a nonlinearity."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks import dropout as claims
from fiducial.checks.claims_of_maps import gradient_is_the_derivative
from fiducial.reference.regularization import classic_dropout
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.regularization.masks import DATA, KEPT

IS_THE_DERIVATIVE = gradient_is_the_derivative(y=DATA, mask=KEPT)


def output_of_the_mean(y: Any, w: Any, b: Any, theta: Any, *, p: float) -> Any:
    """θ(E S)."""
    return theta(classic_dropout.score(y, w, b, p=p))


def exactly(shape: Any, *, p: float, rng: Any) -> Any:
    """Exactly (1 - p) n entries are kept."""
    size = int(np.prod(shape))
    return rng.permutation(np.arange(size) >= round(p * size)).reshape(shape)


def keeps_with_p(shape: Any, *, p: float, rng: Any) -> Any:
    """P(m = 1) = p."""
    return rng.random(shape) < p


UNCHANGED = variant(classic_dropout, inference=lambda y, *, p: y)

BINDING = Binding(
    row="dropout, classic", section=6, definition=classic_dropout,
    claims=(claims.score_at_test_is_the_mean, claims.mean_output_is_over_all_masks, claims.inference_is_the_mean,
            claims.half_weights_are_the_geometric_mean, claims.mask_is_bernoulli, IS_THE_DERIVATIVE),
    wrong=[
        Wrong(variant(classic_dropout, score=classic_dropout.dropped_bias_score), by=claims.score_at_test_is_the_mean,
              printed="E(S) = (1 - p) S, including the bias",
              right="E S = (1 - p) Σ w_i y_i + b: the bias is not scaled unless it is dropped"),
        Wrong(variant(classic_dropout, mean_output=output_of_the_mean), by=claims.mean_output_is_over_all_masks,
              printed="E θ(S) = θ(E S)", right="E θ(S) = Σ_m P(m) θ(S_m); equal only where θ is affine"),
        Wrong(UNCHANGED, by=claims.inference_is_the_mean),
        Wrong(UNCHANGED, by=claims.half_weights_are_the_geometric_mean),
        Wrong(variant(classic_dropout, mask=keeps_with_p), by=claims.mask_is_bernoulli),
        Wrong(variant(classic_dropout, mask=exactly), by=claims.mask_is_bernoulli),
        Wrong(variant(classic_dropout, backward=lambda y, mask, g: g), by=IS_THE_DERIVATIVE),
    ])

test_classic_dropout = define_test(BINDING)


def test_a_dropped_bias_is_scaled_like_a_unit() -> None:
    """The bias as one more unit of value 1, dropped like the others, gives the printed score."""
    y, w, b = np.array([1.0, -2.0]), np.array([0.5, 0.25]), 3.0
    joined = classic_dropout.score(np.append(y, 1.0), np.append(w, b), 0.0, p=0.25)
    assert joined == classic_dropout.dropped_bias_score(y, w, b, p=0.25)


def test_a_bad_rate_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"p must lie in \[0, 1\], got 2"):
        classic_dropout.mask((2,), p=2.0, rng=np.random.default_rng(0))
