"""The focal loss held to its claims, and its usual lines of torch beside it."""

from __future__ import annotations

from typing import Any

import numpy as np

from fiducial.reference.losses import focal
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.losses import mutants
from fiducial.suites.rules.losses import FOCAL


def wrong_way_round(x: Any, t: Any, *, alpha: Any, gamma: float, reduction: str) -> Any:
    """p^γ, which takes the hard examples' loss away."""
    z = (2 * t - 1) * x
    return np.sum(np.exp(-gamma * np.logaddexp(0, -z)) * np.logaddexp(0, -z))


def always_focused(x: Any, t: Any, *, alpha: Any, gamma: float, reduction: str) -> Any:
    """γ raised by one."""
    return focal.forward(x, t, alpha=alpha, gamma=gamma + 1, reduction=reduction)


def negative(x: Any, t: Any, *, alpha: Any, gamma: float, reduction: str) -> Any:
    """log p without its minus."""
    return -focal.forward(x, t, alpha=alpha, gamma=gamma, reduction=reduction)


def wrong(claim: str, forward: Any) -> Wrong:
    """The loss with another forward pass, and the claim that rejects it."""
    return Wrong(variant(focal, forward=forward), by=mutants.of(FOCAL, claim))


BINDING = Binding(
    row="focal", section=2, rule=FOCAL, against=("fiducial.suites.losses.torch_forms:focal",),
    wrong=[*mutants.of_any_map(FOCAL),
           wrong("value.never-negative", negative), wrong("value.without-focus-it-is-logistic", always_focused),
           wrong("value.easy-examples-count-less", wrong_way_round),
           Wrong(mutants.mean_of_one_more(focal), by=mutants.of(FOCAL, "value.reductions-agree"))])
test_focal = define_test(BINDING)
