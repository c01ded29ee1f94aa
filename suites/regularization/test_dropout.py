"""Inverted dropout: the definition and torch's hold its claims, and wrong ones do not."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks import dropout as claims
from fiducial.checks.claims_of_maps import gradient_is_the_derivative
from fiducial.reference.regularization import classic_dropout, dropout
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.regularization.masks import MASKED
from fiducial.suites.rules.regularization import DROPOUT

IS_THE_DERIVATIVE = gradient_is_the_derivative(**MASKED, p=claims.RATES)


def unscaled(x: Any, *, rng: Any, p: Any = 0.5) -> Any:
    """The classic form in training."""
    return classic_dropout.forward(x, dropout.mask(x.shape, p=p, rng=rng))


def scaled_by_rate(x: Any, *, rng: Any, p: Any = 0.5) -> Any:
    """m x / p."""
    return np.where(dropout.mask(x.shape, p=p, rng=rng), x / p if p > 0 else x, 0.0)


def as_written(x: Any, *, rng: Any, p: Any = 0.5) -> Any:
    """m x / (1 - p) with 0/0 at p = 1."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return dropout.mask(x.shape, p=p, rng=rng) * x / np.float64(1 - p)


def by_mask_of(draw: Any) -> Any:
    """A subject whose masks are drawn otherwise."""
    return variant(dropout, train=lambda x, *, rng, p=0.5: dropout.forward(x, draw(x.shape, p, rng), p=p))


def keeps_with_p(shape: Any, p: Any, rng: Any) -> Any:
    """P(m = 1) = p."""
    return rng.random(shape) < p


def row_wise(shape: Any, p: Any, rng: Any) -> Any:
    """One draw for each row."""
    return np.broadcast_to(rng.random((*shape[:-1], 1)) >= p, shape)


def exactly(shape: Any, p: Any, rng: Any) -> Any:
    """Exactly p n entries are dropped."""
    return rng.permutation(np.arange(np.prod(shape)) >= p * np.prod(shape)).reshape(shape)


def always_the_same(shape: Any, p: Any, rng: Any) -> Any:
    """One mask for all calls."""
    return np.random.default_rng(0).random(shape) >= p


def fresh_mask(x: Any, g: Any, *, rng: Any, p: Any = 0.5) -> Any:
    """A backward pass with a mask of its own."""
    return dropout.train(x, rng=rng, p=p), dropout.train(g, rng=rng, p=p)


def mean_rate(x: Any, *, rng: Any, p: Any = 0.5) -> Any:
    """The mean of p for every unit."""
    return dropout.train(x, rng=rng, p=float(np.mean(p)))


HALVED = variant(dropout, test=lambda x: 0.5 * x)

BINDING = Binding(
    row="dropout, inverted", section=6, rule=DROPOUT,
    claims=(claims.test_is_the_geometric_mean, claims.rate_may_differ_per_unit, IS_THE_DERIVATIVE),
    against=("torch.nn.functional:dropout", "torch.nn:Dropout"),
    wrong=[
        Wrong(variant(dropout, train=unscaled), by=claims.kept_entries_are_scaled),
        Wrong(HALVED, by=claims.test_is_the_identity),
        Wrong(by_mask_of(keeps_with_p), by=claims.rate_zero_keeps_everything),
        Wrong(variant(dropout, train=as_written), by=claims.rate_one_drops_everything),
        Wrong(variant(dropout, train_with_gradient=fresh_mask), by=claims.gradient_uses_the_same_mask),
        Wrong(by_mask_of(lambda shape, p, rng: keeps_with_p(shape, 0.98 * (1 - p), rng)), by=claims.drop_rate_is_p),
        Wrong(variant(dropout, train=scaled_by_rate), by=claims.mean_is_kept),
        Wrong(by_mask_of(row_wise), by=claims.entries_are_dropped_independently),
        Wrong(by_mask_of(exactly), by=claims.entries_are_dropped_independently),
        Wrong(by_mask_of(always_the_same), by=claims.entries_are_dropped_independently),
        Wrong(HALVED, by=claims.test_is_the_geometric_mean),
        Wrong(variant(dropout, train=mean_rate), by=claims.rate_may_differ_per_unit),
        Wrong(variant(dropout, backward=lambda x, mask, g, *, p: np.where(mask, g, 0.0)), by=IS_THE_DERIVATIVE),
    ])

test_dropout = define_test(BINDING)


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan"), np.array([0.5, 2.0])])
def test_a_rate_outside_the_unit_interval_is_refused(p: Any) -> None:
    with pytest.raises(ValueError, match="p must"):
        dropout.mask((2,), p=p, rng=np.random.default_rng(0))
