"""What a script looks at for the checks that observe a run: gradients, memory, versions, closures, the world around."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from fiducial.checks.agreement import Expected
from fiducial.checks.evidence import Gap
from fiducial.checks.plans import Record
from fiducial.suites.reproduction.program import SAME, Unwritable
from fiducial.suites.reproduction.runs import Look


def last(runs: Sequence[Record], gap: Gap) -> Record:
    """The run that was judged."""
    if not runs:
        raise Unwritable("nothing was run")
    return runs[-1]


def with_number_from_nowhere(runs: Sequence[Record], gap: Gap) -> Record:
    """The run whose last gradient, not finite, moved an entry to a number."""
    for run in runs:
        before, after = (values.flat[0] for values in run.values(2)[-2:])
        if np.isfinite(after) and before != after:
            return run
    raise Unwritable("it did not happen again")


def of_its_dtype(runs: Sequence[Record], gap: Gap) -> Record:
    """The run on parameters of the dtype that was not kept, or that the state falls short of."""
    return next(run for run in runs if run.plan.dtype == gap.sample["expected"])


def lost(run: Record, exact: Expected) -> tuple[int, int, tuple[int, ...]]:
    """Step, tensor and entry of the first value that is not finite where the definition's is."""
    for k, seen in enumerate(run.steps):
        for i, one in enumerate(seen):
            wrong = np.argwhere(~np.isfinite(one.value) & np.isfinite(exact.points[i][k + 1].x.value))
            if wrong.size:
                return k, i, tuple(int(n) for n in wrong[0])
    raise Unwritable("it did not happen again")


@dataclass(frozen=True)
class Observed:
    """What to look at, and the Python expression that is true where the failure shows."""

    look: Look
    wrong: str = "broken > 0"
    choose: Callable[[Sequence[Record], Gap], Record] = last


def after_each(*lines: str, before: Sequence[str] = (), first: Sequence[str] = ()) -> Observed:
    """Lines after each step that add to `broken`."""
    return Observed(Look(("broken = 0", *first), tuple(before), after=lines, keeps=None))


GENERATORS = "world = lambda: (torch.get_rng_state().tolist(), str(np.random.get_state()), random.getstate())"
LISTED = "{id(p) for group in optimizer.param_groups for p in group['params']}"
TENSORS = "[v for p in ps for v in optimizer.state.get(p, {}).values() if isinstance(v, torch.Tensor)]"
NUMBERS_KEPT = ("[v for p in ps for v in optimizer.state.get(p, {}).values()"
                " if isinstance(v, (int, float, torch.Tensor))]")
DETACHED = "torch.as_tensor(loss).detach()"
HOLDS = "holds = lambda v, dtype: torch.promote_types(v.dtype, dtype) == v.dtype"
DUE = ("due = lambda n, v, p: [torch.float32] if n in ('step', 't', 'steps') else "
       "[p.dtype, *[torch.float32] * (v.numel() == 1)]")
STORED = "t.numel() and t.untyped_storage().data_ptr()"

OBSERVED: dict[str, Observed] = {
    "gradient.left-untouched": after_each(
        "broken += sum(g is not None and p.grad is not None and not same(p.grad, T(g)) for p, g in zip(ps, now))",
        first=(SAME,)),
    "gradient.no-graph-is-kept": after_each("broken += sum(not (p.is_leaf and p.requires_grad) for p in ps)"),
    "gradient.parameters-stay-in-place": after_each(
        "broken += sum(p.data_ptr() != where for p, where in zip(ps, places) if p.numel())",
        f"broken += bool({{id(p) for p in ps}} - {LISTED})", before=("places = [p.data_ptr() for p in ps]",)),
    "gradient.version-counter-rises": after_each(
        "broken += sum(p._version == v and not torch.equal(p, x) for p, (v, x) in zip(ps, was))",
        before=("was = [(p._version, p.detach().clone()) for p in ps]",)),
    "gradient.grad-mode-left-alone": Observed(Look(keeps=None), "not torch.is_grad_enabled()"),
    "gradient.not-finite-is-never-half-a-step": Observed(
        Look(("broken = 0", SAME), ("was = [p.detach().clone() for p in ps]",),
             ("try: optimizer.step()", "except Exception: broken = sum(not same(p, x) for p, x in zip(ps, was))"),
             keeps=None)),
    "gradient.not-finite-is-seen": Observed(
        Look(), "(abs(x := path[-1][2].flatten()[0]) < float('inf') and x != path[-2][2].flatten()[0]).item()",
        with_number_from_nowhere),
    "closure.step-returns-none": Observed(
        Look(("broken = 0",), step=("broken += optimizer.step() is not None",), keeps=None)),
    "closure.loss-is-returned": Observed(
        Look(("broken = 0",), keeps=None,
             step=("loss = optimizer.step()", f"broken += loss is None or float({DETACHED}) != k + 0.5"))),
    "closure.gradients-are-enabled": after_each("broken += not calls or not all(calls)"),
    "closure.called-once": after_each("broken += len(calls) != 1"),
    "state.exists-after-a-step": Observed(Look(keeps=None), "any(not optimizer.state.get(p) for p in ps)"),
    "state.shaped-like-its-parameter": after_each(
        "broken += sum(v.numel() != 1 and v.shape != p.shape for p in ps for v in optimizer.state.get(p, {}).values()"
        " if isinstance(v, torch.Tensor))"),
    "state.shares-no-memory": after_each(
        f"held = {{{STORED} for p in ps for t in (p, p.grad) if t is not None}} - {{0}}",
        f"broken += sum({STORED} in held for t in {TENSORS} if t.numel())"),
    "state.load-leaves-the-dictionary-alone": Observed(
        Look(("broken = 0",), loaded=("before = str(saved)", "broken += str(saved) != before"), keeps=None)),
    "state.generators-left-alone": Observed(
        Look(("torch.manual_seed(20261)", GENERATORS, "before = world()"), keeps=None), "world() != before"),
    "state.default-dtype-left-alone": Observed(Look(keeps=None), "torch.get_default_dtype() != torch.float32"),
    "dtype.parameter-keeps-its-dtype": Observed(
        Look(("dtype = ps[0].dtype",), keeps=None), "any(p.dtype != dtype for p in ps)", of_its_dtype),
    "dtype.state-has-declared-dtype": Observed(
        Look(("broken = 0", HOLDS, DUE), keeps=None, after=(
            "kept = [(n, v, p) for p in ps for n, v in optimizer.state.get(p, {}).items()"
            " if isinstance(v, torch.Tensor) and v.is_floating_point()]",
            "broken += sum(not any(holds(v, d) for d in due(n, v, p)) for n, v, p in kept)")), choose=of_its_dtype),
    "state.does-not-grow": Observed(
        Look(("sizes = []",), after=(f"sizes.append(sum(torch.as_tensor(v).numel() for v in {NUMBERS_KEPT}))",),
             keeps=None), "sizes[-1] > sizes[1]"),
}
