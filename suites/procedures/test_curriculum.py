"""Curricula against their claims."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from fiducial.checks.procedures import easy_before_hard, no_example_is_lost
from fiducial.reference.procedures import curriculum
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def hard_first(difficulty: Any) -> Any:
    """From hard to easy."""
    return curriculum.order(-difficulty)


def equals_exchanged(difficulty: Any) -> Any:
    """Sorted from the back."""
    return difficulty.size - 1 - curriculum.order(difficulty[::-1].copy())


def rounded_down(difficulty: Any, *, share: float) -> Any:
    """⌊(1 - ε) q N⌋ examples."""
    return curriculum.order(difficulty)[:math.floor(0.999 * share * difficulty.size)]


def window(difficulty: Any, *, share: float) -> Any:
    """The easy ones leave as harder ones come."""
    return curriculum.stage(difficulty, share=share)[difficulty.size // 3 if share == 1 else 0:]


BINDING = Binding(
    row="curriculum ordering", section=10, definition=curriculum, claims=(easy_before_hard, no_example_is_lost),
    wrong=[Wrong(variant(curriculum, order=hard_first), by=easy_before_hard),
           Wrong(variant(curriculum, order=equals_exchanged), by=easy_before_hard),
           Wrong(variant(curriculum, stage=rounded_down), by=no_example_is_lost),
           Wrong(variant(curriculum, stage=window), by=no_example_is_lost)])
test_curriculum = define_test(BINDING)


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: curriculum.share(0, start=0.0, epochs=3), "start must be positive, got 0.0"),
    (lambda: curriculum.stage(np.zeros(2), share=1.5), "share must lie in [0, 1], got 1.5"),
])
def test_a_bad_share_is_refused_in_one_sentence(call: Any, sentence: str) -> None:
    with pytest.raises(ValueError) as raised:
        call()
    assert str(raised.value) == sentence
