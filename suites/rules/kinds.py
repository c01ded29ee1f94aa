"""Rules of the kinds beside optimizers: maps, random maps, initializers, schedules, clips; one table row each.

A rule says which definition a subject is held against, which claims are made, and how public callables spell the
definition's arguments. What the claims call on a subject, by kind:

    function     f.forward(x, …, **options) -> y      f.backward(x, …, g, **options) -> gradient(s)
    random       f.train(x, *, rng, **options) -> y   f.test(x, **options) -> y
                 f.train_with_gradient(x, g, *, rng, **options) -> (y, dx), one draw for both
    initializer  f.draw(shape, *, rng, **options) -> array
    schedule     f.rates(steps, *, base, **options) -> list of steps + 1 rates, the first before any step
                 f.rates_resumed(steps, *, base, at, **options): saved and loaded after `at` steps
                 f.momenta(steps, *, base, **options); f.follow(metrics, *, base, **options) -> rates after each metric
    clip         f.clip(gradients, **options) -> (clipped, norm): lists of arrays; norm is None where none is given

Arrays are NumPy's. A function of the definition that a subject does not have is None there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fiducial.checks.claims import Claim

Kind = Literal["function", "random", "initializer", "schedule", "clip"]


@dataclass(frozen=True)
class KindRule:
    """One algorithm, as public packages ship it.

    definition  the reference module, or an object with the functions of its kind
    claims      what is checked of a subject, the definition included
    spelt       argument of the definition → keywords of public functions and constructors, best first; an argument
                that is not listed is spelt as in the definition
    positional  the arguments that every subject takes by position, in order; the rest goes by keyword
    """

    name: str
    summary: str
    formula: str
    source: str
    definition: Any
    claims: tuple[Claim, ...]
    kind: Kind = "function"
    aliases: tuple[str, ...] = ()
    spelt: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    positional: tuple[str, ...] = ("x",)
    who: str = ""


@dataclass(frozen=True)
class MapRule(KindRule):
    """A deterministic map; its subjects are functions and modules.

    parameters  data argument → attributes under which modules keep it: gamma → weight (absent: the subject must take
                ones for a `scale`, or refuses the sample)
    buffers     as parameters, for what is no parameter: mean → running_mean
    sizes       constructor argument → its value, from the sample: num_features → number of channels
    keywords    what a subject is given beside the sample, where it takes it: training → True
    options     option of the definition → what a subject is told instead, from its value: (axis → normalized_shape)
    training    the mode that a module is put in
    after       reads a further output from a module after the call, by name: the running statistics
    """

    parameters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    buffers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sizes: Mapping[str, Callable[[Mapping[str, Any]], Any]] = field(default_factory=dict)
    keywords: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Callable[[Any, Mapping[str, Any]], Any]] = field(default_factory=dict)
    training: bool = True


@dataclass(frozen=True)
class RandomMapRule(KindRule):
    """A map that draws in training, such as dropout."""

    kind: Kind = "random"


@dataclass(frozen=True)
class InitializerRule(KindRule):
    """A law that fills an array."""

    kind: Kind = "initializer"
    positional: tuple[str, ...] = ()


@dataclass(frozen=True)
class ScheduleRule(KindRule):
    """A learning rate over steps."""

    kind: Kind = "schedule"
    positional: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClipRule(KindRule):
    """A limit on gradients."""

    kind: Kind = "clip"
    positional: tuple[str, ...] = ("gradients",)
