"""Subjects of the dynamics: a reference optimizer on a reference objective, as the walks call them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from fiducial.checks.evidence import Array

Step = Callable[..., Any]
ONE = np.ones(())


def pointwise(step: Step) -> Step:
    """A step that takes the gradient as an array, as one that takes it as a function: it asks for it at x."""

    def step_at_x(x: Array, gradient: Callable[[Array], Array], state: Any, **options: Any) -> Any:
        return step(x, gradient(x), state, **options)

    return step_at_x


def optimizer(module: Any, step: Step | None = None, **fixed: Any) -> SimpleNamespace:
    """A module's init and its step (or another) at fixed options; `nesterov` takes a function already."""
    chosen = partial(step or module.step, **fixed)
    takes_a_function = module.__name__.endswith(".nesterov")
    return SimpleNamespace(init=module.init, step=chosen if takes_a_function else pointwise(chosen))


def on(subject: SimpleNamespace, objective: Any) -> SimpleNamespace:
    """An optimizer on an objective."""

    def gradient(at: Array, /, **of: Any) -> Any:
        return objective.backward(at, g=ONE, **of)

    return SimpleNamespace(**vars(subject), value=objective.forward, gradient=gradient, hessian=objective.hessian)
