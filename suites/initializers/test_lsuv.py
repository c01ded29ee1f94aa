"""LSUV gives every layer's output variance 1 on the batch, and changes nothing but scales."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from fiducial.checks.evidence import Array
from fiducial.checks.layer_sequential import (
    every_layer_has_unit_variance,
    layers_keep_their_directions,
    layers_start_orthonormal,
)
from fiducial.reference.initializers import lsuv, orthogonal
from fiducial.suites.bindings import Binding, Wrong, define_test, variant

Arrays = list[Array]


def all_at_once(widths: Sequence[int], x: Array, *, rng: np.random.Generator, **options: Any) -> Arrays:
    """Each layer scaled by what it received before the layers below were scaled."""
    found: Arrays = []
    for n_in, n_out in pairwise(widths):
        w = orthogonal.draw((n_out, n_in), rng=rng)
        found.append(w / np.std(w @ x))
        x = np.maximum(w @ x, 0.0)
    return found


def by_variance(widths: Sequence[int], x: Array, *, rng: np.random.Generator, **options: Any) -> Arrays:
    """Divided by the variance for its root."""
    found: Arrays = []
    for n_in, n_out in pairwise(widths):
        w = orthogonal.draw((n_out, n_in), rng=rng)
        found.append(w / np.var(w @ x))
        x = np.maximum(found[-1] @ x, 0.0)
    return found


def row_by_row(weights: Arrays, x: Array, **options: Any) -> Arrays:
    """Each unit scaled to variance 1 by itself."""
    found: Arrays = []
    for w in weights:
        found.append(w / np.std(w @ x, axis=1, keepdims=True))
        x = np.maximum(found[-1] @ x, 0.0)
    return found


def gaussian(widths: Sequence[int], x: Array, *, rng: np.random.Generator, **options: Any) -> Arrays:
    """A Gaussian start."""
    return lsuv.scale([rng.standard_normal(pair) for pair in zip(widths[1:], widths[:-1], strict=True)], x)


BINDING = Binding(
    row="LSUV", section=5, definition=lsuv,
    claims=(every_layer_has_unit_variance, layers_keep_their_directions, layers_start_orthonormal),
    wrong=[Wrong(variant(lsuv, draw=all_at_once), by=every_layer_has_unit_variance),
           Wrong(variant(lsuv, draw=by_variance), by=every_layer_has_unit_variance),
           Wrong(variant(lsuv, scale=row_by_row), by=layers_keep_their_directions),
           Wrong(variant(lsuv, draw=gaussian), by=layers_start_orthonormal)])
test_lsuv = define_test(BINDING)
