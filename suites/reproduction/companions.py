"""Scripts for runs beside a companion (a scheduler, a clip, a gradient scaler, an average) and for gradient release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fiducial.checks.evidence import Gap
from fiducial.checks.plans import Plan, Record, Spot
from fiducial.suites.reproduction.program import SAME, Unwritable, guarded
from fiducial.suites.reproduction.runs import STATES, VALUES, Look, Runs, Spelling

ARRIVE = "for p in ps: g, p.grad = p.grad, None; g is None or (p * g).sum().backward()"
SCALER = ("scaler = torch.amp.GradScaler('cpu', init_scale=2.0**10)",)
SCALED = ("    factor *= float(scaler.scale(torch.ones(())))",
          "    for p, g in zip(ps, held): p.grad = None; g is None or ((p * g).sum() * factor).backward()",
          "    scaler.step(optimizer); scaler.update()")
PLAIN = ("held = [p.grad for p in ps]", "if not odd: optimizer.step()")
SCHEDULERS = "torch.optim.lr_scheduler"

BESIDE: dict[str, Look] = {  # one run, beside the definition's number
    "hooks.step-lr-is-followed": Look(
        (f"scheduler = {SCHEDULERS}.StepLR(optimizer, step_size=2, gamma=0.5)",), after=("scheduler.step()",)),
    "hooks.plateau-is-followed": Look(
        (f"scheduler = {SCHEDULERS}.ReduceLROnPlateau(optimizer, factor=0.5, patience=0, cooldown=0, eps=0.0)",),
        after=("scheduler.step([1.0, 2.0, 0.5, 0.7, 0.9][k % 5])",)),
    "hooks.clipped-gradients-are-used": Look(
        step=(ARRIVE, "torch.nn.utils.clip_grad_norm_(ps, 0.5)", "optimizer.step()")),
    "hooks.averaged-model-follows": Look(
        ("model = torch.nn.ParameterList(ps)",
         "halfway = lambda mean, now, _: (mean + now) / 2",
         "average = torch.optim.swa_utils.AveragedModel(model, avg_fn=halfway)"),
        after=("average.update_parameters(model)",),
        keeps="path.append([p.detach().clone() for p in average.module.parameters()])"),
}
ODD: dict[str, Look] = {  # a run with the companion, and one without: bit for bit
    "hooks.gradient-scaler-changes-nothing": Look(SCALER, step=(*PLAIN, "for factor in [1.0] * odd:", *SCALED)),
    "hooks.overflow-skips-the-step": Look(
        SCALER, step=(*PLAIN, "for factor in ([float('inf')] * (k == 1) + [1.0]) * odd:", *SCALED)),
}


def followed(check: str, gap: Gap, plan: Plan | None, runs: Sequence[Record], spelling: Spelling) -> list[str] | None:
    """The script's lines where a check is one of a companion; None where it is not."""
    if check == "hooks.one-cycle-is-followed":
        return _in_one_cycle(gap, runs, spelling)
    if check not in {**BESIDE, **ODD} or plan is None:
        return None
    if "raised" in gap.sample:
        return guarded(_run(check, plan, spelling, state=False))
    spot = gap.at
    if not isinstance(spot, Spot):
        raise Unwritable("the place of the gap is not known")
    return _run(check, spot.plan, spelling, state=spot.state is not None)


def _run(check: str, plan: Plan, spelling: Spelling, *, state: bool) -> list[str]:
    """The run, or both of them."""
    if check in BESIDE:
        return Runs([plan], spelling).lines(BESIDE[check])
    if spelling.rows:
        raise Unwritable("sparse gradients come out of no backward pass")
    both = Runs([plan, plan], spelling, odd=True)
    return [*both.lines(replace(ODD[check], keeps=STATES if state else VALUES)), *pair(both)]


def pair(both: Any) -> list[str]:
    """The line that makes both runs."""
    return [f"x, y = {both.call(0)}, {both.call(1)}"]


def _in_one_cycle(gap: Gap, runs: Sequence[Record], spelling: Spelling) -> list[str]:
    """Under the scheduler beside its values written by hand; or with and without what it says of momentum."""
    spot = gap.at
    if isinstance(spot, Spot) and spot.beside is not None:
        both = Runs([spot.plan, spot.beside], spelling, odd=True)
        said = [options for by in spot.beside.changes.values() for options in by.values()]
        cycles = any(len({o[name] for o in said}) > 1 for name in said[0] if name != "lr")
        look = Look((f"scheduler = {SCHEDULERS}.OneCycleLR(optimizer, max_lr=0.125, total_steps=8, "
                     f"cycle_momentum={cycles}) if odd else None",), after=("if odd: scheduler.step()",),
                    keeps=STATES if spot.state is not None else VALUES)
        return [*both.lines(look), *pair(both)]
    if len(runs) < 2:
        raise Unwritable("it did not happen again")
    both = Runs([runs[-2].plan, runs[-1].plan], spelling)
    return [*both.lines(Look()), SAME, *pair(both),
            "equal = all(same(p, q) for ps, qs in zip(x, y) for p, q in zip(ps, qs))",
            'print("momentum that moves changes nothing" if equal else "momentum is read")', "sys.exit(equal)"]


def released(spot: Spot, spelling: Spelling) -> tuple[Runs, Look]:
    """Every parameter with an optimizer of its own that steps as soon as the gradient arrives; and one for all."""
    assert spot.beside is not None
    both = Runs([replace(spot.plan, released=False), spot.beside], spelling, odd=True)
    look = Look(
        (f"each = [{both.subject('[p]')} for p in ps] if odd else []",
         "leave = lambda one: lambda p: (one.step(), setattr(p, 'grad', None)) and None",
         "for p, one in zip(ps, each): p.register_post_accumulate_grad_hook(leave(one))"),
        ("held = [p.grad for p in ps]",),
        ("if not odd: optimizer.step()",
         "for p, g in zip(ps, held if odd else []): p.grad = None; g is None or (p * g).sum().backward()"),
        ("if odd: optimizer.state = {p: s for one in each for p, s in one.state.items()}",) * (spot.state is not None),
        keeps=VALUES if spot.state is None else STATES)
    return both, look
