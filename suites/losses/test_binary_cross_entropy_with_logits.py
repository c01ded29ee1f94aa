"""Binary cross-entropy with logits held to its claims, and torch's beside it."""

from __future__ import annotations

from typing import Any

import numpy as np

from fiducial.reference.losses import binary_cross_entropy_with_logits as bce
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.losses import mutants
from fiducial.suites.rules.losses import BCE


def of_the_sigmoid(x: Any, t: Any, **options: Any) -> Any:
    """The logarithm of a sigmoid that was rounded."""
    with np.errstate(all="ignore"):
        p = 1 / (1 + np.exp(-x))
        return -np.mean(np.where(t > 0, t * np.log(p), 0) + np.where(t < 1, (1 - t) * np.log(1 - p), 0))


def bounded_on_one_side(x: Any, t: Any, **options: Any) -> Any:
    """log σ(x) taken to be -10 at least."""
    logs = np.maximum(-np.logaddexp(0, -x), -10)
    return -np.mean(t * logs - (1 - t) * np.logaddexp(0, x))


def squared(x: Any, t: Any, **options: Any) -> Any:
    """Squared error on the sigmoid."""
    return np.mean((t - np.exp(-np.logaddexp(0, -x))) ** 2)


def without_the_other_side(x: Any, t: Any, **options: Any) -> Any:
    """The score in the place of its softplus."""
    return np.mean((1 - t) * x)


def wrong(claim: str, forward: Any) -> Wrong:
    """The loss with another forward pass, and the claim that rejects it."""
    return Wrong(variant(bce, forward=forward), by=mutants.of(BCE, claim))


BINDING = Binding(
    row="binary CE with logits", section=2, rule=BCE,
    against=("torch.nn.functional:binary_cross_entropy_with_logits", "torch.nn:BCEWithLogitsLoss"),
    wrong=[*mutants.of_any_map(BCE),
           wrong("value.middle-below-the-ends", squared), wrong("value.never-negative", without_the_other_side),
           wrong("invariance.yes-is-no-turned-round", bounded_on_one_side),
           wrong("value.linear-in-a-sure-mistake", of_the_sigmoid),
           Wrong(mutants.mean_of_one_more(bce), by=mutants.of(BCE, "value.reductions-agree"))])
test_binary_cross_entropy_with_logits = define_test(BINDING)
