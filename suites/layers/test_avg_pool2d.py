"""Average pooling against its claims, torch's among its subjects."""

from fiducial.reference.layers import avg_pool2d
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.layers.mutants import along_the_memory, doubled, through_float16
from fiducial.suites.rules.layers import AVG_POOL2D

FOLLOWS, BACKWARD, DERIVATIVE, FLOAT32, LAYOUTS = AVG_POOL2D.claims

BINDING = Binding(
    row="pooling, average", section=3, rule=AVG_POOL2D,
    against=("torch.nn.functional:avg_pool2d", "torch.nn:AvgPool2d"),
    wrong=[
        Wrong(variant(avg_pool2d, forward=avg_pool2d.inside_forward), by=FOLLOWS),
        Wrong(doubled(avg_pool2d, "x"), by=BACKWARD),
        Wrong(doubled(avg_pool2d, "x"), by=DERIVATIVE),
        Wrong(through_float16(avg_pool2d), by=FLOAT32),
        Wrong(along_the_memory(avg_pool2d), by=LAYOUTS),
    ])

test_avg_pool2d = define_test(BINDING)
