"""Plans: what an optimizer is made to do, as data; and records: everything that was seen while it did.

A plan holds explicit numbers and no framework object, so that a check can transform it (negate every gradient, split a
tensor, reload in the middle), an adapter can drive any subject with it, and a definition can be run beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from fiducial.checks.evidence import Array

Options = Mapping[str, Any]
Layout = Literal["contiguous", "transposed", "strided", "channels-last", "expanded"]  # expanded: a gradient alone
Rows = Literal["", "once", "twice"]
Reload = Literal["state-dict", "weights-only", "pickle", "deepcopy", "older-dictionary", "other-device"]


@dataclass(frozen=True)
class Demands:
    """What a rule asks of the plans that it is run on.

    matrices   parameters are matrices
    rows       gradients are sparse: they touch some rows of their parameter
    objective  gradients are not given but evaluated, as often as the rule likes
    closure    every step is given a closure, which lays out the gradients
    extended   every parameter has a dimension at least
    """

    matrices: bool = False
    rows: bool = False
    objective: bool = False
    closure: bool = False
    extended: bool = False

    def admits(self, shape: tuple[int, ...]) -> bool:
        """Whether a parameter may have this shape."""
        return len(shape) == 2 if self.matrices else len(shape) > 0 or not (self.rows or self.extended)


@dataclass(frozen=True, eq=False)
class Tensor:
    """One parameter: where it starts, and its gradient before each step (None: absent)."""

    start: Array
    gradients: tuple[Array | None, ...]
    layout: Layout = "contiguous"
    gradient_layout: Layout = "contiguous"
    frozen: frozenset[int] = frozenset()  # the steps during which requires_grad is off
    dtype: str = ""  # "": the plan's
    complex: bool = False  # the last axis holds real and imaginary parts
    rows: Rows = ""  # gradients are sparse, every row that is not 0 listed once, or in halves

    def map(self, change: Callable[[Array], Array], start: Callable[[Array], Array] | None = None) -> Tensor:
        """The same tensor with every gradient changed, and the start if a second function is given."""
        gradients = tuple(None if g is None else change(g) for g in self.gradients)
        return replace(self, gradients=gradients, start=start(self.start) if start else self.start)


@dataclass(frozen=True, eq=False)
class Group:
    """One parameter group: its tensors, and the options that differ from the subject's defaults."""

    tensors: tuple[Tensor, ...]
    options: Options = field(default_factory=dict)
    joins: int = 0  # 0: given to the constructor; k: added before step k, counted from 0


@dataclass(frozen=True, eq=False)
class Plan:
    """A whole run: groups, option changes before a step, and interruptions before a step."""

    groups: tuple[Group, ...]
    changes: Mapping[int, Mapping[int, Options]] = field(default_factory=dict)  # step → group → options
    reloads: Mapping[int, Reload] = field(default_factory=dict)
    closure: bool = False
    companion: bool = False  # a second optimizer on other parameters is stepped in turns
    halves: bool = False  # each gradient arrives in two backward passes
    released: bool = False  # every parameter has an optimizer of its own, which steps when its gradient arrives
    dtype: str = "float64"
    tensor_rate: bool = False  # the learning rate is a tensor, which is filled anew where it changes
    within: Literal["", "no-grad", "inference-mode"] = ""  # what surrounds every step
    compiled: bool = False  # every step is a compiled one

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """All tensors, in the order of the groups."""
        return tuple(tensor for group in self.groups for tensor in group.tensors)

    @property
    def steps(self) -> int:
        """How many steps are taken."""
        return len(self.tensors[0].gradients)

    @property
    def unusual(self) -> bool:
        """Whether it needs more than plain tensors, plain numbers and a plain call of step()."""
        strange = any(t.complex or t.rows or 0 in t.frozen for t in self.tensors)
        return strange or self.tensor_rate or bool(self.within) or "older-dictionary" in self.reloads.values()

    @property
    def size(self) -> float:
        """How much there is to read in it: numbers, options, changes."""
        numbers = sum(t.start.size * (1 + sum(g is not None for g in t.gradients)) + 1 for t in self.tensors)
        moved = sum(len(group.options) for group in self.groups)
        return self.steps + numbers + moved + len(self.groups) + len(self.changes) + len(self.reloads)

    def map_tensors(self, change: Callable[[Tensor], Tensor]) -> Plan:
        """The same plan with every tensor changed."""
        groups = tuple(replace(group, tensors=tuple(change(t) for t in group.tensors)) for group in self.groups)
        return replace(self, groups=groups)

    def with_options(self, **options: Any) -> Plan:
        """The same plan with options moved in every group, and never changed on the way."""
        groups = tuple(replace(group, options={**group.options, **options}) for group in self.groups)
        changes = {step: {index: {k: v for k, v in moved.items() if k not in options} for index, moved in by.items()}
                   for step, by in self.changes.items()}
        return replace(self, groups=groups, changes=changes)

    def options_at(self, step: int, index: int, defaults: Options) -> dict[str, Any]:
        """The options of one group at a step: defaults, then its own, then every change up to that step."""
        options = {**defaults, **self.groups[index].options}
        for when in sorted(self.changes):
            if when <= step:
                options.update(self.changes[when].get(index, {}))
        return options

    def sample(self) -> dict[str, Any]:
        """The plan as a sample of a certificate: name → value."""
        out: dict[str, Any] = {"steps": self.steps}
        if self.dtype != "float64":
            out["dtype"] = self.dtype
        for i, group in enumerate(self.groups):
            prefix = f"group {i} " if len(self.groups) > 1 else ""
            if group.options:
                out[f"{prefix}options"] = dict(group.options)
            if group.joins:
                out[f"{prefix}joins before step"] = group.joins + 1
            for j, tensor in enumerate(group.tensors):
                name = f"{prefix}parameter {j}" if prefix or len(group.tensors) > 1 else "parameter"
                out[name] = tensor.start
                if tensor.layout != "contiguous" or tensor.gradient_layout != "contiguous":
                    out[f"{name} layout"] = f"{tensor.layout}, gradient {tensor.gradient_layout}"
                if tensor.frozen:
                    out[f"{name} frozen in steps"] = sorted(k + 1 for k in tensor.frozen)
                if tensor.complex or tensor.rows:
                    out[f"{name} is"] = "complex" if tensor.complex else f"given sparse rows, listed {tensor.rows}"
                if tensor.dtype:
                    out[f"{name} dtype"] = tensor.dtype
                out[f"{name} gradients"] = list(tensor.gradients)
        if any(moved for by in self.changes.values() for moved in by.values()):
            out["changes"] = {f"before step {k + 1}": {f"group {i}": dict(o) for i, o in by.items() if o}
                              for k, by in self.changes.items()}
        if self.tensor_rate:
            out["learning rate"] = "a tensor"
        if self.compiled:
            out["every step is"] = "compiled"
        if self.within:
            out["every step within"] = self.within
        if self.reloads:
            out["reloads"] = {f"before step {k + 1}": how for k, how in self.reloads.items()}
        return out


