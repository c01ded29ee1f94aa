"""Inverse square root decay against its claims, and torch's LambdaLR beside it; the printed form amplifies."""

import math
from typing import Any

import pytest

from fiducial.checks.evidence import Status
from fiducial.checks.rate_shapes import decay_never_amplifies, four_times_the_age_halves_the_rate
from fiducial.checks.schedules import LENGTHS, follows_definition, scales_with_the_base
from fiducial.reference.schedules import inverse_square_root
from fiducial.suites.bindings import Binding, Wrong, define_test
from fiducial.suites.rules.schedules import whole_runs
from fiducial.suites.schedules.torch_runs import built_by
from fiducial.suites.schedules.wrong_runs import late, to_a_fixed_rate


def with_time_itself(k: float, *, base: float, N: int) -> float:
    """η₀ N/t."""
    return base / max(1, k / N)


def torch_decay(optimizer: Any, N: int) -> Any:
    """LambdaLR with a factor of one over the root."""
    from torch.optim.lr_scheduler import LambdaLR

    return LambdaLR(optimizer, lambda k: 1 / math.sqrt(max(1, k / N)))


DEFINITION = whole_runs(inverse_square_root.rate)
FOLLOWS, SCALES = follows_definition(DEFINITION, N=LENGTHS), scales_with_the_base(N=LENGTHS)

BINDING = Binding(
    row="inverse square root", section=9, definition=DEFINITION,
    claims=(FOLLOWS, SCALES, decay_never_amplifies, four_times_the_age_halves_the_rate),
    wrong=[
        Wrong(late(DEFINITION), by=FOLLOWS),
        Wrong(to_a_fixed_rate(DEFINITION), by=SCALES),
        Wrong(whole_runs(inverse_square_root.unlimited), by=decay_never_amplifies,
              printed="“decay” η₀/√(t/N)", right="η₀/√max(1, t/N): as printed it amplifies by √(N/t) while t < N"),
        Wrong(whole_runs(with_time_itself), by=four_times_the_age_halves_the_rate),
    ])

test_inverse_square_root = define_test(BINDING)


def test_torchs_lambda_schedule_with_this_factor_is_this_decay() -> None:
    pytest.importorskip("torch")
    assert FOLLOWS.examine(built_by(torch_decay, DEFINITION)).status is Status.PASSED


@pytest.mark.parametrize(("k", "N", "factor"), [(1, 100, 10.0), (25, 100, 2.0), (100, 100, 1.0), (400, 100, 0.5)])
def test_the_printed_form_amplifies_by_the_root_of_n_over_t(k: int, N: int, factor: float) -> None:
    assert inverse_square_root.unlimited(k, base=1.0, N=N) == factor
    assert inverse_square_root.rate(k, base=1.0, N=N) == min(factor, 1.0)
