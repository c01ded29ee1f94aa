"""Training on the negative log-likelihood and judging by the 0-1 loss, held to their claims."""

from __future__ import annotations

from typing import Any

import numpy as np

from fiducial.checks import surrogate as claims
from fiducial.checks.claims_of_maps import follows_definition, gradient_follows_definition, gradient_is_the_derivative
from fiducial.checks.losses import ROWS, dyadic
from fiducial.reference.losses import cross_entropy, surrogate
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.losses.mutants import doubled, halved, turned

DRAWS: dict[str, Any] = {"s": dyadic(ROWS, scales=(1.0,)), "joint": claims.JOINT}
VALUES = follows_definition(surrogate, **DRAWS)
GRADIENTS = gradient_follows_definition(surrogate, **DRAWS)
DERIVATIVES = gradient_is_the_derivative(examples=15, **DRAWS)


def likelihoods(joint: Any) -> Any:
    """log p(x | y): the prior of the classes is forgotten."""
    return np.log(joint / np.sum(joint, axis=0, keepdims=True))


def drawn_class(s: Any, joint: Any) -> Any:
    """The expected 0-1 loss of a class drawn from the softmax."""
    return np.sum(joint) - np.sum(joint * np.exp(cross_entropy.log_softmax(s)))


def trained_on_the_hinge(joint: Any, *, lr: float, steps: int) -> Any:
    """What minimizes Crammer and Singer's hinge: all scores equal where no class has more than half."""
    conditional = joint / joint.sum(axis=1, keepdims=True)
    return np.where(conditional > 0.5, 1.0, 0.0)


BINDING = Binding(
    row="surrogate loss", section=2, definition=surrogate,
    claims=(VALUES, GRADIENTS, DERIVATIVES, claims.no_scores_do_better, claims.the_minimizer_is_a_bayes_classifier,
            claims.true_risk_is_the_weight_of_mistakes, claims.training_finds_the_bayes_class),
    wrong=[Wrong(doubled(surrogate), by=VALUES), Wrong(turned(surrogate), by=GRADIENTS),
           Wrong(halved(surrogate), by=DERIVATIVES),
           Wrong(variant(surrogate, minimizer=likelihoods), by=claims.no_scores_do_better),
           Wrong(variant(surrogate, minimizer=likelihoods), by=claims.the_minimizer_is_a_bayes_classifier),
           Wrong(variant(surrogate, true_risk=drawn_class), by=claims.true_risk_is_the_weight_of_mistakes),
           Wrong(variant(surrogate, train=trained_on_the_hinge), by=claims.training_finds_the_bayes_class)])
test_surrogate = define_test(BINDING)
