"""Walks over landscapes of two coordinates: where an optimizer is after each step, under its best rate.

    python -m fiducial.suites.demonstrations.walks     one request on standard input, as `walked` writes it

A subject that is no rule of ours walks in a process of its own.
"""

from __future__ import annotations

import json
import re
import sys
from ast import literal_eval
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from fiducial.checks.evidence import Array, recorded
from fiducial.reference.objectives import long_valley, rosenbrock, saddle
from fiducial.suites import rules
from fiducial.suites.demonstrations.elsewhere import answer, ask
from fiducial.suites.jobs import Refusal

RATES = 10.0 ** (np.arange(-16, 9) / 4)
SUBJECT = re.compile(r"(?P<path>[^()]+)(\((?P<settings>.*)\))?", re.DOTALL)


class Landscape(NamedTuple):
    """A function of the plane, where walks begin on it, and the part of it that is drawn.

    stride  the longest step, of the picture's width: a rate under which some step is longer is passed over
    open    there is no end below: who leaves the picture has arrived
    """

    name: str
    definition: Any
    options: dict[str, float]
    start: tuple[float, float]
    low: tuple[float, float]
    high: tuple[float, float]
    steps: int
    stride: float = 0.2
    open: bool = False

    def value(self, x: Array) -> float:
        """The height at x (2,)."""
        return float(self.definition.forward(x, **self.options))

    def slope(self, x: Array) -> Array:
        """The gradient at x (2,)."""
        return np.asarray(self.definition.backward(x, 1.0, **self.options))

    def holds(self, x: Array) -> bool:
        """Whether x is in the picture."""
        return bool(np.all((x >= self.low) & (x <= self.high)))


LANDSCAPES = {each.name: each for each in (
    Landscape("valley", long_valley, {"s": 1.0, "h": 30.0}, (-6.0, 0.9), (-7.0, -1.2), (3.0, 1.2), 120),
    Landscape("saddle", saddle, {"a": 1.0, "b": 1.0}, (-1.6, 0.01), (-2.0, -1.5), (2.0, 1.5), 120, 0.05, open=True),
    Landscape("rosenbrock", rosenbrock, {"b": 100.0}, (-1.2, 1.0), (-2.0, -1.0), (2.0, 3.0), 200))}
Step = Callable[[Array], Array]


class Walker(NamedTuple):
    """A subject as it was asked for: a rule or a path, and its settings."""

    text: str
    path: str
    settings: dict[str, Any]


def walker(text: str) -> Walker:
    """NAME or NAME(option=literal, …). Raises Refusal."""
    found = SUBJECT.fullmatch(text.strip())
    try:
        given = found["settings"] or "" if found else None
        settings = {} if not given else {name.strip(): literal_eval(value.strip()) for name, _, value in
                                         (each.partition("=") for each in re.split(r",\s*(?=\w+\s*=)", given))}
    except (ValueError, SyntaxError):
        found = None
    if not found:
        raise Refusal(f"a subject of a picture is NAME or NAME(option=literal), got {text}", 2)
    return Walker(text, found["path"], settings)


def walked(who: Walker, land: Landscape) -> dict[str, Any]:
    """The walk under the best rate: that of the lowest mean height over all steps, none of which is too long.

    Raises Refusal for a subject that is not known, cannot be built, or walks under no rate.
    """
    if ":" in who.path:
        found = ask(__spec__.name, {"text": who.text, "landscape": land.name}, who.text)
    else:
        found = best(land, lambda rate: by_rule(who, rate, land))
    if found is None:
        raise Refusal(f"{who.text} walks under no rate from {RATES[0]:g} to {RATES[-1]:g}: it leaps too far, or leaves "
                      "the picture", 3)
    return {"name": who.text, **found}


def best(land: Landscape, built: Callable[[float], Step]) -> dict[str, Any] | None:
    """Of all rates the one under which the mean height over the steps is lowest; None where all leap too far."""
    found: list[tuple[float, dict[str, Any]]] = []
    longest = land.stride * max(np.subtract(land.high, land.low))
    for rate in RATES:
        path = np.array(list(_path(land, built(float(rate)))))
        left = len(path) <= land.steps
        if len(path) > 1 and np.linalg.norm(np.diff(path, axis=0), axis=1).max() <= longest and left <= land.open:
            heights = [land.value(x) for x in path]
            mean = np.mean([*heights, *[min(heights)] * (land.steps + 1 - len(path))])
            found.append((float(mean), {"rate": float(rate), "path": recorded(path.tolist()),
                                        "loss": recorded(heights)}))
    return min(found, key=lambda each: each[0])[1] if found else None


def _path(land: Landscape, step: Step) -> Iterator[Array]:
    """The start and every step, until the picture is left."""
    x = np.array(land.start)
    yield x
    with np.errstate(all="ignore"):
        for _ in range(land.steps):
            x = step(x)
            if not land.holds(x):
                return
            yield x


def by_rule(who: Walker, rate: float, land: Landscape) -> Step:
    """One of our rules with its defaults. Raises Refusal for a name or an option that is not known."""
    rule = rules.find(who.path)
    if rule is None:
        raise Refusal(f"{who.path} is neither a rule nor package.module:Attr; `fiducial list rules` lists the rules", 2)
    options = rule.defaults()
    strange = [name for name in who.settings if name not in options]
    if strange or "lr" not in options:
        raise Refusal(f"{rule.name} has no option {(strange or ['lr'])[0]}; its options are {', '.join(options)}", 2)
    options |= {"lr": rate, **({"momentum": 0.9} if who.path in ("momentum", "nesterov") else {}),
                **({"nesterov": True} if who.path == "nesterov" else {}), **who.settings}
    state = rule.start(np.array(land.start), options)

    def step(x: Array) -> Array:
        nonlocal state
        told = (lambda y: (land.value(y), land.slope(y))) if rule.demands.objective else land.slope(x)
        moved, state = rule.step(x, told, state, options)
        return np.asarray(moved)

    return step


def by_class(who: Walker, rate: float, land: Landscape) -> Step:
    """A torch optimizer. Raises Refusal."""
    import torch

    from fiducial.suites.subjects import find

    found = find(who.path)
    x = torch.tensor(land.start, dtype=torch.float64, requires_grad=True)
    try:
        optimizer = found([x], **{"lr": rate, **who.settings})
    except Exception as error:
        raise Refusal(f"{who.text} cannot be built: {type(error).__name__}: {error}", 3) from None

    def closure() -> torch.Tensor:
        place = x.detach().numpy()
        x.grad = torch.from_numpy(land.slope(place))
        return torch.tensor(land.value(place), dtype=torch.float64)

    def step(_: Array) -> Array:
        closure()
        optimizer.step(closure)
        return np.array(x.detach().numpy())

    return step


def answered(request: dict[str, Any]) -> dict[str, Any] | None:
    """The walk of a class, in its own process. Raises Refusal."""
    who, land = walker(request["text"]), LANDSCAPES[request["landscape"]]
    return best(land, lambda rate: by_class(who, rate, land))


if __name__ == "__main__":
    answer(answered, json.loads(sys.stdin.read()))
