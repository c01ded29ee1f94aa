"""Standardization: its claims, scikit-learn's StandardScaler on the digits, photographs channel by channel."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fiducial.checks import preprocessing as claims
from fiducial.checks.claims_of_maps import gradient_is_the_derivative
from fiducial.reference.preprocessing import standardize
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.losses.mutants import by_memory
from fiducial.suites.preprocessing.mistakes import fitted_again, unscaled_gradient
from fiducial.suites.preprocessing.tables import fitted_and_drawn
from fiducial.suites.regularization.photographs import photograph
from fiducial.suites.rules.preprocessing import STANDARDIZE

IS_THE_DERIVATIVE = gradient_is_the_derivative(**fitted_and_drawn(standardize))
RNG = np.random.default_rng(0)


def unbiased(x: Any) -> Any:
    """N - 1 in the variance."""
    fitted = standardize.fit(x)
    return fitted._replace(std=fitted.std * np.sqrt(len(x) / (len(x) - 1)))


def over_variance(x: Any, fitted: Any) -> Any:
    """(x - μ) / σ²."""
    return standardize.forward(x, fitted) / standardize.divisor(fitted)


def over_mean(x: Any, fitted: Any) -> Any:
    """(x - μ) / |μ|."""
    return (x - fitted.mean) / np.where(fitted.mean == 0, 1.0, np.abs(fitted.mean))


def channels_behind(x: Any) -> Any:
    """The channels stay where they are."""
    return np.moveaxis(standardize.imagenet_forward(x), 0, 2)


def on_bytes(x: Any) -> Any:
    """The constants applied to bytes."""
    return standardize.imagenet_forward(255.0 * x)


def randomly_mirrored(x: Any, fitted: Any) -> Any:
    """A random mirror image among the steps."""
    y = standardize.forward(x, fitted)
    return y[:, ::-1] if RNG.random() < 0.5 else y


BINDING = Binding(
    row="standardization", section=7, definition=standardize,
    claims=(claims.moments_are_zero_and_one, claims.standardization_ignores_affine_maps,
            claims.imagenet_constants_come_after_bytes, claims.statistics_come_from_the_training_set,
            claims.nothing_is_drawn, IS_THE_DERIVATIVE),
    wrong=[
        Wrong(variant(standardize, fit=unbiased), by=claims.moments_are_zero_and_one),
        Wrong(variant(standardize, forward=over_variance), by=claims.moments_are_zero_and_one),
        Wrong(variant(standardize, forward=over_mean), by=claims.standardization_ignores_affine_maps),
        Wrong(variant(standardize, imagenet_forward=channels_behind), by=claims.imagenet_constants_come_after_bytes),
        Wrong(variant(standardize, imagenet_forward=on_bytes), by=claims.imagenet_constants_come_after_bytes),
        Wrong(fitted_again(standardize), by=claims.statistics_come_from_the_training_set),
        Wrong(variant(standardize, forward=randomly_mirrored), by=claims.nothing_is_drawn,
              printed="steps of preprocessing as types of data augmentation",
              right="they draw nothing: one example becomes the same every time"),
        Wrong(variant(standardize, backward=unscaled_gradient), by=IS_THE_DERIVATIVE),
    ])

test_standardize = define_test(BINDING)
FOLLOWS, LAYOUTS = STANDARDIZE.claims


def unbiased_of_itself(x: Any, *, axis: Any = 0) -> Any:
    """N - 1 in the variance."""
    return standardize.of_itself(x, axis=axis) * np.sqrt((x.shape[axis] - 1) / x.shape[axis])


test_standardizing_of_itself = define_test(Binding(
    row="standardization", section=7, rule=STANDARDIZE, against=("sklearn.preprocessing:scale",), wrong=[
        Wrong(SimpleNamespace(forward=unbiased_of_itself), by=FOLLOWS),
        Wrong(by_memory(STANDARDIZE.definition), by=LAYOUTS)]))


def test_scikit_learn_agrees_on_the_digits() -> None:
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    x = pytest.importorskip("sklearn.datasets").load_digits().data
    train, test = x[:500], x[500:]
    expected = preprocessing.StandardScaler().fit(train).transform(test)
    y = standardize.forward(test, standardize.fit(train))
    condition = 1 + 16 / standardize.fit(train).std[standardize.fit(train).std > 0].min()
    assert np.abs(y - expected).max() <= 4 * (500 + 8) * 2.0**-53 * condition * np.abs(y).max()


def test_the_channels_of_photographs_get_mean_zero_and_variance_one() -> None:
    x = np.stack([photograph("china.jpg"), photograph("flower.jpg")])
    fitted = standardize.fit(x, axis=(0, 1, 2))
    y = standardize.forward(x, fitted)
    assert fitted.mean.shape == (1, 1, 1, 3)
    allowed = 4 * (x[..., 0].size + 8) * 2.0**-53 * (1 + 255 / fitted.std.min())
    assert np.abs(y.mean(axis=(0, 1, 2))).max() <= allowed
    assert np.abs(y.var(axis=(0, 1, 2)) - 1).max() <= allowed
