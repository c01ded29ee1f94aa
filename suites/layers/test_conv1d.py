"""Convolution over one axis against its claims, torch's among its subjects."""

from typing import Any

from fiducial.reference.layers import conv1d
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.layers.mutants import along_the_memory, doubled, through_float16, told
from fiducial.suites.rules.layers import CONV1D_RULE

FOLLOWS, BACKWARD, DERIVATIVE, FLOAT32, LAYOUTS = CONV1D_RULE.claims


def kernel_backwards(w: Any, **rest: Any) -> Any:
    """A convolution in the sense of mathematics."""
    return conv1d.forward(w=w[..., ::-1].copy(), **rest)


BINDING = Binding(
    row="convolution", section=3, rule=CONV1D_RULE, against=("torch.nn.functional:conv1d", "torch.nn:Conv1d"),
    wrong=[
        Wrong(variant(conv1d, forward=kernel_backwards), by=FOLLOWS),
        Wrong(told(conv1d, dilation=1), by=FOLLOWS),
        Wrong(doubled(conv1d, "b"), by=BACKWARD),
        Wrong(doubled(conv1d, "x"), by=DERIVATIVE),
        Wrong(through_float16(conv1d), by=FLOAT32),
        Wrong(along_the_memory(conv1d), by=LAYOUTS),
    ])

test_conv1d = define_test(BINDING)
