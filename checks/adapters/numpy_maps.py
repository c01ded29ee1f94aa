"""NumPy callables as the claims call them: a function, or an object with `forward` and `backward`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fiducial.checks.adapters.callings import CallingMap, Sample, Signature, called, keywords
from fiducial.checks.claims import Refused


class NumpyMap:
    """A NumPy function of the same meaning as a definition.

    thing  f(x, …, **options) -> array, or an object whose forward is such a function, with backward(x, …, g, **options)
           beside it
    """

    dtypes = ("float64",)

    def __init__(self, thing: Any, calling: CallingMap, settings: Sample, title: str) -> None:
        self.title = title
        self.definition = calling.definition
        self._calling = calling
        self._settings = dict(settings)
        self._forward: Callable[..., Any] = getattr(thing, "forward", thing)
        self._backward: Callable[..., Any] | None = getattr(thing, "backward", None)
        self.differentiable = self._backward is not None

    def forward(self, **sample: Any) -> Any:
        """The function's values."""
        return np.asarray(self._call(self._forward, sample, []))

    def backward(self, g: Any, **sample: Any) -> Any:
        """The gradients of its backward pass, by argument. Raises Refused where it has none."""
        if self._backward is None:
            raise Refused(f"{self.title} brings no backward pass")
        found = self._call(self._backward, sample, [g])
        several = isinstance(found, Mapping) or hasattr(found, "_asdict")
        return found if several else {self._calling.positional[0]: np.asarray(found)}

    def _call(self, function: Callable[..., Any], sample: Sample, last: list[Any]) -> Any:
        first = [name for name in self._calling.positional if name in sample]
        rest = {name: value for name, value in sample.items() if name not in first}
        words = keywords(Signature.of(function), self._calling, rest, self.title, "forward")
        return called(function, *[sample[name] for name in first], *last, **{**words, **self._settings})
