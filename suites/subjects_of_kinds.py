"""Subjects of the kinds beside optimizers: the adapter that a thing and a rule call for."""

from __future__ import annotations

import difflib
import functools
import inspect
import sys
from collections.abc import Iterator, Mapping
from types import CodeType
from typing import Any

from fiducial.checks.adapters.callings import Signature
from fiducial.checks.adapters.numpy_maps import NumpyMap
from fiducial.checks.claims import Raised, Refused
from fiducial.suites.jobs import Refusal
from fiducial.suites.rules.kinds import KindRule, MapRule


def adapt(thing: Any, rule: KindRule, settings: Mapping[str, Any], title: str) -> Any:
    """A subject as the claims of a rule call it. Raises Refusal: 3 if it cannot be called, 2 for unknown settings."""
    if rule.kind in ("function", "random"):
        thing, settings = _callable(thing, rule, settings, title)
    if not callable(thing) and not hasattr(thing, "forward"):
        raise Refusal(f"{title} is no {rule.kind}: it cannot be called", 3)
    _must_take(thing, rule, settings, title)
    _must_be_complete(thing, rule, settings, title)
    if rule.kind == "function" and not is_torch(thing, rule):
        return NumpyMap(thing, rule, settings, title)  # type: ignore[arg-type]
    return _torch_adapter(rule)(thing if callable(thing) else thing.forward, rule, settings, title)


def _callable(thing: Any, rule: KindRule, settings: Mapping[str, Any],
              title: str) -> tuple[Any, Mapping[str, Any]]:
    """What of a thing is called, and the settings that are left for the call. Raises Refusal.

    A torch.autograd.Function is called by its `apply`; a class that is no torch module is built, with the settings.
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(thing, torch.nn.Module) and (rule.kind == "random" or thing.state_dict()):
        raise Refusal(f"{title} is a module that is built already, with modes and parameters of its own: give its "
                      f"class {type(thing).__module__}:{type(thing).__qualname__}, with --set for its arguments", 3)
    if not inspect.isclass(thing) or (torch is not None and issubclass(thing, torch.nn.Module)):
        return thing, settings
    if torch is not None and issubclass(thing, torch.autograd.Function):
        return getattr(thing, "apply", thing), settings
    _must_take(thing, rule, settings, title)
    try:
        built = thing(**settings)
    except Exception as error:
        raise Refusal(f"{title} could not be built: it raised {type(error).__name__}: {error}", 3) from error
    if not callable(built) and not hasattr(built, "forward"):
        raise Refusal(f"{title} is no {rule.kind}: what it builds cannot be called and has no forward", 3)
    return built, {}


def _must_take(thing: Any, rule: KindRule, settings: Mapping[str, Any], title: str) -> None:
    """Refuse settings that a subject does not know; its first arguments are data."""
    signature = Signature.of(getattr(thing, "forward", thing) if not inspect.isclass(thing) else thing)
    data = 0 if inspect.isclass(thing) and rule.kind in ("function", "random") else max(1, len(rule.positional))
    known = signature.keywords[data:]
    for name in () if signature.any else settings:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.6)
            hint = f"did you mean {near[0]}?" if near else f"it takes {', '.join(known) or 'no settings'}"
            raise Refusal(f"{title} takes no {name}; {hint}", 2)


def _must_be_complete(thing: Any, rule: KindRule, settings: Mapping[str, Any], title: str) -> None:
    """Refuse a function that needs an argument of which the rule knows nothing."""
    function = getattr(thing, "forward", thing)
    if not isinstance(rule, MapRule) or inspect.isclass(thing) or not inspect.isroutine(function):
        return
    try:
        needed = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    except (TypeError, ValueError):
        return
    own = inspect.signature(rule.definition.forward).parameters
    known = {*own, *rule.sizes, *rule.keywords, *settings, *(word for name in own for word in rule.spelt.get(name, ()))}
    missing = [p.name for p in needed[len(rule.positional):]
               if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) and p.name not in known]
    if missing:
        shown = " ".join(f"--set {name}=VALUE" for name in missing)
        raise Refusal(f"{title} needs {', '.join(missing)}, which cannot be guessed: give {shown}", 3)


def _torch_adapter(rule: KindRule) -> Any:
    try:
        import torch  # noqa: F401  the adapters need it
    except ModuleNotFoundError as error:
        raise Refusal("torch is not installed: pip install 'fiducial[torch]'", 3) from error
    from fiducial.checks.adapters.torch_draws import TorchInitializer, TorchRandomMap
    from fiducial.checks.adapters.torch_maps import TorchMap
    from fiducial.checks.adapters.torch_schedules import TorchClip, TorchSchedule

    return {"function": TorchMap, "random": TorchRandomMap, "initializer": TorchInitializer,
            "schedule": TorchSchedule, "clip": TorchClip}[rule.kind]


def is_torch(thing: Any, rule: KindRule) -> bool:
    """Whether a callable is given tensors: torch's own, a module class, or a function that speaks of torch.

    A function that speaks of NumPy alone in a file that imports torch, or of neither, is asked: if one call on arrays
    fails, it is given tensors.
    """
    while isinstance(thing, functools.partial):
        thing = thing.func
    home = getattr(thing, "__module__", None) or type(thing).__module__
    torch = sys.modules.get("torch")
    if torch is None or home.partition(".")[0] in ("torch", "numpy", "scipy", "sklearn"):
        return torch is not None and home.partition(".")[0] == "torch"
    if inspect.isclass(thing) or isinstance(thing, torch.nn.Module | torch._C._FunctionBase):
        return True
    spoken = {top for value in _spoken(thing) if (top := _package(value))}
    about = {top for value in _file(thing, home).values() if (top := _package(value))}
    if "torch" in spoken or ("numpy" not in spoken and "torch" in about):
        return True
    return not ("numpy" in spoken and "torch" not in about) and not _takes_arrays(thing, rule)


def _file(thing: Any, home: str) -> Mapping[str, Any]:
    """The names of the file that a callable stands in."""
    return vars(sys.modules[home]) if home in sys.modules else getattr(thing, "__globals__", {})


def _package(value: Any) -> str:
    """The package that a module, a class or a function comes from."""
    name = value.__name__ if inspect.ismodule(value) else getattr(value, "__module__", None)
    return name.partition(".")[0] if isinstance(name, str) else ""


def _spoken(thing: Any) -> Iterator[Any]:
    """What the names in a callable's code stand for."""
    code = getattr(thing, "__code__", None) and thing
    for function in (code, *(getattr(type(thing), name, None) for name in ("__call__", "forward"))):
        if inspect.isfunction(function):
            names = set(_names(function.__code__))
            yield from (value for name, value in function.__globals__.items() if name in names)
            yield from (cell.cell_contents for cell in function.__closure__ or ())


def _names(code: CodeType) -> Iterator[str]:
    """The names in code, those of the functions in it included."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _takes_arrays(thing: Any, rule: KindRule) -> bool:
    """Whether a call on the arrays of one sample gives an array."""
    sample = rule.claims[0].drawn(0, "quick")[0]
    try:
        NumpyMap(thing, rule, {}, "it").forward(**sample)  # type: ignore[arg-type]
    except Raised:
        return False
    except Refused:
        return True
    return True
