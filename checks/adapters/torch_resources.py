"""What a step costs on torch: operations, numbers written, memory in flight, and what is kept; counted, never timed."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from fiducial.checks.adapters.torch_paths import KEEPS_ITS_GRAPH
from fiducial.checks.adapters.torch_session import step_with_ones
from fiducial.checks.adapters.torch_trials import Outcome, guarded

if TYPE_CHECKING:
    from fiducial.checks.adapters.torch_optimizer import TorchOptimizer

SINGLE = 64  # bytes: storages up to this size hold single numbers, such as counters and corrections


def _tensors(found: Any) -> Iterable[torch.Tensor]:
    """All tensors in what an operation gave."""
    if isinstance(found, torch.Tensor):
        yield found
    elif isinstance(found, list | tuple):
        for each in found:
            yield from _tensors(each)


class Tally(TorchDispatchMode):  # type: ignore[misc, unused-ignore]
    """Counts operations, and the numbers that they write."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call, unused-ignore]
        self.operations = self.numbers = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """One operation."""
        found = func(*args, **(kwargs or {}))
        self.operations += 1
        self.numbers += sum(t.numel() for t in _tensors(found))
        return found


class Ledger(TorchDispatchMode):  # type: ignore[misc, unused-ignore]
    """Keeps account of the storages that come and go during a step; `peak` is the most that was there at a time."""

    def __init__(self, there: Iterable[torch.Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call, unused-ignore]
        self.there = {t.untyped_storage().data_ptr() for t in there}
        self.alive: dict[int, weakref.ref[Any]] = {}
        self.live = self.peak = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """One operation: what it made is entered, and struck out when it is freed."""
        found = func(*args, **(kwargs or {}))
        for tensor in _tensors(found):
            self._enter(tensor)
        self.peak = max(self.peak, self.live)
        return found

    def _enter(self, tensor: torch.Tensor) -> None:
        if tensor.is_sparse:
            return
        storage = tensor.untyped_storage()
        size, place = storage.nbytes(), storage.data_ptr()
        if size <= SINGLE or place in self.there or place in self.alive:
            return
        self.live += size

        def freed(_: Any) -> None:
            self.live -= size
            self.alive.pop(place, None)

        self.alive[place] = weakref.ref(storage, freed)


class Bench:
    """A fresh optimizer on two parameters of n rows."""

    def __init__(self, subject: TorchOptimizer, rows: int) -> None:
        self.subject = subject
        rng = torch.Generator().manual_seed(rows)
        self.parameters = [torch.nn.Parameter(torch.randn(rows, 4, generator=rng, dtype=subject.dtype)) for _ in "ab"]
        self.optimizer = subject.build(self.parameters, {})

    @classmethod
    def open_to(cls, subject: TorchOptimizer) -> Outcome | None:
        """Why steps of the subject cannot be counted; None where they can."""
        return Outcome(None, KEEPS_ITS_GRAPH) if subject.settings.get("differentiable") else None

    def step(self) -> None:
        """One step with gradients of ones."""
        step_with_ones(self.optimizer, self.subject.demands)

    def cost(self) -> tuple[int, int]:
        """Operations of a step, and numbers written."""
        with Tally() as tally:
            self.step()
        return tally.operations, tally.numbers

    def kept(self) -> int:
        """How many numbers the optimizer keeps, in its state and in attributes of its own."""
        return _count({k: v for k, v in vars(self.optimizer).items() if k not in ("param_groups", "defaults")}, set())


def _count(value: Any, seen: set[int]) -> int:
    """Tensors by their entries, other containers by what is in them, and any other value as one."""
    if isinstance(value, torch.Tensor):
        return value._nnz() if value.is_sparse else value.numel()
    if not isinstance(value, Mapping | list | tuple | set) and not hasattr(value, "__len__"):
        return 1
    if id(value) in seen or isinstance(value, str | bytes):
        return 1
    seen.add(id(value))
    parts = value.values() if isinstance(value, Mapping) else value
    try:
        return sum(_count(part, seen) for part in parts)
    except TypeError:
        return 1


def costs_by_size(subject: TorchOptimizer, rows: tuple[int, ...]) -> Outcome:
    """(operations, numbers) of a third step, for each number of rows."""

    def act() -> list[tuple[int, int]]:
        found = []
        for count in rows:
            bench = Bench(subject, count)
            bench.step()
            bench.step()
            found.append(bench.cost())
        return found

    return Bench.open_to(subject) or guarded(act)


def costs_over_time(subject: TorchOptimizer, steps: int, window: int) -> Outcome:
    """The largest (operations, numbers) of a step in the first and in the last window, and what is kept after each."""

    def act() -> list[tuple[int, int, int]]:
        bench = Bench(subject, 1)
        found = []
        for between in (0, steps - 2 * window):
            for _ in range(between):
                bench.step()
            costs = [bench.cost() for _ in range(window)]
            found.append((max(c[0] for c in costs), max(c[1] for c in costs), bench.kept()))
        return found

    return Bench.open_to(subject) or guarded(act)


def peak_multiple(subject: TorchOptimizer, rows: int) -> Outcome:
    """The most bytes that a third step holds beside what was there before it, over those of the parameters."""

    def act() -> float:
        bench = Bench(subject, rows)
        bench.step()
        bench.step()
        there = [t for p in bench.parameters for t in (p, p.grad) if t is not None]
        there += [t for state in bench.optimizer.state.values() if isinstance(state, dict)
                  for t in state.values() if isinstance(t, torch.Tensor)]
        gradients = [torch.ones_like(p) for p in bench.parameters]
        for p, gradient in zip(bench.parameters, gradients, strict=True):
            p.grad = gradient
        with Ledger([*there, *gradients]) as ledger:
            bench.optimizer.step()
        return float(ledger.peak) / sum(p.numel() * p.element_size() for p in bench.parameters)

    return Bench.open_to(subject) or guarded(act)
