"""Scripts for runs in an unusual form: beside the plain form of the same numbers, or a state beside another dtype."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fiducial.checks.adapters.torch_unusual import filled_in
from fiducial.checks.evidence import Gap
from fiducial.checks.plans import Plan, Spot
from fiducial.suites.reproduction.program import SAME, Unwritable, call, guarded, indented, literal
from fiducial.suites.reproduction.runs import ROWS, Look, Runs, Spelling, entry

AROUND = {"no-grad": "torch.no_grad()", "inference-mode": "torch.inference_mode()"}
PAIRS = "pair = lambda x: torch.view_as_complex(T(x))"


def beside_plain(spot: Spot, gap: Gap, spelling: Spelling) -> list[str]:
    """One run in an unusual form, and one on the same numbers in the plain form."""
    odd = spot.plan
    here = f"[{spot.step + 1}][{spot.tensor}]"
    lines = _both(odd, spelling)
    if spot.mate is None:
        return [*lines, "x, y = run(True), run(False)", SAME, f"print(x{here}, 'beside', y{here})",
                f"sys.exit(not same(x{here}, y{here}))"]
    at, said = entry(spot.entry), 'print(f"one form {actual!r}, the other {expected!r}, allowed {allowed:.3g}")'
    return [*lines, "try: x, y = run(True), run(False)", "except Exception: sys.exit(0)  # nobody has to take the form",
            f"actual, expected = x{here}{at}.item(), y{here}{at}.item()", f"allowed = {literal(gap.allowed)}; {said}",
            "sys.exit(not abs(actual - expected) <= allowed)"]


def raising(odd: Plan, spelling: Spelling) -> list[str]:
    """A run in an unusual form that ends with an exception."""
    return [*_both(odd, spelling), *guarded(["run(True)"])]


def _both(odd: Plan, spelling: Spelling) -> list[str]:
    """The numbers, and a function that runs them in either form. Raises Unwritable."""
    other = spelling.objective or spelling.rows or spelling.closure or spelling.dtype != "float64"
    if len(odd.groups) > 1 or odd.closure or odd.reloads or other or any(t.frozen for t in odd.tensors):
        raise Unwritable("this kind of run has no short script")
    pairs, rows = any(t.complex for t in odd.tensors), any(t.rows for t in odd.tensors)
    return ["T = lambda x: torch.tensor(x, dtype=torch.float64)", *([PAIRS] if pairs else []), *(ROWS if rows else []),
            f"starts = {literal([t.start for t in odd.tensors])}",
            f"gradients = {literal([[t.gradients[k] for t in odd.tensors] for k in range(odd.steps)])}",
            "def run(odd):", *indented(_run(odd, spelling)), "    return path"]


def _run(odd: Plan, spelling: Spelling) -> list[str]:
    """The body of a run whose form depends on `odd`."""
    kinds = [t.complex for t in odd.tensors]
    made = f"[pair if odd and c else T for c in {literal(kinds)}]" if any(kinds) else f"[T] * {len(kinds)}"
    lines = [f"made = {made}",
             "ps = [torch.nn.Parameter(f(x)) for f, x in zip(made, starts)]",
             f"optimizer = {_built(odd, spelling)}",
             "path = [None]", "for k, now in enumerate(gradients):"]
    inner = []
    rate = spelling.subject.names.get("lr", ("lr", None))[0]
    changes = {k: by[0]["lr"] for k, by in odd.changes.items() if by.get(0)}
    if changes:
        inner += [f"new, group = {literal(changes)}.get(k), optimizer.param_groups[0]",
                  f"if new is not None and odd and torch.is_tensor(group[{rate!r}]): group[{rate!r}].fill_(new)",
                  f"elif new is not None: group[{rate!r}] = new"]
    inner.append("for p, f, g in zip(ps, made, now): p.grad = None if g is None else f(g)")
    if any(t.rows for t in odd.tensors):
        listed = literal([t.rows for t in odd.tensors])
        inner.append(f"for p, how in zip(ps, {listed}): p.grad = touching(p.grad, how == 'twice') "
                     "if odd and how else p.grad")
    inner += ([f"with {AROUND[odd.within]} if odd else torch.enable_grad(): optimizer.step()"] if odd.within
              else ["optimizer.step()"])
    inner.append("path.append([(torch.view_as_real(p) if p.is_complex() else p).detach().clone() for p in ps])")
    return [*lines, *indented(inner)]


def _built(odd: Plan, spelling: Spelling) -> str:
    """The construction; with a rate that is a tensor where the run is odd."""
    words = spelling.constructor(odd.groups[0].options)
    if not odd.tensor_rate:
        return call("Subject", "ps", words)
    rate = spelling.subject.names.get("lr", ("lr", None))[0]
    return f"Subject(ps, **{{**{literal(words)}, {rate!r}: T({words[rate]!r}) if odd else {words[rate]!r}}})"


def crossed(check: str, plan: Plan, spelling: Spelling) -> list[str]:
    """A state that is loaded beside parameters of another dtype, and what is asked of it there."""
    words = spelling.constructor(plan.groups[0].options)
    dtype = "torch.bfloat16" if check == "state.counters-keep-their-precision" else "torch.float32"
    lines = [*Runs([plan], spelling).lines(Look(keeps=None)), f"build = lambda ps: {call('Subject', 'ps', words)}",
             f"qs = [torch.nn.Parameter(p.detach().to({dtype})) for p in ps]", "other = build(qs)",
             "other.load_state_dict(copy.deepcopy(optimizer.state_dict()))",
             "pairs = [(n, v, other.state[q][n]) for p, q in zip(ps, qs) for n, v in optimizer.state[p].items()]"]
    return [*lines, *CROSSED[check]]


CROSSED: dict[str, Sequence[str]] = {
    "state.follows-its-parameters-dtype": (
        "rs = [torch.nn.Parameter(q.detach().clone()) for q in qs]", "fresh = build(rs)",
        "for q in [*qs, *rs]: q.grad = torch.ones_like(q)",
        "kinds = lambda o, ps: [{n: v.dtype for n, v in o.state[p].items() if torch.is_tensor(v)} for p in ps]",
        "loaded = kinds(other, qs); fresh.step(); other.step(); native = kinds(fresh, rs)",
        "wrong = [n for a, b in zip(loaded, native) for n in a.keys() & b.keys() if a[n] != b[n]]",
        "print(loaded, native)", "sys.exit(len(wrong) > 0 or any(q.dtype != torch.float32 for q in qs))"),
    "state.counters-keep-their-precision": (
        "single = lambda v: type(v) in (int, float) or torch.is_tensor(v) and not v.ndim",
        "whole = (torch.float32, torch.float64, torch.int32, torch.int64)",
        "counts = [(n, v, w) for n, v, w in pairs if single(v) and v == len(gradients)]", "print(counts)",
        "sys.exit(any(w != v or torch.is_tensor(w) and w.dtype not in whole for _, v, w in counts))"),
    "state.survives-a-narrower-dtype": (
        "rs = [torch.nn.Parameter(p.detach().clone()) for p in ps]", "back = build(rs)",
        "back.load_state_dict(copy.deepcopy(other.state_dict()))",
        "there = [(v, back.state[r][n]) for p, r in zip(ps, rs) for n, v in optimizer.state[p].items()]",
        "there = [(torch.as_tensor(v).double(), torch.as_tensor(w).double()) for v, w in there]",
        "far = [(abs(b - a) > 2.0**-24 * abs(a) + 2.0**-149) & (abs(a) < 3e38) for a, b in there]",
        "print(far)", "sys.exit(any(bool(f.any()) for f in far))"),
}


def older(plan: Plan, spelling: Spelling) -> list[str]:
    """A run that is saved, stripped of what an earlier version did not save, and loaded; beside one saved whole."""
    if spelling.closure or spelling.dtype != "float64":
        raise Unwritable("a closure, or another dtype, on top of this takes too many lines")
    (when,) = plan.reloads
    words, t = spelling.constructor(plan.groups[0].options), plan.tensors
    strip: list[Any] = [
        "for group in saved['param_groups'] if odd else []:", "    for name in absent: group.pop(name, None)",
        "for kept in saved['state'].values() if odd else []:",
        "    if 'step' in kept: kept['step'] = int(kept['step'])"]
    return ["T = lambda x: torch.tensor(x, dtype=torch.float64)", f"build = lambda ps: {call('Subject', 'ps', words)}",
            f"starts = {literal([one.start for one in t])}",
            f"gradients = {literal([[one.gradients[k] for one in t] for k in range(plan.steps)])}",
            f"absent = {literal(sorted(filled_in(spelling.subject, plan.groups[0].options)))}", "def run(odd):",
            "    ps = [torch.nn.Parameter(T(x)) for x in starts]", "    optimizer = build(ps)",
            "    for k, now in enumerate(gradients):", f"        if k == {when}:",
            *indented(indented(indented(["saved = copy.deepcopy(optimizer.state_dict())", *strip,
                                         "ps = [torch.nn.Parameter(p.detach().clone()) for p in ps]",
                                         "optimizer = build(ps)", "optimizer.load_state_dict(saved)"]))),
            "        for p, g in zip(ps, now): p.grad = T(g)", "        optimizer.step()",
            "    return torch.cat([p.detach().flatten() for p in ps])", "x, y = run(True), run(False)",
            "sys.exit(not torch.equal(x, y))"]
