"""One run of a plan on a torch optimizer: parameters are laid out, steps are taken, everything is written down."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from fiducial.checks.adapters.refusals import failure_of
from fiducial.checks.adapters.torch_layouts import CPU, laid_out, parameter
from fiducial.checks.adapters.torch_pairs import of_its_kind, paired
from fiducial.checks.adapters.torch_readings import as_array, difference, numbers, overlap, touching
from fiducial.checks.evidence import Array
from fiducial.checks.plans import Demands, Layout, Options, Plan, Record, Reload, Seen, Tensor, bowl, curvatures

if TYPE_CHECKING:
    from fiducial.checks.adapters.torch_optimizer import TorchOptimizer


class Interrupted(Exception):
    """The subject raised; the failure is in the record."""


def dtype_of(tensor: torch.Tensor) -> str:
    """The name of its dtype."""
    return str(tensor.dtype).removeprefix("torch.")


class Session:
    """One run of a plan: the parameters, the optimizer, and the record that is being written."""

    def __init__(self, subject: TorchOptimizer, plan: Plan, record: Record) -> None:
        self.subject, self.plan, self.record = subject, plan, record
        self.dtype: torch.dtype = getattr(torch, plan.dtype)
        self._device = subject.device
        self._keeps_graph = bool(subject.settings.get("differentiable") or plan.groups[0].options.get("differentiable"))
        self.parameters = [[self._parameter(self._laid_out(t.start, t.layout, t.dtype)) for t in group.tensors]
                           for group in plan.groups]

    def _laid_out(self, values: Array, layout: Layout, dtype: str = "") -> torch.Tensor:
        """Numbers of the plan as a tensor on the device of the run."""
        return laid_out(values, layout, getattr(torch, dtype) if dtype else self.dtype, self._device)

    def _parameter(self, values: torch.Tensor) -> Any:
        """A parameter as this run needs it."""
        return parameter(values, self._keeps_graph)

    @property
    def _with_closure(self) -> bool:
        """Whether gradients appear only when a closure is called."""
        return self.plan.closure or self.subject.demands.closure

    def run(self) -> None:
        """Build, then step through the plan."""
        self.optimizer = self._guarded(-1, "step", lambda: self._construct(self.parameters))
        companion = self._companion() if self.plan.companion else None
        for k in range(self.plan.steps):
            if companion is not None:
                self._guarded(k, "another optimizer's step", companion)
            self._prepare(k)
            before = [[_before(p) for p in group] for group in self.parameters]
            self._guarded(k, "step", partial(self._step, k))
            self.record.steps.append([self._seen(p, *was) for group, wases in zip(self.parameters, before, strict=True)
                                      for p, was in zip(group, wases, strict=True)])
            self._aliases()

    def _companion(self) -> Callable[[], Any]:
        """A second optimizer of the class, on parameters of its own; what is returned steps it."""
        shape = (1, 3) if self.subject.demands.matrices else (3,)
        other = [self._parameter(self._laid_out(np.array([2.0, -1.0, 0.5]), "contiguous").reshape(shape))]
        optimizer = self._guarded(-1, "step", lambda: self.subject.build(other, {}))

        def step() -> Any:
            if self.subject.demands.objective:
                return step_with_ones(optimizer, self.subject.demands)
            gradient = self._laid_out(np.array([1.0, 2.0, -3.0]), "contiguous").reshape(shape)
            other[0].grad = touching(gradient, twice=True) if self.subject.demands.rows else gradient
            return stepped(optimizer, self.subject.demands)

        return step

    def _guarded(self, step: int, doing: str, act: Callable[[], Any]) -> Any:
        """Do it; an exception goes into the record and ends the run."""
        try:
            return act()
        except Exception as error:
            self.record.failure = failure_of(error, step, doing)
            self.record.left_behind = [as_array(p) for group in self.parameters for p in group]
            raise Interrupted from error

    def _construct(self, parameters: list[list[torch.nn.Parameter]], everybody: bool = False) -> Any:
        """An optimizer over the groups that are there from the start (or over all that joined by now)."""
        groups = [(g, ps) for g, ps in zip(self.plan.groups, parameters, strict=True) if g.joins == 0 or everybody]
        if len(self.plan.groups) == 1:
            return self.subject.build(groups[0][1], groups[0][0].options)
        shared = self._shared()
        spec = [{"params": ps, **self._group_keywords({n: v for n, v in g.options.items() if n not in shared})}
                for g, ps in groups]
        return self.subject.build(spec, shared)

    def _shared(self) -> dict[str, Any]:
        """The options that go to the constructor: those on which all groups agree, and those that no group can hold."""
        first = self.plan.groups[0].options
        whole = {n: v for n, v in first.items() if self.subject.names.get(n, (n, None))[1] is None}
        agreed = {n: v for n, v in whole.items() if all(n in g.options and g.options[n] == v for g in self.plan.groups)}
        return {**agreed, **{n: v for g in self.plan.groups for n, v in g.options.items()
                             if not self.subject.per_group(n)}}

    def _group_keywords(self, options: Options) -> dict[str, Any]:
        """The options that a group can hold, as keywords."""
        return self.subject.keywords({n: v for n, v in options.items() if self.subject.per_group(n)})

    def _prepare(self, k: int) -> None:
        """Everything that happens before step k: reload, a new group, changed options, gradients."""
        if k in self.plan.reloads:
            how = self.plan.reloads[k]
            self._guarded(k, f"{how} before step", lambda: self._reload(how, k))
        for group, ps in zip(self.plan.groups, self.parameters, strict=True):
            if group.joins == k and k > 0:
                own = {n: v for n, v in group.options.items() if n not in self._shared()}
                added = {"params": ps, **self._group_keywords(own)}
                self._guarded(k, "add_param_group before step", partial(self.optimizer.add_param_group, added))
        for index, options in self.plan.changes.get(k, {}).items():
            self._change(self._place(index, k), options)
        for group, ps in zip(self.plan.groups, self.parameters, strict=True):
            for tensor, p in zip(group.tensors, ps, strict=True):
                if p.is_leaf:
                    p.requires_grad_(k not in tensor.frozen)
                self._give_gradient(tensor, p, k)

    def _place(self, index: int, k: int) -> int:
        """Where group `index` of the plan stands among the optimizer's groups."""
        first = [i for i, g in enumerate(self.plan.groups) if g.joins == 0]
        later = [i for i, g in enumerate(self.plan.groups) if 0 < g.joins <= k]
        return (first + later).index(index)

    def _change(self, place: int, options: Options) -> None:
        """Set options of a running group, as a scheduler would."""
        group = self.optimizer.param_groups[place]
        for name, value in options.items():
            keyword, at = self.subject.names.get(name, (name, None))
            if at is None:
                group[keyword] = self.subject.handed_over({keyword: value})[keyword]
            else:
                group[keyword] = tuple(value if i == at else old for i, old in enumerate(group[keyword]))

    def _give_gradient(self, tensor: Tensor, p: torch.nn.Parameter, k: int) -> None:
        """Lay the gradient of step k out, or take the old one away."""
        gradient = tensor.gradients[k]
        p.grad = None
        if gradient is None or k in tensor.frozen or self.subject.demands.objective:
            return
        laid = self._laid_out(np.asarray(gradient), tensor.gradient_layout, tensor.dtype)
        if self.subject.demands.rows:
            laid = touching(laid, twice=k % 2 > 0)
            p.grad = laid / 2 + laid / 2 if self.plan.halves else laid
        elif self.plan.halves:
            for _ in range(2):
                torch.autograd.backward((p * (laid / 2)).sum())
        else:
            p.grad = laid

    def _step(self, k: int) -> None:
        """One step, with a closure if the plan has one or the rule needs one."""
        if self.subject.demands.objective:
            self._minimize([p for group in self.parameters for p in group], k)
            return
        if not self._with_closure:
            self.record.returned.append(self.optimizer.step())
            return
        calls: list[bool] = []
        loss = torch.tensor(k + 0.5, dtype=torch.float64, requires_grad=True)
        held = [(p, p.grad) for group in self.parameters for p in group]
        for p, _ in held:
            p.grad = None  # the gradient appears only when the closure runs

        def closure() -> torch.Tensor:
            calls.append(torch.is_grad_enabled() and not torch.is_inference_mode_enabled())
            for p, gradient in held:
                p.grad = None if gradient is None else gradient.clone()
            return loss * 1.0

        returned = self.optimizer.step(closure)
        self.record.returned.append(returned.item() if isinstance(returned, torch.Tensor) and returned.numel() == 1
                                    else returned)
        self.record.losses.append(k + 0.5)
        self.record.closure_calls.append(len(calls))
        self.record.closure_grad_enabled.append(all(calls) and bool(calls))

    def _minimize(self, parameters: list[torch.nn.Parameter], k: int) -> None:
        """One step of a rule that evaluates the objective of step k."""
        tilts = [torch.zeros_like(p) if (g := t.gradients[k]) is None else self._laid_out(g, t.gradient_layout)
                 for t, p in zip(self.plan.tensors, parameters, strict=True)]
        enabled: list[bool] = []
        first = float(bowl(*flattened(parameters, tilts))[0])
        returned = self.optimizer.step(evaluating(parameters, tilts, enabled))
        self.record.returned.append(returned.item() if isinstance(returned, torch.Tensor) and returned.numel() == 1
                                    else returned)
        self.record.losses.append(first)
        self.record.closure_calls.append(len(enabled))
        self.record.closure_grad_enabled.append(all(enabled) and bool(enabled))

    def _seen(self, p: torch.nn.Parameter, pointer: int, version: int, gradient: Array | None,
              holder: torch.Tensor | None) -> Seen:
        """One parameter after a step."""
        state = self.optimizer.state.get(p, {}) if isinstance(getattr(self.optimizer, "state", None), dict) else {}
        if self._with_closure and gradient is None and p.grad is not None:
            gradient = as_array(p.grad)
        after = None if p.grad is None else as_array(p.grad)
        listed = any(q is p for group in self.optimizer.param_groups for q in group["params"])
        return Seen(as_array(p), gradient, after, numbers(state), leaf=p.is_leaf and p.grad_fn is None,
                    requires_grad=p.requires_grad, same_object=listed, same_storage=p.data_ptr() == pointer,
                    version_rose=p._version > version, gradient_replaced=p.grad is not holder,
                    dtype=dtype_of(p), state_dtypes={str(n): dtype_of(v) for n, v in state.items()
                                                     if isinstance(v, torch.Tensor)})

    def _aliases(self) -> None:
        """State tensors that live in the memory of a parameter or of its gradient."""
        for i, p in enumerate(p for group in self.parameters for p in group):
            own = {"parameter": p, "gradient": p.grad}
            for name, value in self.optimizer.state.get(p, {}).items():
                for what, tensor in own.items():
                    if isinstance(value, torch.Tensor) and tensor is not None and overlap(value, tensor):
                        self.record.aliases.append(f"state {name!r} of parameter {i} shares memory with its {what}")

    def _reload(self, how: Reload, k: int) -> None:
        """Go on with a copy of the optimizer: by its state_dict, through a file, by pickle or by deepcopy."""
        if how in ("deepcopy", "pickle"):
            original = self.optimizer
            self.optimizer = copy.deepcopy(original) if how == "deepcopy" else pickle.loads(pickle.dumps(original))
            step_with_ones(original, self.subject.demands)  # whatever happens to the original must not reach the copy
            flat = iter([p for group in self.optimizer.param_groups for p in group["params"]])
            self.parameters = [[next(flat) for _ in ps] if g.joins < max(k, 1) else ps
                               for g, ps in zip(self.plan.groups, self.parameters, strict=True)]
            return
        saved = self.optimizer.state_dict()
        if how == "weights-only":
            file = io.BytesIO()
            torch.save(saved, file)
            file.seek(0)
            saved = torch.load(file, weights_only=True)
        if how == "other-device":
            self._device = CPU if self._device != CPU else self.subject.device
        clones = [[self._parameter(p.detach().clone(memory_format=torch.preserve_format).to(self._device))
                   for p in group] for group in self.parameters]
        fresh = self._construct(clones, everybody=any(0 < g.joins < k for g in self.plan.groups))
        before = copy.deepcopy(saved)
        fresh.load_state_dict(saved)
        self.record.dictionary_changed = self.record.dictionary_changed or difference(before, saved)
        self.parameters, self.optimizer = clones, fresh


