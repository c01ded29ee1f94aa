"""Clipping by norm against its claims, torch's clip_grad_norm_ among its subjects."""

import math
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fiducial.checks.claims import Claim
from fiducial.checks.clipping import LIMITS, flat, follows_a_form
from fiducial.checks.evidence import Array, Status
from fiducial.reference.schedules import clip_grad_norm
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.schedules import CLIP_GRAD_NORM

(FOLLOWS, DIRECTION, LONG, SHORT, TWICE, CUT, NOT_FINITE, CLIFF, PLATEAU) = CLIP_GRAD_NORM.claims
Clipped = tuple[list[Array], Any]
norm = clip_grad_norm.norm


def squared(gradients: Sequence[Array], *, max_norm: float, norm_type: float = 2.0) -> Clipped:
    """A norm without its root."""
    length = norm(gradients) ** 2
    return [g * min(1, max_norm / length) for g in gradients], length


def always_the_limit(gradients: Sequence[Array], *, max_norm: float, norm_type: float = 2.0) -> Clipped:
    """Every gradient is given the norm c, a short one too."""
    return [g * (max_norm / norm(gradients)) for g in gradients], norm(gradients)


def thousandth(gradients: Sequence[Array], *, max_norm: float, norm_type: float = 2.0) -> Clipped:
    """A denominator ‖g‖ + 1e-3."""
    return [g * min(1, max_norm / (norm(gradients) + 1e-3)) for g in gradients], norm(gradients)


def finite_again(gradients: Sequence[Array], *, max_norm: float, norm_type: float = 2.0) -> Clipped:
    """Infinities replaced by large numbers, nan by 0."""
    return clip_grad_norm.clip([np.nan_to_num(g, posinf=1e3, neginf=-1e3) for g in gradients], max_norm=max_norm)


def not_at_all(gradients: Sequence[Array], *, max_norm: float, norm_type: float = 2.0) -> Clipped:
    """The plain step."""
    return list(gradients), norm(gradients)


def wrong(clip: Any, by: Claim) -> Wrong:
    """A wrong subject of one function."""
    return Wrong(variant(clip_grad_norm, clip=clip), by=by)


BINDING = Binding(
    row="clip by norm", section=9, rule=CLIP_GRAD_NORM, against=("torch.nn.utils:clip_grad_norm_",),
    wrong=[
        wrong(squared, FOLLOWS), wrong(thousandth, FOLLOWS), wrong(clip_grad_norm.clip_each, FOLLOWS),
        wrong(clip_grad_norm.clip_each, DIRECTION), wrong(squared, LONG), wrong(always_the_limit, SHORT),
        wrong(thousandth, TWICE), wrong(clip_grad_norm.clip_each, CUT), wrong(finite_again, NOT_FINITE),
        wrong(not_at_all, CLIFF), wrong(always_the_limit, PLATEAU),
    ])

test_clip_grad_norm = define_test(BINDING)


@pytest.mark.parametrize("claim", CLIP_GRAD_NORM.claims, ids=lambda claim: claim.id)
def test_torchs_form_passes_too(claim: Claim) -> None:
    assert claim.examine(SimpleNamespace(clip=clip_grad_norm.torch_clip)).status is Status.PASSED


def test_torch_is_told_from_the_definition_by_its_millionth() -> None:
    pytest.importorskip("torch")
    torch = BINDING.public("torch.nn.utils:clip_grad_norm_")
    found = {form.__name__: follows_a_form(form, max_norm=LIMITS).examine(torch).status
             for form in (clip_grad_norm.clip, clip_grad_norm.torch_clip)}
    assert found == {"clip": Status.FAILED, "torch_clip": Status.PASSED}


@pytest.mark.parametrize("g", [np.full(3, 1e200), np.array([1.0, math.inf])])
def test_a_norm_that_is_not_finite_leaves_no_step_in_torch_either(g: Array) -> None:
    pytest.importorskip("torch")
    torch = BINDING.public("torch.nn.utils:clip_grad_norm_")
    with np.errstate(all="ignore"):
        ours, length = clip_grad_norm.clip([g], max_norm=1.0)
    assert length == math.inf
    assert np.array_equal(flat(ours), flat(torch.clip([g], max_norm=1.0)[0]), equal_nan=True)


def test_a_negative_limit_is_refused_where_torch_turns_the_gradient_round() -> None:
    pytest.importorskip("torch")
    torch = BINDING.public("torch.nn.utils:clip_grad_norm_")
    assert torch.clip([np.array([3.0, 4.0])], max_norm=-1.0)[0][0] @ np.array([3.0, 4.0]) < 0
    with pytest.raises(ValueError) as raised:
        clip_grad_norm.clip([np.ones(2)], max_norm=-1.0)
    assert str(raised.value) == "max_norm must be at least 0, got -1.0"


def test_no_gradients_have_the_norm_zero() -> None:
    assert clip_grad_norm.clip([], max_norm=1.0) == ([], 0.0)
