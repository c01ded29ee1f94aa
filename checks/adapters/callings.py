"""How a public callable is called: which of its keywords stands for which argument of a definition."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import numpy as np

from fiducial.checks.adapters.refusals import is_refusal
from fiducial.checks.claims import Raised, Refused

Sample = Mapping[str, Any]


class Calling(Protocol):
    """What an adapter reads of a rule; `suites.rules.kinds` explains each."""

    name: str
    definition: Any
    spelt: Mapping[str, tuple[str, ...]]
    positional: tuple[str, ...]


class CallingMap(Calling, Protocol):
    """The same for a map."""

    parameters: Mapping[str, tuple[str, ...]]
    buffers: Mapping[str, tuple[str, ...]]
    sizes: Mapping[str, Callable[[Sample], Any]]
    keywords: Mapping[str, Any]
    options: Mapping[str, Callable[[Any, Sample], Any]]
    training: bool


Rule = TypeVar("Rule", bound=Calling)


class Signature(NamedTuple):
    """The keywords of a callable in order; `any`: it takes others too, or does not say which it takes."""

    keywords: tuple[str, ...]
    any: bool

    @classmethod
    def of(cls, thing: Callable[..., Any]) -> Signature:
        """As Python tells it; what tells nothing takes anything."""
        try:
            built = hasattr(thing, "state_dict") and not inspect.isclass(thing)  # a module, whose call takes anything
            asked = getattr(thing, "forward", thing) if built else thing
            parameters = list(inspect.signature(asked).parameters.values())
        except (TypeError, ValueError):
            return cls((), True)
        named = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        return cls(tuple(named), any(p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL) for p in parameters) or not parameters)

    def spells(self, name: str, spelt: Mapping[str, tuple[str, ...]]) -> str | None:
        """The callable's word for an argument of the definition."""
        candidates = spelt.get(name, (name,))
        return next((c for c in candidates if c in self.keywords), candidates[0] if self.any else None)


def keywords(signature: Signature, calling: Calling, options: Sample, title: str, function: str) -> dict[str, Any]:
    """Options by the callable's own words; one that it does not know must be at the definition's default.

    Raises Refused.
    """
    found = {}
    for name, value in options.items():
        word = signature.spells(name, calling.spelt)
        if word is not None:
            found[word] = value
        elif not is_default(getattr(calling.definition, function, None), name, value):
            raise Refused(f"{title} takes no {name}")
    return found


def fixed_arguments(calling: Calling, settings: Sample) -> dict[str, Any]:
    """The settings by the definition's arguments, but for those that a rule tells otherwise, such as parameters."""
    names = {word: name for name, words in calling.spelt.items() for word in words}
    otherwise = {name for told in ("options", "parameters", "buffers") for name in getattr(calling, told, ())}
    return {name: value for word, value in settings.items() if (name := names.get(word, word)) not in otherwise}


def settled(words: Sample, settings: Sample, calling: Calling, title: str, function: str) -> dict[str, Any]:
    """Keywords together with the settings.

    Raises Refused where they contradict each other, or what the definition takes where a claim leaves an argument out.
    """
    for word in words.keys() & settings.keys():
        if not np.array_equal(words[word], settings[word]):
            raise Refused(f"{title} is set to {word}={settings[word]!r}, and this needs {words[word]!r}")
    own = defaults(getattr(calling.definition, function, None))
    for name, value in fixed_arguments(calling, settings).items():
        left_out = not words.keys() & {name, *calling.spelt.get(name, ())}
        if left_out and name in own and not np.array_equal(own[name], value):
            raise Refused(f"{title} is set to {name}={value!r}, and this needs the default {own[name]!r}")
    return {**words, **settings}


def defaults(function: Any) -> dict[str, Any]:
    """The defaults of a function of a definition, by argument."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}
    return {name: p.default for name, p in parameters.items() if p.default is not inspect.Parameter.empty}


def is_default(function: Any, name: str, value: Any) -> bool:
    """Whether a value is what the definition takes where the argument is left out."""
    own = defaults(function)
    if name not in own or isinstance(value, np.ndarray):
        return False
    return bool(own[name] is value or (own[name] is not None and value is not None and own[name] == value))


def works_in_place(thing: Any, settings: Sample) -> bool:
    """Whether a subject says that it writes into its input, by torch's custom: relu_, inplace=True."""
    name = getattr(thing, "__name__", "")
    return bool(settings.get("inplace")) or (name.endswith("_") and not name.endswith("__"))


class Adapted(Generic[Rule]):
    """A public callable behind the functions that claims call; each kind adds its own.

    settings    keywords that the call fixes;  fixed  the same by the definition's arguments
    definition  what the subject is held against
    """

    def __init__(self, thing: Any, calling: Rule, settings: Sample, title: str) -> None:
        self.title = title
        self.definition = calling.definition
        self.fixed = fixed_arguments(calling, settings)
        self.in_place = works_in_place(thing, settings)
        self._thing = thing
        self._calling = calling
        self._settings = dict(settings)
        self._signature = Signature.of(thing)

    def _words(self, options: Sample, function: str, *, of: Signature | None = None,
               beside: Sample | None = None) -> dict[str, Any]:
        """Options, what the rule gives beside them, and the settings, as the callable's keywords. Raises Refused.

        function  of the definition, whose defaults count;  of  the signature, where another than the thing's is called
        """
        words = keywords(of or self._signature, self._calling, options, self.title, function)
        return settled({**words, **(beside or {})}, self._settings, self._calling, self.title, function)


def called(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a subject; what it raises on purpose is a refusal, anything else an accident."""
    try:
        return function(*args, **kwargs)
    except (MemoryError, KeyboardInterrupt, SystemExit, Refused, Raised):
        raise
    except BaseException as error:
        said = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        unknown = isinstance(error, TypeError) and "unexpected keyword" in str(error)  # C code has no `raise`
        raise (Refused if unknown or is_refusal(error) else Raised)(said) from error
