"""Augmentation of images: the map from output to input, what lies between pixels and beyond them, and the draws."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fiducial.checks import statistics
from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.statistics import laws

UNIT = 2.0**-53
SIDES = st.integers(1, 7)
EIGHTHS = st.integers(-40, 40).map(lambda k: k / 8)
IMAGES = st.tuples(SIDES, SIDES, st.integers(1, 2)).flatmap(lambda s: arrays(np.float64, s, elements=EIGHTHS))
SQUARES = st.integers(1, 7).flatmap(lambda n: arrays(np.float64, (n, n, 1), elements=EIGHTHS))
FILL_MODES = st.sampled_from(["nearest", "reflect", "grid-wrap", "wrap", "constant"])
SEEDS = st.integers(0, 2**32 - 1)
ANGLES = st.integers(-180, 180).map(float)
RANGES = {"rotation_range": 30.0, "width_shift_range": 0.2, "height_shift_range": 0.1, "shear_range": 15.0,
          "zoom_range": 0.25, "horizontal_flip": True}
PADDED = {"nearest": "edge", "reflect": "symmetric", "grid-wrap": "wrap", "wrap": "edge", "constant": "constant"}
DRAWS = 4096
BEYOND = 9  # pixels beyond the border, more than one period of the largest image
REACH = np.repeat([1, BEYOND], 20)  # how far beyond it each place may lie


def beside(y: Any, expected: Array, allowed: float, where: str) -> Gap:
    """The largest difference of two arrays; infinite where their shapes differ."""
    y = np.asarray(y)
    return Gap(float(np.abs(y - expected).max(initial=0.0)) if y.shape == expected.shape else np.inf, allowed, where)


def spread(x: Array) -> float:
    """The largest size of an entry."""
    return float(np.abs(x).max(initial=0.0))


@claim("value", x=IMAGES, fill_mode=FILL_MODES, seed=SEEDS)
def beyond_the_border_as_padded(f: Any, x: Array, fill_mode: str, seed: int) -> Gap:
    """Beyond the border an image goes on as its mode says: the value is that inside the padded image.

        f(x; u, v) = bilinear(pad(x); u + p, v + p)      constant: c outside [0, n-1], whatever is next to it
                                                         wrap: u mod (n-1) first

    Allowed  8 u max|x|: places are multiples of 1/16, so that the weights are exact; four products and three sums.
    Rejects  a mode that repeats the border pixel where it should not; interpolation towards the constant.
    """
    rng, (height, width, _) = np.random.default_rng(seed), x.shape
    u, v = ((rng.integers(-REACH, n + REACH - 1) + rng.integers(1, 16, REACH.size) / 16) for n in (height, width))
    given = u, v
    if fill_mode == "wrap":
        u, v = u % max(height - 1, 1) * (height > 1), v % max(width - 1, 1) * (width > 1)
    margin = (BEYOND, BEYOND + 1)
    padded = np.pad(x, (margin, margin, (0, 0)), mode=PADDED[fill_mode])  # type: ignore[call-overload]
    i, j = np.floor(u).astype(int) + BEYOND, np.floor(v).astype(int) + BEYOND
    s, t = (u % 1)[:, None], (v % 1)[:, None]
    expected = ((1 - s) * ((1 - t) * padded[i, j] + t * padded[i, j + 1])
                + s * ((1 - t) * padded[i + 1, j] + t * padded[i + 1, j + 1]))
    if fill_mode == "constant":
        inside = (u >= 0) & (u <= height - 1) & (v >= 0) & (v <= width - 1)
        expected = np.where(inside[:, None], expected, 0.5)
    return beside(f.forward(x, *given, fill_mode=fill_mode, cval=0.5), expected, 8 * UNIT * spread(x), "value")


@claim("value", x=IMAGES, fill_mode=FILL_MODES)
def pixels_are_kept(f: Any, x: Array, fill_mode: str) -> Gap:
    """At the centre of a pixel stands that pixel, in every mode.

        f(x; i, j) = x[i, j]

    Allowed  nothing: the weights are 1 and 0.
    Rejects  centres that are taken half a pixel off.
    """
    u, v = np.arange(x.shape[0], dtype=np.float64)[:, None], np.arange(x.shape[1], dtype=np.float64)[None, :]
    return beside(f.forward(x, u, v, fill_mode=fill_mode), x, 0.0, "pixel")


@claim("value", seed=SEEDS, slopes=st.tuples(EIGHTHS, EIGHTHS))
def ramps_are_reproduced(f: Any, seed: int, slopes: tuple[float, float]) -> Gap:
    """Between pixels an image that is affine in its coordinates is met exactly.

        x[i, j] = a i + b j  ⇒  f(x; u, v) = a u + b v  inside

    Allowed  12 u times the largest value: the weights of random places, four products, three sums.
    Rejects  the nearest pixel in place of an interpolation.
    """
    u, v = np.random.default_rng(seed).uniform(0, 1, (2, 30)) * np.array([[5.0], [6.0]])
    i, j = np.mgrid[:6, :7].astype(np.float64)
    a, b = slopes
    allowed = 12 * UNIT * (5 * abs(a) + 6 * abs(b))
    return beside(f.forward((a * i + b * j)[..., None], u, v), (a * u + b * v)[..., None], allowed, "value")


def turned(point: Array, angle: float) -> Array:
    """Row and column turned by an angle in degrees, as one complex number."""
    z = (point[0] + 1j * point[1]) * np.exp(1j * np.deg2rad(angle))
    return np.stack([z.real, z.imag])


@claim("value", seed=SEEDS)
def output_is_traced_to_input(f: Any, seed: int) -> Gap:
    """A pixel's place, seen from the centre, is zoomed, sheared, shifted, then turned: that is where the input is read.

        M = rotate · shift · shear · zoom,  q ↦ c + M (q - c),  c = ((H-1)/2, (W-1)/2)

    Allowed  20 u (H + W) (1 + zoom): a dozen roundings of coordinates that stay below that.
    Rejects  shift · rotate; a centre at (H/2 + ½, W/2 + ½), as early Keras had it.
    """
    drawn = f.draw((6, 9, 1), rng=np.random.default_rng(seed), **RANGES)
    centre = np.array([2.5, 4.0])[:, None, None]
    down, right = np.mgrid[:6, :9] - centre
    down, right = down * drawn.zx, right * drawn.zy
    angle = np.deg2rad(drawn.shear)
    down, right = down - np.sin(angle) * right, np.cos(angle) * right
    place = centre + turned(np.stack([down + drawn.tx, right + drawn.ty]), drawn.theta)
    return beside(np.stack(f.coordinates((6, 9, 1), drawn)), place, 20 * UNIT * 15 * 2.25, "place")


@claim("value", x=IMAGES, seed=SEEDS, fill_mode=FILL_MODES)
def zero_ranges_change_nothing(f: Any, x: Array, seed: int, fill_mode: str) -> Gap:
    """With every range at 0 the image stays as it is, bit for bit.

        f(x) = x

    Allowed  nothing.
    Rejects  a zoom drawn from U(-z, z) instead of U(1-z, 1+z).
    """
    drawn = f.draw(x.shape, rng=np.random.default_rng(seed))
    return beside(f.forward(x, drawn, fill_mode=fill_mode), x, 0.0, "pixel")


@claim("invariance", x=IMAGES)
def mirroring_twice_changes_nothing(f: Any, x: Array) -> Gap:
    """The mirror image has its columns in reverse, and its mirror image is the image.

        f(x)[i, j] = x[i, W-1-j],  f(f(x)) = x

    Allowed  nothing.
    Rejects  an image turned upside down.
    """
    mirrored = neutral(f)._replace(mirrored=True)
    once = np.asarray(f.forward(x, mirrored))
    return Gap.worst([beside(once, x[:, ::-1], 0.0, "once"), beside(f.forward(once, mirrored), x, 0.0, "twice")])


@claim("invariance", x=IMAGES, seed=SEEDS)
def mirroring_comes_last(f: Any, x: Array, seed: int) -> Gap:
    """The image is mirrored after it was turned, shifted, sheared and zoomed.

        f(x; mirrored) = f(x; not)[:, ::-1]

    Allowed  nothing: the same numbers in other places.
    Rejects  mirroring first.
    """
    drawn = f.draw(x.shape, rng=np.random.default_rng(seed), **RANGES)
    plain = np.asarray(f.forward(x, drawn._replace(mirrored=False)))
    return beside(f.forward(x, drawn._replace(mirrored=True)), plain[:, ::-1], 0.0, "pixel")


def neutral(f: Any) -> Any:
    """The draw that changes nothing."""
    return f.draw((1, 1, 1), rng=np.random.default_rng(0))._replace(
        theta=0.0, tx=0.0, ty=0.0, shear=0.0, zx=1.0, zy=1.0, mirrored=False)


@claim("value", x=SQUARES, quarter=st.integers(-3, 3))
def quarter_turns_are_exact(f: Any, x: Array, quarter: int) -> Gap:
    """A turn by 90° of a square image permutes its pixels.

        f(x; θ = 90° k) = rot90(x, -k)

    Allowed  cos 90° is 6e-17 and not 0, 270° in radians is off by 2u: places are off by ≤ 6 n u, which shifts a value
             by that times its largest difference in each direction, 4 max|x| in all.
    Rejects  a turn the other way; one about a corner.
    """
    y = f.forward(x, neutral(f)._replace(theta=90.0 * quarter))
    return beside(y, np.rot90(x, -quarter), 4 * (6 * len(x) + 4) * UNIT * spread(x), "pixel")


@claim("value", angle=ANGLES, a=st.integers(0, 8).map(lambda k: k / 40), b=st.integers(0, 8).map(lambda k: k / 40))
def turning_back_restores_the_middle(f: Any, angle: float, a: float, b: float) -> Gap:
    """A smooth image that is turned, and turned back, is nearly as before, away from its border.

        |f(f(x; θ); -θ) - x| ≤ L/2  where x = cos(a i + b j), L = a² + b²

    Allowed  L/2, from the error of linear interpolation, (|∂²x/∂u²| + |∂²x/∂v²|)/8 ≤ L/4, made twice, within two pixels
             of the inscribed circle; and 1e-13 for rounding.
    Rejects  the nearest pixel in place of an interpolation; a turn that does not preserve lengths.
    """
    n = 17
    i, j = np.mgrid[:n, :n] - (n - 1) / 2
    x = np.cos(a * i + b * j)[..., None]
    start = neutral(f)
    there = np.asarray(f.forward(x, start._replace(theta=angle)))
    back = np.asarray(f.forward(there, start._replace(theta=-angle)))
    middle = i**2 + j**2 <= ((n - 1) / 2 - 2) ** 2
    return beside(back[middle], x[middle], (a**2 + b**2) / 2 + 1e-13, "pixel")


@claim("distribution", random=True)
def draws_are_uniform(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Angles, shifts and zooms are uniform over their ranges, zooms independent; half of the images are mirrored.

        θ ~ U(-r, r), t_x ~ H U(-f_h, f_h), t_y ~ W U(-f_w, f_w), φ ~ U(-s, s), z_x, z_y ~ U(1-z, 1+z)

    Allowed  each law, the independence and the share at α/8, 4096 draws: a distance of the cdfs of 0.079, and a share
             off by 0.068, are found with power 0.99 at α = 1e-9.
    Rejects  one zoom for both directions; width and height exchanged; angles from U(0, r).
    """
    drawn = [f.draw((10, 40, 3), rng=rng, **RANGES) for _ in range(DRAWS)]
    halves = {"theta": 30.0, "tx": 1.0, "ty": 8.0, "shear": 15.0, "zx": 0.25, "zy": 0.25}
    value = {name: np.array([getattr(one, name) for one in drawn]) for name in halves}
    centre = {"zx": 1.0, "zy": 1.0}
    gaps = [statistics.distribution(value[name] - centre.get(name, 0.0), laws.uniform(-half, half), alpha=alpha / 8)
            for name, half in halves.items()]
    return Gap.worst([*gaps, statistics.independence(value["zx"], value["zy"], alpha=alpha / 8),
                      statistics.proportion([one.mirrored for one in drawn], 0.5, alpha=alpha / 8)])
