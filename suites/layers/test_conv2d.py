"""Convolution over an image against its claims, torch's among its subjects."""

from typing import Any

from fiducial.reference.layers import conv2d
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.layers.mutants import along_the_memory, doubled, through_float16, told
from fiducial.suites.rules.layers import CONV2D_RULE

FOLLOWS, BACKWARD, DERIVATIVE, FLOAT32, LAYOUTS = CONV2D_RULE.claims


def kernel_backwards(w: Any, **rest: Any) -> Any:
    """A convolution in the sense of mathematics."""
    return conv2d.forward(w=w[..., ::-1, ::-1].copy(), **rest)


BINDING = Binding(
    row="convolution", section=3, rule=CONV2D_RULE, against=("torch.nn.functional:conv2d", "torch.nn:Conv2d"),
    wrong=[
        Wrong(variant(conv2d, forward=kernel_backwards), by=FOLLOWS),
        Wrong(told(conv2d, dilation=1), by=FOLLOWS),
        Wrong(doubled(conv2d, "b"), by=BACKWARD),
        Wrong(doubled(conv2d, "x"), by=DERIVATIVE),
        Wrong(through_float16(conv2d), by=FLOAT32),
        Wrong(along_the_memory(conv2d), by=LAYOUTS),
    ])

test_conv2d = define_test(BINDING)
