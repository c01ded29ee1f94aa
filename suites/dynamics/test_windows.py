"""The mean of the last M gradients: its weights, its variance, and what it is over an epoch."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from fiducial.checks.dynamics.windows import (
    a_window_over_an_epoch_is_the_full_gradient,
    weights_of_a_window,
    windows_thin_the_noise,
)
from fiducial.checks.evidence import Array
from fiducial.reference.optimizers import gradient_average, momentum, momentum_average
from fiducial.suites.bindings import Binding, Wrong, define_test
from fiducial.suites.dynamics.subjects import Step, optimizer, pointwise

LENGTH = 7


def window(step: Step) -> SimpleNamespace:
    """A form of the mean of the last seven."""
    return SimpleNamespace(init=partial(gradient_average.init, window=LENGTH), step=pointwise(step), window=LENGTH)


def without_the_newest(x: Array, g: Array, state: gradient_average.State, *, lr: float) -> Any:
    """The mean of those before the newest."""
    new = gradient_average.pushed(g, state)
    return x - lr * np.sum(state.g, axis=0) / min(new.t, LENGTH), new


def of_length(subject: SimpleNamespace) -> SimpleNamespace:
    """Another average, asked as if it held seven."""
    return SimpleNamespace(**vars(subject), window=LENGTH)


WINDOW, PADDED = window(gradient_average.step), window(gradient_average.padded_step)
FALLING, SUM = (of_length(optimizer(module, momentum=0.75)) for module in (momentum_average, momentum))

test_windows = define_test(Binding(
    row="averaging gradients: moving window", section=12, definition=WINDOW,
    claims=(weights_of_a_window, windows_thin_the_noise, a_window_over_an_epoch_is_the_full_gradient),
    wrong=[Wrong(PADDED, by=weights_of_a_window), Wrong(FALLING, by=weights_of_a_window),
           Wrong(SUM, by=weights_of_a_window), Wrong(PADDED, by=windows_thin_the_noise),
           Wrong(SUM, by=windows_thin_the_noise),
           Wrong(window(without_the_newest), by=a_window_over_an_epoch_is_the_full_gradient),
           Wrong(FALLING, by=a_window_over_an_epoch_is_the_full_gradient)]))
