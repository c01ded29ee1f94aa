"""Reduction on a plateau against its claims, torch's ReduceLROnPlateau among the subjects."""

import math
from typing import Any

import pytest

from fiducial.checks.step_control import stops_after_the_last_fall
from fiducial.reference.schedules import plateau
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.schedules import PLATEAU, followed

WHERE, NAN = PLATEAU.claims


def at_patience(eta: float, a: float, state: plateau.State, *, patience: int = 10, **options: Any) -> Any:
    """Reduces at bad = patience, one epoch early."""
    return plateau.step(eta, a, state, patience=max(patience - 1, 0), **options)


def without_cooldown(eta: float, a: float, state: plateau.State, *, cooldown: int = 0, **options: Any) -> Any:
    """Bad epochs of a cooldown count."""
    return plateau.step(eta, a, state, **options)


def nan_is_best(eta: float, a: float, state: plateau.State, **options: Any) -> Any:
    """Bad only if a >= best, which no nan is."""
    return (eta, state._replace(bad=0)) if math.isnan(a) else plateau.step(eta, a, state, **options)


def over_with_the_last_fall(state: plateau.State, *, times: int = 3) -> bool:
    """Stops with its last reduction."""
    return state.plateaus >= times


BINDING = Binding(
    row="reduce after convergence", section=9, rule=PLATEAU, claims=(stops_after_the_last_fall,),
    against=("torch.optim.lr_scheduler:ReduceLROnPlateau",),
    wrong=[
        Wrong(followed(plateau.init, at_patience), by=WHERE),
        Wrong(followed(plateau.init, without_cooldown), by=WHERE),
        Wrong(followed(plateau.init, nan_is_best), by=NAN),
        Wrong(variant(PLATEAU.definition, is_over=over_with_the_last_fall), by=stops_after_the_last_fall),
    ])

test_plateau = define_test(BINDING)


def falls(subject: Any, metrics: list[float], **options: Any) -> list[int]:
    """The epochs, from 1, at whose end the rate falls."""
    rates = [1.0, *subject.follow(metrics, base=1.0, **options)]
    return [i for i in range(1, len(rates)) if rates[i] < rates[i - 1]]


def test_a_constant_negative_loss_is_always_better_in_relative_mode() -> None:
    assert falls(PLATEAU.definition, [-1.0] * 40, patience=2) == []
    assert falls(PLATEAU.definition, [-1.0] * 8, patience=2, threshold_mode="abs") == [4, 7]


@pytest.mark.parametrize(("cooldown", "torch", "keras"), [(0, [4, 7, 10], [3, 5, 7, 9]), (2, [4, 9], [3, 6, 9])])
def test_keras_counts_to_patience_and_torch_beyond_it(cooldown: int, torch: list[int], keras: list[int]) -> None:
    as_keras = followed(plateau.init, plateau.keras_step)
    assert falls(PLATEAU.definition, [1.0] * 10, patience=2, cooldown=cooldown) == torch
    assert falls(as_keras, [1.0] * 10, patience=2, cooldown=cooldown) == keras


def test_a_change_of_no_more_than_eps_is_skipped_but_counts_as_a_plateau() -> None:
    eta, state = 1e-8, plateau.init()
    for _ in range(4):
        eta, state = plateau.step(eta, 1.0, state, patience=0)
    assert (eta, state.plateaus) == (1e-8, 3)


@pytest.mark.parametrize(("call", "said"), [
    (lambda: plateau.init(mode="least"), "mode must be one of min, max, got 'least'"),
    (lambda: plateau.step(1.0, 1.0, plateau.init(), factor=1.0), "factor must lie in (0, 1), got 1.0"),
])
def test_bad_arguments_are_named(call: Any, said: str) -> None:
    with pytest.raises(ValueError) as raised:
        call()
    assert said in str(raised.value)
