"""What a step costs: a subject beside torch's AdamW on its three paths, in this process, on the same parameters.

    python -m fiducial.benchmarks.stepping < job.json        one JSON record on standard output

Time     rounds in which every contestant takes the same number of steps, in an order that is drawn anew; what happens
         to the machine happens to all of them. On a GPU by events, after the queue has been emptied.
State    bytes of every tensor that the optimizer keeps beside its parameters, each storage once, after three steps.
Peak     on Linux the largest resident size over three steps above that before the optimizer was built (the gradients
         and parameters are there already), in a forked child, since memory that was once used stays with a process;
         on a GPU the allocator's own peak. Elsewhere it is not measured.
"""

from __future__ import annotations

import ctypes.util
import json
import os
import random
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

import torch

from fiducial.suites.adapters import framework_of, prepare
from fiducial.suites.jobs import Job, Refusal
from fiducial.suites.subjects import as_factory, find

LAYOUTS: dict[str, list[tuple[int, ...]]] = {"few large": [(1024, 1024)] * 4, "many small": [(16, 32)] * 1000}
PATHS: dict[str, dict[str, Any]] = {"AdamW for-loop": {"foreach": False}, "AdamW foreach": {"foreach": True},
                                     "AdamW fused": {"fused": True}}
BLOCK = 0.01  # seconds of one contestant's part of a round, at least one step
Parameters = list[torch.nn.Parameter]
Factory = Callable[[Parameters], Any]


def parameters(shapes: list[tuple[int, ...]], device: str) -> Parameters:
    """Parameters with gradients, the same for everybody."""
    generator = torch.Generator().manual_seed(0)
    found = []
    for shape in shapes:
        parameter = torch.nn.Parameter(torch.randn(shape, generator=generator).to(device))
        parameter.grad = (torch.randn(shape, generator=generator) / 100).to(device)
        found.append(parameter)
    return found


class Contestant:
    """One optimizer on parameters of its own."""

    def __init__(self, factory: Factory, shapes: list[tuple[int, ...]], device: str) -> None:
        self.parameters = parameters(shapes, device)
        self.optimizer = factory(self.parameters)
        self.number = 1

    def step(self) -> None:
        """One step; an optimizer that asks for a closure gets one that has nothing left to do."""
        if not hasattr(self, "_closed"):
            try:
                self.optimizer.step()
                self._closed = False
                return
            except TypeError:
                self._closed = True
        if self._closed:
            self.optimizer.step(lambda: torch.zeros((), device=self.parameters[0].device, requires_grad=True))
        else:
            self.optimizer.step()

    def seconds(self, device: str) -> float:
        """Seconds of a step, over `number` of them."""
        if device != "cpu":
            return self._by_events()
        start = time.perf_counter()
        for _ in range(self.number):
            self.step()
        return (time.perf_counter() - start) / self.number

    def _by_events(self) -> float:
        event: Any = torch.cuda.Event
        begun, ended = event(enable_timing=True), event(enable_timing=True)
        torch.cuda.synchronize()
        begun.record()
        for _ in range(self.number):
            self.step()
        ended.record()
        torch.cuda.synchronize()
        return float(begun.elapsed_time(ended)) / 1000 / self.number

    def state_bytes(self) -> int:
        """Bytes of all tensors that it keeps beside its parameters and their gradients."""
        known = {t.untyped_storage().data_ptr() for p in self.parameters for t in (p, p.grad) if t is not None}
        groups = [{key: value for key, value in group.items() if key != "params"}
                  for group in getattr(self.optimizer, "param_groups", [])]
        kept = tensors([list(getattr(self.optimizer, "state", {}).values()), groups])
        storages = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in kept if t.numel()}
        return sum(size for place, size in storages.items() if place not in known)


def tensors(value: Any) -> Iterator[torch.Tensor]:
    """Every tensor in nested containers."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, Mapping):
        yield from tensors(list(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from tensors(each)


def resident(field: str) -> int:
    """A size of this process in bytes, from Linux's own account: VmRSS now, VmHWM at its largest."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))


def peak(factory: Factory, shapes: list[tuple[int, ...]], device: str) -> int | None:
    """Bytes above parameters and gradients at the largest moment of three steps; None where it cannot be known."""
    if device != "cpu":
        return _peak_of_a_gpu(factory, shapes, device)
    if sys.platform != "linux":
        return None
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, str(_grown(factory, shapes)).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as lines:
        text = lines.read()
    os.waitpid(child, 0)
    return int(text) if text else None


