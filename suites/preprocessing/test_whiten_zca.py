"""ZCA whitening: its claims, the printed inverse root refuted on data that lost a dimension, and photographs."""

from typing import Any

import numpy as np

from fiducial.checks import preprocessing, whitening
from fiducial.checks.claims_of_maps import gradient_is_the_derivative
from fiducial.reference.preprocessing import whiten_pca, whiten_zca
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.preprocessing.mistakes import fitted_again, unscaled_gradient
from fiducial.suites.preprocessing.tables import fitted_and_drawn
from fiducial.suites.regularization.photographs import photograph

IS_THE_DERIVATIVE = gradient_is_the_derivative(**fitted_and_drawn(whiten_zca))


def by(matrix: Any) -> Any:
    """A subject that multiplies with another matrix."""
    return variant(whiten_zca, matrix=matrix, forward=lambda x, fitted: (x - fitted.mean) @ matrix(fitted))


def inverse(fitted: Any) -> Any:
    """C⁻¹ for its root."""
    return (fitted.u / fitted.values) @ fitted.u.T


def inverse_root(x: Any, fitted: Any) -> Any:
    """C^{-1/2} as it is written, whatever the rank."""
    values, u = np.linalg.eigh(np.cov(x, rowvar=False, bias=True))
    return (x - fitted.mean) @ (u / np.sqrt(np.abs(values))) @ u.T


PCA = by(lambda fitted: fitted.u * whiten_pca.gains(fitted.values, 0.0))

BINDING = Binding(
    row="ZCA whitening", section=7, definition=whiten_zca,
    claims=(whitening.covariance_becomes_identity, whitening.lost_rank_gives_a_projector,
            whitening.matrix_is_symmetric_and_positive, whitening.nothing_white_is_nearer,
            preprocessing.statistics_come_from_the_training_set, IS_THE_DERIVATIVE),
    wrong=[
        Wrong(by(inverse), by=whitening.covariance_becomes_identity),
        Wrong(variant(whiten_zca, forward=inverse_root), by=whitening.lost_rank_gives_a_projector,
              printed="Cov^{-1/2}, without conditions", right="only at full rank; else the inverse root on the rest"),
        Wrong(PCA, by=whitening.matrix_is_symmetric_and_positive),
        Wrong(PCA, by=whitening.nothing_white_is_nearer),
        Wrong(fitted_again(whiten_zca), by=preprocessing.statistics_come_from_the_training_set),
        Wrong(variant(whiten_zca, backward=unscaled_gradient), by=IS_THE_DERIVATIVE),
    ])

test_whiten_zca = define_test(BINDING)


def test_patches_of_a_photograph_become_white_and_stay_nearest() -> None:
    """5 × 5 grey patches: covariance I, and nearer to the patches than after PCA whitening."""
    grey = photograph("flower.jpg").mean(axis=2)[::2, ::2] / 255
    patches = np.lib.stride_tricks.sliding_window_view(grey, (5, 5))[::5, ::5].reshape(-1, 25)
    fitted = whiten_zca.fit(patches)
    y = whiten_zca.forward(patches, fitted)
    n, size = len(patches), (patches**2).sum() / len(patches)
    bound = (4 * n + 40 * 25) * 2.0**-53 * size / fitted.values[-1]
    assert np.abs(np.cov(y, rowvar=False, bias=True) - np.eye(25)).max() <= bound
    distances = [np.linalg.norm(z - (patches - fitted.mean))
                 for z in (y, whiten_pca.forward(patches, fitted, eps=0.0))]
    assert distances[0] < distances[1]
