"""The recurrent cell against its claims, torch's among its subjects."""

from fiducial.reference.layers import rnn_cell
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.layers.mutants import along_the_memory, doubled, through_float16
from fiducial.suites.rules.layers import RNN_CELL

FOLLOWS, BACKWARD, DERIVATIVE, FLOAT32, LAYOUTS = RNN_CELL.claims

BINDING = Binding(
    row="rnn cell", section=3, rule=RNN_CELL, against=("torch:rnn_tanh_cell", "torch.nn:RNNCell"),
    wrong=[
        Wrong(variant(rnn_cell, forward=rnn_cell.relu_forward), by=FOLLOWS),
        Wrong(doubled(rnn_cell, "w_hh"), by=BACKWARD),
        Wrong(doubled(rnn_cell, "h"), by=DERIVATIVE),
        Wrong(through_float16(rnn_cell), by=FLOAT32),
        Wrong(along_the_memory(rnn_cell), by=LAYOUTS),
    ])

test_rnn_cell = define_test(BINDING)
