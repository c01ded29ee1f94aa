"""A rule: definitions composed for real subjects, as data.

A rule says which options it knows, how public classes spell them, what they are set to in draws, and how the pure
definitions of `reference/` make one step out of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fiducial.checks.plans import Demands, Options


@dataclass(frozen=True)
class Option:
    """One option of a rule.

    neutral    its value where a subject does not have it
    values     what draws set it to
    spelt      the keywords that public classes use for it; ("betas", 0) is the first entry of a tuple
    per_group  whether a parameter group may set it; False: it is read by the constructor, for all groups
    companion  other options that it needs in order to matter; a callable gets the other's drawn value
    """

    name: str
    neutral: Any
    values: tuple[Any, ...]
    spelt: tuple[str | tuple[str, int], ...] = ()
    companion: Mapping[str, Any] = field(default_factory=dict)
    per_group: bool = True


@dataclass(frozen=True)
class Rule:
    """One optimizer, as subjects ship it.

    name       `adamw`, or `adamw/paper` for a dialect
    summary    one line for `list`
    start      (x, options) → state
    step       (x, g, state, options) → (x, state)
    state      the fields of the definition's state → the names that public classes give them
    results    of these what the rule is for: what a class keeps under such a name is held to the definition, even if
               no step reads it
    laws       what the rule itself promises beyond its trajectory (see `checks.contract.invariances`)
    who        who uses this dialect
    scope      element, matrix, tensor or all: what one call of `step` is given
    precision  fields of the state, and named intermediates of the step, that have a format of their own
    by_format  format → the neutral values of the options that are left to the parameters' format
    demands    what it asks of parameters and gradients; with an objective, g of `step` is x → (value, gradient)
    wider      the rule of a subject that keeps its intermediates as wide as its parameters
    only       keywords of subjects that choose an algorithm → the one value under which they follow this rule
    absent     of scope all, what a tensor without a gradient means: a zero gradient, or left-out of the step
    """

    name: str
    summary: str
    formula: str
    source: str
    options: tuple[Option, ...]
    start: Callable[[Any, Options], Any]
    step: Callable[[Any, Any, Any, Options], tuple[Any, Any]]
    state: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    results: tuple[str, ...] = ()
    laws: frozenset[str] = frozenset()
    aliases: tuple[str, ...] = ()
    who: str = ""
    scope: str = "element"
    counters: tuple[str, ...] = ("parameter", "group")
    averages: tuple[str, ...] = ("beta1", "beta2", "rho")
    precision: Mapping[str, str] = field(default_factory=dict)
    by_format: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    demands: Demands = field(default_factory=Demands)
    wider: Rule | None = None
    absent: str = "zero"
    only: Mapping[str, Any] = field(default_factory=dict)

    def missed(self, counter: str, state: Any, options: Options, t: int) -> Any:
        """The state of a parameter that had no gradient in step t of its group.

        group     the step is counted; optimizer: likewise, from the first step of all
        debiased  the step is counted, and the averages are kept divided by 1 - βᵗ, so that what stands still is the
                  corrected average (optimi, heavyball)
        """
        if not hasattr(state, "t"):
            return state
        kept = {}
        if counter == "debiased" and state.t > 0:
            for name, beta in (("m", options["beta1"]), ("v", options["beta2"])):
                kept[name] = getattr(state, name) * (1 - beta**t) / (1 - beta**state.t)
        return state._replace(t=t, **kept)

    def defaults(self) -> dict[str, Any]:
        """Every option at its neutral value."""
        return {option.name: option.neutral for option in self.options}

    def option(self, name: str) -> Option:
        """One option by its name."""
        return next(option for option in self.options if option.name == name)
