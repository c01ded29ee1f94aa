"""Augmentation, Keras's generator: turn, shift, shear, zoom and mirror an image at random.

    θ ~ U(-r, r)°, t_x ~ H U(-f_h, f_h), t_y ~ W U(-f_w, f_w), φ ~ U(-s, s)°, z_x, z_y ~ U(1-z, 1+z), mirrored: ½
    M = R(θ) T(t) S(φ) Z(z)                       3 × 3, on (row, column, 1); x, y (H, W, C)
    R = [cos θ, -sin θ; sin θ, cos θ],  T = shift by (t_x, t_y),  S = [1, -sin φ; 0, cos φ],  Z = diag(z_x, z_y)
    y[q] = x(c + M (q - c)),  c = ((H-1)/2, (W-1)/2)     M maps output to input; linear `interpolation`
    then y[i, j] ← y[i, W-1-j] if mirrored

Source   Keras 2, ImageDataGenerator (keras_preprocessing, affine_transformations and image_data_generator).
Variant  the centre was (H/2 + ½, W/2 + ½) in early releases, one pixel off. A shift of 1 or more counts pixels there,
         not a fraction: not taken over here. Keras also takes (low, high) for zoom.
         As M maps output to input, a zoom above 1 makes things smaller.
"""

from typing import NamedTuple

import numpy as np

from .._arguments import at_least, between, real
from .._arrays import Array
from . import interpolation


class Draw(NamedTuple):
    """One image's draws: angles theta and shear in degrees, shifts in pixels (tx down, ty right), zooms, mirrored."""

    theta: float = 0.0
    tx: float = 0.0
    ty: float = 0.0
    shear: float = 0.0
    zx: float = 1.0
    zy: float = 1.0
    mirrored: bool = False


def draw(shape: tuple[int, ...], *, rng: np.random.Generator, rotation_range: float = 0.0,
         width_shift_range: float = 0.0, height_shift_range: float = 0.0, shear_range: float = 0.0,
         zoom_range: float = 0.0, horizontal_flip: bool = False) -> Draw:
    """The draws for one image (H, W, C). Raises ValueError for negative ranges, shifts and zooms of 1 or more."""
    for name, value in (("width_shift_range", width_shift_range), ("height_shift_range", height_shift_range),
                        ("zoom_range", zoom_range)):
        between(name, value, 0, 1)
    theta, shear = (rng.uniform(-1, 1) * at_least(name, value, 0)
                    for name, value in (("rotation_range", rotation_range), ("shear_range", shear_range)))
    tx = rng.uniform(-1, 1) * height_shift_range * shape[0]
    ty = rng.uniform(-1, 1) * width_shift_range * shape[1]
    zx, zy = 1 + zoom_range * rng.uniform(-1, 1, 2)
    return Draw(theta, tx, ty, shear, zx, zy, bool(rng.random() < 0.5) and horizontal_flip)


def matrix(draw: Draw) -> Array:
    """M = R T S Z, 3 × 3, about the origin."""
    theta, shear = np.deg2rad(draw.theta), np.deg2rad(draw.shear)
    turn = np.array([[np.cos(theta), -np.sin(theta), 0], [np.sin(theta), np.cos(theta), 0], [0, 0, 1]])
    shift = np.array([[1, 0, draw.tx], [0, 1, draw.ty], [0, 0, 1]])
    slant = np.array([[1, -np.sin(shear), 0], [0, np.cos(shear), 0], [0, 0, 1]])
    return turn @ shift @ slant @ np.diag([draw.zx, draw.zy, 1.0])


def coordinates(shape: tuple[int, ...], draw: Draw) -> tuple[Array, Array]:
    """For each pixel of the output the row and the column of the input that it shows: two H × W arrays."""
    m = matrix(draw)
    centre = (shape[0] - 1) / 2, (shape[1] - 1) / 2
    i, j = np.arange(shape[0])[:, None] - centre[0], np.arange(shape[1])[None, :] - centre[1]
    return (centre[0] + (m[0, 0] * i + m[0, 1] * j + m[0, 2]), centre[1] + (m[1, 0] * i + m[1, 1] * j + m[1, 2]))


def forward(x: Array, draw: Draw, *, fill_mode: str = "nearest", cval: float = 0.0) -> Array:
    """The image x (H, W, C) as drawn, of the same shape."""
    u, v = coordinates(real("x", x, ndim=3).shape, draw)
    y = interpolation.forward(x, u, v, fill_mode=fill_mode, cval=cval)
    return y[:, ::-1] if draw.mirrored else y
