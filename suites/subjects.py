"""Find a subject by what the user typed, and say in one sentence what is wrong where there is none."""

from __future__ import annotations

import difflib
import hashlib
import importlib
import importlib.metadata
import importlib.util
import inspect
import re
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from fiducial.checks.handling import PLAIN, Handling
from fiducial.suites.adapters import adapted, framework_of
from fiducial.suites.declarations import handled
from fiducial.suites.jobs import Refusal

EXTRAS = {"torch": "torch", "optax": "optax", "jax": "optax", "keras": "keras"}


def find(text: str) -> Any:
    """The object that `package.module:Attr` or `path/file.py:Attr` names. Raises Refusal."""
    module_name, colon, attribute = text.rpartition(":")
    if not colon or not module_name or not attribute:
        raise Refusal(f"a subject is package.module:Attr or path/file.py:Attr, got {text!r}", 2)
    module = _from_file(module_name) if module_name.endswith(".py") else _imported(module_name)
    found: Any = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise Refusal(f"{module_name} has no attribute {attribute!r}{_nearest(part, dir(found))}", 3)
        found = getattr(found, part)
    return found


def _nearest(name: str, names: list[str]) -> str:
    """`; did you mean X?` where something is near."""
    near = difflib.get_close_matches(name, [n for n in names if not n.startswith("_")], 1, 0.6)
    return f"; did you mean {near[0]}?" if near else ""


def _imported(name: str) -> ModuleType:
    """A module by its dotted name."""
    if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", name):
        raise Refusal(f"{name!r} is no module name: a subject is package.module:Attr or path/file.py:Attr", 2)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or name
        top = missing.split(".")[0]
        if top in EXTRAS:
            raise Refusal(f"{top} is not installed: pip install 'fiducial[{EXTRAS[top]}]'", 3) from error
        if name == missing or name.startswith(f"{missing}."):
            looked = "" if "." in name else f" (a file is given as {name}.py:Attr)"
            raise Refusal(f"there is no module {missing!r}: install its package in this environment{looked}",
                          3) from error
        raise Refusal(f"importing {name} needs the module {missing!r}, which is not installed", 3) from error
    except MemoryError:
        raise
    except BaseException as error:
        raise Refusal(f"importing {name} raised {_said(error)}", 3) from error


def _from_file(path: str) -> ModuleType:
    """A module from a file; its folder can be imported from while it runs."""
    file = Path(path).resolve()
    if not file.is_file():
        raise Refusal(f"there is no file {path}", 3)
    name = re.sub(r"\W", "_", file.stem)
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise Refusal(f"{path} cannot be imported", 3)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.append(str(file.parent))
    try:
        spec.loader.exec_module(module)
    except ModuleNotFoundError as error:
        top = (error.name or "").split(".")[0]
        cure = f"pip install 'fiducial[{EXTRAS[top]}]'" if top in EXTRAS else f"pip install {top}"
        raise Refusal(f"importing {path} needs the module {error.name!r}, which is not installed: {cure}", 3) from error
    except MemoryError:
        raise
    except BaseException as error:
        raise Refusal(f"importing {path} raised {_said(error)}", 3) from error
    return module


def at_home(found: Any) -> Any:
    """A class that was handed over by value, put where its name says it stands, so that pickle finds it there."""
    name, qualified = getattr(found, "__module__", None), getattr(found, "__qualname__", "")
    if name and qualified.isidentifier():
        home = sys.modules.setdefault(name, ModuleType(name))
        if not hasattr(home, qualified):
            setattr(home, qualified, found)
    return found


def _said(error: BaseException) -> str:
    """An exception in one line."""
    text = " ".join(str(error).split())[:300]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def declared(found: Any, text: str, handling: Handling) -> Any:
    """The object with what is declared of it. Raises Refusal where its adapter knows of no such thing."""
    framework = framework_of(found, {})
    wraps = framework == "keras"
    if framework != "torch" and (replace(handling, around=None) if wraps else handling) != PLAIN:
        more = ", around" if wraps else ""
        raise Refusal(f"{text} is {framework}'s: only rule, settings{more}, refuses and timeout can be declared of it",
                      2)
    return handled(found, handling)


