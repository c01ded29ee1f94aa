"""Surroundings of a step: switched-off autograd, inference mode, and parameters that begin frozen."""

from __future__ import annotations

from dataclasses import replace

from fiducial.checks.contract.claims import claim
from fiducial.checks.contract.laboratory import Laboratory
from fiducial.checks.contract.runs import equal_runs
from fiducial.checks.contract.streams import KINDS
from fiducial.checks.evidence import Gap, Severity
from fiducial.checks.plans import Plan

MUST, SHOULD = Severity.MUST, Severity.SHOULD


@claim("gradient", 38, MUST, KINDS)
def frozen_from_the_start_joins(lab: Laboratory, plan: Plan) -> Gap:
    """A parameter that is frozen when the optimizer is built is stepped as soon as it is thawed.

        requires_grad off and .grad None up to step 1  ⇒  R = R with the gradient absent up to step 1

    Allowed  nothing: bit for bit.
    Rejects  a class that drops what needs no gradient when it is built.
    Mend     keep every parameter of the list, and ask in step(): if p.grad is None: continue.
    Cares    fine-tuning thaws layer after layer: one that was dropped at the start never learns.
    """
    first, *rest = plan.tensors
    late = replace(first, gradients=(None, *first.gradients[1:]))
    absent, frozen = (replace(plan, groups=(replace(plan.groups[0], tensors=(one, *rest)),))
                      for one in (late, replace(late, frozen=frozenset({0}))))
    return equal_runs(lab, frozen, absent)


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
