"""Scaled dot-product attention against its claims, torch's among its subjects."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiducial.reference.layers import attention
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.layers.mutants import along_the_memory, doubled, through_float16, told
from fiducial.suites.rules.layers import ATTENTION_RULE

FOLLOWS, BACKWARD, DERIVATIVE, FLOAT32, LAYOUTS, KEYS = ATTENTION_RULE.claims

Array = NDArray[Any]


def values_that_stay(q: Array, k: Array, v: Array, **options: Any) -> Array:
    """Each value weighed with the share of the key across from it."""
    return attention.forward(q, k[..., ::-1, :], np.sort(v, axis=-2), **options)


BINDING = Binding(
    row="attention", section=3, rule=ATTENTION_RULE, against=("torch.nn.functional:scaled_dot_product_attention",),
    wrong=[
        Wrong(told(attention, is_causal=False), by=FOLLOWS),
        Wrong(told(attention, scale=1.0), by=FOLLOWS),
        Wrong(doubled(attention, "q"), by=BACKWARD),
        Wrong(doubled(attention, "k"), by=DERIVATIVE),
        Wrong(variant(attention, forward=values_that_stay), by=KEYS),
        Wrong(through_float16(attention), by=FLOAT32),
        Wrong(along_the_memory(attention), by=LAYOUTS),
    ])

test_attention = define_test(BINDING)
