"""Axes: the ways in which implementations of one rule differ, and the points that they span."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Any

from fiducial.checks.plans import Options
from fiducial.suites.rules import Rule

Form = Mapping[str, str]  # axis → value: one point
Start = Callable[[Any, Options, Form], Any]
Step = Callable[[Any, Any, Any, Options, Form], tuple[Any, Any]]


@dataclass(frozen=True)
class Axis:
    """One way to differ: value → how the name of a variant says it, the usual value first."""

    name: str
    values: Mapping[str, str]

    @property
    def usual(self) -> str:
        """The value that most rules have."""
        return next(iter(self.values))


@dataclass(frozen=True)
class Family:
    """The variants of a few rules: one start and one step, composed of small parts that the axes choose."""

    name: str
    axes: tuple[Axis, ...]
    start: Start
    step: Step

    def form(self, **chosen: str) -> dict[str, str]:
        """A point by what is unusual about it. Raises ValueError for an axis or a value that is not there."""
        known = {axis.name: axis for axis in self.axes}
        for name, value in chosen.items():
            if name not in known or value not in known[name].values:
                raise ValueError(f"{name}={value} is no point of {self.name}")
        return {axis.name: chosen.get(axis.name, axis.usual) for axis in self.axes}

    def point(self, rule: Rule, form: Form) -> Rule:
        """The rule as of a class with this form: its options, another step."""
        return replace(rule, start=lambda x, o: self.start(x, o, form),
                       step=lambda x, g, state, o: self.step(x, g, state, o, form), precision={})

    def away(self, form: Form, distance: int) -> Iterator[tuple[Form, tuple[str, ...]]]:
        """Every point that differs from a form on so many axes, with the words for what differs."""
        for axes in combinations(self.axes, distance):
            for values in product(*([v for v in axis.values if v != form[axis.name]] for axis in axes)):
                there = {**form, **{axis.name: value for axis, value in zip(axes, values, strict=True)}}
                yield there, tuple(axis.values[value] for axis, value in zip(axes, values, strict=True))
