"""Wrong schedules that any rule can be given: late, forgetful, chained a step early, bound for a fixed rate."""

from __future__ import annotations

from typing import Any

from fiducial.suites.bindings import variant


def late(definition: Any) -> Any:
    """Every rate one step late."""

    def rates(steps: int, **options: Any) -> list[float]:
        found: list[float] = definition.rates(steps, **options)
        return [found[0], *found[:-1]]

    return variant(definition, rates=rates)


def forgetful(definition: Any) -> Any:
    """Counts from 0 again after it is loaded."""

    def rates_resumed(steps: int, *, at: int, **options: Any) -> list[float]:
        return [*definition.rates(at, **options), *definition.rates(steps - at, **options)[1:]]

    return variant(definition, rates_resumed=rates_resumed)


def chained_early(definition: Any) -> Any:
    """A recursion that is one step ahead: its factor is applied at k = 0."""

    def chained(steps: int, **options: Any) -> list[float]:
        return list(definition.chained(steps + 1, **options)[1:])

    return variant(definition, chained=chained)


def to_a_fixed_rate(definition: Any) -> Any:
    """Half of the way to 0.01."""

    def rates(steps: int, **options: Any) -> list[float]:
        return [0.5 * eta + 0.005 for eta in definition.rates(steps, **options)]

    return variant(definition, rates=rates)


def still(definition: Any) -> Any:
    """A momentum that stays where it is."""

    def momenta(steps: int, *, max_momentum: float = 0.95, **_: Any) -> list[float]:
        return [max_momentum] * (steps + 1)

    return variant(definition, momenta=momenta)
