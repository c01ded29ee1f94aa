"""Group normalization against its claims and torch; with one group, and with one channel a group, it is another one."""

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
