"""Layer normalization against its claims and torch."""

from fiducial.checks.standardized_blocks import EXAMPLE
from fiducial.suites.bindings import Binding, define_test
from fiducial.suites.normalization.wrong_layers import wrong_layers
from fiducial.suites.rules.normalization import LAYER_NORM

BINDING = Binding(row="layer norm", section=4, rule=LAYER_NORM,
                  against=("torch.nn.functional:layer_norm", "torch.nn:LayerNorm"),
                  wrong=wrong_layers(LAYER_NORM, EXAMPLE))
test_layer_norm = define_test(BINDING)
