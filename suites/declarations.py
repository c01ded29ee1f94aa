"""What is declared of a subject where it cannot be guessed: its rule, its settings, and how it wants to be driven.

    [subjects."heavyball:ForeachAdamW"]      # in pyproject.toml: [tool.fiducial.subjects."heavyball:ForeachAdamW"]
    rule = "adamw"
    works_in = "float32"
    consumes_gradient = true
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fiducial.checks.handling import PLAIN, Handed, Handling


class Declaration(BaseModel):
    """One subject as data.

    rule               the rule that it is held against
    settings           keywords of its constructor; the verdict speaks of the path that they choose
    arguments          keywords whose values are objects: name = "package.module:Attr" or "path/file.py:Attr"
    around             the optimizer that it wraps, as a path: built on the parameters and handed to the constructor
    handed             how the constructor takes parameters: list, named (pairs of name and parameter) or module
    needs              "closure": its step does nothing without one
    only_matrices      its parameters are matrices
    dtype              "float32": the only dtype that its parameters may have
    works_in           "float32": the format that it computes in, whatever the dtype of its parameters
    consumes_gradient  it sets gradients to None in its step
    modes              "train-eval": it has train() and eval(), and steps in training only
    paths              the flags that choose an implementation of its own
    refuses            checks that the subject does not claim → why; one that passes all the same is said
    timeout            seconds a check, where compiling at the first step takes long
    """

    model_config = ConfigDict(extra="forbid")

    rule: str | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    arguments: dict[str, str] = Field(default_factory=dict)
    around: str | None = None
    handed: Handed = "list"
    needs: Literal["closure"] | None = None
    only_matrices: bool = False
    dtype: Literal["float32"] | None = None
    works_in: Literal["float32"] | None = None
    consumes_gradient: bool = False
    modes: Literal["train-eval"] | None = None
    paths: list[str] | None = None
    refuses: dict[str, str] = Field(default_factory=dict)
    timeout: float | None = Field(default=None, gt=0)

    def handling(self, find: Callable[[str], Any]) -> Handling:
        """The same for an adapter; `find` gives the object that a path names."""
        return Handling(
            closure=self.needs == "closure", matrices=self.only_matrices, dtype=self.dtype, works_in=self.works_in,
            consumes_gradient=self.consumes_gradient, modes=self.modes is not None, handed=self.handed,
            around=find(self.around) if self.around else None,
            arguments={name: find(path) for name, path in self.arguments.items()},
            paths=None if self.paths is None else tuple(self.paths))

    def told(self) -> dict[str, Any]:
        """What is declared beside rule and settings, as a certificate shows it."""
        return self.model_dump(exclude={"rule", "settings"}, exclude_defaults=True)


def fault_of(error: ValidationError, model: type[BaseModel] = Declaration) -> str:
    """The first thing that a declaration does not allow, in one sentence; an unknown key with the nearest."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(first["loc"][-1]), list(model.model_fields), n=1, cutoff=0)
        return f"there is no key {place}; the nearest is {near[0]}"
    return f"{place}: {first['msg'][:1].lower()}{first['msg'][1:]}"


class Handled:
    """A class with what is declared of it: called as the class itself, on parameters and keywords."""

    def __init__(self, found: Callable[..., Any], handling: Handling) -> None:
        self.func, self.handling = found, handling
        for name in ("__module__", "__qualname__", "__name__", "__doc__"):
            setattr(self, name, getattr(found, name, None))
        self.__signature__ = _signature(found, handling)

    def __call__(self, *parameters: Any, **keywords: Any) -> Any:
        """An instance; Keras's optimizers are built without parameters."""
        handling = self.handling
        keywords = {**handling.arguments, **keywords}
        if handling.around is None:
            return self.func(*(handed(each, handling.handed) for each in parameters), **keywords)
        own = _keywords(self.func)
        inner = handling.around(*parameters, **{n: v for n, v in keywords.items() if n not in own})
        return self.func(inner, **{n: v for n, v in keywords.items() if n in own})


def handled(found: Callable[..., Any], handling: Handling) -> Callable[..., Any]:
    """A class that carries what is declared of it; as it is where nothing is."""
    return found if handling == PLAIN else Handled(found, handling)


def handed(parameters: Any, form: Handed) -> Any:
    """Parameters in the form that a constructor takes; groups stay groups, and a bare tensor is left to be refused."""
    if form == "list" or hasattr(parameters, "shape"):
        return parameters
    listed = list(parameters)
    if any(isinstance(each, Mapping | tuple) for each in listed):
        return listed
    if form == "named":
        return [(f"layer.{i}.weight", p) for i, p in enumerate(listed)]
    import torch

    module = torch.nn.Module()
    for i, p in enumerate(listed):
        module.register_parameter(f"weight{i}", p)
    return module


def _keywords(found: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """What a constructor takes after the parameters, or the optimizer, that it needs."""
    shape = inspect.signature(found).parameters
    return {n: p for i, (n, p) in enumerate(shape.items()) if i > 0 or p.default is not p.empty}


def _signature(found: Any, handling: Handling) -> inspect.Signature:
    """What may be given: the wrapper's keywords and those of what it wraps, but for the arguments that are declared."""
    shape = inspect.signature(found)
    whole = dict(shape.parameters)
    if handling.around is not None:
        whole = {**_keywords(handling.around), **dict(list(whole.items())[1:])}
        if len(_keywords(handling.around)) < len(inspect.signature(handling.around).parameters):
            first = inspect.Parameter("params", inspect.Parameter.POSITIONAL_OR_KEYWORD)
            whole = {"params": first, **{n: p for n, p in whole.items() if n != "params"}}
    left = [p for name, p in whole.items() if name not in handling.arguments and p.kind is not p.VAR_POSITIONAL]
    left = [p if i == 0 or p.kind is p.VAR_KEYWORD else p.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for i, p in enumerate(left)]
    return shape.replace(parameters=sorted(left, key=lambda p: p.kind), return_annotation=inspect.Signature.empty)
