"""Which adapter a subject needs: found by asking what it is, never by its name."""

from __future__ import annotations

import importlib.util
import inspect
import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

Framework = Literal["torch", "optax", "keras", "numpy"]
ONE_THREAD = "--xla_cpu_multi_thread_eigen=false --xla_cpu_parallel_codegen_split_count=1"


def prepare(path: str) -> None:
    """Set the subject's process to float64 before the subject is imported: JAX by its switch, Keras by its floatx.

    KERAS_BACKEND chooses Keras's backend, as everywhere; it is torch where it is not set.
    """
    os.environ["JAX_ENABLE_X64"] = "1"
    os.environ["XLA_FLAGS"] = " ".join(dict.fromkeys([*os.environ.get("XLA_FLAGS", "").split(), *ONE_THREAD.split()]))
    os.environ.setdefault("KERAS_BACKEND", "torch")
    if _speaks_of_keras(path) and importlib.util.find_spec("keras") is not None:
        import keras

        keras.config.set_floatx("float64")


def _speaks_of_keras(path: str) -> bool:
    """Whether a subject is Keras's own, or a file that imports it."""
    module = path.rpartition(":")[0]
    if not module.endswith(".py"):
        return module.split(".")[0] == "keras"
    file = Path(module)
    return file.is_file() and bool(re.search(r"^\s*(import|from) keras\b", file.read_text(errors="replace"), re.M))


def framework_of(found: Any, settings: Mapping[str, Any]) -> Framework:
    """What kind of optimizer something builds or is; torch where nothing speaks for another."""
    if hasattr(found, "handling"):
        found = found.func  # a class with what is declared of it
    if inspect.isclass(found):
        keras = sys.modules.get("keras")
        if keras is not None and issubclass(found, keras.optimizers.Optimizer):
            return "keras"
        return "numpy" if _is_of_protocol(found) else "torch"
    if is_step(found):
        return "numpy"
    return "optax" if "optax" in sys.modules and _builds_transformations(found, settings) else "torch"


def _is_of_protocol(found: type) -> bool:
    """Whether a class has init(params) and step(params, grads, state, …)."""
    step, init = getattr(found, "step", None), getattr(found, "init", None)
    return callable(init) and callable(step) and len(inspect.signature(step).parameters) >= 4


def is_step(found: Any) -> bool:
    """Whether a function steps one array: (x, g, state, …)."""
    try:
        parameters = list(inspect.signature(found).parameters.values())
    except (TypeError, ValueError):
        return False
    return inspect.isfunction(found) and len(parameters) >= 3 and all(
        p.default is p.empty and p.kind is not p.KEYWORD_ONLY for p in parameters[:3]) and parameters[2].name in (
        "state", "s", "st")


def _builds_transformations(found: Any, settings: Mapping[str, Any]) -> bool:
    """Whether a factory that does not ask for parameters builds a gradient transformation."""
    from fiducial.checks.adapters.optax_optimizer import OptaxOptimizer

    try:
        first = next(iter(inspect.signature(found).parameters), "")
        if "param" in first:
            return False
        OptaxOptimizer(found, settings)
    except AttributeError:
        return False
    except Exception:  # its own words are given when it is built
        return (getattr(getattr(found, "func", found), "__module__", None) or "").split(".")[0] == "optax"
    return True


def adapted(found: Callable[..., Any], settings: Mapping[str, Any], device: str = "cpu") -> Any:
    """The subject behind its adapter, a torch one on the device; raises whatever building it raises."""
    framework = framework_of(found, settings)
    if framework == "optax":
        from fiducial.checks.adapters.optax_optimizer import OptaxOptimizer

        return OptaxOptimizer(found, settings)
    if framework == "keras":
        from fiducial.checks.adapters.keras_optimizer import KerasOptimizer

        return KerasOptimizer(found, settings)
    if framework == "numpy":
        from fiducial.checks.adapters.numpy_optimizer import NumpyOptimizer

        return NumpyOptimizer(found, settings)
    from fiducial.checks.adapters.torch_optimizer import TorchOptimizer

    return TorchOptimizer(found, settings, device=device)
