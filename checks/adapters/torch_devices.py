"""A torch optimizer on a GPU: captured in a graph, watched for synchronisations, its kernels and its memory counted."""

from __future__ import annotations

import copy
import os
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from fiducial.checks.adapters.torch_layouts import laid_out
from fiducial.checks.evidence import Array
from fiducial.checks.plans import Options, Plan

if TYPE_CHECKING:
    from fiducial.checks.adapters.torch_optimizer import TorchOptimizer

OPT_IN = "FIDUCIAL_HUGE"  # an environment variable: a tensor of 2³¹ entries takes minutes and tens of gigabytes
HUGE = 2**31 + 8
EAGER = 2  # steps before a capture: in the first an optimizer lays out its state


def elsewhere(subject: TorchOptimizer, device: str) -> TorchOptimizer:
    """The same subject on another device."""
    other = copy.copy(subject)
    other.device = torch.device(device)
    return other


class Gpu:
    """What can be seen of a subject on a GPU beyond the numbers of its runs."""

    def __init__(self, subject: TorchOptimizer) -> None:
        self.subject = subject
        self.device = subject.device

    def on_cpu(self) -> TorchOptimizer:
        """The same subject on the CPU."""
        return elsewhere(self.subject, "cpu")

    def captured(self, plan: Plan) -> list[list[Array]]:
        """The parameters after each step, where all but the first two steps are replays of one captured step.

        Gradients are written into the tensors that were there at the capture.
        """
        ps, optimizer = self._built(plan)
        path: list[list[Array]] = []
        side = torch.cuda.Stream(self.device)  # type: ignore[no-untyped-call]  # torch leaves it without annotations
        side.wait_stream(torch.cuda.current_stream(self.device))
        graph = torch.cuda.CUDAGraph()
        for k in range(plan.steps):
            self._give(plan, ps, k)
            torch.cuda.synchronize(self.device)
            if k < EAGER:
                with torch.cuda.stream(side):
                    optimizer.step()
            else:
                if k == EAGER:
                    with torch.cuda.graph(graph, stream=side):  # records the step and does not take it
                        optimizer.step()
                graph.replay()
            torch.cuda.synchronize(self.device)
            path.append([p.detach().cpu().numpy().copy() for p in ps])
        return path

    def synchronisations(self, plan: Plan) -> list[str]:
        """Where steps after the first waited for the device, by torch's own account."""
        ps, optimizer = self._built(plan)
        said: list[str] = []
        for k in range(plan.steps):
            self._give(plan, ps, k)
            torch.cuda.synchronize(self.device)
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                torch.cuda.set_sync_debug_mode("warn" if k else "default")
                try:
                    optimizer.step()
                finally:
                    torch.cuda.set_sync_debug_mode("default")
            said += [f"step {k + 1}: {w.message}" for w in caught if "synchroniz" in str(w.message)]
        return said

    def launches(self, options: Options, count: int) -> int:
        """How many kernels the third step on `count` small tensors launches."""
        shape = (2, 3) if self.subject.demands.matrices else (3,)
        _, optimizer = self._ones([shape] * count, options)
        for _ in range(EAGER):
            optimizer.step()
        torch.cuda.synchronize(self.device)
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA,
                                                torch.profiler.ProfilerActivity.CPU]) as profile:
            optimizer.step()
            torch.cuda.synchronize(self.device)
        return sum(event.device_type.name == "CUDA" for event in profile.events())

    def memory(self, options: Options, sides: Sequence[int]) -> tuple[int, int]:
        """Bytes that the third step holds in passing, and bytes of parameters, gradients and state."""
        ps, optimizer = self._ones([(side, side) for side in sides], options)
        for _ in range(EAGER):
            optimizer.step()
        torch.cuda.synchronize(self.device)
        before = torch.cuda.memory_allocated(self.device)
        torch.cuda.reset_peak_memory_stats(self.device)
        optimizer.step()
        torch.cuda.synchronize(self.device)
        kept = [v for p in ps for v in (p, p.grad, *optimizer.state.get(p, {}).values()) if isinstance(v, torch.Tensor)]
        return torch.cuda.max_memory_allocated(self.device) - before, sum(v.numel() * v.element_size() for v in kept)

    def no_room_for_huge(self) -> str | None:
        """Why a tensor of 2³¹ entries is not stepped; None where it is asked for and fits."""
        if not os.environ.get(OPT_IN):
            return f"not claimed: opt-in, set {OPT_IN}=1 to step a tensor of 2³¹ entries"
        free = torch.cuda.mem_get_info(self.device)[0]
        needed = 8 * 4 * HUGE
        return None if free > needed else f"no device: 2³¹ entries need {needed >> 30} GiB, {free >> 30} are free"

    def huge(self) -> tuple[float, float, float]:
        """The smallest and the largest entry of a huge tensor after two equal steps, and that of a small one."""
        ends = []
        for size in (HUGE, 8):
            p = torch.nn.Parameter(torch.full((size,), 0.5, dtype=torch.float32, device=self.device))
            p.grad = torch.full_like(p, 0.25)
            optimizer = self.subject.build([p], {})
            for _ in range(2):
                optimizer.step()
            ends.append((float(p.detach().min()), float(p.detach().max())))
            del p, optimizer
            torch.cuda.empty_cache()
        return *ends[0], ends[1][0]

    def _built(self, plan: Plan) -> tuple[list[torch.nn.Parameter], Any]:
        """The parameters of a plan of one group, each with a gradient that stays in its place; and the optimizer."""
        ps = [torch.nn.Parameter(laid_out(t.start, t.layout, torch.float64, self.device)) for t in plan.tensors]
        for t, p in zip(plan.tensors, ps, strict=True):
            p.grad = laid_out(np.zeros_like(t.start), t.gradient_layout, torch.float64, self.device)
        return ps, self.subject.build(ps, plan.groups[0].options)

    def _give(self, plan: Plan, ps: list[torch.nn.Parameter], k: int) -> None:
        """Write the gradients of a step where the last ones stood."""
        for t, p in zip(plan.tensors, ps, strict=True):
            if p.grad is not None:
                p.grad.copy_(torch.tensor(np.asarray(t.gradients[k]), dtype=torch.float64))

    def _ones(self, shapes: Sequence[tuple[int, ...]], options: Options) -> tuple[list[torch.nn.Parameter], Any]:
        """Parameters of ones with gradients of ones, and their optimizer."""
        ps = [torch.nn.Parameter(torch.ones(shape, dtype=torch.float64, device=self.device)) for shape in shapes]
        for p in ps:
            p.grad = torch.ones_like(p)
        return ps, self.subject.build(ps, options)

