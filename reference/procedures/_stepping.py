"""What a procedure steps with: anything that has an optimizer's `init` and `step`.

    s_0 = init(x_0),   (x_t, s_t) = step(x_{t-1}, g_t, s_{t-1}; options)

Source   Robbins, Monro, A stochastic approximation method, 1951 (the step).
Variant  none in use.
"""

from typing import Any, Protocol

from .._arrays import Array


class Optimizer(Protocol):
    """A module of `reference.optimizers`, or an object like one."""

    def init(self, x: Array) -> Any:
        """The state before the first step."""

    def step(self, x: Array, g: Array, state: Any, **options: Any) -> tuple[Array, Any]:
        """One update."""


def stepping(name: str, value: Any) -> Any:
    """The optimizer itself. Raises ValueError unless it can be called as one."""
    missing = [word for word in ("init", "step") if not callable(getattr(value, word, None))]
    if missing:
        raise ValueError(f"{name} must have init and step, got {type(value).__name__} without {' and '.join(missing)}")
    return value
