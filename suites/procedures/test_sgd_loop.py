"""The loop of stochastic gradient descent against its claims."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fiducial.checks.procedures import (
    PLAIN,
    resumed_is_uninterrupted,
    samples_every_example_alike,
    steps_on_what_it_sampled,
    stops_when_the_criterion_holds,
    the_seed_is_the_run,
)
from fiducial.reference.procedures import sgd_loop
from fiducial.suites.bindings import Binding, Wrong, define_test, variant

SHARED = np.random.default_rng(0)


def from_the_beginning(run: Any, gradient: Any, *, until: Any, optimizer: Any, **options: Any) -> Any:
    """Draws the first batches again after a resumption."""
    done, fresh = run.t, run._replace(t=0)
    ended = sgd_loop.train(fresh, gradient, until=lambda at: until(at._replace(t=at.t + done)), optimizer=optimizer,
                           **options)
    return ended._replace(t=ended.t + done)


def forgetful(run: Any, gradient: Any, *, optimizer: Any, **options: Any) -> Any:
    """A new optimizer after a resumption."""
    fresh = run._replace(state=optimizer.init(run.x))
    return sgd_loop.train(fresh, gradient, optimizer=optimizer, **options)


def with_seed(choose: Any) -> Any:
    """A loop that takes another seed than it was given."""

    def train(run: Any, gradient: Any, *, seed: int, **options: Any) -> Any:
        return sgd_loop.train(run, gradient, seed=choose(seed), **options)

    return variant(sgd_loop, train=train)


def looks_afterwards(run: Any, gradient: Any, *, until: Any, **options: Any) -> Any:
    """do … until: at least one step."""
    return sgd_loop.train(sgd_loop.advance(run, gradient, **options), gradient, until=until, **options)


def with_gradient(changed: Any) -> Any:
    """A loop that hands over other gradients."""

    def train(run: Any, gradient: Any, **options: Any) -> Any:
        return sgd_loop.train(run, changed(gradient), **options)

    return variant(sgd_loop, train=train)


def without_replacement(n: int, size: int, *, seed: int, t: int) -> Any:
    """Different examples in every batch."""
    return np.random.default_rng([seed, t]).permutation(n)[:size]


BINDING = Binding(
    row="SGD loop", section=10, definition=sgd_loop,
    claims=(resumed_is_uninterrupted, the_seed_is_the_run, stops_when_the_criterion_holds, steps_on_what_it_sampled,
            samples_every_example_alike),
    wrong=[
        Wrong(variant(sgd_loop, train=from_the_beginning), by=resumed_is_uninterrupted),
        Wrong(variant(sgd_loop, train=forgetful), by=resumed_is_uninterrupted),
        Wrong(with_seed(lambda seed: int(SHARED.integers(2**31))), by=the_seed_is_the_run),
        Wrong(with_seed(lambda seed: 0), by=the_seed_is_the_run),
        Wrong(variant(sgd_loop, train=looks_afterwards), by=stops_when_the_criterion_holds),
        Wrong(with_gradient(lambda gradient: lambda x, batch: -gradient(x, batch)), by=steps_on_what_it_sampled),
        Wrong(with_gradient(lambda gradient: lambda x, batch: gradient(x, batch + 1)), by=steps_on_what_it_sampled),
        Wrong(variant(sgd_loop, draw=without_replacement), by=samples_every_example_alike),
        Wrong(variant(sgd_loop, draw=lambda n, size, *, seed, t: sgd_loop.draw(n, size, seed=seed, t=0)),
              by=samples_every_example_alike)])
test_sgd_loop = define_test(BINDING)


def test_a_criterion_that_never_holds_is_refused_in_one_sentence() -> None:
    run = sgd_loop.start(np.ones(1), optimizer=PLAIN)
    with pytest.raises(ValueError) as raised:
        sgd_loop.train(run, lambda x, batch: x, until=lambda run: False, optimizer=PLAIN, n=1, size=1, seed=0, most=3,
                       lr=0.1)
    assert str(raised.value) == "until must hold within most = 3 steps, but does not after them"
