"""PCA whitening: its claims, the printed division refuted, and what ε presumes."""

from typing import Any

import numpy as np

from fiducial.checks import preprocessing, whitening
from fiducial.checks.claims_of_maps import gradient_is_the_derivative
from fiducial.reference.preprocessing import whiten_pca
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.preprocessing.mistakes import fitted_again, unscaled_gradient
from fiducial.suites.preprocessing.tables import fitted_and_drawn

IS_THE_DERIVATIVE = gradient_is_the_derivative(**fitted_and_drawn(whiten_pca))


def over_eigenvalue(x: Any, fitted: Any, *, eps: float = 1e-5) -> Any:
    """Divided by s + ε."""
    return (x - fitted.mean) @ fitted.u / (fitted.values + eps)


BINDING = Binding(
    row="PCA whitening", section=7, definition=whiten_pca,
    claims=(whitening.components_get_variance_one, preprocessing.statistics_come_from_the_training_set,
            IS_THE_DERIVATIVE),
    wrong=[
        Wrong(variant(whiten_pca, forward=over_eigenvalue), by=whitening.components_get_variance_one,
              printed='whitening "divides by the eigenvalue"', right="by its square root"),
        Wrong(fitted_again(whiten_pca), by=preprocessing.statistics_come_from_the_training_set),
        Wrong(variant(whiten_pca, backward=unscaled_gradient), by=IS_THE_DERIVATIVE),
    ])

test_whiten_pca = define_test(BINDING)


def test_the_correction_presumes_data_of_unit_range() -> None:
    """ε = 1e-5 takes half of the variance from data whose variance it equals, and nothing from bytes."""
    x = np.random.default_rng(0).uniform(-1, 1, (500, 1))
    small, bytes_ = x * np.sqrt(1e-5) / x.std(), x * 127
    variances = [whiten_pca.forward(z, whiten_pca.fit(z)).var() for z in (small, bytes_)]
    assert np.allclose(variances, [0.5, 1.0], rtol=0, atol=1e-8)
