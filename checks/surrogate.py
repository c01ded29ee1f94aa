"""What is claimed of training on one loss and judging by another."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.losses import EXAMPLES, ROWS, Draws, U, drawn, dyadic

GAP = 0.125  # by how much the Bayes class leads in `LED`


def _joint(rng: np.random.Generator, s: Any) -> Array:
    """Joint probabilities of inputs and classes, none of them zero."""
    counts = rng.integers(1, 32, s.scores)
    joint: Array = counts / counts.sum()
    return joint


def _led(rng: np.random.Generator, s: Any) -> Array:
    """Equally likely inputs, each with a leading class that need not have more than half."""
    rest = (1 - GAP) / s.classes
    leading = np.eye(s.classes)[rng.integers(0, s.classes, s.batch)]
    joint: Array = (rest + GAP * leading) / s.batch
    return joint


JOINT: Draws = drawn(ROWS, _joint)
LED: Draws = drawn(ROWS, _led)


def bayes_risk(joint: Array) -> float:
    """The least 0-1 loss that any classifier has."""
    return float(np.sum(joint) - np.sum(joint.max(axis=1)))


@claim("value", examples=EXAMPLES, joint=JOINT, s=dyadic(ROWS, scales=(1.0,)))
def no_scores_do_better(f: Any, joint: Array, s: Array) -> Gap:
    """The conditionals minimize the negative log-likelihood: no other scores have a smaller risk.

        R(log p(y|x)) <= R(s)   for every s

    Allowed  a sum of XC terms p log q, each off by 4 u (C + max s - min s + 8) p: twice that for the two sides,
             the log-probabilities being at least -log of 32 XC.
    Rejects  the likelihoods p(x|y), in which the prior is forgotten.
    """
    best = np.asarray(f.minimizer(joint))
    spread = max(float(np.ptp(s)), math.log(32 * s.size))
    allowed = 2 * (4 * (s.shape[1] + spread + 8) + s.size * spread) * U
    return Gap(max(float(f.forward(best, joint)) - float(f.forward(s, joint)), 0.0), allowed)


@claim("value", examples=EXAMPLES, joint=JOINT)
def the_minimizer_is_a_bayes_classifier(f: Any, joint: Array) -> Gap:
    """Scores that minimize the negative log-likelihood have the least 0-1 loss that there is.

        true risk(argmin R) = Σ_x (p(x) - max_y p(x, y))

    Allowed  sums of at most XC probabilities that add to 1: 4 (XC + 2) u; probabilities differ by more than rounding or
             not at all.
    Rejects  the likelihoods p(x|y), in which the prior is forgotten.
    """
    return Gap(abs(float(f.true_risk(f.minimizer(joint), joint)) - bayes_risk(joint)), 4 * (joint.size + 2) * U)


@claim("value", examples=EXAMPLES, joint=JOINT, s=dyadic(ROWS, scales=(1.0,)))
def true_risk_is_the_weight_of_mistakes(f: Any, joint: Array, s: Array) -> Gap:
    """The true risk is the probability of all pairs whose class does not score highest.

        Σ_xy p(x, y) [y ≠ argmax s_x]

    Allowed  two orders of XC additions of probabilities: 4 (XC + 2) u.
    Rejects  the expected loss of a class drawn from softmax(s).
    """
    missed = float(np.sum(joint)) - sum(float(p[np.argmax(scores)]) for p, scores in zip(joint, s, strict=True))
    return Gap(abs(float(f.true_risk(s, joint)) - missed), 4 * (joint.size + 2) * U)


def enough_steps(joint: Array, lr: float) -> int:
    """So many steps of descent from 0 that no class but the leading one can score highest.

    R is convex and its slope changes at most by L = ½ max p(x), so that for η <= 1/L after k steps
    R - R* <= ‖s*‖² / (2 η k). By Pinsker p(x) ½ ‖p(·|x) - q‖₁² <= R - R*, and a class that has overtaken the leader
    makes ‖p(·|x) - q‖₁ at least the lead.
    """
    p_x = joint.sum(axis=1, keepdims=True)
    target = np.log(joint / p_x)
    centred = target - target.mean(axis=1, keepdims=True)
    top = np.sort(joint / p_x, axis=1)
    lead = float((top[:, -1] - top[:, -2]).min())
    return math.ceil(float(np.sum(centred**2)) / (2 * lr) / (0.5 * float(p_x.min()) * lead**2)) + 1


@claim("behaviour", examples=15, joint=LED, part=st.sampled_from((1.0, 0.5)))
def training_finds_the_bayes_class(f: Any, joint: Array, part: float) -> Gap:
    """Descent on the negative log-likelihood ends with the least 0-1 loss, also where no class has more than half.

        true risk(train on R) = Bayes risk   after k > ‖s*‖² / (η min p(x) lead²) steps, η <= 1/L

    Allowed  sums of probabilities, 4 (XC + 2) u; the number of steps is proven enough (`enough_steps`).
    Rejects  a multi-class hinge loss, which keeps all scores equal where no class has more than half.
    """
    lr = part * 2 / float(joint.sum(axis=1).max())
    trained = np.asarray(f.train(joint, lr=lr, steps=enough_steps(joint, lr)))
    lost = abs(float(f.true_risk(trained, joint)) - bayes_risk(joint))
    return Gap(lost, 4 * (joint.size + 2) * U)
