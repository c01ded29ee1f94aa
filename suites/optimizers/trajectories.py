"""Trajectories: one definition, another, and torch's class, driven through the same gradients and compared.

A definition runs on arrays that carry their rounding error, so every comparison brings its own tolerance:
two formulas that are equal in exact arithmetic differ by at most the sum of their bounds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from fiducial.checks.rounding import FLOAT64, Rounded, exact

Array: TypeAlias = NDArray[np.float64]
Init: TypeAlias = Callable[..., Any]
Step: TypeAlias = Callable[..., Any]
Options: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
Course: TypeAlias = "list[tuple[Rounded, Any]]"  # parameters and state after each step

OTHER_ORDER = 4  # torch against a bound: twice for two evaluations, and twice for operations fused or reordered
RANGES: dict[str, Callable[[np.random.Generator], float]] = {
    "lr": lambda rng: 10 ** rng.uniform(-6, 1),
    "momentum": lambda rng: rng.uniform(0.01, 0.99),
    "dampening": lambda rng: rng.uniform(0.0, 1.0),
    "rho": lambda rng: rng.uniform(0.5, 0.999),
    "eps": lambda rng: 10 ** rng.uniform(-12, 0),
    "beta1": lambda rng: rng.choice([0.0, rng.uniform(0.0, 0.99)]),
    "beta2": lambda rng: rng.uniform(0.5, 0.9999),
    "weight_decay": lambda rng: rng.choice([0.0, 10 ** rng.uniform(-4, 0)]),
    "lr_decay": lambda rng: rng.choice([0.0, 10 ** rng.uniform(-4, 0)]),
    "initial_accumulator_value": lambda rng: rng.choice([0.0, 10 ** rng.uniform(-3, 1)]),
}


@dataclass(frozen=True)
class Plan:
    """Where a trajectory starts and the gradients that it meets: 1e-10 to 1e4, of either sign, one in ten zero."""

    seed: int
    steps: int = 30
    size: int = 6

    @cached_property
    def start(self) -> Array:
        """x_0, which nobody may write to."""
        return _frozen(np.random.default_rng([self.seed, 0]).standard_normal(self.size))

    @cached_property
    def gradients(self) -> list[Array]:
        """g_1 … g_T, which nobody may write to."""
        rng = np.random.default_rng([self.seed, 1])
        shape = (self.steps, self.size)
        drawn = rng.standard_normal(shape) * 10 ** rng.uniform(-10, 4, self.size) * (rng.random(shape) > 0.1)
        return [_frozen(g) for g in drawn]

    def draw(self, *names: str) -> dict[str, float]:
        """Hyper-parameters by name."""
        rng = np.random.default_rng([self.seed, 2])
        return {name: float(RANGES[name](rng)) for name in names}


def _frozen(x: Array) -> Array:
    x.flags.writeable = False
    return x


def plans(count: int = 24) -> list[Plan]:
    """Plans of seeds 0, 1, 2, …"""
    return [Plan(seed) for seed in range(count)]


def start(init: Init, plan: Plan, **options: float) -> Any:
    """The state before the first step, bounds included."""
    return init(Rounded(plan.start), **options)


def at(t: int, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of step t, from 0: a list holds one value per step."""
    return {name: value[t] if isinstance(value, list) else value for name, value in options.items()}


def follow(step: Step, state: Any, plan: Plan, **hyper: Any) -> Course:
    """A definition from the plan's start through the plan's gradients; a list among `hyper` is a schedule."""
    x, course = Rounded(plan.start), []
    for t, g in enumerate(plan.gradients):
        x, state = step(x, Rounded(g), state, **{name: exact(value) for name, value in at(t, hyper).items()})
        course.append((x, state))
    return course


