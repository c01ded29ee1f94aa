"""Rescaling: its claims, and scikit-learn's MinMaxScaler on the digits."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fiducial.checks import preprocessing as claims
from fiducial.checks.claims_of_maps import gradient_is_the_derivative
from fiducial.reference.preprocessing import rescale
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.losses.mutants import by_memory
from fiducial.suites.preprocessing.mistakes import fitted_again, unscaled_gradient
from fiducial.suites.preprocessing.tables import fitted_and_drawn
from fiducial.suites.rules.preprocessing import RESCALE, SHIFTED_RESCALE

IS_THE_DERIVATIVE = gradient_is_the_derivative(**fitted_and_drawn(rescale))


def one_range(x: Any) -> Any:
    """One range for all features."""
    return rescale.Range(np.full(x.shape[1], x.min()), np.full(x.shape[1], x.max()))


def as_written(x: Any, fitted: Any, *, a: float = 0.0, b: float = 1.0) -> Any:
    """0/0 for a constant feature."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return a + (b - a) * (x - fitted.low) / (fitted.high - fitted.low)


def over_largest(x: Any, fitted: Any, *, a: float = 0.0, b: float = 1.0) -> Any:
    """x / max x."""
    return a + (b - a) * x / np.where(fitted.high == 0, 1.0, fitted.high)


BINDING = Binding(
    row="rescale", section=7, definition=rescale,
    claims=(claims.range_is_met, claims.range_ignores_affine_maps, claims.bytes_fill_the_interval,
            claims.statistics_come_from_the_training_set, IS_THE_DERIVATIVE),
    wrong=[
        Wrong(variant(rescale, fit=one_range), by=claims.range_is_met),
        Wrong(variant(rescale, forward=as_written), by=claims.range_is_met),
        Wrong(variant(rescale, forward=over_largest), by=claims.range_ignores_affine_maps),
        Wrong(variant(rescale, unit_bytes=lambda x: x / 256), by=claims.bytes_fill_the_interval),
        Wrong(fitted_again(rescale), by=claims.statistics_come_from_the_training_set),
        Wrong(variant(rescale, backward=unscaled_gradient), by=IS_THE_DERIVATIVE),
    ])

test_rescale = define_test(BINDING)


def of_one_range(x: Any) -> Any:
    """One range for all features."""
    return rescale.forward(x, one_range(x))


def cases_of_rule(rule: Any, against: tuple[str, ...] = ()) -> Any:
    """A rule with its public subjects, and a wrong one for both of its claims."""
    follows, layouts = rule.claims
    return define_test(Binding(row="rescale", section=7, rule=rule, against=against, wrong=[
        Wrong(SimpleNamespace(forward=of_one_range), by=follows), Wrong(by_memory(rule.definition), by=layouts)]))


test_rescaling_of_itself = cases_of_rule(RESCALE)
test_shifted_rescaling_of_itself = cases_of_rule(SHIFTED_RESCALE, ("sklearn.preprocessing:minmax_scale",))


def test_scikit_learn_agrees_on_the_digits() -> None:
    """Sixty-four features, some of them constant; a test set that leaves the training set's range.

    Gain and shift round by 2u |x| gain each, the definition by 5u of its result; x is below 17, the gain at most 2.
    """
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    x = pytest.importorskip("sklearn.datasets").load_digits().data
    train, test = x[:500], x[500:]
    scaler = preprocessing.MinMaxScaler((-1, 1)).fit(train)
    y = rescale.forward(test, rescale.fit(train), a=-1.0, b=1.0)
    assert y.max() > 1
    assert np.abs(y - scaler.transform(test)).max() <= 2.0**-53 * (4 * 2 * 16 + 5 * np.abs(y).max())


def test_bad_input_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError, match="x must hold at least one example, got none"):
        rescale.fit(np.zeros((0, 2)))
    with pytest.raises(ValueError, match=r"a must lie below b, got 1.0 and 1.0"):
        rescale.forward(np.zeros((1, 2)), rescale.fit(np.zeros((1, 2))), a=1.0)
