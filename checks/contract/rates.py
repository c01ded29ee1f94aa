"""Learning rates: one that is changed on the way, one that is written again and again, and one of zero."""

from __future__ import annotations

from dataclasses import replace

from fiducial.checks.agreement import located
from fiducial.checks.contract.claims import claim, takes
from fiducial.checks.contract.laboratory import Laboratory, NotApplicable
from fiducial.checks.contract.runs import equal_runs, trajectory
from fiducial.checks.contract.streams import RELATIONS, SCHEDULED
from fiducial.checks.evidence import Gap, Severity, identical
from fiducial.checks.plans import Plan

MUST = Severity.MUST
FOLLOWS = ("rule.follows-definition",)


@claim("rule", 33, MUST, SCHEDULED, rests_on=FOLLOWS, applies=takes("lr"))
def rate_changes_are_followed(lab: Laboratory, plan: Plan) -> Gap | None:
    """A learning rate written into the parameter group is used at the next step.

        θ_t = R(θ_0, g_1 … g_t; η_1 … η_t)

    Allowed  4 × the running error bound of the definition.
    Rejects  a class that keeps the rate it was built with; a velocity that already holds the old rate.
    Mend     read lr = group["lr"] in every step(), and multiply the velocity by it last: p.add_(velocity, alpha=-lr).
    Cares    every scheduler writes group["lr"]: a class that does not read it trains on with its first rate and no
             error.
    """
    return trajectory(lab, plan)


@claim("rule", 33, MUST, RELATIONS, applies=takes("lr"))
def constant_schedule_changes_nothing(lab: Laboratory, plan: Plan) -> Gap | None:
    """Writing the same learning rate into the group before every step changes nothing.

        R(…; η, η … η) = R(…; η)

    Allowed  nothing: the runs are equal bit for bit.
    Rejects  a class that resets its state when it finds its rate assigned.
    Mend     keep no copy of the rate to compare with, and reset no buffer when it is written.
    Cares    a scheduler writes the rate at every step, changed or not: momentum would be cleared each time.
    """
    rate = plan.options_at(0, 0, lab.defaults)["lr"]
    fixed = plan.with_options(lr=rate)
    return equal_runs(lab, replace(fixed, changes={k: {0: {"lr": rate}} for k in range(1, plan.steps)}), fixed)


@claim("rule", 22, MUST, RELATIONS, applies=takes("lr"))
def zero_rate_moves_nothing(lab: Laboratory, plan: Plan) -> Gap | None:
    """With lr = 0 no parameter moves, decay included.

        R(…; η = 0) = θ_0

    Allowed  nothing (-0 counts as 0).
    Rejects  decay that forgets to multiply by the learning rate.
    Mend     multiply decay by the rate too, p.mul_(1 - lr * weight_decay), or scale the whole step by lr at its end.
    Cares    warm-ups start at 0, and lr = 0 holds a group still: decay that goes on shrinks weights which should rest.
    """
    if "moves-at-zero-rate" in lab.laws:
        raise NotApplicable("not claimed: the rule itself moves at lr = 0")
    record = lab.completed(plan.with_options(lr=0.0))
    last = record.steps[-1]
    return Gap.worst([located(identical(record.start[i], seen.value, f"parameter {i} after step {len(record.steps)}"),
                              record.plan, i, len(record.steps) - 1, since=-1)
                      for i, seen in enumerate(last)])


@claim("rule", 22, MUST, RELATIONS, rests_on=FOLLOWS, applies=takes("lr"))
def zero_rate_advances_the_state(lab: Laboratory, plan: Plan) -> Gap | None:
    """At lr = 0 the state goes on as at any other rate, so that the first step of a warm-up counts.

        R(…; η_1 = … = η_{t-1} = 0, η_t > 0) as the definition has it

    Allowed  4 × the running error bound of the definition.
    Rejects  a class that leaves its step early when the rate is zero.
    Mend     remove `if lr == 0: return` (or continue): update the moments and the count, and let lr = 0 stop the
             parameter.
    Cares    the first step of a warm-up often has lr = 0; a count that lags behind makes the corrections wrong from
             then on.
    """
    if plan.steps < 2:
        return None
    last = plan.steps - 1
    return trajectory(lab, replace(plan.with_options(lr=0.0), changes={last: {0: {"lr": 0.1}}}))