def _grown(factory: Factory, shapes: list[tuple[int, ...]]) -> int:
    held = parameters(shapes, "cpu")
    if found := ctypes.util.find_library("c"):
        with suppress(AttributeError):  # not glibc
            ctypes.CDLL(found).malloc_trim(0)  # what was freed is resident, and would be given again unseen
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # VmHWM := VmRSS
    before = resident("VmRSS")
    contestant = Contestant(lambda _: factory(held), [], "cpu")
    contestant.parameters = held
    for _ in range(3):
        contestant.step()
    return resident("VmHWM") - before


def _peak_of_a_gpu(factory: Factory, shapes: list[tuple[int, ...]], device: str) -> int:
    contestant = Contestant(factory, shapes, device)
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    for _ in range(3):
        contestant.step()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() - before


def on_the_gpu(contestant: Contestant) -> dict[str, int]:
    """How many kernels a step starts, and how often it waits for the GPU."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CUDA]) as seen:
        contestant.step()
        torch.cuda.synchronize()
    with warnings.catch_warnings(record=True) as waits:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        contestant.step()
        torch.cuda.set_sync_debug_mode("default")
    kernels = [event for event in seen.events() or [] if event.device_type.name == "CUDA"]
    return {"kernels": len(kernels), "synchronisations": sum("synchroniz" in str(wait.message) for wait in waits)}


def compete(factories: Mapping[str, Factory], shapes: list[tuple[int, ...]], rounds: int, device: str,
            seed: int) -> list[dict[str, Any]]:
    """A row a contestant: seconds of a step in each round, and what it keeps. Raises whatever a contestant raises."""
    found = {name: Contestant(factory, shapes, device) for name, factory in factories.items()}
    for contestant in found.values():
        for _ in range(3):
            contestant.step()
        contestant.number = max(1, round(BLOCK / max(contestant.seconds(device), 1e-9)))
    order, times = list(found), {name: list[float]() for name in found}
    rng = random.Random(seed)
    for _ in range(rounds):
        rng.shuffle(order)
        for name in order:
            times[name].append(found[name].seconds(device))
    count = sum(p.numel() for p in next(iter(found.values())).parameters)
    return [{"contestant": name, "seconds": times[name], "state_bytes_per_parameter": contestant.state_bytes() / count,
             **(on_the_gpu(contestant) if device != "cpu" else {})} for name, contestant in found.items()]


def subject_of(path: str, settings: dict[str, Any]) -> Factory:
    """What builds the subject on given parameters. Raises Refusal."""
    prepare(path)
    found = find(path)
    factory = as_factory(found, path, settings)
    if framework_of(found, settings) != "torch":
        raise Refusal(f"{path} is no torch optimizer: bench times those alone", 3)
    from fiducial.checks.adapters.torch_optimizer import TorchOptimizer

    whole = TorchOptimizer(factory, settings).settings  # with a rate, where the class asks for one
    return lambda held: factory(held, **whole)


def rivals(device: str) -> dict[str, Factory]:
    """torch's AdamW on its paths."""
    def path(flags: dict[str, Any]) -> Factory:
        return lambda held: torch.optim.AdamW(held, **flags)

    return {name: path(flags) for name, flags in PATHS.items()}


def measured(job: Job, rounds: int, *, with_memory: bool) -> dict[str, Any]:
    """Every layout, with the subject first. Raises Refusal where the subject cannot take it."""
    factories = {"subject": subject_of(job.subject, job.settings), **rivals(job.device)}
    rows = []
    for name, shapes in LAYOUTS.items():
        try:
            peaks = {each: peak(factory, shapes, job.device) if with_memory else None
                     for each, factory in factories.items()}  # before this process has memory to give again
            found = compete(factories, shapes, rounds, job.device, job.seed)
        except (RuntimeError, ValueError, TypeError, AttributeError) as error:
            raise Refusal(f"{job.subject} cannot step {name} parameters of float32 with dense gradients: "
                          f"{type(error).__name__}: {' '.join(str(error).split())[:300]}", 3) from error
        rows += [{"layout": name, **row, "peak_bytes": peaks[row["contestant"]]} for row in found]
    return {"rows": rows, "torch": torch.__version__}


def answered(text: str) -> dict[str, Any]:
    """The record of a job, or the sentence of a refusal."""
    given = json.loads(text)
    torch.set_num_threads(1)
    job = Job.model_validate(given["job"])
    if job.device != "cpu" and not torch.cuda.is_available():
        return {"refused": "there is no CUDA device here: leave --device out", "status": 2}
    sys.path.append(job.folder)
    try:
        return measured(job, given["rounds"], with_memory=given["memory"])
    except Refusal as refusal:
        return {"refused": refusal.sentence, "status": refusal.exit_status}


def main(answers: TextIO) -> None:
    """Read a job, write a record; what the subject prints goes to standard error."""
    found = answered(sys.stdin.read())
    answers.write(json.dumps(found))
    answers.flush()


if __name__ == "__main__":
    kept = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    main(kept)
