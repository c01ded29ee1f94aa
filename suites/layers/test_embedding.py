"""The embedding against its claims, torch's among its subjects."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiducial.reference.layers import embedding
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.layers.mutants import along_the_memory, through_float16
from fiducial.suites.rules.layers import EMBEDDING_RULE

FOLLOWS, BACKWARD, DERIVATIVE, FLOAT32, LAYOUTS = EMBEDDING_RULE.claims

Array = NDArray[Any]


def row_of_zeros(i: Any, w: Array, *, padding_idx: int | None = None) -> Array:
    """The row at padding_idx reads as zeros, whatever it holds."""
    kept = np.ones((len(w), 1))
    if padding_idx is not None:
        kept[padding_idx] = 0.0
    return embedding.forward(i, kept * w)


def last_place_wins(i: Any, w: Array, g: Array, *, padding_idx: int | None = None) -> embedding.Gradients:
    """∂w[i] = g in place of +=: what an index that is repeated brought before is lost."""
    found = np.zeros_like(w)
    found[i] = g
    if padding_idx is not None:
        found[padding_idx] = 0.0
    return embedding.Gradients(found)


BINDING = Binding(
    row="embedding", section=3, rule=EMBEDDING_RULE, against=("torch.nn.functional:embedding", "torch.nn:Embedding"),
    wrong=[
        Wrong(variant(embedding, forward=row_of_zeros), by=FOLLOWS),
        Wrong(variant(embedding, backward=last_place_wins), by=BACKWARD),
        Wrong(variant(embedding, backward=last_place_wins), by=DERIVATIVE),
        Wrong(through_float16(embedding), by=FLOAT32),
        Wrong(along_the_memory(embedding), by=LAYOUTS),
    ])

test_embedding = define_test(BINDING)
