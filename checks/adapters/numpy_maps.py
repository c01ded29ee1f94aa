"""NumPy callables as the claims call them: a function, or an object with `forward` and `backward`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fiducial.checks.adapters.callings import Adapted, CallingMap, Sample, Signature, called
from fiducial.checks.claims import Raised, Refused


class NumpyMap(Adapted[CallingMap]):
    """A NumPy function of the same meaning as a definition.

    thing  f(x, …, **options) -> array, or an object whose forward is such a function, with backward(x, …, g, **options)
           beside it, or backward(g), which goes back through the last call of forward
    """

    dtypes = ("float64",)

    def __init__(self, thing: Any, calling: CallingMap, settings: Sample, title: str) -> None:
        super().__init__(thing, calling, settings, title)
        self._forward: Callable[..., Any] = getattr(thing, "forward", thing)
        self._backward: Callable[..., Any] | None = getattr(thing, "backward", None)
        self.differentiable = self._backward is not None

    def forward(self, **sample: Any) -> Any:
        """The function's values."""
        found = self._call(self._forward, sample, [])
        if found is None or isinstance(found, tuple | str | Mapping):
            raise Raised(f"it returned {type(found).__name__}, and one array is expected")
        return np.asarray(found)

    def backward(self, g: Any, **sample: Any) -> Any:
        """The gradients of its backward pass, by argument. Raises Refused where it has none."""
        if self._backward is None:
            raise Refused(f"{self.title} brings no backward pass")
        found = self._gone_back(g, sample)
        several = isinstance(found, Mapping) or hasattr(found, "_asdict")
        return found if several else {self._calling.positional[0]: np.asarray(found)}

    def _gone_back(self, g: Any, sample: Sample) -> Any:
        """What the backward pass returns; one that takes a gradient alone remembers the last forward pass."""
        assert self._backward is not None
        if len(Signature.of(self._backward).keywords) != 1:
            return self._call(self._backward, sample, [g])
        self._call(self._forward, sample, [])
        return called(self._backward, g)

    def _call(self, function: Callable[..., Any], sample: Sample, last: list[Any]) -> Any:
        first = [name for name in self._calling.positional if name in sample]
        rest = {name: value for name, value in sample.items() if name not in first}
        words = self._words(rest, "forward", of=Signature.of(function))
        return called(function, *[sample[name] for name in first], *last, **words)
