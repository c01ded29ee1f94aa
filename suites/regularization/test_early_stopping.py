"""Early stopping: both counts against brute force on arbitrary sequences, nan and infinities among them."""

import math
from typing import Any

import pytest

from fiducial.checks import early_stopping as claims
from fiducial.reference.regularization import early_stopping
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def one_epoch_early(state: Any, current: float, *, patience: int = 0, **options: Any) -> Any:
    """Stops at wait + 1 ≥ patience."""
    return early_stopping.step(state, current, patience=max(patience - 1, 0), **options)


def never_reset(state: Any, current: float, **options: Any) -> Any:
    """An improvement does not reset the wait."""
    return early_stopping.step(state, current, **options)._replace(wait=state.wait + 1)


def by(better: Any) -> Any:
    """A subject that decides otherwise what an improvement is."""

    def step(state: Any, current: float, *, min_delta: float, patience: int, mode: str) -> Any:
        if better(current, state.best, min_delta, mode):
            return state._replace(best=current, epoch=state.t, wait=0, t=state.t + 1)
        return early_stopping.step(state, math.nan, min_delta=min_delta, patience=patience, mode=mode)

    return variant(early_stopping, step=step)


def not_worse(current: float, best: float, min_delta: float, mode: str) -> bool:
    """Improved unless it is clearly not."""
    margin = abs(min_delta)
    return not (current + margin >= best if mode == "min" else current - margin <= best)


def added(current: float, best: float, min_delta: float, mode: str) -> bool:
    """The margin is added in both modes."""
    margin = abs(min_delta)
    return current + margin < best if mode == "min" else current + margin > best


def signed(current: float, best: float, min_delta: float, mode: str) -> bool:
    """The margin keeps its sign."""
    return current + min_delta < best if mode == "min" else current - min_delta > best


BINDING = Binding(
    row="early stopping", section=6, definition=early_stopping,
    claims=(claims.ends_after_patience, claims.keras3_ends_after_patience, claims.nan_never_improves,
            claims.modes_mirror_each_other, claims.sign_of_the_margin_does_not_matter, claims.auto_goes_by_the_name),
    wrong=[
        Wrong(variant(early_stopping, step=one_epoch_early), by=claims.ends_after_patience),
        Wrong(variant(early_stopping, step=never_reset), by=claims.ends_after_patience),
        Wrong(variant(early_stopping, step=early_stopping.keras3_step), by=claims.ends_after_patience),
        Wrong(variant(early_stopping, keras3_step=early_stopping.step), by=claims.keras3_ends_after_patience),
        Wrong(by(not_worse), by=claims.nan_never_improves),
        Wrong(by(added), by=claims.modes_mirror_each_other),
        Wrong(by(signed), by=claims.sign_of_the_margin_does_not_matter),
        Wrong(variant(early_stopping, mode_of=lambda name: "max" if name.startswith("acc") else "min"),
              by=claims.auto_goes_by_the_name),
    ])

test_early_stopping = define_test(BINDING)


def test_a_nan_in_front_poisons_the_best_only_as_keras_3_has_it() -> None:
    sequence = [math.nan, 3.0, 2.0, 1.0]
    assert early_stopping.run(sequence, patience=2).best == 1.0
    poisoned = early_stopping.run(sequence, patience=2, step=early_stopping.keras3_step)
    assert math.isnan(poisoned.best)
    assert (poisoned.stopped, poisoned.t) == (True, 3)


def test_the_two_counts_differ_by_one_epoch() -> None:
    sequence = [1.0, 2.0, 2.0, 2.0, 2.0]
    assert early_stopping.run(sequence, patience=2).t == 4
    assert early_stopping.run(sequence, patience=2, step=early_stopping.keras3_step).t == 3
    assert early_stopping.run(sequence, patience=0).t == 2
    assert early_stopping.run(sequence, patience=0, step=early_stopping.keras3_step).t == 2


@pytest.mark.parametrize(("options", "sentence"), [
    ({"mode": "auto"}, "mode must be one of min, max, got 'auto'"),
    ({"patience": -1}, "patience must be a whole number of at least 0, got -1"),
    ({"min_delta": math.nan}, "min_delta must be a finite number, got nan"),
])
def test_a_bad_option_is_refused_in_one_sentence(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError) as refusal:
        early_stopping.run([1.0, 2.0], **options)
    assert str(refusal.value) == sentence
