"""Random search against its claims."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fiducial.checks.searches import (
    a_grid_repeats_its_values,
    draws_are_log_uniform,
    every_job_tries_another_value,
    finer_rounds_stay_inside,
    tightened_ranges_hold_the_best,
)
from fiducial.reference.procedures import random_search
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def uniform(ranges: Any, *, jobs: int, rng: np.random.Generator) -> Any:
    """Uniform settings."""
    return {name: rng.uniform(low, high, jobs) for name, (low, high) in ranges.items()}


def on_a_grid(ranges: Any, *, jobs: int, rng: np.random.Generator) -> Any:
    """As many jobs on a square grid."""
    return random_search.grid(ranges, steps=round(jobs**0.5))


def about_the_worst(found: Any, *, best: int = 3) -> Any:
    """The largest scores are taken for the best."""
    return random_search.tighten(random_search.Round(found.ranges, found.settings, -found.scores), best=best)


def no_room(found: Any, *, best: int = 3) -> Any:
    """The span of the best."""
    chosen = np.argsort(found.scores)[:best]
    return {name: (values[chosen].min(), values[chosen].max()) for name, values in found.settings.items()}


def as_wide(objective: Any, ranges: Any, *, rounds: int = 2, **options: Any) -> Any:
    """Every round in the first ranges."""
    return [random_search.search(objective, ranges, rounds=1, **options)[0] for _ in range(rounds)]


def sorted_scores(objective: Any, ranges: Any, **options: Any) -> Any:
    """Scores from best to worst beside settings as they were drawn."""
    return [one._replace(scores=np.sort(one.scores)) for one in random_search.search(objective, ranges, **options)]


def diagonal(ranges: Any, *, steps: int) -> Any:
    """Both settings together."""
    return {name: np.geomspace(low, high, steps) for name, (low, high) in ranges.items()}


BINDING = Binding(
    row="random search, coarse to fine", section=10, definition=random_search,
    claims=(draws_are_log_uniform, tightened_ranges_hold_the_best, finer_rounds_stay_inside,
            every_job_tries_another_value, a_grid_repeats_its_values),
    wrong=[Wrong(variant(random_search, draw=uniform), by=draws_are_log_uniform),
           Wrong(variant(random_search, tighten=about_the_worst), by=tightened_ranges_hold_the_best),
           Wrong(variant(random_search, tighten=no_room), by=tightened_ranges_hold_the_best),
           Wrong(variant(random_search, search=as_wide), by=finer_rounds_stay_inside),
           Wrong(variant(random_search, search=sorted_scores), by=finer_rounds_stay_inside),
           Wrong(variant(random_search, draw=on_a_grid), by=every_job_tries_another_value),
           Wrong(variant(random_search, grid=diagonal), by=a_grid_repeats_its_values)])
test_random_search = define_test(BINDING)


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda rng: random_search.draw({"lr": (0.1, 0.01)}, jobs=1, rng=rng),
     "lr must have its lower end first, got (0.1, 0.01)"),
    (lambda rng: random_search.draw({"lr": (0.0, 0.01)}, jobs=1, rng=rng), "lr must be positive, got 0.0"),
    (lambda rng: random_search.search(lambda lr: lr, {"lr": (0.1, 1)}, rng=rng, jobs=2),
     "best must lie between 1 and the 2 settings tried, got 3"),
])
def test_a_bad_argument_is_refused_in_one_sentence(call: Any, sentence: str) -> None:
    with pytest.raises(ValueError) as raised:
        call(np.random.default_rng(0))
    assert str(raised.value) == sentence
