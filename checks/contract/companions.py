"""Companions: what trainers put around an optimizer. Schedulers, clipping, gradient scalers and averages of weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from fiducial.checks.agreement import along, distance, located
from fiducial.checks.contract.claims import Level, Stream, claim, every, share, takes
from fiducial.checks.contract.frameworks import module_for, of_torch, outcome
from fiducial.checks.contract.laboratory import Laboratory
from fiducial.checks.contract.runs import equal_records
from fiducial.checks.contract.streams import Cases, drawn
from fiducial.checks.evidence import Gap, Severity
from fiducial.checks.plans import Plan, Record
from fiducial.checks.rounding import Rounded

MUST, SHOULD = Severity.MUST, Severity.SHOULD
FOLLOWS = ("rule.follows-definition",)


def _accompanied(lab: Laboratory, level: Level) -> Cases:
    """Short runs with any few options moved."""
    return [(drawn(lab, steps=(3, 5), schedule=False), share(level, 3))]


COMPANIONS = Stream("companions", _accompanied)


def _of_gradients(lab: Laboratory) -> str | None:
    """Applies where gradients are handed over before the step."""
    demands = lab.definition.demands
    own = demands.objective or getattr(lab.subject, "demands", demands).closure
    return "not claimed: its gradients come out of a closure, which no scaler and no clip can stand behind" \
        if own else None


def _of_dense_gradients(lab: Laboratory) -> str | None:
    """Applies where gradients are dense: torch's clip takes no others."""
    return "not claimed: torch clips no sparse gradients" if lab.definition.demands.rows else None


def _holds_its_rate(lab: Laboratory) -> str | None:
    """Applies where a parameter group holds the learning rate."""
    return None if lab.subject.per_group("lr") else "not claimed: no group holds a learning rate"


def _beside(lab: Laboratory, plan: Plan, kind: str) -> tuple[Record, list[Any]]:
    """The recorded run beside a companion, and what that noted."""
    found: tuple[Record, list[Any]] = outcome(
        module_for(lab, "companions").accompanied(lab.subject, lab.fitted(plan), kind))
    return found


def _scheduled(kind: str) -> Callable[[Laboratory, Plan], Gap | None]:
    """The run under a scheduler, beside the definition with what the schedule says."""

    def judge(lab: Laboratory, plan: Plan) -> Gap | None:
        record, said = _beside(lab, plan, kind)
        exact = lab.expected(replace(plan, changes={k: {0: options} for k, options in enumerate(said)}))
        return along(record, exact) if exact.judgeable() else None

    return judge


SCHEDULERS = every(of_torch, takes("lr"), _holds_its_rate)


@claim("hooks", 65, SHOULD, COMPANIONS, rests_on=FOLLOWS, applies=SCHEDULERS, quick=False)
def step_lr_is_followed(lab: Laboratory, plan: Plan) -> Gap | None:
    """Under torch's StepLR the steps are those of the schedule's rates.

        R with η_t = η_0 2^(-⌊t/2⌋)

    Allowed  4 × the running error bound of the definition; halves are exact.
    Rejects  a class that writes the rate of its constructor back into its groups.
    Mend     read group["lr"] in every step, and never write it.
    Cares    a schedule that is not followed shows as a loss curve without its usual drop, hours later.
    """
    return _scheduled("step")(lab, plan)


@claim("hooks", 65, SHOULD, COMPANIONS, rests_on=FOLLOWS, applies=SCHEDULERS, quick=False)
def plateau_is_followed(lab: Laboratory, plan: Plan) -> Gap | None:
    """Under torch's ReduceLROnPlateau the steps are those of the schedule's rates.

        R with η halved after each step that was told of a worse loss

    Allowed  4 × the running error bound of the definition; halves are exact.
    Rejects  a class that keeps a rate of its own as soon as somebody has changed it.
    Mend     read group["lr"] in every step; keep warm-up factors beside it, not in its place.
    Cares    the scheduler reads the rate that it reduces: a class that writes there compounds both.
    """
    return _scheduled("plateau")(lab, plan)


@claim("hooks", 65, SHOULD, COMPANIONS, rests_on=FOLLOWS, applies=SCHEDULERS, quick=False)
def one_cycle_is_followed(lab: Laboratory, plan: Plan) -> Gap | None:
    """Under torch's OneCycleLR the steps are those of the values that it writes, momentum or β₁ included.

        R under the schedule = R with η_t, μ_t (or β₁,t) written by hand ≠ R with η_t and μ_0

    Allowed  nothing: bit for bit, parameters and state. The last is asked where the definition tells the two apart; its
             own numbers are not owed, since forms that agree while μ is constant may part when it moves.
    Rejects  a class that unpacks its betas once, in the constructor.
    Mend     read momentum or betas out of the group in every step.
    Cares    the cycle lowers momentum while the rate is high: with momentum fixed, the peak rate may diverge.
    """
    record, said = _beside(lab, plan, "one-cycle")
    by_hand, held = (replace(plan, changes={k: {0: {n: v if n == "lr" or moves else said[0][n] for n, v in now.items()}}
                                            for k, now in enumerate(said)}) for moves in (True, False))
    written = lab.completed(by_hand)
    followed = equal_records(record, written, state=True)
    if not _apart(lab, by_hand, held):
        return followed
    deaf = equal_records(written, lab.completed(held)).holds
    return Gap.worst([followed, Gap(float(deaf), 0.0, "momentum or β₁ that was written into the groups is not read")])


