"""Linear interpolation: its claims, and SciPy's map_coordinates in every mode."""

from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from fiducial.checks import augmentation as claims
from fiducial.reference.regularization import interpolation
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def nearest_pixel(x: Any, u: Any, v: Any, **options: Any) -> Any:
    """The pixel that is nearest."""
    return interpolation.forward(x, np.rint(u), np.rint(v), **options)


def half_a_pixel_off(x: Any, u: Any, v: Any, **options: Any) -> Any:
    """Pixels have their centres at i + ½."""
    return interpolation.forward(x, u - 0.5, v - 0.5, **options)


def border_not_repeated(x: Any, u: Any, v: Any, *, fill_mode: str = "nearest", cval: float = 0.0) -> Any:
    """`reflect` about the border pixel: c b | a b c | b a."""
    if fill_mode != "reflect" or min(x.shape[:2]) < 2:
        return interpolation.forward(x, u, v, fill_mode=fill_mode, cval=cval)
    u, v = ((n - 1) - np.abs(w % (2 * n - 2) - (n - 1)) for w, n in zip((u, v), x.shape[:2], strict=True))
    return interpolation.forward(x, u, v)


def towards_the_constant(x: Any, u: Any, v: Any, *, fill_mode: str = "nearest", cval: float = 0.0) -> Any:
    """`constant` interpolates to the constant beyond the border, as SciPy's grid-constant does."""
    if fill_mode != "constant":
        return interpolation.forward(x, u, v, fill_mode=fill_mode)
    wide = np.pad(x, ((20, 20), (20, 20), (0, 0)), constant_values=cval)
    return interpolation.forward(wide, u + 20, v + 20)


BINDING = Binding(
    row="augmentation, interpolation", section=6, definition=interpolation,
    claims=(claims.beyond_the_border_as_padded, claims.pixels_are_kept, claims.ramps_are_reproduced),
    wrong=[
        Wrong(variant(interpolation, forward=border_not_repeated), by=claims.beyond_the_border_as_padded),
        Wrong(variant(interpolation, forward=towards_the_constant), by=claims.beyond_the_border_as_padded),
        Wrong(variant(interpolation, forward=half_a_pixel_off), by=claims.pixels_are_kept),
        Wrong(variant(interpolation, forward=nearest_pixel), by=claims.ramps_are_reproduced),
    ])

test_interpolation = define_test(BINDING)


@pytest.mark.parametrize("fill_mode", interpolation.FILL_MODES)
@pytest.mark.parametrize("shape", [(5, 7), (1, 4), (2, 3)])
@pytest.mark.parametrize("whole", [False, True])
def test_scipy_agrees_in_every_mode(fill_mode: str, shape: tuple[int, int], whole: bool) -> None:
    """Weights are exact for whole places; elsewhere SciPy brings a place back into the image with a few roundings."""
    rng = np.random.default_rng(7)
    x = rng.uniform(-1, 1, (*shape, 1))
    places = [rng.uniform(-3 * n, 4 * n, 300) for n in shape]
    u, v = (np.rint(w) for w in places) if whole else places
    expected = ndimage.map_coordinates(x[..., 0], [u, v], order=1, mode=fill_mode, cval=0.3)
    found = interpolation.forward(x, u, v, fill_mode=fill_mode, cval=0.3)[..., 0]
    allowed = 0.0 if whole else 2.0**-53 * (4 * 4 * max(*shape) + 8)  # ≤ 4 roundings of a place ≤ 4n, slope ≤ 2 twice
    assert np.abs(found - expected).max() <= allowed


def test_bad_input_is_refused_in_one_sentence() -> None:
    x, u = np.zeros((2, 2, 1)), np.zeros(1)
    with pytest.raises(ValueError, match="fill_mode must be one of nearest, reflect, wrap, grid-wrap, constant"):
        interpolation.forward(x, u, u, fill_mode="mirror")
    with pytest.raises(ValueError, match=r"x must have 3 dimensions, got shape \(2, 2\)"):
        interpolation.forward(x[..., 0], u, u)
