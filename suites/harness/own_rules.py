"""Our own rules as torch optimizers: each steps by its definition in NumPy, and so must be certified against itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch

from fiducial.suites.rules import Rule

LIMITS = {"beta1": 1.0, "beta2": 1.0}  # what must stay below; every number must be at least 0 and finite


def subject_of(rule: Rule) -> type[torch.optim.Optimizer]:
    """A torch optimizer class whose keywords are the rule's options, and whose steps are the rule's."""

    class Own(torch.optim.Optimizer):
        def __init__(self, params: Iterable[Any], **options: Any) -> None:
            for name, value in options.items():
                if not isinstance(value, bool) and not 0 <= value < LIMITS.get(name, float("inf")):
                    raise ValueError(f"{name} must be finite, at least 0 and below its limit, got {value}")
            super().__init__(params, {**rule.defaults(), **options})

        @torch.no_grad()
        def step(self, closure: Callable[[], Any] | None = None) -> Any:
            loss = None
            if closure is not None:
                with torch.enable_grad():
                    loss = closure()
            for group in self.param_groups:
                options = {name: group[name] for name in rule.defaults()}
                for p in group["params"]:
                    if p.grad is not None:
                        self._advance(p, options)
            return loss

        def _advance(self, p: torch.Tensor, options: dict[str, Any]) -> None:
            """One definition's step, the state kept as tensors under the definition's names."""
            x, g = (np.array(t.detach().numpy(), dtype=np.float64) for t in (p, p.grad) if t is not None)
            fresh = rule.start(x, options)
            kept = self.state[p]
            state = type(fresh)(**{name: _array(kept[name]) for name in fresh._fields}) if kept else fresh
            with np.errstate(all="ignore"):
                x, state = rule.step(x, g, state, options)
            p.copy_(torch.from_numpy(np.asarray(x).reshape(p.shape)))
            for name, value in state._asdict().items():
                kept[name] = value if isinstance(value, int) else torch.from_numpy(np.array(value))

    parameters = [inspect.Parameter("params", inspect.Parameter.POSITIONAL_OR_KEYWORD),
                  *(inspect.Parameter(o.name, inspect.Parameter.KEYWORD_ONLY, default=o.neutral)
                    for o in rule.options)]
    Own.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    Own.__name__ = "Own" + "".join(part.capitalize() for part in rule.name.split("/"))
    return Own


def _array(value: Any) -> Any:
    """A kept tensor as an array; a count as it is."""
    return value.numpy() if isinstance(value, torch.Tensor) else value
