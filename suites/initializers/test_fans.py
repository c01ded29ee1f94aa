"""Fans are counted as torch counts them, and what has none, or is no shape, is refused in words."""

import math
from typing import Any

import numpy as np
import pytest

from fiducial.reference.initializers import (
    constant,
    dirac,
    kaiming_normal,
    lecun_normal,
    orthogonal,
    sparse,
    trunc_normal,
    uniform,
    zeros,
)
from fiducial.reference.initializers._fans import fan, fans

SHAPES = [((3, 7), (7, 3)), ((4, 5, 3), (15, 12)), ((6, 2, 3, 3), (18, 54)), ((1, 1, 2, 3, 4), (24, 24))]


@pytest.mark.parametrize(("shape", "expected"), SHAPES)
def test_fans_are_sizes_times_the_receptive_field(shape: tuple[int, ...], expected: tuple[int, int]) -> None:
    assert fans(shape) == expected
    assert (fan(shape, "fan_in"), fan(shape, "fan_out")) == expected


@pytest.mark.parametrize(("shape", "expected"), SHAPES)
def test_torchs_bound_speaks_of_the_same_fans(shape: tuple[int, ...], expected: tuple[int, int]) -> None:
    """Of 4200 draws or more none exceeds the bound and one comes within 2 % of it, but for a chance of 0.98^4200."""
    torch = pytest.importorskip("torch")
    for mode, n in zip(("fan_in", "fan_out"), expected, strict=True):
        largest = 0.0
        for seed in range(200):
            w = torch.empty(shape, dtype=torch.float64)
            torch.nn.init.kaiming_uniform_(w, mode=mode, generator=torch.Generator().manual_seed(seed))
            largest = max(largest, float(w.abs().max()))
        bound = math.sqrt(6 / n)
        assert 0.98 * bound < largest <= bound * (1 + 2.0**-52)


REFUSED: list[tuple[Any, Any, dict[str, Any], str]] = [
    (lecun_normal, (3,), {}, "shape"), (lecun_normal, [3, 3], {}, "shape"), (lecun_normal, (3, 0), {}, "shape"),
    (zeros, (2.0, 2), {}, "shape"), (kaiming_normal, (2, 2), {"mode": "fan_avg"}, "mode"),
    (kaiming_normal, (2, 2), {"a": math.nan}, "a"), (orthogonal, (4,), {}, "shape"),
    (orthogonal, (2, 2), {"gain": math.inf}, "gain"), (constant, (2,), {"value": math.nan}, "value"),
    (uniform, (2,), {"a": 1.0, "b": 0.0}, "b"), (trunc_normal, (2,), {"std": 0.0}, "std"),
    (trunc_normal, (2,), {"a": 1.0, "b": 0.0}, "b"), (dirac, (2, 2), {}, "shape"),
    (dirac, (3, 2, 3), {"groups": 2}, "shape"), (sparse, (3, 2), {"sparsity": 1.5}, "sparsity"),
    (sparse, (3, 2, 2), {"sparsity": 0.5}, "shape"),
]


@pytest.mark.parametrize(("definition", "shape", "options", "name"), REFUSED)
def test_what_makes_no_sense_is_refused_by_name(definition: Any, shape: Any, options: dict[str, Any],
                                                name: str) -> None:
    with pytest.raises(ValueError) as refused:
        definition.draw(shape, rng=np.random.default_rng(0), **options)
    assert str(refused.value).startswith(f"{name} must")
