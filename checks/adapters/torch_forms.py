"""The forms in which parameters are handed to a torch optimizer, right and wrong, and what came of each."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from fiducial.checks.adapters.refusals import failure_of
from fiducial.checks.adapters.surroundings import watched
from fiducial.checks.adapters.torch_layouts import parameter
from fiducial.checks.adapters.torch_session import step_with_ones
from fiducial.checks.plans import Failure, Options, Plan, Record

if TYPE_CHECKING:
    from fiducial.checks.adapters.torch_optimizer import TorchOptimizer

Parameters = list[torch.nn.Parameter]
STARTS = ([1.0, -2.0], [0.5, 3.0])  # of the two parameters

FORMS: dict[str, Callable[[Parameters], Any]] = {
    "list": lambda ps: ps,
    "generator": lambda ps: (p for p in ps),
    "groups": lambda ps: [{"params": ps[:1]}, {"params": ps[1:]}],
    "named": lambda ps: [(f"layer.{i}", p) for i, p in enumerate(ps)],
    "bare-tensor": lambda ps: ps[0],
    "empty": lambda ps: [],
    "duplicate": lambda ps: [ps[0], ps[0]],
    "two-groups": lambda ps: [{"params": [ps[0]]}, {"params": [ps[0], ps[1]]}],
    "zero-grad": lambda ps: [{"params": ps[:1]}, {"params": ps[1:]}],
    "add-duplicate": lambda ps: ps,
}


class Attempt:
    """What a construction came to.

    failure     the exception, if one was raised
    warned      the texts of its warnings
    complaints  what is wrong with the outcome, in words
    world       what it did to global generators and defaults
    """

    def __init__(self, subject: TorchOptimizer, form: str, options: Options, steps: int) -> None:
        """Construct and step, recording an exception instead of raising it."""
        self.subject, self.options = subject, options
        self.failure: Failure | None = None
        self.optimizer: Any = None
        self.world = Record(Plan(()), [])
        self.complaints: list[str] = []
        shape = (1, 2) if subject.demands.matrices else (2,)
        keeps_graph = bool(subject.settings.get("differentiable") or options.get("differentiable"))
        self.parameters = [parameter(torch.tensor(v, dtype=subject.dtype, device=subject.device).reshape(shape),
                                     keeps_graph) for v in STARTS]
        before = [p.detach().clone() for p in self.parameters]
        step = -1
        with warnings.catch_warnings(record=True) as caught, watched(self.world):
            warnings.simplefilter("always")
            try:
                self.optimizer = subject.build(FORMS[form](self.parameters), options)
                self._after_construction(before, form)
                while step + 1 < steps:
                    step += 1
                    self._step()
            except Exception as error:
                self.failure = failure_of(error, step)
        self.warned = [str(w.message) for w in caught]

    def _after_construction(self, before: list[torch.Tensor], form: str) -> None:
        """What a constructor must not have done, and what the form asks for next."""
        for i, (p, was) in enumerate(zip(self.parameters, before, strict=True)):
            if not torch.equal(p.detach(), was):
                self.complaints.append(f"parameter {i} was changed")
            if not p.requires_grad:
                self.complaints.append(f"requires_grad of parameter {i} was switched off")
        if form == "zero-grad":
            self.complaints += self._zero_grad()
        if form == "add-duplicate":
            self.optimizer.add_param_group({"params": [self.parameters[0]]})

    def _zero_grad(self) -> list[str]:
        """What zero_grad left behind, in both of its modes."""
        found = []
        for to_none in (True, False):
            for p in self.parameters:
                p.grad = torch.ones_like(p)
            self.optimizer.zero_grad(set_to_none=to_none)
            for i, p in enumerate(self.parameters):
                if to_none and p.grad is not None:
                    found.append(f"set_to_none=True left parameter {i} with a gradient")
                if not to_none and (p.grad is None or bool(p.grad.any())):
                    left = "None" if p.grad is None else "a gradient"
                    found.append(f"set_to_none=False left {left} at parameter {i}")
        return found

    def _step(self) -> None:
        """One step with a gradient of ones everywhere."""
        step_with_ones(self.optimizer, self.subject.demands)

    def moved(self) -> bool:
        """Whether both parameters have left their places."""
        return not any(np.array_equal(p.detach().cpu().numpy().ravel(), v)
                       for p, v in zip(self.parameters, STARTS, strict=True))

    def missing_options(self) -> list[str]:
        """Hyper-parameters of the constructor that are in no parameter group, or not in `defaults`."""
        wanted = {self.subject.names.get(n, (n, None))[0] for n in self.options}
        groups = self.optimizer.param_groups
        held = [set(getattr(self.optimizer, "defaults", {})), *(set(group) for group in groups)]
        return sorted(k for k in wanted if not all(_stands_in(k, names) for names in held))

    def shows(self, keyword: str) -> bool:
        """Whether a keyword stands where options are listed: in `defaults`, or in a parameter group."""
        held = (getattr(self.optimizer, "defaults", {}), *self.optimizer.param_groups)
        return any(keyword in names for names in held)

    def speaks_its_name(self) -> bool:
        """Whether repr() works and holds the name of the class."""
        return type(self.optimizer).__name__ in repr(self.optimizer)


def _stands_in(keyword: str, names: set[str]) -> bool:
    """Whether a keyword stands among names, as it is or in parts: betas as beta1 and beta2."""
    return keyword in names or {f"{keyword.removesuffix('s')}1", f"{keyword.removesuffix('s')}2"} <= names
