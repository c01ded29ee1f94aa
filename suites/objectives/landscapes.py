"""What every objective is held to: the claims, a wrong subject for each, and torch's derivatives of the formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from inspect import signature
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from fiducial.checks.claims import Claim
from fiducial.checks.claims_of_maps import follows_definition, gradient_follows_definition, gradient_is_the_derivative
from fiducial.checks.evidence import Status
from fiducial.checks.objectives import hessian_is_the_derivative, nothing_lies_below, points_are_critical
from fiducial.suites.bindings import Wrong, told, variant

Formula = Callable[..., torch.Tensor]
DERIVATIVES: Any = torch.autograd.functional


def scaled(function: Callable[..., Any], factor: float) -> Callable[..., Any]:
    """The function times a factor."""
    return wraps(function)(lambda *point, **sample: factor * function(*point, **sample))


def doubled(definition: Any) -> Any:
    """A factor too many in the value."""
    return variant(definition, forward=scaled(definition.forward, 2.0))


def negative(definition: Any) -> Any:
    """The objective upside down."""
    return variant(definition, forward=scaled(definition.forward, -1.0))


def turned(definition: Any) -> Any:
    """A gradient of the wrong sign."""
    return variant(definition, backward=scaled(definition.backward, -1.0))


def halved(definition: Any) -> Any:
    """A gradient that has lost a factor 2."""
    return variant(definition, backward=scaled(definition.backward, 0.5))


def half_as_bent(definition: Any) -> Any:
    """A Hessian that has lost a factor 2, or that says that a flat function bends."""

    @wraps(definition.hessian)
    def hessian(*point: Any, **sample: Any) -> Any:
        h = definition.hessian(*point, **sample)
        return h / 2 if np.any(h) else h + np.eye(len(h))

    return variant(definition, hessian=hessian)


def shifted(definition: Any) -> Any:
    """Critical points that lie one unit beside themselves."""

    return replaced(definition, lambda point: point._replace(x=point.x + 1))


def replaced(definition: Any, other: Callable[[Any], Any]) -> Any:
    """The definition with every critical point replaced by another."""

    @wraps(definition.points)
    def points(**options: Any) -> Any:
        return tuple(other(point) for point in definition.points(**options))

    return variant(definition, points=points)


def sunk(definition: Any) -> Any:
    """The objective one unit lower, its infimum as before."""

    @wraps(definition.forward)
    def forward(*point: Any, **sample: Any) -> Any:
        return definition.forward(*point, **sample) - 1

    return variant(definition, forward=forward)


@dataclass
class Landscape:
    """An objective with the ways to draw its arguments.

    critical  whether it has critical points
    bounded   whether it has an infimum
    """

    definition: Any
    draws: dict[str, Any]
    critical: bool = True
    bounded: bool = True
    away: Callable[[Any], float] | None = None
    examples: int = 40
    of_maps: tuple[Claim, ...] = field(init=False)
    own: list[tuple[Claim, Callable[[Any], Any]]] = field(init=False)

    def __post_init__(self) -> None:
        """The claims, each with the mutant that it rejects."""
        values = follows_definition(self.definition, examples=self.examples, **self.draws)
        gradients = gradient_follows_definition(self.definition, examples=self.examples, **self.draws)
        derivative = gradient_is_the_derivative(examples=8, **self.draws)
        hessian = hessian_is_the_derivative(examples=12, **self.draws)
        self.of_maps = (values, gradients, derivative, hessian)
        self.own = [(values, doubled), (gradients, turned), (derivative, halved), (hessian, half_as_bent)]
        if self.critical:
            self.own.append((points_are_critical(away=self.away, examples=15, **self.draws), shifted))
        if self.bounded:
            self.own.append((nothing_lies_below(examples=25, **self.draws), sunk))

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Every claim that is made of it as of any objective."""
        return tuple(claim for claim, _ in self.own)

    @property
    def wrong(self) -> list[Wrong]:
        """A wrong subject for each of them."""
        return [Wrong(mutant(self.definition), by=claim) for claim, mutant in self.own]

    def claim(self, name: str) -> Claim:
        """One of them, by the end of its id."""
        return next(claim for claim in self.claims if claim.id.endswith(name))

    def agrees_with_torch(self, formula: Formula, derivatives: Formula | None = None) -> Callable[[Claim], None]:
        """A test: the formula in torch, differentiated by torch, passes what is claimed of maps.

        derivatives  another form of the formula to differentiate, where torch's derivative of the first loses digits
        """

        @pytest.mark.parametrize("claim", self.of_maps, ids=[claim.id for claim in self.of_maps])
        def test(claim: Claim) -> None:
            form = derivatives if derivatives is not None and claim.id.startswith("gradient") else formula
            evidence = claim.examine(differentiated(form, self.definition))
            case = SimpleNamespace(name=f"torch: {claim.id}")
            assert evidence.status is Status.PASSED, told(case, evidence)  # type: ignore[arg-type]

        return test


def differentiated(formula: Formula, definition: Any) -> Any:
    """A formula of torch tensors as an objective: gradient and Hessian are torch's."""
    point = next(iter(signature(definition.forward).parameters))

    def lifted(sample: Any) -> dict[str, Any]:
        return {name: torch.from_numpy(np.array(value)) if isinstance(value, np.ndarray) else value
                for name, value in sample.items()}

    def of_point(sample: Any) -> tuple[Formula, torch.Tensor]:
        given = lifted(sample)
        x = given.pop(point)
        return lambda x: formula(x, **given), x

    @wraps(definition.forward)
    def forward(**sample: Any) -> Any:
        function, x = of_point(sample)
        return function(x).numpy()

    def backward(g: Any, **sample: Any) -> Any:
        function, x = of_point(sample)
        return (DERIVATIVES.vjp(function, x)[1] * torch.from_numpy(np.asarray(g))).numpy()

    def hessian(**sample: Any) -> Any:
        function, x = of_point(sample)
        return DERIVATIVES.hessian(function, x).numpy()

    return SimpleNamespace(forward=forward, backward=backward, hessian=hessian)
