"""Every rule that steps on given gradients, as procedures use it: with decay and momentum where it has them."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

from fiducial.suites.rules import RULES, Rule

SET = {"lr": 0.05, "weight_decay": 0.1, "momentum": 0.9}  # where a rule has the option


def as_procedures_use_it(rule: Rule) -> SimpleNamespace:
    """`init` and `step` with the options set."""
    options = {**rule.defaults(), **{name: value for name, value in SET.items() if name in rule.defaults()}}

    def step(x: Any, g: Any, state: Any, *, options: Any) -> tuple[Any, Any]:
        return rule.step(x, g, state, options)

    return SimpleNamespace(init=lambda x: rule.start(x, options), step=partial(step, options=options))


EVERY = {rule.name: as_procedures_use_it(rule) for rule in RULES
         if rule.scope in ("element", "matrix", "tensor") and not rule.demands.objective}