def as_factory(found: Any, text: str, settings: dict[str, Any], device: str = "cpu") -> Any:
    """The object as something that builds optimizers. Raises Refusal where it is none, or cannot be built."""
    if not callable(found):
        raise Refusal(f"{text} is no optimizer: it is {_kind(found)}; give a class such as torch.optim:AdamW", 3)
    framework = framework_of(found, settings)
    if framework != "torch":
        if device != "cpu":
            raise Refusal(f"{text} is {framework}'s, which is certified on the CPU only: use --device cpu", 2)
        return _of_another_framework(found, text, settings, framework)
    try:
        import torch
    except ModuleNotFoundError as error:
        raise Refusal("torch is not installed: pip install 'fiducial[torch]'", 3) from error
    torch.set_num_threads(1)
    from fiducial.checks.adapters.torch_optimizer import TorchOptimizer, unguessable

    if inspect.isclass(found) and not issubclass(found, torch.optim.Optimizer) and not hasattr(found, "step"):
        raise Refusal(f"{text} is no optimizer: the class has no step(); give a class such as torch.optim:AdamW", 3)
    _must_take(found, text, settings)
    missing = unguessable(found, settings)
    if missing:
        shown = " ".join(f"--set {name}=VALUE" for name in missing)
        raise Refusal(f"{text} needs {', '.join(missing)}, which cannot be guessed: give {shown}", 3)
    try:
        TorchOptimizer(found, settings, device=device)
    except (MemoryError, KeyboardInterrupt):
        raise
    except AttributeError as error:
        raise Refusal(f"{text} is no optimizer: what it builds has no step() and param_groups ({_said(error)})",
                      3) from error
    except BaseException as error:
        raise Refusal(f"{text} could not be built{_with(settings)}: it raised {_said(error)}", 3) from error
    return found


def _of_another_framework(found: Any, text: str, settings: dict[str, Any], framework: str) -> Any:
    """A factory of optax's, a class of Keras's, a step function: as it is, once it could be built."""
    if framework == "numpy":
        _must_be_steppable(found, text, settings)
    else:
        _must_take(found, text, settings)
    try:
        adapted(found, settings)
    except (MemoryError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise Refusal(f"{text} could not be built{_with(settings)}: it raised {_said(error)}", 3) from error
    return found


def _must_be_steppable(found: Any, text: str, settings: dict[str, Any]) -> None:
    """Refuse a step function without its init, and settings that a step does not have."""
    from fiducial.checks.adapters.numpy_optimizer import init_of, keywords_of

    if not inspect.isclass(found) and not callable(init_of(found)):
        raise Refusal(f"{text} needs a function init(x) in the same file, which makes its first state", 3)
    names = keywords_of(getattr(found, "step", found))  # of a class self comes first, so that its state is among them
    _must_be_known(settings, [name for name in names if name != "state"], text)


def _with(settings: dict[str, Any]) -> str:
    """The settings that a construction was tried with, in words."""
    return f" with {', '.join(f'{k}={v!r}' for k, v in settings.items())}" if settings else ""


def _kind(found: Any) -> str:
    """What an object is, with its article."""
    if isinstance(found, ModuleType):
        return "a module"
    name = type(found).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _must_take(found: Any, text: str, settings: dict[str, Any]) -> None:
    """Refuse settings that the constructor does not have."""
    try:
        parameters = inspect.signature(found).parameters
    except (TypeError, ValueError):
        return
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return
    _must_be_known(settings, [name for name in parameters if name not in ("params", "parameters")], text)


def _must_be_known(settings: dict[str, Any], names: list[str], text: str) -> None:
    """Refuse settings that are none of the names."""
    for name in settings:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1, 0.6)
            hint = f"; did you mean {near[0]}?" if near else f"; it takes {', '.join(names)}"
            raise Refusal(f"{text} takes no {name}{hint}", 2)


def distribution(found: Any) -> tuple[str | None, str | None]:
    """The package that an object comes from, and its version; None for a file."""
    found = getattr(found, "func", found)  # what a functools.partial holds
    top = (getattr(found, "__module__", None) or "").split(".")[0]
    try:
        return top, importlib.metadata.version(top)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        pass
    packages = importlib.metadata.packages_distributions().get(top, [])
    return (packages[0], importlib.metadata.version(packages[0])) if packages else (None, None)


def source_sha256(found: Any) -> str | None:
    """The hash of the file that an object is defined in; of its own source where there is no file."""
    try:
        found = getattr(found, "func", found)
        file = inspect.getsourcefile(found)
        text = Path(file).read_bytes() if file and Path(file).is_file() else inspect.getsource(found).encode()
    except (TypeError, OSError):
        return None
    return hashlib.sha256(text).hexdigest()
