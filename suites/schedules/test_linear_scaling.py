"""Linear scaling of the rate with the batch against its claims."""

import math
from collections.abc import Callable, Sequence

from fiducial.checks.evidence import Array
from fiducial.checks.step_control import differs_by_the_square_of_the_rate, exact_on_a_plane
from fiducial.reference.schedules import linear_scaling
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def by_the_root(x: Array, gradients: Sequence[Callable[[Array], Array]], *, eta: float) -> Array:
    """The rate grows with the root of the batch."""
    k = len(gradients)
    return x - eta * math.sqrt(k) * sum(gradient(x) for gradient in gradients) / k


WITH_THE_ROOT = variant(linear_scaling, large_step=by_the_root)
BINDING = Binding(
    row="linear scaling of η with batch", section=9, definition=linear_scaling,
    claims=(exact_on_a_plane, differs_by_the_square_of_the_rate),
    wrong=[Wrong(WITH_THE_ROOT, by=exact_on_a_plane), Wrong(WITH_THE_ROOT, by=differs_by_the_square_of_the_rate)])

test_linear_scaling = define_test(BINDING)


def test_the_rule_itself_is_a_proportion() -> None:
    assert linear_scaling.rate(base=0.1, batch=8192, reference=256) == 0.1 * 32
