"""Instance normalization against its claims and torch."""

from fiducial.checks.standardized_blocks import INSTANCE
from fiducial.suites.bindings import Binding, define_test
from fiducial.suites.normalization.wrong_layers import wrong_layers
from fiducial.suites.rules.normalization import INSTANCE_NORM

BINDING = Binding(row="instance norm", section=4, rule=INSTANCE_NORM,
                  against=("torch.nn.functional:instance_norm", "torch.nn:InstanceNorm1d", "torch.nn:InstanceNorm2d"),
                  wrong=wrong_layers(INSTANCE_NORM, INSTANCE))
test_instance_norm = define_test(BINDING)