def torch_course(kind: type[torch.optim.Optimizer], plan: Plan, **options: Any) -> list[tuple[Array, dict[str, Any]]]:
    """What a class of torch does with the plan: parameters and state after each step."""
    x = torch.tensor(plan.start, requires_grad=True)
    optimizer, course = kind([x], **at(0, options)), []
    for t, g in enumerate(plan.gradients):
        optimizer.param_groups[0].update(at(t, options))
        x.grad = torch.tensor(g)
        optimizer.step()
        state = {name: value.numpy().copy() for name, value in optimizer.state[x].items() if torch.is_tensor(value)}
        course.append((x.detach().numpy().copy(), state))
    return course


def against_torch(ours: Course, theirs: Sequence[tuple[Array, dict[str, Any]]], **names: str) -> float:
    """The largest difference in units of what rounding explains; `names` maps fields of our state to torch's keys."""
    found = []
    for (x, state), (actual, entries) in zip(ours, theirs, strict=True):
        pairs = [(x, actual), *((getattr(state, field), entries[key]) for field, key in names.items())]
        found += [_excess(a.value - b, OTHER_ORDER * a.error) for a, b in pairs]
    return float(np.max(found))


def apart(one: Course, other: Course) -> float:
    """The largest difference of two definitions' parameters, in units of the sum of their bounds."""
    return float(np.max([gap(a, b) for (a, _), (b, _) in zip(one, other, strict=True)]))


def gap(a: Any, b: Any) -> float:
    """The largest difference of two arrays, in units of the sum of their bounds."""
    return _excess(a.value - b.value, a.error + b.error)


def _excess(difference: Array, allowed: Array) -> float:
    """max |difference| / allowed; nan stays nan, which is never <= 1.

    Raises ValueError where the bound is infinite, so that nothing passes unjudged.
    """
    if not np.isfinite(allowed).all():
        raise ValueError("the bound is infinite: this plan cannot be judged, draw another")
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.max(np.where(difference == 0, 0.0, np.abs(difference) / allowed)))


def follows_torch(init: Init, step: Step, kind: type[torch.optim.Optimizer], draw: Sequence[str], *,
                  starts: Sequence[str] = (), lerped: Sequence[str] = (), options: Options = dict,
                  **names: str) -> Callable[[Plan], None]:
    """A test: torch's class goes where the definition goes, over 24 plans of 30 steps, never synchronised again.

    draw     the hyper-parameters of `step`, and `starts` those of `init`
    lerped   those of `draw` that the class applies as g - (g - m) (1 - (1 - β)): it knows them to u only, not to u β
    options  turns both into the class's arguments
    names    field of our state = key of torch's
    """

    @pytest.mark.parametrize("plan", plans(), ids=lambda plan: f"seed{plan.seed}")
    def test(plan: Plan) -> None:
        h = plan.draw(*draw, *starts)
        state = start(init, plan, **{name: h[name] for name in starts})
        known = {name: Rounded(h[name], FLOAT64.unit if name in lerped else 0.0) for name in draw}
        ours = follow(step, state, plan, **known)
        assert against_torch(ours, torch_course(kind, plan, **options(h)), **names) <= 1

    return test


def is_not(init: Init, step: Step, variants: Sequence[Step], **hyper: float) -> Callable[[Step], None]:
    """A test: over one plan each variant leaves the definition by a million times what rounding explains."""

    @pytest.mark.parametrize("variant", variants, ids=lambda variant: variant.__name__)
    def test(variant: Step) -> None:
        plan = Plan(0)
        state = start(init, plan)
        assert apart(follow(step, state, plan, **hyper), follow(variant, state, plan, **hyper)) > 1e6

    return test


def betas(h: dict[str, Any]) -> dict[str, Any]:
    """The names of torch's Adam family."""
    rest = {name: value for name, value in h.items() if name not in ("beta1", "beta2")}
    return {**rest, "betas": (h["beta1"], h["beta2"])}


def alpha(h: dict[str, Any]) -> dict[str, Any]:
    """The names of torch's RMSprop: ρ is alpha."""
    return {"alpha" if name == "rho" else name: value for name, value in h.items()}
