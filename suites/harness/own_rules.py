"""Our own rules as torch optimizers: each steps by its definition in NumPy, and so must be certified against itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch

from fiducial.suites.rules import Rule

LIMITS = {"beta1": 1.0, "beta2": 1.0}  # what must stay below; every number must be at least 0 and finite


class Own(torch.optim.Optimizer):
    """Steps by its rule, in NumPy; options stand in the groups, the state as tensors under the definition's names."""

    rule: Rule

    def __init__(self, params: Iterable[Any], **options: Any) -> None:
        for name, value in options.items():
            if not isinstance(value, bool | None) and not 0 <= value < LIMITS.get(name, float("inf")):
                raise ValueError(f"{name} must be finite, at least 0 and below its limit, got {value}")
        super().__init__(params, {**self.rule.defaults(), **options})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        loss = None
        if self.rule.demands.objective:
            if closure is None:
                raise TypeError("step() needs a closure, which evaluates the objective")
            return self._minimize(closure)
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        if self.rule.scope == "all":
            self._together()
        else:
            self._each()
        return loss

    def _each(self) -> None:
        """One step of every parameter that has a gradient; none is moved where a definition raises for one."""
        moved = []
        for group in self.param_groups:
            options = {name: group[name] for name in self.rule.defaults()}
            moved += [(p, *self._advanced(p, options)) for p in group["params"] if p.grad is not None]
        for p, x, state in moved:
            p.copy_(torch.from_numpy(np.asarray(x).reshape(p.shape)))
            self.state[p].update({name: _packed(value, p.dtype) for name, value in state._asdict().items()})

    def _minimize(self, closure: Callable[[], Any]) -> Any:
        """One step, the closure being the objective."""
        evaluate, losses = _objective(closure, self.param_groups[0]["params"])
        self._whole(evaluate)
        return losses[0]

    def _together(self) -> None:
        """One step of all parameters that have a gradient."""
        members = [p for p in self.param_groups[0]["params"] if p.grad is not None]
        self._joint(members, _flat([_dense(p.grad) for p in members]))

    def _joint(self, members: list[Any], g: Any) -> None:
        """One step of these; arrays of the state belong to the parameters, numbers to the group."""
        if len(self.param_groups) > 1:
            raise ValueError("the rule steps all parameters as one: give it one group")
        group, x = self.param_groups[0], _flat(members)
        options = {name: group[name] for name in self.rule.defaults()}
        state = self.rule.start(x, options)
        shared = {name for name in state._fields if np.ndim(getattr(state, name)) == 0}
        for p in (p for p in members if not self.state[p]):
            begun = self.rule.start(_flat([p]), options)
            self.state[p].update({n: _packed(v, p.dtype) for n, v in begun._asdict().items() if n not in shared})
        state = state._replace(**group.get("whole", {}), **{
            n: _flat([self.state[p][n] for p in members])
            for n in state._fields if n not in shared})
        with np.errstate(all="ignore"):
            x, state = self.rule.step(x, g, state, options)
        _place(x, members)
        group["whole"] = {n: v if isinstance(v := getattr(state, n), int) else float(v) for n in shared}
        sizes = [p.numel() for p in members]
        for n in state._fields:
            parts = np.split(getattr(state, n), np.cumsum(sizes)[:-1]) if n not in shared else ()
            for p, part in zip(members, parts, strict=False):
                self.state[p][n] = _packed(part.reshape(p.shape), p.dtype)

    def _whole(self, g: Any) -> None:
        """One step on all parameters as one. Raises ValueError for two groups."""
        if len(self.param_groups) > 1:
            raise ValueError("the rule steps all parameters as one: give it one group")
        members, kept = self.param_groups[0]["params"], self.state[self.param_groups[0]["params"][0]]
        x = _flat(members)
        options = {name: self.param_groups[0][name] for name in self.rule.defaults()}
        state = self.rule.start(x, options)
        if kept:
            state = type(state)(**{name: _unpacked(kept[name]) for name in state._fields})
        with np.errstate(all="ignore"):
            x, state = self.rule.step(x, g, state, options)
        _place(x, members)
        kept.update({name: _packed(value, members[0].dtype) for name, value in state._asdict().items()})

    def _advanced(self, p: torch.Tensor, options: dict[str, Any]) -> tuple[Any, Any]:
        """A parameter and its state after one step of the definition."""
        x, g = (_numbers(t.detach()) for t in (p, _dense(p.grad)))
        fresh = self.rule.start(x, options)
        kept = self.state.get(p)
        state = type(fresh)(**{name: _unpacked(kept[name]) for name in fresh._fields}) if kept else fresh
        with np.errstate(all="ignore"):
            return self.rule.step(x, g, state, options)


