"""Migration: a state that was saved by an earlier version, or beside parameters of another dtype."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from fiducial.checks.contract.claims import claim
from fiducial.checks.contract.laboratory import Laboratory, NotApplicable, Raised, Refused
from fiducial.checks.contract.runs import equal_runs
from fiducial.checks.contract.streams import KINDS
from fiducial.checks.evidence import Gap, Severity
from fiducial.checks.plans import Plan
from fiducial.checks.rounding import FLOAT32

MUST, SHOULD = Severity.MUST, Severity.SHOULD
COUNTERS = frozenset({"int", "float", *(f"torch.{kind}" for kind in ("float32", "float64", "int32", "int64"))})


def _reads_older(lab: Laboratory) -> str | None:
    """Nobody but its author knows what an earlier version saved; a __setstate__ of its own says that there was one."""
    reads = getattr(lab.subject, "reads_older_states", False)
    return None if reads else "not claimed: it has no __setstate__ of its own, which would read earlier states"


@claim("state", 52, SHOULD, KINDS, applies=_reads_older)
def older_dictionary_goes_on_alike(lab: Laboratory, plan: Plan) -> Gap:
    """A state that lacks the flags which the class fills in, its counts Python numbers, goes on as a complete one does.

        R(… | save, drop maximize, foreach …, step → int, load | …) = R(… | save, load | …)

    Allowed  nothing: bit for bit. Dropped are the flags that torch added later and the class's own __setstate__ fills
             in; an exception says that no version ever saved such a state, and is not judged.
    Rejects  a __setstate__ that fills in maximize=True.
    Mend     fill in what a class without the flag did: group.setdefault("maximize", False); float(step) in a tensor.
    Cares    checkpoints outlive versions: loading older states into AdamW had to be mended when it had become a form of
             Adam (pytorch/pytorch#144972).
    """
    when = max(1, plan.steps // 2)
    loaded = replace(plan, reloads={when: "older-dictionary"})
    failure = lab.run(loaded).failure
    if failure is not None:
        raise Refused(failure)
    return equal_runs(lab, loaded, replace(plan, reloads={when: "state-dict"}))


def _crossing(lab: Laboratory, plan: Plan, dtype: str) -> Any:
    """The states on the way to parameters of another dtype and back."""
    if lab.definition.demands.objective or lab.definition.demands.rows:
        raise NotApplicable("not claimed: the rule has gradients of its own kind")
    lab.completed(plan)
    notes = lab.notes.setdefault("crossings", {})
    if (plan, dtype) not in notes:
        notes[plan, dtype] = lab.subject.attempt(f"through-{dtype}", lab.fitted(plan))
    outcome = notes[plan, dtype]
    if isinstance(outcome.failure, str):
        raise NotApplicable(outcome.failure)
    if outcome.failure is not None:
        raise (Refused if outcome.failure.refused else Raised)(outcome.failure)
    return outcome.value


@claim("state", 53, MUST, KINDS)
def follows_its_parameters_dtype(lab: Laboratory, plan: Plan) -> Gap:
    """A float64 state loaded beside float32 parameters has the dtypes of a fresh state there, and steps.

        dtype(load(state)) = dtype(state of a fresh optimizer), and θ stays float32 in the next step

    Allowed  nothing.
    Rejects  a load_state_dict() that puts the saved tensors back as they are.
    Mend     leave load_state_dict() to torch, or cast as it does: value.to(dtype=p.dtype, device=p.device).
    Cares    moments of another dtype than their parameter break list kernels, or double the memory of a run unseen.
    """
    found = _crossing(lab, plan, "float32")
    wrong = [f"state {name!r} of parameter {i} is {kind} once loaded, and {native[name]} in a fresh optimizer"
             for i, (loaded, native) in enumerate(zip(found.dtypes, found.native, strict=True))
             for name, kind in loaded.items()
             if all(each.startswith("torch.") for each in (kind, native.get(name, ""))) and kind != native[name]]
    wrong += [] if found.stays else ["a parameter did not keep float32 in the step after"]
    return Gap(float(len(wrong)), 0.0, wrong[0] if wrong else "")


@claim("state", 53, MUST, KINDS)
def counters_keep_their_precision(lab: Laboratory, plan: Plan) -> Gap:
    """A count of steps that is loaded beside bfloat16 parameters stays whole, or float32, or float64.

        dtype(load(t)) ∈ {int, float32, float64}, and load(t) = t

    Allowed  nothing.
    Rejects  a count in a tensor that load_state_dict() casts as if it were a moment.
    Mend     call it "step", which torch's load_state_dict() leaves alone if it is float32; or keep a Python number.
    Cares    bfloat16 counts to 256 and no further: 256 + 1 = 256, and every correction stands still from there.
    """
    found = _crossing(lab, plan, "bfloat16")
    counts = [(f"{name!r} of parameter {i}", found.dtypes[i][name], value, found.between[i][name])
              for i, state in enumerate(found.before) for name, value in state.items()
              if _counts(value, plan.steps) and name in found.between[i]]
    wrong = [f"state {name}: {was} became {now}, {kind}" for name, kind, was, now in counts
             if kind not in COUNTERS or float(np.asarray(now)) != float(np.asarray(was))]
    if not counts:
        raise NotApplicable("not judgeable: no count of steps was recognised in its state")
    return Gap(float(len(wrong)), 0.0, wrong[0] if wrong else "")


def _counts(value: Any, steps: int) -> bool:
    """Whether an entry of a state is the number of steps."""
    single = isinstance(value, int | float) or (isinstance(value, np.ndarray) and value.ndim == 0)
    return single and not isinstance(value, bool) and steps > 1 and bool(value == steps)


@claim("state", 53, MUST, KINDS)
def survives_a_narrower_dtype(lab: Laboratory, plan: Plan) -> Gap | None:
    """A state loaded beside float32 parameters, saved there and loaded back has lost no more than float32 loses.

        |s' - s| ≤ 2⁻²⁴ |s| for every number s of the state

    Allowed  half a unit of float32 in the last place of each number, or half its smallest.
    Rejects  a state_dict() that saves its moments in float16.
    Mend     save tensors in the dtype that they have; let whoever loads them cast.
    Cares    a run is moved between precisions to be debugged; what it lost on the way is taken for the bug.
    """
    found = _crossing(lab, plan, "float32")
    gaps = list(_lost(found.before, found.after))
    return Gap.worst(gaps) if gaps else None


def _lost(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Iterator[Gap]:
    """What each entry of the states lost on the way; entries beyond the range of float32 are not judged."""
    for i, state in enumerate(before):
        for name, was in state.items():
            where = f"state {name!r} of parameter {i}"
            if name not in after[i]:
                yield Gap(float("inf"), 0.0, f"{where} is gone")
            elif isinstance(was, np.ndarray | int | float) and not isinstance(was, bool):
                yield _lost_of(np.asarray(was, dtype=np.float64), np.asarray(after[i][name], dtype=np.float64), where)


def _lost_of(was: Any, now: Any, where: str) -> Gap:
    """One entry of a state, there and back."""
    if was.shape != now.shape:
        return Gap(float("inf"), 0.0, f"{where}: shape {was.shape} became {now.shape}")
    judged = np.isfinite(was) & (np.abs(was) < np.finfo(np.float32).max)
    if not judged.any():
        return Gap(0.0, 0.0)
    measured = np.abs(now - was)[judged]
    allowed = FLOAT32.unit * np.abs(was[judged]) + FLOAT32.tiny
    worst = int(np.argmax(np.where(measured == 0, 0, measured / allowed)))
    return Gap(float(measured[worst]), float(allowed[worst]), where)
