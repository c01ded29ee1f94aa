"""The risk of minibatches held to its claims."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fiducial.checks import empirical_risk as claims
from fiducial.reference.losses import empirical_risk
from fiducial.suites.bindings import Binding, Wrong, define_test, variant

MEANS = {draw: claims.drawn_mean(draw) for draw in ("draw", "draw_without")}
VARIANCES = {"draw": claims.drawn_variance("draw", claims.SPREAD / 3),
             "draw_without": claims.drawn_variance("draw_without", claims.SPREAD / 9)}
EVEN = {draw: claims.even(draw) for draw in ("draw", "draw_without")}


def summed(losses: Any, batch: Any) -> Any:
    """The sum over the batch."""
    return np.sum(losses[batch], axis=0)


def first_counts_twice(losses: Any, batch: Any) -> Any:
    """The first example of the batch is added once more."""
    return np.mean(losses[np.append(batch, batch[0])], axis=0)


def over_everyone(losses: Any, batch: Any, g: Any) -> Any:
    """Shares of 1/N in a batch of B."""
    return empirical_risk.backward(losses, batch, g) * np.size(batch) / len(losses)


def as_printed(losses: Any, batch: Any, penalty: Any) -> Any:
    """-1/N Σ L + λ/N Ω, N the batch."""
    return -empirical_risk.forward(losses, batch) + penalty / np.size(batch)


def shared_penalty(losses: Any, batch: Any, penalty: Any) -> Any:
    """The penalty divided by the batch size."""
    return empirical_risk.forward(losses, batch) + penalty / np.size(batch)


def never_the_last(n: int, size: int, *, rng: np.random.Generator) -> Any:
    """An index that ends one too early."""
    return rng.integers(0, max(n - 1, 1), size)


def wrong(by: Any, **replacements: Any) -> Wrong:
    """The risk with functions replaced, and the claim that rejects it."""
    return Wrong(variant(empirical_risk, **replacements), by=by)


BINDING = Binding(
    row="empirical risk", section=2, definition=empirical_risk,
    claims=(claims.unbiased_over_all_batches, claims.variance_over_all_batches, claims.every_example_has_its_share,
            claims.rises_with_every_loss, claims.penalty_keeps_the_minimizer, claims.no_example_twice,
            *MEANS.values(), *VARIANCES.values(), *EVEN.values()),
    wrong=[wrong(claims.unbiased_over_all_batches, forward=summed),
           wrong(claims.variance_over_all_batches, forward=first_counts_twice),
           wrong(claims.every_example_has_its_share, backward=over_everyone),
           Wrong(variant(empirical_risk, penalized_forward=as_printed), by=claims.rises_with_every_loss,
                 printed="regularised risk -1/N Σ L + λ/N Ω",
                 right="+1/N Σ L + λ Ω: λ/N with N the batch makes the minimizer depend on the batch"),
           wrong(claims.penalty_keeps_the_minimizer, penalized_forward=shared_penalty),
           wrong(claims.no_example_twice, draw_without=empirical_risk.draw),
           *[wrong(claim, **{draw: never_the_last}) for draw, claim in MEANS.items()],
           wrong(VARIANCES["draw"], draw=empirical_risk.draw_without),
           wrong(VARIANCES["draw_without"], draw_without=empirical_risk.draw),
           *[wrong(claim, **{draw: never_the_last}) for draw, claim in EVEN.items()]])
test_empirical_risk = define_test(BINDING)


def test_gradients_of_examples_are_averaged_row_by_row() -> None:
    gradients, batch = np.arange(6.0).reshape(3, 2), np.array([2, 2, 0])
    assert np.allclose(empirical_risk.forward(gradients, batch), [8 / 3, 11 / 3], rtol=1e-15, atol=0)
    shares = empirical_risk.backward(gradients, batch, np.ones(2))
    expected = np.array([1.0, 0.0, 2.0])[:, None] / 3 * np.ones(2)
    assert np.allclose(shares, expected, rtol=1e-15, atol=0)


def test_more_examples_than_there_are_cannot_be_drawn_without_replacement() -> None:
    with pytest.raises(ValueError, match="size must lie between 1 and n = 3, got 4"):
        empirical_risk.draw_without(3, 4, rng=np.random.default_rng(0))
