"""Layer normalization against its claims and torch."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks.agreement import distance
from fiducial.checks.rounding import Rounded
from fiducial.checks.standardized_blocks import EXAMPLE
from fiducial.reference.normalization import layer_norm, rms_norm
from fiducial.suites.bindings import Binding, define_test
from fiducial.suites.normalization.wrong_layers import wrong_layers
from fiducial.suites.rules.normalization import LAYER_NORM

BINDING = Binding(row="layer norm", section=4, rule=LAYER_NORM,
                  against=("torch.nn.functional:layer_norm", "torch.nn:LayerNorm"),
                  wrong=wrong_layers(LAYER_NORM, EXAMPLE))
test_layer_norm = define_test(BINDING)


@pytest.mark.parametrize("definition", [layer_norm, rms_norm], ids=["layer_norm", "rms_norm"])
def test_features_that_are_not_the_last_axes_are_refused(definition: Any) -> None:
    beta = [np.zeros(2)] if definition is layer_norm else []
    with pytest.raises(ValueError) as caught:
        definition.forward(np.ones((2, 3)), np.ones(2), *beta)
    assert str(caught.value) == ("gamma must have the shape of the last axes of x, at least one entry, "
                                 "got (2,) for x of shape (2, 3)")


def test_features_may_span_several_axes() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(14)
    x, gamma, beta, g = (rng.normal(size=shape) for shape in ((2, 3, 4), (3, 4), (3, 4), (2, 3, 4)))
    leaves = [torch.tensor(a, requires_grad=True) for a in (x, gamma, beta)]
    y = torch.nn.functional.layer_norm(leaves[0], (3, 4), leaves[1], leaves[2])
    y.backward(torch.tensor(g))
    lifted: Any = [Rounded(a) for a in (x, gamma, beta)]
    of: Any = layer_norm
    exact: list[Any] = [of.forward(*lifted), *of.backward(*lifted, Rounded(g))]
    found = [y.detach().numpy(), *(leaf.grad.numpy() for leaf in leaves)]
    assert all(distance(f, e, "layer norm").holds for f, e in zip(found, exact, strict=True))