def subject_of(rule: Rule) -> type[torch.optim.Optimizer]:
    """A torch optimizer class whose keywords are the rule's options, and whose steps are the rule's."""
    parameters = [inspect.Parameter("params", inspect.Parameter.POSITIONAL_OR_KEYWORD),
                  *(inspect.Parameter(o.name, inspect.Parameter.KEYWORD_ONLY, default=o.neutral)
                    for o in rule.options)]
    name = "Own" + "".join(part.capitalize() for part in rule.name.split("/"))
    return type(name, (Own,), {
        "rule": rule, "__signature__": inspect.Signature(parameters), "__qualname__": f"subject_of.<locals>.{name}"})


def _numbers(tensor: torch.Tensor) -> Any:
    """A tensor's numbers in float64. Raises TypeError unless it is a plain one of real numbers."""
    if not tensor.is_floating_point() or type(tensor) not in (torch.Tensor, torch.nn.Parameter):
        raise TypeError(f"parameters and gradients must be plain and real, got {type(tensor).__name__} {tensor.dtype}")
    return np.array(tensor.tolist(), dtype=np.float64).reshape(tensor.shape)


def _flat(members: list[Any]) -> Any:
    """Tensors as one array."""
    return np.concatenate([np.zeros(0), *(_numbers(p.detach()).ravel() for p in members)])


def _place(x: Any, members: list[Any]) -> None:
    """Write a flat array into the parameters."""
    pieces = torch.split(torch.from_numpy(np.array(x)), [p.numel() for p in members])
    for p, piece in zip(members, pieces, strict=True):
        p.copy_(piece.reshape(p.shape))


def _objective(closure: Callable[[], Any], members: list[Any]) -> tuple[Callable[[Any], Any], list[Any]]:
    """The closure as a function of a flat array, and the losses that it will have returned."""
    losses: list[Any] = []

    def evaluate(x: Any) -> tuple[Any, Any]:
        _place(x, members)
        with torch.enable_grad():
            losses.append(closure())
        return float(losses[-1]), _flat([_dense(p.grad) for p in members])

    return evaluate, losses


def _packed(value: Any, dtype: torch.dtype) -> Any:
    """A field of a state as torch saves it: arrays as tensors of the parameter's dtype, tuples as lists."""
    if isinstance(value, tuple):
        return [_packed(item, dtype) for item in value]
    if isinstance(value, int):
        return value
    return float(value) if isinstance(value, float) else torch.from_numpy(np.array(value)).to(dtype)


def _unpacked(value: Any) -> Any:
    """What was packed, as it was."""
    return tuple(_unpacked(item) for item in value) if isinstance(value, list | tuple) else _array(value)


def _dense(gradient: torch.Tensor | None) -> torch.Tensor:
    """A gradient as an ordinary tensor."""
    assert gradient is not None
    return gradient.to_dense() if gradient.is_sparse else gradient


def _array(value: Any) -> Any:
    """A kept tensor as an array; a count as it is."""
    return _numbers(value) if isinstance(value, torch.Tensor) else value
