"""Colour PCA: its claims, on colours that correlate and on a photograph."""

from typing import Any

import numpy as np

from fiducial.checks import colours as claims
from fiducial.reference.regularization import colour_pca
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.regularization.photographs import photograph


def uncentred(x: Any) -> Any:
    """The components of Σ c cᵀ / n."""
    pixels = x.reshape(-1, 3)
    values, p = np.linalg.eigh(pixels.T @ pixels / len(pixels))
    return colour_pca.Components(p[:, ::-1], values[::-1])


def gain(x: Any, alpha: Any, components: Any) -> Any:
    """x (1 + Σ p_i α_i λ_i)."""
    return x * colour_pca.forward(np.ones((1, 1, 3)), alpha, components)


def uniform(*, rng: Any, sigma: float = 0.1) -> Any:
    """U(-σ, σ)."""
    return rng.uniform(-sigma, sigma, 3)


BINDING = Binding(
    row="colour PCA", section=6, definition=colour_pca,
    claims=(claims.components_are_those_of_the_colours, claims.every_pixel_is_shifted_alike,
            claims.shift_has_the_squared_covariance, claims.root_shift_has_the_covariance),
    wrong=[
        Wrong(variant(colour_pca, fit=uncentred), by=claims.components_are_those_of_the_colours),
        Wrong(variant(colour_pca, forward=gain), by=claims.every_pixel_is_shifted_alike),
        Wrong(variant(colour_pca, forward=colour_pca.root_forward), by=claims.shift_has_the_squared_covariance),
        Wrong(variant(colour_pca, draw=uniform), by=claims.shift_has_the_squared_covariance),
        Wrong(variant(colour_pca, root_forward=colour_pca.forward), by=claims.root_shift_has_the_covariance),
    ])

test_colour_pca = define_test(BINDING)


def test_the_colours_of_a_photograph_vary_mostly_in_brightness() -> None:
    """The first component of a photograph's colours has all its entries of one sign."""
    fitted = colour_pca.fit(photograph("china.jpg") / 255)
    assert abs(np.sign(fitted.p[:, 0]).sum()) == 3
    assert fitted.values[0] > 10 * fitted.values[1]
