"""Closure and return value: step() alone, and step(closure)."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from fiducial.checks.contract.claims import claim
from fiducial.checks.contract.laboratory import Laboratory, NotApplicable, Raised, Refused
from fiducial.checks.contract.runs import trajectory
from fiducial.checks.contract.streams import RELATIONS
from fiducial.checks.evidence import Gap, Severity, same
from fiducial.checks.plans import Plan, Record

MUST, SHOULD = Severity.MUST, Severity.SHOULD


def _with_closure(lab: Laboratory, plan: Plan) -> Record:
    """The run in which gradients appear only when the closure is called."""
    return lab.completed(replace(plan, closure=True))


@claim("closure", 45, SHOULD, RELATIONS)
def step_returns_none(lab: Laboratory, plan: Plan) -> Gap:
    """step() without a closure returns None.

        optimizer.step() is None

    Allowed  nothing.
    Rejects  a class that returns itself.
    Mend     `return loss`, with loss = None where no closure was given.
    Cares    training loops log what step() returns if it is not None, and take it for a loss.
    """
    returned = lab.completed(plan).returned
    return Gap.worst([same(None, None if r is None else type(r).__name__, f"returned by step {k + 1}")
                      for k, r in enumerate(returned)])


@claim("closure", 45, MUST, RELATIONS)
def loss_is_returned(lab: Laboratory, plan: Plan) -> Gap:
    """step(closure) returns the loss that the closure computed.

        optimizer.step(closure) == closure's loss

    Allowed  nothing.
    Rejects  a class that calls the closure and returns None.
    Mend     loss = closure() and `return loss` at the end of step().
    Cares    trainers (Lightning's among them) take the loss from step(closure): without it there is no curve and no
             early stop.
    """
    record = _with_closure(lab, plan)
    return Gap.worst([Gap(abs(_number(r) - loss), 0.0, f"returned by step {k + 1}: {r!r:.60}")
                      for k, (r, loss) in enumerate(zip(record.returned, record.losses, strict=True))])


def _number(returned: Any) -> float:
    """A returned loss as a number; nan for what is none."""
    try:
        return float(returned)
    except (TypeError, ValueError):
        return math.nan


@claim("closure", 45, MUST, RELATIONS)
def gradients_are_enabled(lab: Laboratory, plan: Plan) -> Gap:
    """The closure runs with autograd switched on, whatever surrounds the step.

        torch.is_grad_enabled() inside the closure

    Allowed  nothing.
    Rejects  a closure called under @torch.no_grad(): backward() raises, or gives no gradients.
    Mend     under @torch.no_grad(): `with torch.enable_grad(): loss = closure()`.
    Cares    trainers call step(closure) with backward() inside: without autograd it raises, or leaves the last
             gradients.
    """
    return Gap.worst([same(True, on, f"step {k + 1}: autograd inside the closure")
                      for k, on in enumerate(_with_closure(lab, plan).closure_grad_enabled)])


@claim("closure", 45, SHOULD, RELATIONS)
def called_once(lab: Laboratory, plan: Plan) -> Gap:
    """The closure is called once in each step, as the rule evaluates the loss once.

        calls = 1

    Allowed  nothing (rules that evaluate more often declare it).
    Rejects  a class that calls it again to log the new loss, and so doubles the cost and accumulates gradients.
    Mend     call it once at the start, keep its loss, and declare the rule's number of evaluations if it needs more.
    Cares    each call is a forward and a backward pass: a second one doubles the bill and changes dropout and batch
             statistics.
    """
    return Gap.worst([Gap(abs(float(calls) - 1), 0.0, f"step {k + 1}: the closure was called {calls} times")
                      for k, calls in enumerate(_with_closure(lab, plan).closure_calls)])


@claim("closure", 45, MUST, RELATIONS, rests_on=("rule.follows-definition",))
def its_gradients_are_used(lab: Laboratory, plan: Plan) -> Gap | None:
    """The step uses the gradients that the closure has just computed.

        R with gradients given before step() = R with gradients that appear in the closure

    Allowed  4 × the running error bound of the definition.
    Rejects  a class that collects its gradients before it calls the closure.
    Mend     call the closure before any p.grad is read or collected.
    Cares    the step would otherwise follow the previous batch's gradients, or at the first step none at all.
    """
    return trajectory(lab, replace(plan, closure=True))


@claim("closure", 46, SHOULD, None)
def one_type_is_returned(lab: Laboratory, _: None) -> Gap:
    """step(closure) returns the same type at every step, also when it finds the gradient zero and leaves early.

        type(step_1(closure)) = type(step_2(closure)) = …

    Allowed  nothing; any type.
    Rejects  a class that returns a number at its first step, and the closure's tensor from then on.
    Mend     keep what the closure returns, and return that object from every way out of step().
    Cares    loss.item() in a training loop breaks at the one step that returns a number.
    """
    outcome = lab.subject.attempt("returned")
    _must_step(outcome)
    return Gap(float(len(set(outcome.value)) - 1), 0.0, f"returned in turn: {', '.join(outcome.value)}")


def _must_step(outcome: Any) -> None:
    """Raises what a refusal or an accident of the subject is to a check."""
    if outcome.failure is not None:
        raise (Refused if outcome.failure.refused else Raised)(outcome.failure)


@claim("closure", 47, SHOULD, None)
def missing_is_refused(lab: Laboratory, _: None) -> Gap:
    """A rule that evaluates its own gradients refuses to step without a closure, and says what is missing.

        step() raises, and the message names the closure

    Allowed  an exception that names it.
    Rejects  a class that returns at once when there is no closure.
    Mend     def step(self, closure): …, without a default; or: if closure is None: raise TypeError("closure needed").
    Cares    a loop that was written for Adam would otherwise train nothing, without an error.
    """
    if not (lab.definition.demands.objective or lab.handling.closure):
        raise NotApplicable("not claimed: the rule is given its gradients")
    failure = lab.subject.attempt("without-closure").failure
    if failure is None:
        return Gap(1.0, 0.0, "accepted; an exception was due")
    return Gap(float("closure" not in failure.message.lower()), 0.0, f"does not name the closure: {failure}")


@claim("closure", 47, SHOULD, None)
def extra_is_refused_or_called(lab: Laboratory, _: None) -> Gap:
    """A closure that the rule could do without is called, or refused: it is never dropped.

        step(closure) raises, or calls = 1, 2, …

    Allowed  any exception.
    Rejects  def step(self, closure=None) that never looks at its argument.
    Mend     if closure is not None: loss = closure(), with autograd switched on; or leave the argument out.
    Cares    code that computes its gradients in the closure, for any optimizer, would step by stale ones.
    """
    if lab.definition.demands.objective:
        raise NotApplicable("not claimed: the rule needs its closure")
    outcome = lab.subject.attempt("with-closure")
    return Gap(float(outcome.value == 0), 0.0, "the closure was never called")
