"""Runs out of the ordinary: complex parameters, sparse gradients, rates as tensors, inference mode, old states."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from fiducial.checks.adapters.torch_readings import touching
from fiducial.checks.adapters.torch_session import Session
from fiducial.checks.plans import Group, Options, Plan, Record, Reload, Tensor

if TYPE_CHECKING:
    from fiducial.checks.adapters.torch_optimizer import TorchOptimizer

# Flags that came to torch's optimizers after states had been saved without them.
LATER = frozenset({"maximize", "foreach", "capturable", "differentiable", "fused", "decoupled_weight_decay"})
AROUND: Mapping[str, Any] = {"": nullcontext, "no-grad": torch.no_grad, "inference-mode": torch.inference_mode}


class Unusual(Session):
    """A run of a plan that is not plain."""

    def __init__(self, subject: TorchOptimizer, plan: Plan, record: Record) -> None:
        super().__init__(subject, plan, record)
        if plan.tensor_rate:
            self.plan = replace(plan, groups=tuple(self._rated(group) for group in plan.groups))
        self.parameters = [[_as_planned(p, t) for p, t in zip(ps, group.tensors, strict=True)]
                           for ps, group in zip(self.parameters, plan.groups, strict=True)]

    def _rated(self, group: Group) -> Group:
        """The group with its learning rate as a tensor, which is exact in float64."""
        return replace(group, options={**group.options, "lr": torch.tensor(group.options["lr"], dtype=torch.float64)})

    def _change(self, place: int, options: Options) -> None:
        """A rate that is a tensor is filled anew, as torch's schedulers do."""
        held = self.optimizer.param_groups[place].get(self.subject.names.get("lr", ("lr", None))[0])
        filled = {"lr"} if self.plan.tensor_rate and isinstance(held, torch.Tensor) and "lr" in options else set()
        if filled and isinstance(held, torch.Tensor):
            held.fill_(options["lr"])
        super()._change(place, {name: value for name, value in options.items() if name not in filled})

    def _give_gradient(self, tensor: Tensor, p: torch.nn.Parameter, k: int) -> None:
        gradient = tensor.gradients[k]
        plain = gradient is None or k in tensor.frozen or self.subject.demands.objective
        if plain or not (tensor.complex or tensor.rows):
            super()._give_gradient(tensor, p, k)
            return
        laid = self._laid_out(np.asarray(gradient), "contiguous")
        p.grad = torch.view_as_complex(laid) if tensor.complex else touching(laid, twice=tensor.rows == "twice")

    def _step(self, k: int) -> None:
        around: AbstractContextManager[Any] = AROUND[self.plan.within]()
        with around:
            super()._step(k)

    def _reload(self, how: Reload, k: int) -> None:
        if how != "older-dictionary":
            super()._reload(how, k)
            return
        saved = copy.deepcopy(self.optimizer.state_dict())
        clones = [[torch.nn.Parameter(p.detach().clone()) for p in group] for group in self.parameters]
        fresh = self._construct(clones)
        fresh.load_state_dict(older(saved, filled_in(self.subject, self.plan.groups[0].options)))
        self.parameters, self.optimizer = clones, fresh


def filled_in(subject: TorchOptimizer, options: Options) -> set[str]:
    """The flags at the class's defaults that it fills in itself where a state lacks them; no setting is among them."""
    made, plain = (subject.build([torch.nn.Parameter(torch.zeros(2, 2, dtype=subject.dtype))], given)
                   for given in (options, {}))
    (group,), saved = made.param_groups, made.state_dict()
    absent = {name for name in LATER - subject.settings.keys()
              if name in group and group[name] == plain.param_groups[0].get(name)}
    try:
        made.load_state_dict(older(saved, absent))
    except Exception:  # what it cannot do without was saved by every version of it
        return set()
    return {name for name in absent if name in made.param_groups[0]}


def _as_planned(p: torch.nn.Parameter, tensor: Tensor) -> torch.nn.Parameter:
    """The parameter as complex numbers if it is to be, and frozen if it begins so."""
    made = torch.nn.Parameter(torch.view_as_complex(p.detach().contiguous())) if tensor.complex else p
    if made.is_leaf:
        made.requires_grad_(0 not in tensor.frozen)
    return made


def older(saved: dict[str, Any], absent: set[str]) -> dict[str, Any]:
    """A state as an earlier version saved it: without some flags, its counts of steps Python numbers."""
    groups = [{name: value for name, value in group.items() if name not in absent} for group in saved["param_groups"]]
    state = {key: {name: int(value) if name == "step" and isinstance(value, torch.Tensor) and value.ndim == 0 else value
                   for name, value in kept.items()} for key, kept in saved["state"].items()}
    return {**saved, "state": state, "param_groups": groups}
