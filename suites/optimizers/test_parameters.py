"""What every definition refuses, and that it writes to nothing it is given."""

import importlib
from typing import Any

import numpy as np
import pytest

from fiducial.suites.optimizers.trajectories import Plan

NAMES = ("gradient_descent", "momentum", "momentum_average", "momentum_buffer", "nesterov", "nesterov_buffer",
         "adagrad", "rmsprop", "rmsprop_centered", "adadelta", "adam", "amsgrad", "adamw")


@pytest.fixture(params=NAMES)
def definition(request: pytest.FixtureRequest) -> Any:
    return importlib.import_module(f"fiducial.reference.optimizers.{request.param}")


@pytest.mark.parametrize("x", [np.ones(2, np.float32), np.ones(2, int), np.ones(2, complex), [1.0, 2.0]], ids=repr)
def test_init_refuses_what_is_not_float64(definition: Any, x: Any) -> None:
    with pytest.raises(ValueError, match="x must be a real float64 array, got") as refusal:
        definition.init(x)
    assert repr(x) in str(refusal.value)
    assert "convert it with" in str(refusal.value)


def test_init_shapes_the_state_like_x(definition: Any) -> None:
    state = definition.init(np.ones((2, 3)))
    assert all(np.shape(entry) in ((2, 3), ()) for entry in state)


def test_step_writes_to_nothing_it_is_given(definition: Any) -> None:
    """Parameters, gradients and every state are read-only here: writing to one raises."""
    plan = Plan(0)
    x, state = plan.start, definition.init(plan.start)
    for g in (Plan(seed).start for seed in (1, 2, 3)):
        for entry in (x, *state):
            if isinstance(entry, np.ndarray):
                entry.flags.writeable = False
        takes_function = definition.__name__.endswith(".nesterov")
        x, state = definition.step(x, (lambda _, g=g: g) if takes_function else g, state, lr=0.1)
        assert np.isfinite(x).all()


def test_a_scalar_parameter_is_as_good_as_an_array() -> None:
    adam: Any = importlib.import_module("fiducial.reference.optimizers.adam")
    x, state = adam.step(np.array(1.0), np.array(2.0), adam.init(np.array(1.0)), lr=0.1)
    assert np.shape(x) == np.shape(state.v) == ()
