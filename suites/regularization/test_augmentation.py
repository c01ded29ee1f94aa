"""Keras's generator: its claims, and SciPy's affine_transform on a photograph."""

from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from fiducial.checks import augmentation as claims
from fiducial.reference.regularization import augmentation, interpolation
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.regularization.photographs import photograph


def tracing(coordinates: Any) -> Any:
    """A subject that traces its pixels otherwise."""

    def forward(x: Any, drawn: Any, *, fill_mode: str = "nearest", cval: float = 0.0) -> Any:
        u, v = coordinates(x.shape, drawn)
        y = interpolation.forward(x, u, v, fill_mode=fill_mode, cval=cval)
        return y[:, ::-1] if drawn.mirrored else y

    return variant(augmentation, coordinates=coordinates, forward=forward)


def shifted_after(shape: Any, drawn: Any) -> Any:
    """shift · rotate · shear · zoom."""
    u, v = augmentation.coordinates(shape, drawn._replace(tx=0.0, ty=0.0))
    return u + drawn.tx, v + drawn.ty


def old_centre(shape: Any, drawn: Any) -> Any:
    """A centre at (H/2 + ½, W/2 + ½)."""
    u, v = augmentation.coordinates((shape[0] + 2, shape[1] + 2), drawn)
    return u[:-2, :-2], v[:-2, :-2]


def the_other_way(shape: Any, drawn: Any) -> Any:
    """The angle with its sign changed."""
    return augmentation.coordinates(shape, drawn._replace(theta=-drawn.theta))


def rounded(shape: Any, drawn: Any) -> Any:
    """The nearest pixel."""
    u, v = augmentation.coordinates(shape, drawn)
    return np.rint(u), np.rint(v)


def upside_down(x: Any, drawn: Any, **options: Any) -> Any:
    """Rows in reverse instead of columns."""
    y = augmentation.forward(x, drawn._replace(mirrored=False), **options)
    return y[::-1] if drawn.mirrored else y


def mirrored_first(x: Any, drawn: Any, **options: Any) -> Any:
    """Mirrored before it is turned."""
    return augmentation.forward(x[:, ::-1] if drawn.mirrored else x, drawn._replace(mirrored=False), **options)


def drawing(change: Any) -> Any:
    """A subject whose draws are changed."""
    return variant(augmentation, draw=lambda shape, **options: change(augmentation.draw(shape, **options), shape))


BINDING = Binding(
    row="augmentation, Keras generator", section=6, definition=augmentation,
    claims=(claims.output_is_traced_to_input, claims.zero_ranges_change_nothing,
            claims.mirroring_twice_changes_nothing, claims.mirroring_comes_last, claims.quarter_turns_are_exact,
            claims.turning_back_restores_the_middle, claims.draws_are_uniform),
    wrong=[
        Wrong(tracing(shifted_after), by=claims.output_is_traced_to_input),
        Wrong(tracing(old_centre), by=claims.output_is_traced_to_input),
        Wrong(drawing(lambda drawn, shape: drawn._replace(zx=drawn.zx - 1, zy=drawn.zy - 1)),
              by=claims.zero_ranges_change_nothing),
        Wrong(variant(augmentation, forward=upside_down), by=claims.mirroring_twice_changes_nothing),
        Wrong(variant(augmentation, forward=mirrored_first), by=claims.mirroring_comes_last),
        Wrong(tracing(the_other_way), by=claims.quarter_turns_are_exact),
        Wrong(tracing(old_centre), by=claims.quarter_turns_are_exact),
        Wrong(tracing(rounded), by=claims.turning_back_restores_the_middle),
        Wrong(drawing(lambda drawn, shape: drawn._replace(zy=drawn.zx)), by=claims.draws_are_uniform),
        Wrong(drawing(lambda drawn, shape: drawn._replace(theta=abs(drawn.theta))), by=claims.draws_are_uniform),
        Wrong(drawing(lambda drawn, shape: drawn._replace(tx=drawn.ty / shape[1] * shape[0])),
              by=claims.draws_are_uniform),
    ])

test_augmentation = define_test(BINDING)


@pytest.mark.parametrize("name", ["china.jpg", "flower.jpg"])
@pytest.mark.parametrize("fill_mode", ["nearest", "reflect", "wrap", "constant"])
@pytest.mark.parametrize("seed", range(2))
def test_scipy_agrees_on_a_photograph(name: str, fill_mode: str, seed: int) -> None:
    """scipy.ndimage.affine_transform with the matrix and offset that Keras makes, channel by channel.

    Places below 1000 pixels are off by a few hundred u, bytes differ by 255 at most; where a place lies that near to
    the border, `wrap` and `constant` may fall to either side, which a pixel in a thousand may.
    """
    x = photograph(name)[::4, ::4]
    drawn = augmentation.draw(x.shape, rng=np.random.default_rng(seed), rotation_range=40, width_shift_range=0.2,
                              height_shift_range=0.2, shear_range=20, zoom_range=0.3)
    m, centre = augmentation.matrix(drawn), (np.array(x.shape[:2]) - 1) / 2
    offset = centre + m[:2, 2] - m[:2, :2] @ centre
    expected = np.stack([ndimage.affine_transform(x[..., c], m[:2, :2], offset, order=1, mode=fill_mode, cval=7.0)
                         for c in range(3)], axis=-1)
    difference = np.abs(augmentation.forward(x, drawn, fill_mode=fill_mode, cval=7.0) - expected)
    off = difference > 2 * 510 * 500 * 2.0**-53
    assert off.mean() <= (0.0 if fill_mode in ("nearest", "reflect") else 1e-3)


@pytest.mark.parametrize("option", ["width_shift_range", "height_shift_range", "zoom_range"])
def test_a_range_above_one_is_refused(option: str) -> None:
    options: dict[str, Any] = {option: 1.5}
    with pytest.raises(ValueError, match=rf"{option} must lie in \[0, 1\], got 1.5"):
        augmentation.draw((4, 4, 1), rng=np.random.default_rng(0), **options)