def flattened(parameters: list[torch.nn.Parameter], tilts: list[torch.Tensor]) -> tuple[torch.Tensor, ...]:
    """Point, tilt and curvature of the objective as flat tensors."""
    x, tilt = (torch.cat([paired(t.detach()).reshape(-1) for t in tensors]) for tensors in (parameters, tilts))
    return x, tilt, torch.tensor(curvatures(x.numel()), dtype=x.dtype, device=x.device)


def evaluating(parameters: list[torch.nn.Parameter], tilts: list[torch.Tensor],
               enabled: list[bool]) -> Callable[[], torch.Tensor]:
    """A closure: the objective's value, its gradient laid into the parameters; it notes whether autograd was on."""

    def closure() -> torch.Tensor:
        enabled.append(torch.is_grad_enabled() and not torch.is_inference_mode_enabled())
        value, gradient = bowl(*flattened(parameters, tilts))
        for p, piece in zip(parameters, gradient.split([paired(p).numel() for p in parameters]), strict=True):
            p.grad = of_its_kind(piece, p).clone()
        return torch.as_tensor(value)

    return closure


def step_with_ones(optimizer: Any, demands: Demands) -> None:
    """Step an optimizer with gradients of ones, or on an objective whose slope at 0 is 1."""
    if demands.objective:
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        optimizer.step(evaluating(parameters, [torch.ones_like(p).detach() for p in parameters], []))
        return
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad = torch.ones_like(p).detach()
            if demands.rows:
                p.grad = p.grad.to_sparse(1)
    stepped(optimizer, demands)


def stepped(optimizer: Any, demands: Demands) -> Any:
    """step() on the gradients that are there, through a closure for one that cannot do without."""
    if not demands.closure:
        return optimizer.step()
    held = [(p, p.grad) for group in optimizer.param_groups for p in group["params"]]

    def closure() -> torch.Tensor:
        for p, gradient in held:
            p.grad = None if gradient is None else gradient.clone()
        return torch.ones((), requires_grad=True) * 1.0

    return optimizer.step(closure)


def _before(p: torch.nn.Parameter) -> tuple[int, int, Array | None, torch.Tensor | None]:
    """What has to be known of a parameter before a step, to see afterwards what happened to it."""
    return p.data_ptr(), p._version, None if p.grad is None else as_array(p.grad), p.grad
