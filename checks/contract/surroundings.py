"""Surroundings of a step: switched-off autograd, inference mode, and parameters that begin frozen."""

from __future__ import annotations

from dataclasses import replace

from fiducial.checks.agreement import located
from fiducial.checks.contract.claims import claim
from fiducial.checks.contract.gradient import absent_follows_definition
from fiducial.checks.contract.laboratory import Laboratory
from fiducial.checks.contract.runs import equal_runs
from fiducial.checks.contract.streams import KINDS
from fiducial.checks.evidence import Gap, Severity, identical
from fiducial.checks.plans import Plan

MUST, SHOULD = Severity.MUST, Severity.SHOULD


@claim("gradient", 38, MUST, KINDS, rests_on=("rule.follows-definition",))
def frozen_from_the_start_joins(lab: Laboratory, plan: Plan) -> Gap | None:
    """A parameter that is frozen when the optimizer is built stays, and is stepped from the step in which it is thawed.

        requires_grad off and .grad None up to step 1  ⇒  θ_1 = θ_0, then R from there

    Allowed  nothing while it is frozen; 4 × the running error bound of the definition afterwards.
    Rejects  a class that drops what needs no gradient when it is built.
    Mend     keep every parameter of the list, and ask in step(): if p.grad is None: continue.
    Cares    fine-tuning thaws layer after layer: one that was dropped at the start never learns.
    """
    first, *rest = plan.tensors
    late = replace(first, frozen=frozenset({0}), gradients=(None, *first.gradients[1:]))
    frozen = replace(plan, groups=(replace(plan.groups[0], tensors=(late, *rest)),))
    record = lab.completed(frozen)
    stays = identical(record.values(0)[0], record.values(0)[1], "parameter 0 after step 1, in which it was frozen")
    stays = located(stays, frozen, 0, 0, since=-1)
    return Gap.worst([stays, absent_follows_definition.judge(lab, frozen) or stays])


@claim("gradient", 39, SHOULD, KINDS)
def steps_without_autograd(lab: Laboratory, plan: Plan) -> Gap | None:
    """A step inside torch.no_grad() or torch.inference_mode() is the same step.

        R within no_grad = R within inference_mode = R

    Allowed  nothing: bit for bit.
    Rejects  a class that has its decay differentiated by autograd, which inference mode does not record.
    Mend     compute what the step needs by formula; a step under @torch.no_grad() needs nothing of autograd.
    Cares    loops that were written for speed step inside inference mode; some wrappers step inside no_grad.
    """
    return Gap.worst([equal_runs(lab, replace(plan, within="no-grad"), plan),
                      equal_runs(lab, replace(plan, within="inference-mode"), plan)])
