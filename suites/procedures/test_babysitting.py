"""The looks at a net before a long run, against their claims."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from fiducial.checks.training_advice import (
    a_penalty_raises_the_first_loss,
    a_tiny_set_is_learnt_by_heart,
    an_ignorant_net_begins_at_ln_k,
    examples,
    net,
    the_nets_gradient_is_its_derivative,
)
from fiducial.reference.procedures import babysitting
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def summed(x: Any, labels: Any, theta: Any, *, sizes: Any, lam: float = 0.0) -> Any:
    """Summed over the examples."""
    return len(x) * babysitting.loss(x, labels, theta, sizes=sizes, lam=lam)


def penalty_shared(x: Any, labels: Any, theta: Any, *, sizes: Any, lam: float = 0.0) -> Any:
    """λ/N."""
    return babysitting.loss(x, labels, theta, sizes=sizes, lam=lam / len(x))


def without_penalty(x: Any, labels: Any, theta: Any, *, sizes: Any, lam: float = 0.0) -> Any:
    """The gradient of the cross-entropy alone."""
    return babysitting.gradient(x, labels, theta, sizes=sizes)


def ascent(x: Any, labels: Any, theta: Any, *, sizes: Any) -> Any:
    """Along the gradient."""
    return babysitting.overfit(x, labels, theta, sizes=sizes, lr=-0.01, steps=20)


def shuffled(x: Any, labels: Any, theta: Any, *, sizes: Any) -> Any:
    """Labels that have lost their examples."""
    found = babysitting.overfit(x, np.roll(labels, 1), theta, sizes=sizes)
    right = np.mean(np.argmax(babysitting.scores(x, found.theta, sizes=sizes), axis=1) == labels)
    return found._replace(losses=np.array([babysitting.loss(x, labels, found.theta, sizes=sizes)]), right=float(right))


BINDING = Binding(
    row="babysitting", section=10, definition=babysitting,
    claims=(an_ignorant_net_begins_at_ln_k, a_penalty_raises_the_first_loss, the_nets_gradient_is_its_derivative,
            a_tiny_set_is_learnt_by_heart),
    wrong=[Wrong(variant(babysitting, loss=summed), by=an_ignorant_net_begins_at_ln_k),
           Wrong(variant(babysitting, expected_first_loss=lambda classes: math.log(classes + 1)),
                 by=an_ignorant_net_begins_at_ln_k),
           Wrong(variant(babysitting, loss=penalty_shared), by=a_penalty_raises_the_first_loss),
           Wrong(variant(babysitting, gradient=without_penalty), by=the_nets_gradient_is_its_derivative),
           Wrong(variant(babysitting, overfit=ascent), by=a_tiny_set_is_learnt_by_heart),
           Wrong(variant(babysitting, overfit=shuffled), by=a_tiny_set_is_learnt_by_heart)])
test_babysitting = define_test(BINDING)


def test_a_tiny_set_is_learnt_with_a_wide_margin() -> None:
    worst = 0.0
    for seed in range(20):
        sizes, theta = net(seed, 4, 1.0, hidden=64)
        x, labels = examples(seed, 4, 8)
        worst = max(worst, float(babysitting.overfit(x, labels, theta, sizes=sizes).losses[-1]))
    assert worst < 0.02 * math.log(4)


def test_no_class_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError) as raised:
        babysitting.expected_first_loss(0)
    assert str(raised.value) == "classes must be a whole number of at least 1, got 0"
