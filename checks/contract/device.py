"""Devices: on a GPU the numbers are the definition's and the CPU's, state moves, and a capturable step can be captured.

With `--device cuda` every other section is judged there as well; these claims are about the device itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis.strategies import SearchStrategy

from fiducial.checks.agreement import distance, located
from fiducial.checks.contract.claims import Level, Stream, claim, every, share
from fiducial.checks.contract.laboratory import Laboratory, NotApplicable, Refused
from fiducial.checks.contract.lists import ONE_LIST
from fiducial.checks.contract.path import beside, for_loop
from fiducial.checks.contract.runs import trajectory
from fiducial.checks.contract.streams import drawn
from fiducial.checks.evidence import NO_DEVICE, Gap, Severity
from fiducial.checks.plans import Plan

MUST, MAY = Severity.MUST, Severity.MAY
FOLLOWS = ("rule.follows-definition",)
MANY, SIDE = 24, 512  # tensors whose kernels are counted; rows of a matrix whose memory is


def _on_gpu(lab: Laboratory) -> str | None:
    """Applies where the subject stands on a GPU."""
    there = getattr(lab.subject, "gpu", None) is not None
    return None if there else f"{NO_DEVICE}judged on a GPU, with --device cuda"


def _gpu(lab: Laboratory) -> Any:
    """What can be seen of the subject on its GPU."""
    return getattr(lab.subject, "gpu")  # noqa: B009  only adapters with a GPU have it


def _capturable(lab: Laboratory) -> str | None:
    """Applies where the settings claim that the step can be captured."""
    claimed = getattr(lab.subject, "settings", {}).get("capturable")
    return None if claimed else "not claimed: capturable=True is a subject of its own (--paths all)"


def _given(lab: Laboratory) -> str | None:
    """Applies where dense gradients are handed over."""
    demands = lab.definition.demands
    return "not claimed: the rule is not stepped on dense gradients" if demands.objective or demands.rows else None


def _steady(lab: Laboratory, level: Level) -> list[tuple[SearchStrategy[Plan], int]]:
    """Runs of one group whose options stay, long enough for replays."""
    return [(drawn(lab, steps=(5, 8), schedule=False, shapes=((3,), (2, 3), (17,)), least_tensors=2, most_tensors=4),
             share(level, 6))]


STEADY = Stream("steady", _steady)


@claim("device", 31, MUST, ONE_LIST, rests_on=FOLLOWS, applies=_on_gpu)
def cuda_follows_definition(lab: Laboratory, plan: Plan) -> Gap | None:
    """On a GPU a list of tensors of many shapes and layouts takes the definition's steps.

        θ_t = R(θ_0, g_1 … g_t; h), θ and g on the device

    Allowed  4 × the running error bound of the definition: a GPU's float64 +, ×, ÷ and √ are IEEE's.
    Rejects  a class that steps on the device in single precision.
    Mend     look for constants and temporaries made without dtype= or device=: they are float32, or on the CPU.
    Cares    training runs on GPUs, and tests of optimizers mostly on CPUs.
    """
    return trajectory(lab, plan)


@claim("device", 31, MUST, ONE_LIST, rests_on=FOLLOWS, applies=_on_gpu)
def cuda_equals_cpu(lab: Laboratory, plan: Plan) -> Gap | None:
    """A run on a GPU and the same run on a CPU give the same parameters and the same state.

        R(θ, g; cuda) = R(θ, g; cpu)

    Allowed  4 × the running error bounds of both runs.
    Rejects  a default that is another implementation on a GPU, and divides by √v without ε there.
    Mend     choose implementations by speed only; hold them to one formula by a test that runs both.
    Cares    results that are reproduced on another machine differ for no reason that a log shows.
    """
    base = _twin(lab).run(for_loop(lab, plan))
    if base.failure is not None:
        raise Refused(base.failure)
    return beside(lab, base, lab.completed(plan))


def _twin(lab: Laboratory) -> Laboratory:
    """The same laboratory with its subject on the CPU."""
    if "on the CPU" not in lab.notes:
        lab.notes["on the CPU"] = replace(lab, subject=_gpu(lab).on_cpu(), _runs={})
    twin: Laboratory = lab.notes["on the CPU"]
    return twin


@claim("device", 53, MUST, STEADY, rests_on=FOLLOWS, applies=_on_gpu)
def state_moves_between_devices(lab: Laboratory, plan: Plan) -> Gap | None:
    """A state saved on the GPU is loaded on the CPU, then on the GPU again, and the run goes on as if it had stayed.

        load_state_dict on parameters of the other device before steps 3 and 4  ⇒  R(θ, g)

    Allowed  4 × the running error bound of the definition.
    Rejects  a class that keeps a correction outside its state, on the device where it began.
    Mend     keep what is remembered in self.state[p], so that load_state_dict moves it; make temporaries on p.device.
    Cares    checkpoints are written on one kind of machine and resumed on another.
    """
    if getattr(lab.subject, "settings", {}).get("capturable") or getattr(lab.subject, "settings", {}).get("fused"):
        raise NotApplicable("not claimed: the settings choose a path of the GPU")
    return trajectory(lab, replace(plan, reloads={2: "other-device", 3: "other-device"}))


@claim("device", 78, MAY, STEADY, applies=every(_on_gpu, _capturable, _given))
def no_host_synchronisation(lab: Laboratory, plan: Plan) -> Gap:
    """With capturable=True no step after the first waits for the device.

        torch.cuda.set_sync_debug_mode("warn") has nothing to say

    Allowed  nothing.
    Rejects  a step that reads its count with .item().
    Mend     keep counts and corrections as tensors on the device; write branches on them as torch.where.
    Cares    each wait empties the queue of kernels, and a graph cannot be captured across it.
    """
    said = _gpu(lab).synchronisations(plan)
    return Gap(float(len(said)), 0.0, "; ".join(said[:2]))


@claim("device", 78, MAY, STEADY, rests_on=FOLLOWS, applies=every(_on_gpu, _capturable, _given))
def graph_capture_replays(lab: Laboratory, plan: Plan) -> Gap | None:
    """A captured step, replayed with new gradients in the old places, goes on along the definition.

        two steps, one capture, replays: θ_t = R(θ_0, g_1 … g_t; h)

    Allowed  4 × the running error bound of the definition.
    Rejects  a step whose correction was computed in Python, and is frozen in the graph.
    Mend     advance the count inside the captured region, as a tensor, and compute from it there.
    Cares    a frozen correction scales every later step as the third: training goes on, a little wrong forever.
    """
    path, exact = _gpu(lab).captured(plan), lab.expected(plan)
    gaps = [located(distance(value, exact.points[i][k + 1].x, f"parameter {i} after step {k + 1}"), plan, i, k)
            for k, values in enumerate(path) for i, value in enumerate(values)]
    return Gap.worst(gaps) if exact.judgeable() else None


@claim("device", 76, MAY, None, rests_on=FOLLOWS, applies=every(_on_gpu, _given), quick=False)
def huge_tensors(lab: Laboratory, _: None) -> Gap:
    """Every entry of a tensor of more than 2³¹ entries is stepped, and stepped alike.

        g and θ constant  ⇒  min θ = max θ = that of a tensor of 8

    Allowed  one unit in the last place of float32 between the smallest, the largest and the small tensor's.
    Rejects  a kernel whose index is a 32-bit integer: entries beyond 2³¹ stay where they were.
    Mend     index with 64 bits (int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x), or split the tensor.
    Cares    embedding tables pass 2³¹ entries; what is not stepped there never learns, without an error.
    """
    if (why := _gpu(lab).no_room_for_huge()) is not None:
        raise NotApplicable(why)
    least, most, small = _gpu(lab).huge()
    apart = max(abs(least - small), abs(most - small))
    return Gap(apart, 2.0**-23 * abs(small), f"from {least} to {most}, not {small}")


def _offers(flag: str) -> Callable[[Laboratory], str | None]:
    """Applies where the class takes a flag."""
    return lambda lab: None if flag in getattr(lab.subject, "flags", ()) else f"not claimed: takes no {flag}"


@claim("device", 78, MAY, None, applies=every(_on_gpu, _offers("foreach"), _given), quick=False)
def kernels_per_step(lab: Laboratory, _: None) -> Gap:
    """The form in lists launches no more kernels for many small tensors than the loop does.

        kernels(foreach; 24 tensors) ≤ kernels(for-loop; 24 tensors)

    Allowed  as many kernels as the for-loop launches.
    Rejects  a list form that is a loop inside, with a copy for each tensor on top.
    Mend     call torch._foreach_* on the whole list; build the lists once a step, not once an operation.
    Cares    with many small tensors a step costs what its launches cost.
    """
    base: dict[str, Any] = dict.fromkeys(sorted(getattr(lab.subject, "flags", ())), False)
    lists, loop = (_gpu(lab).launches({**base, "foreach": flag}, MANY) for flag in (True, False))
    return Gap(float(lists), float(loop), f"{lists} kernels in lists, {loop} in the loop")


@claim("device", 75, MAY, None, applies=every(_on_gpu, _given), quick=False)
def peak_memory(lab: Laboratory, _: None) -> Gap:
    """What a step holds on the device in passing is no more than parameters, gradients and state once again.

        peak during step() - before ≤ bytes(θ) + bytes(g) + bytes(state)

    Allowed  one copy of everything that is kept; 2 MiB for each of those tensors, in which torch's allocator rounds.
    Rejects  a step that collects all its temporaries before it uses them.
    Mend     work in place (addcmul_, addcdiv_), and let a temporary go before the next tensor is stepped.
    Cares    the peak decides whether a model fits, and the step is often where it stands.
    """
    extra, kept = _gpu(lab).memory({}, (SIDE, SIDE // 2, SIDE))
    return Gap(float(extra), float(kept + 2**21 * 3 * 4), f"{extra} bytes beside {kept}")
