"""Random resized crop: cut a box of random area and shape out of an image, resize it, and mirror it half of the time.

    a ~ U(0.08, 1),  ln r ~ U(ln ¾, ln 4/3)       area as a share of H W; width over height
    w = round √(a H W r),  h = round √(a H W / r)  drawn anew, up to ten times, until 0 < w ≤ W and 0 < h ≤ H
    top ~ U{0 … H-h},  left ~ U{0 … W-w}
    y[i, j] = box(h (i+½)/n - ½, w (j+½)/n - ½)   x (H, W, C), y (n, n, C), linear `interpolation`, nearest at the edge
    at test the shorter side is resized to n' ≥ n, and the n × n box in the middle is cut out

Source   Szegedy et al., Going deeper with convolutions, 2015, section 6; Howard, Some improvements on deep
         convolutional neural network based image classification, 2013.
Variant  torchvision: as here; after ten refusals the largest box in the middle with a ratio within the range.
         It resizes images with antialias, which matters where the box is larger than n; torch's interpolate does not.
         At test: 256 and 224.
"""

from typing import NamedTuple

import numpy as np

from .._arguments import real, whole
from .._arrays import Array
from . import interpolation

TRIES = 10
RATIOS = (3 / 4, 4 / 3)
AREAS = (0.08, 1.0)


class Box(NamedTuple):
    """A part of an image, in pixels."""

    top: int
    left: int
    height: int
    width: int


def proposal(*, rng: np.random.Generator) -> tuple[float, float]:
    """An area, as a share of the image's, and a ratio of width to height."""
    return float(rng.uniform(*AREAS)), float(np.exp(rng.uniform(*np.log(RATIOS))))


def fallback(shape: tuple[int, ...]) -> Box:
    """The largest box in the middle of an image (H, W, …) whose ratio is within the range."""
    height, width = shape[:2]
    h = min(height, round(width / RATIOS[0]))
    w = min(width, round(height * RATIOS[1]))
    return Box((height - h) // 2, (width - w) // 2, h, w)


def box(shape: tuple[int, ...], *, rng: np.random.Generator) -> Box:
    """A random box of an image (H, W, …)."""
    height, width = shape[:2]
    for _ in range(TRIES):
        area, ratio = proposal(rng=rng)
        w, h = round(np.sqrt(area * height * width * ratio)), round(np.sqrt(area * height * width / ratio))
        if 0 < w <= width and 0 < h <= height:
            return Box(int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1)), h, w)
    return fallback(shape)


def mirrored(*, rng: np.random.Generator) -> bool:
    """True half of the time."""
    return bool(rng.random() < 0.5)


def resize(x: Array, height: int, width: int) -> Array:
    """x (H, W, C) as an image of height × width: linear between the centres of pixels, without antialias."""
    u, v = (n / size * (np.arange(size) + 0.5) - 0.5 for n, size in zip(x.shape[:2], (height, width), strict=True))
    return interpolation.forward(x, u[:, None], v[None, :], fill_mode="nearest")


def forward(x: Array, box: Box, mirrored: bool, *, size: int = 224) -> Array:
    """In training: the box of x (H, W, C), resized to size × size, mirrored or not.

    Raises ValueError for a box that leaves the image.
    """
    height, width, _ = real("x", x, ndim=3).shape
    if min(box) < 0 or min(box[2:]) < 1 or box.top + box.height > height or box.left + box.width > width:
        raise ValueError(f"box must lie inside the {height} × {width} image, got {box}")
    cut = x[box.top:box.top + box.height, box.left:box.left + box.width]
    y = resize(cut, whole("size", size, 1), size)
    return y[:, ::-1] if mirrored else y


def inference(x: Array, *, size: int = 224, shorter: int = 256) -> Array:
    """At test: the shorter side resized to `shorter` ≥ size, the middle cut out."""
    height, width, _ = real("x", x, ndim=3).shape
    whole("shorter", shorter, whole("size", size, 1))
    y = resize(x, *(shorter * side // min(height, width) for side in (height, width)))
    top, left = (y.shape[0] - size) // 2, (y.shape[1] - size) // 2
    return y[top:top + size, left:left + size]
