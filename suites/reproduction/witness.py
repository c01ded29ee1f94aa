"""A witness: what a claim called on a subject while it judged a sample, and what reached the public callable itself."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Native:
    """One call of the public callable: of the function, or of a module that was built for it."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    made: tuple[tuple[Any, ...], dict[str, Any]] | None = None  # how the module was built
    kept: dict[str, Any] = field(default_factory=dict)  # its parameters and buffers at the call
    training: bool = True


@dataclass
class Call:
    """One call of the subject by the claim, in the words of the definition."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    result: Any = None
    error: Exception | None = None
    native: list[Native] = field(default_factory=list)


class Witness:
    """A subject like another that remembers its calls."""

    def __init__(self, subject: Any) -> None:
        self.calls: list[Call] = []
        self._natives: list[Native] = []
        self._subject = _listening(subject, self._natives)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._subject, name)
        return self._remembering(name, value) if callable(value) else value

    def _remembering(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def remembered(*args: Any, **kwargs: Any) -> Any:
            call = Call(name, tuple(map(_copied, args)), {word: _copied(value) for word, value in kwargs.items()})
            self.calls.append(call)
            before = len(self._natives)
            try:
                call.result = function(*args, **kwargs)
            except Exception as error:
                call.error = error
                raise
            finally:
                call.native = self._natives[before:]
            return call.result

        return remembered


def _copied(value: Any) -> Any:
    """An argument as it was, a generator of random numbers in its state; a strided array itself, lest it lose that."""
    strided = isinstance(value, np.ndarray) and not (value.flags.c_contiguous or value.flags.f_contiguous)
    return value if strided else copy.deepcopy(value)


def _listening(subject: Any, natives: list[Native]) -> Any:
    """A copy of an adapter that notes what reaches the public callable; any other subject as it is."""
    known = vars(subject) if hasattr(subject, "__dict__") else {}
    if "_forward" in known:  # a NumPy function, or an object with two
        heard = copy.copy(subject)
        heard._forward = _noted(subject._forward, natives)
        heard._backward = subject._backward and _noted(subject._backward, natives)
        heard.backward = heard._backward and heard._pull
        return heard
    if "_thing" not in known:
        return subject
    heard = copy.copy(subject)
    heard._thing = _noted(subject._thing, natives)
    return heard


def _noted(thing: Any, natives: list[Native]) -> Any:
    """A callable that notes its calls; a module class whose instances do."""
    import sys

    torch = sys.modules.get("torch")
    if torch is None or not isinstance(thing, type) or not issubclass(thing, torch.nn.Module):
        return _noted_function(thing, natives)

    class Noted(thing):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.__dict__["made"] = args, kwargs

        def __call__(self, *args: Any) -> Any:
            kept = {name: value.detach().clone() for name, value in self.state_dict().items()}
            natives.append(Native(args, {}, self.__dict__["made"], kept, self.training))
            return super().__call__(*args)

    Noted.__name__ = thing.__name__
    return Noted


def _noted_function(function: Callable[..., Any], natives: list[Native]) -> Callable[..., Any]:
    def noted(*args: Any, **kwargs: Any) -> Any:
        natives.append(Native(args, kwargs))
        return function(*args, **kwargs)

    return functools.update_wrapper(noted, function)
