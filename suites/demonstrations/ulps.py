"""Head to head: how far a torch optimizer is from its definition, in units in the last place, after each step.

    python -m fiducial.suites.demonstrations.ulps      one request on standard input, as `distance` writes it
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from fiducial.checks.evidence import Array, recorded
from fiducial.suites import rules
from fiducial.suites.demonstrations.elsewhere import answer, ask
from fiducial.suites.demonstrations.walks import Walker, walker
from fiducial.suites.jobs import Refusal
from fiducial.suites.rules.rule import Rule

SIZE, STEPS = 256, 200
FORMATS = {"float64": np.float64, "float32": np.float32}


def distance(who: Walker, seed: int) -> dict[str, Any]:
    """The largest distance over all entries after each step, by format. Raises Refusal."""
    if ":" not in who.path:
        raise Refusal(f"a class such as torch.optim:Adam is held against its definition, got {who.text}", 2)
    _rule(who)
    return {"name": who.text, "ulps": ask(__spec__.name, {"text": who.text, "seed": seed}, who.text)}


def _rule(who: Walker) -> Rule:
    """The rule that the name of a class names. Raises Refusal."""
    rule = rules.find(who.path.rpartition(":")[2])
    if rule is None:
        raise Refusal(f"{who.path} names no rule; `fiducial list rules` lists them", 2)
    if rule.demands.objective:
        raise Refusal(f"{rule.name} asks for gradients of its own: no head to head is drawn of it", 2)
    return rule


def measured(who: Walker, seed: int) -> dict[str, list[float]]:
    """The same, in the process of the subject."""
    return {name: recorded(_distances(who, np.dtype(form), seed)) for name, form in FORMATS.items()}


def _distances(who: Walker, form: np.dtype[Any], seed: int) -> list[float]:
    """Subject and definition on the same gradients, the definition in float64."""
    import torch

    from fiducial.suites.subjects import find

    rule, rng = _rule(who), np.random.default_rng([3, seed])
    start = rng.standard_normal(SIZE).astype(form)
    x = torch.tensor(start, requires_grad=True)
    try:
        optimizer = find(who.path)([x], **who.settings)
    except (TypeError, ValueError) as error:
        raise Refusal(f"{who.text} cannot be built: {error}", 3) from None
    options = {**rule.defaults(), **of_subject(rule, optimizer.param_groups[0])}
    y, state, found = start.astype(np.float64), rule.start(start.astype(np.float64), options), []
    for _ in range(STEPS):
        g = rng.standard_normal(SIZE).astype(form)
        x.grad = torch.tensor(g)
        optimizer.step()
        y, state = rule.step(y, g.astype(np.float64), state, options)
        found.append(_ulps(x.detach().numpy(), np.asarray(y), form))
    return found


def _ulps(x: Array, y: Array, form: np.dtype[Any]) -> float:
    """The largest |x - y| in units in the last place of y; of the format's, at most those of 1 near 0."""
    unit = np.spacing(np.maximum(np.abs(y), 1.0).astype(form)).astype(np.float64)
    return float(np.max(np.abs(x.astype(np.float64) - y) / unit))


def of_subject(rule: Rule, group: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a rule as a subject's group spells them."""
    found: dict[str, Any] = {}
    for option in rule.options:
        for spelt in option.spelt:
            name, place = (spelt, None) if isinstance(spelt, str) else spelt
            if group.get(name) is not None:
                found.setdefault(option.name, group[name] if place is None else group[name][place])
    return found


if __name__ == "__main__":
    answer(lambda asked: measured(walker(asked["text"]), asked["seed"]), json.loads(sys.stdin.read()))
