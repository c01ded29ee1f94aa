"""Clipping by value against its claims, torch's clip_grad_value_ among its subjects."""

from collections.abc import Sequence

import numpy as np
import pytest

from fiducial.checks.evidence import Array
from fiducial.reference.schedules import clip_grad_norm, clip_grad_value
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.schedules import CLIP_GRAD_VALUE

FOLLOWS, SIGNS, ALONE = CLIP_GRAD_VALUE.claims


def without_signs(gradients: Sequence[Array], *, clip_value: float) -> tuple[list[Array], None]:
    """The absolute values, clipped."""
    return [np.minimum(np.abs(g), clip_value) for g in gradients], None


def dropped(gradients: Sequence[Array], *, clip_value: float) -> tuple[list[Array], None]:
    """Entries beyond c set to zero."""
    return [np.where(np.abs(g) > clip_value, 0.0, g) for g in gradients], None


def by_norm(gradients: Sequence[Array], *, clip_value: float) -> tuple[list[Array], None]:
    """The other clipping."""
    return clip_grad_norm.clip(gradients, max_norm=clip_value)[0], None


BINDING = Binding(
    row="clip by value", section=9, rule=CLIP_GRAD_VALUE, against=("torch.nn.utils:clip_grad_value_",),
    wrong=[
        Wrong(variant(clip_grad_value, clip=without_signs), by=FOLLOWS),
        Wrong(variant(clip_grad_value, clip=dropped), by=SIGNS),
        Wrong(variant(clip_grad_value, clip=by_norm), by=ALONE),
    ])

test_clip_grad_value = define_test(BINDING)


def test_infinities_become_the_limit_and_nan_stays() -> None:
    (clipped,), norm = clip_grad_value.clip([np.array([np.inf, -np.inf, np.nan, 0.5])], clip_value=2.0)
    assert np.array_equal(clipped, [2.0, -2.0, np.nan, 0.5], equal_nan=True)
    assert norm is None


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(ValueError) as raised:
        clip_grad_value.clip([np.ones(2)], clip_value=-1.0)
    assert str(raised.value) == "clip_value must be at least 0, got -1.0"
