"""Plans made of a plan: its gradients without zeros, constant, or scaled; its arrays as matrices."""

from dataclasses import replace

import numpy as np

from fiducial.suites.optimizers.trajectories import Array, Plan


def with_gradients(plan: Plan, gradients: list[Array]) -> Plan:
    """The plan with other gradients."""
    other = replace(plan)
    other.__dict__["gradients"] = gradients
    return other


def without_zeros(plan: Plan) -> Plan:
    """Each gradient that is 0 becomes 1."""
    return with_gradients(plan, [np.where(g == 0, 1.0, g) for g in plan.gradients])


def constant(plan: Plan) -> Plan:
    """One gradient throughout, of sizes 0.3 and 7."""
    return with_gradients(plan, [np.where(plan.start > 0, 0.3, -7.0)] * plan.steps)


def scaled(plan: Plan, factor: float) -> Plan:
    """Each gradient times a factor."""
    return with_gradients(plan, [factor * g for g in plan.gradients])


def as_matrices(plan: Plan, *shape: int) -> Plan:
    """Start and gradients in another shape."""
    other = with_gradients(plan, [g.reshape(shape) for g in plan.gradients])
    other.__dict__["start"] = plan.start.reshape(shape)
    return other
