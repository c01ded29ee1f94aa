"""Curves from the references alone: learning-rate schedules, and how far a start carries a signal through depth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fiducial.checks.evidence import Array, recorded
from fiducial.reference.initializers import kaiming_normal, lecun_normal, orthogonal, small_random, xavier_normal
from fiducial.reference.schedules import (
    cosine,
    cyclic,
    exponential,
    inverse_square_root,
    linear,
    multistep,
    one_cycle,
    polynomial,
    step,
    time_based,
    warm_restarts,
)
from fiducial.suites.jobs import Refusal

Record = dict[str, Any]
STEPS, BASE = 100, 0.1
SCHEDULES: dict[str, tuple[Callable[..., float], dict[str, Any]]] = {
    "step": (step.rate, {"step_size": 30, "gamma": 0.3}),
    "multistep": (multistep.rate, {"milestones": (40, 80), "gamma": 0.2}),
    "exponential": (exponential.rate, {"gamma": 0.97}),
    "linear": (linear.rate, {"start_factor": 0.1, "total_iters": 20}),
    "polynomial": (polynomial.rate, {"total_iters": STEPS, "power": 2.0}),
    "cosine": (cosine.rate, {"T_max": STEPS}),
    "warm_restarts": (warm_restarts.rate, {"T_0": 15, "T_mult": 2}),
    "cyclic": (cyclic.rate, {"base": BASE / 10, "max_lr": BASE, "step_size_up": 15}),
    "one_cycle": (one_cycle.rate, {"total_steps": STEPS + 1}),
    "inverse_square_root": (inverse_square_root.rate, {"N": 10}),
    "time_based": (time_based.rate, {"decay": 0.05})}
WIDTH, DEPTH, EXAMPLES = 256, 24, 128
ACTIVATIONS: dict[str, Callable[[Array], Array]] = {"tanh": np.tanh, "relu": lambda s: np.maximum(s, 0.0)}
STARTS: dict[str, Callable[..., Array]] = {
    "normal, 0.01": small_random.draw, "lecun_normal": lecun_normal.draw, "xavier_normal": xavier_normal.draw,
    "kaiming_normal": kaiming_normal.draw, "orthogonal": orthogonal.draw,
    "normal, 0.1": lambda shape, *, rng: small_random.draw(shape, rng=rng, std=0.1)}


def chosen(subjects: Sequence[str], known: Sequence[str], what: str) -> list[str]:
    """Those that were named, or all. Raises Refusal for one that is not known."""
    for name in subjects:
        if name not in known:
            raise Refusal(f"no {what} is named {name}; there are {'; '.join(known)}", 2)
    return list(subjects or known)


def schedules(subjects: Sequence[str], seed: int) -> Record:
    """The rate after each step, from a rate of 0.1."""
    found = {}
    for name in chosen(subjects, list(SCHEDULES), "schedule"):
        rate, options = SCHEDULES[name]
        found[name] = [float(rate(k, **{"base": BASE, **options})) for k in range(STEPS + 1)]
    return {"steps": STEPS, "rates": found}


def depth(subjects: Sequence[str], seed: int) -> Record:
    """The mean square of the activations in each layer of a net that has not learnt yet, by start and activation."""
    names = chosen(subjects, list(STARTS), "start")
    found: dict[str, dict[str, Any]] = {activation: {} for activation in ACTIVATIONS}
    for activation, bend in ACTIVATIONS.items():
        for name in names:
            rng = np.random.default_rng([2, seed])
            y, through = rng.standard_normal((EXAMPLES, WIDTH)), []
            for _ in range(DEPTH):
                y = bend(y @ STARTS[name]((WIDTH, WIDTH), rng=rng).T)
                through.append(float(np.mean(y**2)))
            found[activation][name] = recorded(through)
    return {"width": WIDTH, "examples": EXAMPLES, "squares": found}
