"""Random resized crops: their claims, and torch's interpolate for the resizing of a photograph."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks import crops as claims
from fiducial.reference.regularization import interpolation, random_resized_crop
from fiducial.reference.regularization.random_resized_crop import Box
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.regularization.photographs import photograph


def corner_anywhere(shape: Any, *, rng: Any) -> Any:
    """The corner is drawn from the whole image."""
    box = random_resized_crop.box(shape, rng=rng)
    return box._replace(top=int(rng.integers(shape[0])), left=int(rng.integers(shape[1])))


def no_way_out(shape: Any, *, rng: Any) -> Any:
    """The tenth proposal is taken whether it fits or not."""
    area, ratio = random_resized_crop.proposal(rng=rng)
    w, h = round(np.sqrt(area * shape[0] * shape[1] * ratio)), round(np.sqrt(area * shape[0] * shape[1] / ratio))
    return Box(0, 0, h, w)


def uniform_ratio(*, rng: Any) -> Any:
    """The ratio itself is uniform."""
    return random_resized_crop.proposal(rng=rng)[0], float(rng.uniform(3 / 4, 4 / 3))


def uniform_side(*, rng: Any) -> Any:
    """The side is uniform, not the area."""
    return float(rng.uniform(np.sqrt(0.08), 1)) ** 2, random_resized_crop.proposal(rng=rng)[1]


def in_the_middle(shape: Any, *, rng: Any) -> Any:
    """The box stands in the middle."""
    box = random_resized_crop.box(shape, rng=rng)
    return box._replace(top=(shape[0] - box.height) // 2, left=(shape[1] - box.width) // 2)


def cut_down(shape: Any, *, rng: Any) -> Any:
    """A proposal that does not fit is cut down instead of drawn anew."""
    area, ratio = random_resized_crop.proposal(rng=rng)
    w = min(round(np.sqrt(area * shape[0] * shape[1] * ratio)), shape[1])
    h = min(round(np.sqrt(area * shape[0] * shape[1] / ratio)), shape[0])
    return Box(int(rng.integers(shape[0] - h + 1)), int(rng.integers(shape[1] - w + 1)), h, w)


def aligned_corners(x: Any, box: Any, mirrored: bool, *, size: int) -> Any:
    """Centres of the outermost pixels onto each other."""
    u, v = np.linspace(0, box.height - 1, size), np.linspace(0, box.width - 1, size)
    y = interpolation.forward(x, box.top + u[:, None], box.left + v[None, :])
    return y[:, ::-1] if mirrored else y


BINDING = Binding(
    row="augmentation, crop", section=6, definition=random_resized_crop,
    claims=(claims.box_lies_inside, claims.proposals_are_log_uniform, claims.boxes_follow_their_law,
            claims.half_are_mirrored, claims.resizing_keeps_the_centres_of_pixels, claims.test_takes_the_middle),
    wrong=[
        Wrong(variant(random_resized_crop, box=corner_anywhere), by=claims.box_lies_inside),
        Wrong(variant(random_resized_crop, box=no_way_out), by=claims.box_lies_inside),
        Wrong(variant(random_resized_crop, proposal=uniform_ratio), by=claims.proposals_are_log_uniform),
        Wrong(variant(random_resized_crop, proposal=uniform_side), by=claims.proposals_are_log_uniform),
        Wrong(variant(random_resized_crop, box=in_the_middle), by=claims.boxes_follow_their_law),
        Wrong(variant(random_resized_crop, box=cut_down), by=claims.boxes_follow_their_law),
        Wrong(variant(random_resized_crop, mirrored=lambda *, rng: True), by=claims.half_are_mirrored),
        Wrong(variant(random_resized_crop, forward=aligned_corners), by=claims.resizing_keeps_the_centres_of_pixels),
        Wrong(variant(random_resized_crop, inference=lambda x, *, size, shorter: x[:size, :size]),
              by=claims.test_takes_the_middle),
    ])

test_random_resized_crop = define_test(BINDING)


@pytest.mark.parametrize("size", [224, 300])
def test_torch_resizes_a_photograph_alike(size: int) -> None:
    """torch.nn.functional.interpolate, bilinear, without antialias: places below 1000 are off by a few hundred u."""
    torch = pytest.importorskip("torch")
    x = photograph("china.jpg")
    y = random_resized_crop.resize(x, size, size)
    theirs = torch.nn.functional.interpolate(torch.tensor(x.transpose(2, 0, 1))[None], size=(size, size),
                                             mode="bilinear", align_corners=False)
    assert np.abs(y - theirs[0].numpy().transpose(1, 2, 0)).max() <= 2.0**-53 * 255 * 2 * (2 * 3 * 640 + 8)


def test_an_image_that_no_box_fits_gets_the_largest_one() -> None:
    assert random_resized_crop.fallback((10, 1000, 3)) == Box(0, 493, 10, 13)
    assert random_resized_crop.fallback((1000, 12, 3)) == Box(492, 0, 16, 12)
    assert random_resized_crop.fallback((10, 10, 3)) == Box(0, 0, 10, 10)


def test_a_photograph_keeps_its_shorter_side_at_test() -> None:
    """Every side length up to 1000 becomes `shorter` exactly: a quotient first would lose a pixel to rounding."""
    for side in range(1, 1001):
        assert random_resized_crop.inference(np.zeros((side, side, 1)), size=3, shorter=3).shape == (3, 3, 1)


def test_bad_input_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"box must lie inside the 4 × 4 image, got Box\(top=0, left=1, height=4"):
        random_resized_crop.forward(np.zeros((4, 4, 3)), Box(0, 1, 4, 4), False)
    with pytest.raises(ValueError, match="shorter must be a whole number of at least 224, got 100"):
        random_resized_crop.inference(np.zeros((4, 4, 3)), shorter=100)
