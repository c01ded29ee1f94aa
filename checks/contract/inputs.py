"""Inputs out of the ordinary: layouts, shapes and sizes of tensors, and gradients at the ends of their range."""

from __future__ import annotations

import numpy as np

from fiducial.checks.contract.claims import claim
from fiducial.checks.contract.laboratory import Laboratory
from fiducial.checks.contract.runs import trajectory
from fiducial.checks.contract.streams import EXTREMES, LAYOUTS_STREAM, ODD, SUBNORMALS
from fiducial.checks.evidence import Array, Gap, Severity
from fiducial.checks.plans import Plan

MUST, SHOULD = Severity.MUST, Severity.SHOULD
FOLLOWS = ("rule.follows-definition",)


@claim("rule", 30, MUST, LAYOUTS_STREAM, rests_on=FOLLOWS)
def layouts_change_nothing(lab: Laboratory, plan: Plan) -> Gap | None:
    """Transposed and strided parameters, and gradients whose strides differ from their parameter's, change nothing.

        R(θ, g) does not depend on how θ and g lie in memory

    Allowed  4 × the running error bound of the definition.
    Rejects  a kernel that walks the gradient's memory in the parameter's order.
    Mend     index by entry, not by memory: a kernel asks p.stride() == p.grad.stride(), and copies the gradient into
             the parameter's layout (torch.empty_like(p).copy_(g)) if not.
    Cares    channels_last and transposed weights are common. torch 2.13's Adam and AdamW with fused=True step wrongly
             on a CPU where the strides of p.grad differ.
    """
    return trajectory(lab, plan)


@claim("rule", 30, MUST, ODD, rests_on=FOLLOWS)
def odd_shapes_follow_definition(lab: Laboratory, plan: Plan) -> Gap | None:
    """Tensors of any shape, size and number take the definition's step: 0-dimensional, 4-dimensional, 1025 entries.

        R(θ) for θ of shape (), (1,), (2, 1, 3, 2), (17,), (5, 13), (41, 25); for twelve tensors at once

    Allowed  4 × the running error bound of the definition.
    Rejects  a class that skips tensors without dimensions, as if they were constants.
    Mend     drop special cases on p.dim() and p.numel(); in a kernel handle the last, partly filled block, and tensors
             of one entry.
    Cares    scales and temperatures are 0-dimensional, and sizes are seldom multiples of a block: the tail is where
             kernels err.
    """
    if any(t.start.size == 0 for t in plan.tensors):
        return None
    return trajectory(lab, plan)


@claim("rule", 30, SHOULD, ODD, rests_on=FOLLOWS)
def empty_tensors_pass_through(lab: Laboratory, plan: Plan) -> Gap | None:
    """A truly empty tensor is stepped over without an error, and its neighbours take their steps.

        R(θ) beside θ' of shape (0,)

    Allowed  4 × the running error bound of the definition.
    Rejects  a class that divides by the number of entries.
    Mend     `if p.numel() == 0: continue`, before any mean, norm or division by the size.
    Cares    a layer sized 0 by configuration, or a shard without entries, must not stop the others. torch 2.13's
             Adafactor divides by zero there.
    """
    if all(t.start.size for t in plan.tensors):
        return None
    return trajectory(lab, plan)


@claim("rule", 42, SHOULD, EXTREMES, rests_on=FOLLOWS)
def extreme_gradients_follow_definition(lab: Laboratory, plan: Plan) -> Gap | None:
    """Gradients from 1e-100 to 1e100 take the definition's step: no nan, no early underflow of the update.

        R(θ, g) for |g| far from 1

    Allowed  4 × the running error bound of the definition, underflow counted; entries without a finite bound
             are not judged.
    Rejects  a class that adds 1e-30 to g² for safety.
    Mend     keep to the formula's order: v.sqrt().add_(eps); add no constant to g², and do not form g⁴ or products that
             overflow early.
    Cares    gradients after a clipped spike, of a scaled loss or of a nearly converged layer are far from 1; a floor
             meant for safety becomes the step.
    """
    return trajectory(lab, plan)


@claim("rule", 42, SHOULD, SUBNORMALS, rests_on=FOLLOWS)
def subnormal_gradients_give_no_nan(lab: Laboratory, plan: Plan) -> Gap | None:
    """Subnormal gradients, and gradients whose squares are subnormal, leave every parameter finite.

        |g| or g² < 2.2e-308  ⇒  θ_t is finite wherever the definition's is

    Allowed  no nan and no infinity. (The value is not judged: η·g/(√v + ε) rounds by whole units of the smallest
             number, differently for each order of its products.)
    Rejects  a class that multiplies by 1/(√v + 1e-320), which overflows.
    Mend     divide, m.div_(denom), in place of multiplying by a reciprocal; keep ε large enough that 1/ε is finite.
    Cares    dead units and vanishing gradients give such numbers, and one nan spreads through the model in one step.
    """
    record, exact = lab.completed(plan), lab.expected(plan)
    gaps = [_lost(one.value, exact.points[i][k + 1].x.value, f"parameter {i} after step {k + 1}")
            for k, seen in enumerate(record.steps) for i, one in enumerate(seen)]
    return Gap.worst(gaps)


def _lost(value: Array, exact: Array, where: str) -> Gap:
    """How many entries are not finite where the definition's are."""
    return Gap(float(np.count_nonzero(~np.isfinite(value) & np.isfinite(exact))), 0.0, where)
