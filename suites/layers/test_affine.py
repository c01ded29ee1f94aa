"""The affine layer against its claims, torch's linear among its subjects."""

from typing import Any

from numpy.typing import NDArray

from fiducial.checks.networks import one_example_as_in_a_batch
from fiducial.reference.layers import affine
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.layers.mutants import along_the_memory, through_float16
from fiducial.suites.rules.layers import LINEAR

Array = NDArray[Any]
FOLLOWS, BACKWARD, DERIVATIVE, FLOAT32, LAYOUTS = LINEAR.claims


def without_biases(x: Array, w: Array, b: Array) -> Array:
    """z = y Wᵀ."""
    return x @ w.T


def mean_over_the_batch(x: Array, w: Array, b: Array, g: Array) -> affine.Gradients:
    """∂W and ∂b divided by the number of examples."""
    found = affine.backward(x, w, b, g)
    return affine.Gradients(found.x, found.w / len(x), found.b / len(x))


BINDING = Binding(
    row="affine layer", section=3, rule=LINEAR, claims=(one_example_as_in_a_batch,),
    against=("torch.nn.functional:linear", "torch.nn:Linear"),
    wrong=[
        Wrong(variant(affine, forward=without_biases), by=FOLLOWS),
        Wrong(variant(affine, backward=mean_over_the_batch), by=BACKWARD),
        Wrong(variant(affine, backward=mean_over_the_batch), by=DERIVATIVE),
        Wrong(through_float16(affine), by=FLOAT32),
        Wrong(along_the_memory(affine), by=LAYOUTS),
        Wrong(variant(affine, backward=mean_over_the_batch), by=one_example_as_in_a_batch),
    ])

test_affine = define_test(BINDING)
