"""The paths of a torch optimizer: the flags that choose an implementation, and the other ways to take its step.

A flag (foreach, fused, capturable, differentiable) is a setting; a way is how the settings are handed over (a learning
rate that is a tensor) or how the step is taken (compiled). Each is a subject of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch

from fiducial.checks.adapters.torch_compiled import is_compiled
from fiducial.checks.adapters.torch_session import Session
from fiducial.checks.plans import Tensor

if TYPE_CHECKING:
    from fiducial.checks.adapters.torch_optimizer import TorchOptimizer

FLAGS = ("foreach", "fused", "capturable", "differentiable")
STEPPED = ("capturable", "differentiable")  # a constructor takes them where the step then does not
KEEPS_ITS_GRAPH = "not claimed: a differentiable step keeps its graph, in the parameters and in the state"
OF_A_DIFFERENTIABLE_STEP = dict.fromkeys(
    ("gradient.no-graph-is-kept", "gradient.frozen-parameter-stays", "gradient.accumulation-is-the-sum",
     "state.survives-*", "state.resumes-*", "state.load-*", "state.older-*", "hooks.overflow-*", "hooks.clipped-*",
     "hooks.gradient-scaler-*"), KEEPS_ITS_GRAPH)


def offered(subject: TorchOptimizer) -> list[str]:
    """The paths of its own that a subject offers here: flags that its constructor takes, then ways.

    A capturable or a differentiable step is tried once, since constructors take those flags on every device.
    """
    if subject.way or any(subject.settings.get(flag) for flag in FLAGS):
        return []  # it is such a path itself
    flags = [flag for flag in FLAGS if flag in subject.known and _runs(subject, flag)]
    ways = {"tensor-lr": "lr" in subject.names and rate_as_tensor_is_taken, "compiled": is_compiled}
    return [*flags, *(way for way, taken in ways.items() if taken and taken(subject))]


def _runs(subject: TorchOptimizer, flag: str) -> bool:
    """Whether the constructor takes the flag, and a step where that has to be asked."""
    return subject.construct("list", {flag: True}, steps=int(flag in STEPPED)).failure is None


def rate_as_tensor_is_taken(subject: TorchOptimizer) -> bool:
    """Whether the constructor takes a learning rate that is a tensor, and the signature speaks of one."""
    rate = torch.tensor(subject.defaults[subject.names["lr"][0]] or 0.1, dtype=torch.float64)
    return subject.construct("list", {"lr": rate}, steps=1).failure is None


def handed_over(subject: TorchOptimizer, words: Mapping[str, Any]) -> dict[str, Any]:
    """Keywords as the subject's way hands them over: the learning rate as a fresh tensor, if that is the way."""
    out = dict(words)
    rate = subject.names.get("lr", ("lr", None))[0]
    if subject.way == "tensor-lr" and isinstance(out.get(rate), float | int):
        out[rate] = torch.tensor(out[rate], dtype=torch.float64)
    return out


class Arrivals(Session):
    """A run in which every parameter has an optimizer of its own, stepped by a hook as soon as its gradient arrives.

    The gradient is given back at once, as a training loop does that never holds all gradients.
    """

    def _construct(self, parameters: list[list[torch.nn.Parameter]], everybody: bool = False) -> Any:
        (group,), (members,) = self.plan.groups, parameters
        self._coming: dict[int, torch.Tensor] = {}
        return OnArrival(members, lambda p: self.subject.build([p], group.options))

    def _give_gradient(self, tensor: Tensor, p: torch.nn.Parameter, k: int) -> None:
        super()._give_gradient(tensor, p, k)
        if p.grad is not None:
            self._coming[id(p)] = p.grad
        p.grad = None

    def _step(self, k: int) -> None:
        """Backward through every parameter; the hooks do the rest."""
        for p in self.parameters[0]:
            if (gradient := self._coming.pop(id(p), None)) is not None:
                torch.autograd.backward((p * gradient).sum())


class OnArrival:
    """Several optimizers that step when the gradient of their parameter has been accumulated."""

    def __init__(self, parameters: Sequence[torch.nn.Parameter], build: Callable[[torch.nn.Parameter], Any]) -> None:
        self.each = [build(p) for p in parameters]
        for p, optimizer in zip(parameters, self.each, strict=True):
            hook = self._hook(optimizer)
            p.register_post_accumulate_grad_hook(hook)  # type: ignore[no-untyped-call]  # torch leaves it bare

    @staticmethod
    def _hook(optimizer: Any) -> Callable[[torch.Tensor], None]:
        def step(p: torch.Tensor) -> None:
            optimizer.step()
            p.grad = None

        return step

    @property
    def state(self) -> dict[Any, Any]:
        """The states of all."""
        return {p: kept for optimizer in self.each for p, kept in optimizer.state.items()}

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups of all."""
        return [group for optimizer in self.each for group in optimizer.param_groups]
