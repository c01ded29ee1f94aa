"""Max pooling against its claims, torch's among its subjects."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiducial.reference.layers import max_pool2d
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.layers.mutants import along_the_memory, doubled, through_float16
from fiducial.suites.rules.layers import MAX_POOL2D

FOLLOWS, BACKWARD, DERIVATIVE, FLOAT32, LAYOUTS = MAX_POOL2D.claims

Array = NDArray[Any]


def zeros_outside(x: Array, *, padding: tuple[int, int], **options: Any) -> Array:
    """Padded by zeros, which win over negative entries."""
    wide = np.pad(x, ((0, 0), (0, 0), *[(p, p) for p in padding]))
    return max_pool2d.forward(wide, **options)


def to_all_equal(x: Array, g: Array, **options: Any) -> Array:
    """Nothing to the first of equals, all to the last."""
    return max_pool2d.backward(x[:, :, ::-1, ::-1].copy(), g[:, :, ::-1, ::-1].copy(), **options)[:, :, ::-1, ::-1]


BINDING = Binding(
    row="pooling, max", section=3, rule=MAX_POOL2D, against=("torch.nn.functional:max_pool2d", "torch.nn:MaxPool2d"),
    wrong=[
        Wrong(variant(max_pool2d, forward=zeros_outside), by=FOLLOWS),
        Wrong(variant(max_pool2d, backward=to_all_equal), by=BACKWARD),
        Wrong(doubled(max_pool2d, "x"), by=DERIVATIVE),
        Wrong(through_float16(max_pool2d), by=FLOAT32),
        Wrong(along_the_memory(max_pool2d), by=LAYOUTS),
    ])

test_max_pool2d = define_test(BINDING)