@dataclass(frozen=True)
class Spot:
    """Where a gap was found in a run: one tensor, after one step (counted from 0).

    entry   the worst entry; None: any
    state   the name of the state tensor; "" for all of the state, None for the parameter itself
    since   the step whose value it had to keep; -1: the start
    beside  the run that it was compared with; `mate` is the factor, the tensor and the entry that stand beside it
    update  whether the last step itself was compared, not where it led
    """

    plan: Plan
    tensor: int
    step: int
    entry: tuple[int, ...] | None = None
    state: str | None = None
    since: int | None = None
    beside: Plan | None = None
    mate: tuple[float, int, tuple[int, ...] | None] | None = None
    update: bool = False


def bowl(x: Any, tilt: Any, curvature: Any) -> tuple[Any, Any]:
    """A convex objective that is not quadratic, and its gradient: Σ ½ c x² + 0.025 x⁴ + b x, for arrays of any kind."""
    cube = x * x * x
    return (curvature * x * x / 2 + cube * x / 40 + tilt * x).sum(), curvature * x + cube / 10 + tilt


def curvatures(size: int) -> Array:
    """c of the objective: 1, 2, 3, 1, 2, 3 …, over all entries of all parameters."""
    return 1.0 + np.arange(size) % 3


@dataclass(frozen=True)
class Failure:
    """An exception that a subject raised: where, what, and whether it is a clear refusal or an accident."""

    step: int  # -1: while it was built
    kind: str
    message: str
    refused: bool
    doing: str = "step"
    kinds: tuple[str, ...] = ()  # the classes that the exception is an instance of, its own first

    def __str__(self) -> str:
        """In one line, as a person reads it."""
        when = "in its constructor" if self.step < 0 else f"in {self.doing} {self.step + 1}"
        text = " ".join(self.message.split())
        return f"{self.kind} {when}: {text[:300]}" if text else f"{self.kind} {when}"


@dataclass
class Seen:
    """What was observed of one tensor after one step."""

    value: Array
    gradient_before: Array | None
    gradient: Array | None
    state: dict[str, Any]
    leaf: bool = True
    requires_grad: bool = True
    same_object: bool = True
    same_storage: bool = True
    version_rose: bool = True
    gradient_replaced: bool = False
    dtype: str = ""  # "": not observed
    state_dtypes: Mapping[str, str] = field(default_factory=dict)  # of the state's tensors


def spelt(options: Options, names: Mapping[str, tuple[str, int | None]], defaults: Options) -> dict[str, Any]:
    """Canonical options as a subject's keywords: (beta1=0.5) → (betas=(0.5, 0.999)), the rest of a tuple as it is."""
    out: dict[str, Any] = {}
    for name, value in options.items():
        keyword, place = names.get(name, (name, None))
        if place is None:
            out[keyword] = value
        else:
            whole: list[Any] = list(out[keyword] if keyword in out else defaults[keyword])
            whole[place] = value
            out[keyword] = tuple(whole)
    return out


@dataclass
class Record:
    """A recorded run: one list of `Seen` per step, in the order of the plan's tensors, and what else was noticed."""

    plan: Plan
    start: list[Array]
    steps: list[list[Seen]] = field(default_factory=list)
    failure: Failure | None = None
    left_behind: list[Array] = field(default_factory=list)  # the parameters after a step that raised
    returned: list[Any] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    closure_calls: list[int] = field(default_factory=list)
    closure_grad_enabled: list[bool] = field(default_factory=list)
    changed_in_place: list[str] = field(default_factory=list)  # what a pure step wrote into
    aliases: list[str] = field(default_factory=list)  # state tensors that share memory with a parameter or gradient
    generators_moved: list[str] = field(default_factory=list)
    default_dtype_changed: str | None = None
    grad_mode_changed: bool = False
    dictionary_changed: str | None = None  # what load_state_dict changed in the dictionary it was given
    printed: int = 0

    def values(self, index: int) -> list[Array]:
        """One tensor's values: before the first step, and after each."""
        return [self.start[index], *(seen[index].value for seen in self.steps)]


def finite_start(plan: Plan) -> bool:
    """Whether every number of a plan is finite."""
    arrays = [a for t in plan.tensors for a in (t.start, *t.gradients) if a is not None]
    return all(bool(np.isfinite(a).all()) for a in arrays)
