"""Decorrelation: its claims, the printed covariance refuted, scikit-learn's PCA on the digits."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks import preprocessing, whitening
from fiducial.checks.claims_of_maps import gradient_is_the_derivative
from fiducial.reference.preprocessing import decorrelate, whiten_pca
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.preprocessing.mistakes import fitted_again, unscaled_gradient
from fiducial.suites.preprocessing.tables import fitted_and_drawn

IS_THE_DERIVATIVE = gradient_is_the_derivative(**fitted_and_drawn(decorrelate))


def uncentred(x: Any) -> Any:
    """The axes of X Xᵀ/N (examples in columns) without centring."""
    values, u = np.linalg.eigh(x.T @ x / len(x))
    return decorrelate.Axes(x.mean(axis=0), u[:, ::-1], values[::-1])


def transposed(x: Any) -> Any:
    """Uᵀ for U, as numpy.linalg.svd returns it."""
    fitted = decorrelate.fit(x)
    return fitted._replace(u=fitted.u.T)


BINDING = Binding(
    row="decorrelation", section=7, definition=decorrelate,
    claims=(whitening.covariance_becomes_diagonal, whitening.distances_are_kept, whitening.axes_are_those_of_the_svd,
            preprocessing.statistics_come_from_the_training_set, IS_THE_DERIVATIVE),
    wrong=[
        Wrong(variant(decorrelate, fit=uncentred), by=whitening.covariance_becomes_diagonal,
              printed="Cov = X Xᵀ / N", right="Cov = X_c X_cᵀ / N, X_c centred"),
        Wrong(variant(decorrelate, fit=transposed), by=whitening.covariance_becomes_diagonal),
        Wrong(variant(decorrelate, forward=whiten_pca.forward), by=whitening.distances_are_kept),
        Wrong(variant(decorrelate, fit=transposed), by=whitening.axes_are_those_of_the_svd),
        Wrong(fitted_again(decorrelate), by=preprocessing.statistics_come_from_the_training_set),
        Wrong(variant(decorrelate, backward=unscaled_gradient), by=IS_THE_DERIVATIVE),
    ])

test_decorrelate = define_test(BINDING)


def test_scikit_learn_agrees_on_the_digits() -> None:
    """The variances of its PCA, which divides by N - 1, and the first components up to their signs."""
    x = pytest.importorskip("sklearn.datasets").load_digits().data
    pca = pytest.importorskip("sklearn.decomposition").PCA(5, svd_solver="full").fit(x)
    fitted, n = decorrelate.fit(x), len(x)
    size = (x**2).sum() / n
    bound = (4 * n + 40 * 64) * 2.0**-53 * size
    assert np.abs(fitted.values[:5] - pca.explained_variance_ * (n - 1) / n).max() <= bound
    gap = -np.diff(fitted.values[:6]).max()
    found, expected = np.abs(decorrelate.forward(x, fitted)[:, :5]), np.abs(pca.transform(x))
    assert np.abs(found - expected).max() <= 2 * bound / gap * np.linalg.norm(x, axis=1).max()
