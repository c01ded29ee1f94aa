"""Attempts that no plan can say: strange tensors, closures left out or added, a state that crosses dtypes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from fiducial.checks.adapters.torch_readings import numbers
from fiducial.checks.adapters.torch_session import Session, evaluating, step_with_ones
from fiducial.checks.adapters.torch_trials import Outcome, guarded
from fiducial.checks.plans import Plan, Record

if TYPE_CHECKING:
    from fiducial.checks.adapters.torch_optimizer import TorchOptimizer

WHOLE = ([[5, -7]], [[3, -4]])  # an integer parameter and its gradient


def integers(subject: TorchOptimizer, plan: Plan | None) -> Outcome:
    """Step an integer tensor with an integer gradient: what it became, and what it was."""
    p = torch.tensor(WHOLE[0])
    p.grad = torch.tensor(WHOLE[1])

    def act() -> tuple[list[Any], list[Any]]:
        optimizer = subject.build([p], {})
        for _ in range(2):
            optimizer.step()
        return p.tolist(), WHOLE[0]

    return guarded(act)


def meta(subject: TorchOptimizer, plan: Plan | None) -> Outcome:
    """Step a tensor without data between two ordinary ones: what is wrong with what came of it."""

    def stepped(empty: bool) -> list[torch.nn.Parameter]:
        members = [torch.nn.Parameter(torch.full((2, 2), x, dtype=subject.dtype)) for x in (1.0, -2.0)]
        if empty:
            members.insert(1, torch.nn.Parameter(torch.empty(2, 2, dtype=subject.dtype, device="meta")))
        optimizer = subject.build(members, {})
        for _ in range(2):
            for p in members:
                p.grad = torch.ones_like(p).detach()
            optimizer.step()
        return members

    def act() -> str:
        first, between, last = stepped(True)
        if not between.is_meta:
            return f"the tensor without data is on {between.device}"
        alone = stepped(False)
        same = all(torch.equal(a, b) for a, b in zip((first, last), alone, strict=True))
        return "" if same else "the tensors beside it are not where they are without it"

    return guarded(act)


def without_closure(subject: TorchOptimizer, plan: Plan | None) -> Outcome:
    """Step without a closure: what was returned."""
    return guarded(lambda: subject.construct("list").optimizer.step())


def with_closure(subject: TorchOptimizer, plan: Plan | None) -> Outcome:
    """Step with a closure that lays out gradients: how often it was called."""
    attempt, calls = subject.construct("list"), []

    def closure() -> torch.Tensor:
        calls.append(1)
        for p in attempt.parameters:
            p.grad = _slope(subject, p, 1.0)
        return torch.ones((), requires_grad=True) * 1.0

    def act() -> int:
        attempt.optimizer.step(closure)
        return len(calls)

    return guarded(act)


def _slope(subject: TorchOptimizer, p: torch.Tensor, value: float) -> torch.Tensor:
    """A gradient with one value everywhere, of the kind that the rule asks for."""
    gradient = torch.full_like(p, value).detach()
    return gradient.to_sparse(1) if subject.demands.rows else gradient


def returned(subject: TorchOptimizer, plan: Plan | None) -> Outcome:
    """Step six times with a closure, to the minimum of an objective or to a zero gradient: the types that came back."""
    attempt = subject.construct("list")
    members, size = attempt.parameters, iter((1.0, -1.0, 0.5, 0.0, 0.0, 0.0))

    def closure() -> torch.Tensor:
        slope = next(size)
        for p in members:
            p.grad = _slope(subject, p, slope)
        return torch.ones((), requires_grad=True) * slope

    ones = [torch.ones_like(p).detach() for p in members]
    loss = evaluating(members, ones, []) if subject.demands.objective else closure
    return guarded(lambda: [type(attempt.optimizer.step(loss)).__name__ for _ in range(6)])


class Crossing(NamedTuple):
    """States of each parameter by name: as they were, in an optimizer on parameters of another dtype, and back.

    native  the dtypes of the state that a fresh optimizer makes for parameters of that dtype
    stays   whether parameters kept the other dtype in a step on the loaded state
    """

    before: list[dict[str, Any]]
    between: list[dict[str, Any]]
    after: list[dict[str, Any]]
    dtypes: list[dict[str, str]]
    native: list[dict[str, str]]
    stays: bool


def crossing(dtype: str) -> Callable[[TorchOptimizer, Plan | None], Outcome]:
    """Run a plan, load its state into an optimizer on parameters of another dtype, and that one's state back."""

    def attempt(subject: TorchOptimizer, plan: Plan | None) -> Outcome:
        assert plan is not None
        other = getattr(torch, dtype)
        fresh = guarded(lambda: _fresh(subject, plan, other))
        if fresh.failure is not None:  # parameters of that dtype are not taken at all
            return Outcome(None, f"refused: {fresh.failure}")
        return guarded(lambda: _crossed(subject, plan, other, fresh.value))

    return attempt


def _fresh(subject: TorchOptimizer, plan: Plan, dtype: torch.dtype) -> list[dict[str, str]]:
    """The dtypes of the state of a fresh optimizer on parameters of that dtype, after one step."""
    members = [torch.nn.Parameter(torch.tensor(t.start, dtype=dtype)) for t in plan.tensors]
    optimizer = subject.build(members, plan.groups[0].options)
    step_with_ones(optimizer, subject.demands)
    return [_dtypes(optimizer.state[p]) for p in members]


def _crossed(subject: TorchOptimizer, plan: Plan, dtype: torch.dtype, native: list[dict[str, str]]) -> Crossing:
    """A state there and back. Raises whatever the subject raises."""
    session = Session(subject, plan, Record(plan, []))
    session.run()
    home = [p for group in session.parameters for p in group]
    before, saved = _states(session.optimizer, home), copy.deepcopy(session.optimizer.state_dict())
    narrow, wide = ([torch.nn.Parameter(p.detach().to(kind)) for p in home] for kind in (dtype, session.dtype))
    other, back = (subject.build(members, plan.groups[0].options) for members in (narrow, wide))
    other.load_state_dict(saved)
    between, dtypes = _states(other, narrow), [_dtypes(other.state[p]) for p in narrow]
    back.load_state_dict(copy.deepcopy(other.state_dict()))
    after = _states(back, wide)
    if dtype is torch.float32:  # what a narrower one cannot compute is another claim's
        step_with_ones(other, subject.demands)
    return Crossing(before, between, after, dtypes, native,
                    all(p.dtype is dtype for p in narrow))


def _states(optimizer: Any, members: list[torch.nn.Parameter]) -> list[dict[str, Any]]:
    return [numbers(optimizer.state[p]) for p in members]


def _dtypes(state: Mapping[str, Any]) -> dict[str, str]:
    """The dtypes of a state's tensors, and the types of what else is in it."""
    return {name: str(value.dtype) if isinstance(value, torch.Tensor) else type(value).__name__
            for name, value in state.items()}


ATTEMPTS: Mapping[str, Callable[[TorchOptimizer, Plan | None], Outcome]] = {
    "integers": integers, "meta": meta, "without-closure": without_closure, "with-closure": with_closure,
    "returned": returned,
    "through-float32": crossing("float32"), "through-bfloat16": crossing("bfloat16")}
