"""Group normalization against its claims and torch; with one group, and with one channel a group, it is another one."""

import numpy as np
import pytest

from fiducial.checks.evidence import Array
from fiducial.checks.standardized_blocks import GROUP, INSTANCE
from fiducial.reference.normalization import group_norm
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.normalization.wrong_layers import with_forward, wrong_layers
from fiducial.suites.rules.normalization import GROUP_NORM

CLAIMS = {claim.id: claim for claim in GROUP_NORM.claims}

BINDING = Binding(
    row="group norm", section=4, rule=GROUP_NORM, against=("torch.nn.functional:group_norm", "torch.nn:GroupNorm"),
    wrong=[*wrong_layers(GROUP_NORM, GROUP),
           Wrong(with_forward(group_norm, INSTANCE, lambda d, b, s: b.x_hat),
                 by=CLAIMS["invariance.one-group-is-layer-norm"]),
           Wrong(variant(group_norm, forward=lambda groups, **s: group_norm.forward(**s, groups=1)),
                 by=CLAIMS["invariance.one-channel-a-group-is-instance-norm"])])
test_group_norm = define_test(BINDING)


@pytest.mark.parametrize(("x", "groups", "message"), [
    (np.ones((2, 4)), 3, "groups must divide the number of channels, got 3 for 4 channels"),
    (np.ones((2, 4)), 0, "groups must be a whole number of at least 1, got 0"),
    (np.ones(4), 2, "x must have at least two dimensions, (N, C, …), and a channel, got shape (4,)"),
])
def test_what_cannot_be_grouped_is_refused(x: Array, groups: int, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        group_norm.forward(x, np.ones(4), np.zeros(4), groups=groups)
    assert str(caught.value) == message


def test_no_example_is_no_output() -> None:
    assert group_norm.forward(np.ones((0, 4, 2)), np.ones(4), np.zeros(4), groups=2).shape == (0, 4, 2)
