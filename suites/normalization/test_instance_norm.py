"""Instance normalization against its claims and torch."""

import numpy as np
import pytest

from fiducial.checks.evidence import Array
from fiducial.checks.standardized_blocks import INSTANCE
from fiducial.reference.normalization import instance_norm
from fiducial.suites.bindings import Binding, define_test
from fiducial.suites.normalization.wrong_layers import wrong_layers
from fiducial.suites.rules.normalization import INSTANCE_NORM

BINDING = Binding(row="instance norm", section=4, rule=INSTANCE_NORM,
                  against=("torch.nn.functional:instance_norm", "torch.nn:InstanceNorm1d", "torch.nn:InstanceNorm2d"),
                  wrong=wrong_layers(INSTANCE_NORM, INSTANCE))
test_instance_norm = define_test(BINDING)


@pytest.mark.parametrize(("x", "message"), [
    (np.ones((2, 3)), "x must have at least three dimensions, (N, C, …), got shape (2, 3)"),
    (np.ones((2, 3, 1)), "x must have more than one spatial element, got shape (2, 3, 1)"),
])
def test_what_cannot_be_normalized_is_refused(x: Array, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        instance_norm.forward(x, np.ones(3), np.zeros(3))
    assert str(caught.value) == message