def _apart(lab: Laboratory, one: Plan, other: Plan) -> bool:
    """Whether the definition ends at different places under two plans, beyond its error bounds."""
    pairs = zip(lab.expected(one).points, lab.expected(other).points, strict=True)
    return any(bool((np.abs(a[-1].x.value - b[-1].x.value) > a[-1].x.error + b[-1].x.error).any()) for a, b in pairs)


@claim("hooks", 66, SHOULD, COMPANIONS, rests_on=FOLLOWS, quick=False,
       applies=every(of_torch, _of_gradients, _of_dense_gradients))
def clipped_gradients_are_used(lab: Laboratory, plan: Plan) -> Gap | None:
    """Gradients that clip_grad_norm_ shortened between backward and step are those of the step.

        R(θ_0, g'), g' = g min(1, c/‖g‖) as it stands in p.grad

    Allowed  4 × the running error bound of the definition.
    Rejects  a class that takes a copy of each gradient as it arrives.
    Mend     read p.grad in step(), not in a hook on the backward pass.
    Cares    an unclipped step on one bad batch undoes a run that clipping was to protect.
    """
    record, gradients = _beside(lab, plan, "clipped")
    tensors = iter(range(len(plan.tensors)))

    def clipped(index: int) -> tuple[Any, ...]:
        return tuple(None if (g := step[index]) is None else np.asarray(g, dtype=np.float64) for step in gradients)

    exact = lab.expected(plan.map_tensors(lambda t: replace(t, gradients=clipped(next(tensors)))))
    return along(record, exact) if exact.judgeable() else None


@claim("hooks", 66, SHOULD, COMPANIONS, applies=every(of_torch, _of_gradients), quick=False)
def gradient_scaler_changes_nothing(lab: Laboratory, plan: Plan) -> Gap:
    """Losses scaled by a power of two, and gradients unscaled by GradScaler, lead to the same run.

        R(θ_0, (2^k g) 2^(-k)) = R(θ_0, g)

    Allowed  nothing: bit for bit, parameters and state.
    Rejects  a class that says that it unscales gradients itself, and does not.
    Mend     drop `_step_supports_amp_scaling`, or divide by `self.grad_scale` before anything else.
    Cares    every float16 run steps through a scaler: a step on scaled gradients is 65536 times too long for SGD.
    """
    record, _ = _beside(lab, plan, "scaled")
    return equal_records(record, lab.completed(plan), state=True)


@claim("hooks", 41, MUST, COMPANIONS, applies=every(of_torch, _of_gradients))
def overflow_skips_the_step(lab: Laboratory, plan: Plan) -> Gap | None:
    """A step whose scaled gradients overflowed is skipped: parameters, state and step count are as before it.

        R(g_1, ∞, g_2 …) = R(g_1, g_2 …) through GradScaler

    Allowed  nothing: bit for bit, parameters and state.
    Rejects  a class that leaves the parameters alone where `found_inf` says so, and counts the step.
    Mend     where the step itself takes `found_inf`, take it off the count, and leave before any buffer is touched.
    Cares    a scaler overflows on purpose, every two thousand steps: a count that runs ahead falsifies the bias
             correction, and an infinity in a moment stays there.
    """
    if plan.steps < 2 or not any(np.any(t.gradients[1]) for t in plan.tensors):
        return None  # nothing of a gradient of zeros can overflow: a sparse one lists no number at all
    record, _ = _beside(lab, plan, "overflowing")
    return equal_records(record, lab.completed(plan), state=True)


@claim("hooks", 66, SHOULD, COMPANIONS, rests_on=FOLLOWS, applies=of_torch, quick=False)
def averaged_model_follows(lab: Laboratory, plan: Plan) -> Gap | None:
    """An exponential average of the model's weights, updated after each step, is that of the definition's weights.

        a_1 = θ_1, a_t = ½ a_{t-1} + ½ θ_t        torch.optim.swa_utils.AveragedModel

    Allowed  4 × the same average of the running error bounds, and a unit roundoff of a and of θ a step.
    Rejects  a class that steps copies of the parameters, which the model never sees.
    Mend     write into the parameters that were handed over, in place, in every step.
    Cares    what is evaluated and shipped is often the average: it then averages weights that never moved.
    """
    record, averages = _beside(lab, plan, "averaged")
    exact = lab.expected(plan)
    if not exact.judgeable():
        return None
    gaps = [Gap(0.0, 0.0)]
    for i, points in enumerate(exact.points):
        value, error = points[1].x.value, points[1].x.error
        for k, point in enumerate(points[1:]):
            if k:
                rounded = point.x.rounding.unit * (np.abs(value) + np.abs(point.x.value))
                value, error = (value + point.x.value) / 2, (error + point.x.error) / 2 + rounded
            near = Rounded(value, error, point.x.rounding)
            gaps.append(located(distance(averages[k][i], near, f"average of parameter {i} after step {k + 1}"),
                                record.plan, i, k))
    return Gap.worst(gaps)
