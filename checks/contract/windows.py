"""Windows: a class that collects gradients over several steps takes the rule's step with their mean, once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fiducial.checks.agreement import Expected, along
from fiducial.checks.contract.claims import Level, Stream, claim, share
from fiducial.checks.contract.laboratory import Laboratory
from fiducial.checks.contract.streams import Cases, drawn
from fiducial.checks.evidence import Array, Gap, Severity
from fiducial.checks.plans import Plan, Tensor

# How public classes spell the number of gradients that they collect; None, 0 or 1: none.
SPELT = ("gradient_accumulation_steps", "grad_accumulation_steps", "accumulation_steps", "accumulate_steps",
         "every_k_schedule")


def window(lab: Laboratory) -> str | None:
    """The keyword that makes the subject collect gradients, if it has one and collects none without it."""
    return next((name for name in SPELT if lab.subject.defaults.get(name, 2) in (None, 0, 1)), None)


def _collects(lab: Laboratory) -> str | None:
    return None if window(lab) else "not claimed: takes no number of steps over which it collects gradients"


def _split(t: Tensor) -> Tensor:
    """Each gradient as that of a window of two: (2g, 0) and (0, 2g) in turns."""
    empty: list[Array | None] = [None if g is None else np.zeros_like(g) for g in t.gradients]
    twice = [None if g is None else 2 * g for g in t.gradients]
    pairs = ((a, b) if k % 2 == 0 else (b, a) for k, (a, b) in enumerate(zip(twice, empty, strict=True)))
    return replace(t, gradients=tuple(g for pair in pairs for g in pair))


def _windows(lab: Laboratory, level: Level) -> Cases:
    """A few short runs: each of their steps is taken twice, on JAX through a condition that is traced each time."""
    return [(drawn(lab, steps=(2, 3), schedule=False), share(level, 4))]


@claim("gradient", 43, Severity.MUST, Stream("windows", _windows), rests_on=("rule.follows-definition",),
       applies=_collects)
def windows_step_by_their_mean(lab: Laboratory, plan: Plan) -> Gap | None:
    """Told to collect k gradients, it waits for k - 1 steps and takes the rule's step with their mean at every k-th.

        x_t = x_{t-1} unless k | t;   x_{jk} = R(x_{(j-1)k}, (g_{(j-1)k+1} + … + g_{jk})/k),   k = 2

    Allowed  4 × the running error bound of the definition on the means. The two gradients are (2g, 0) and (0, 2g) in
             turns: their sum, their mean and their running mean are exact.
    Rejects  a class that shrinks its weights in every step of a window; a sum in place of the mean.
    Mend     add to the sum and return until the window is full; only then decay, clip, count and step, with sum/k, and
             empty the sum.
    Cares    large batches are made of small ones in this way: what happens k times in a window is k times as strong.
    """
    keyword = window(lab)
    assert keyword is not None, "the claim does not apply without it"
    record = lab.completed(plan.map_tensors(_split).with_options(**{keyword: 2}))
    exact = lab.expected(plan)
    waiting = Expected([[path[n // 2] for n in range(2 * plan.steps + 1)] for path in exact.points])
    return along(record, waiting) if exact.judgeable() else None
