"""Scripts for what a step costs, what is kept, and what becomes of an optimizer where it is deployed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fiducial.checks.contract import Laboratory
from fiducial.checks.contract.deployment import FURTHER, WARM
from fiducial.checks.contract.resources import FEWER, ROWS, STEPS, WINDOW
from fiducial.checks.evidence import Gap
from fiducial.suites.reproduction.constructions import Written
from fiducial.suites.reproduction.program import Unwritable, call, literal
from fiducial.suites.reproduction.runs import Spelling

MODE = "sys.modules['torch.utils._python_dispatch'].TorchDispatchMode"
TALLY = (f"class Tally({MODE}):", "    operations = numbers = 0",
         "    def __torch_dispatch__(self, func, types, args=(), kwargs=None):",
         "        found = func(*args, **(kwargs or {})); self.operations += 1",
         "        leaves = torch.utils._pytree.tree_leaves(found)",
         "        self.numbers += sum(t.numel() for t in leaves if isinstance(t, torch.Tensor))",
         "        return found")
LEDGER = (f"class Ledger({MODE}):", "    peak, alive = 0, {}",
          "    def __torch_dispatch__(self, func, types, args=(), kwargs=None):",
          "        found = func(*args, **(kwargs or {}))",
          "        for t in torch.utils._pytree.tree_leaves(found):",
          "            s = t.untyped_storage() if isinstance(t, torch.Tensor) else None",
          "            if s is not None and s.nbytes() > 64 and s.data_ptr() not in there:",
          "                self.alive[s.data_ptr()] = weakref.ref(s)",
          "        held = [s() for s in self.alive.values()]",
          "        self.peak = max(self.peak, sum(s.nbytes() for s in held if s is not None))", "        return found")
COUNT = ("def count(v, seen):", "    if isinstance(v, torch.Tensor): return v._nnz() if v.is_sparse else v.numel()",
         "    if isinstance(v, (str, bytes)) or not hasattr(v, '__len__') or id(v) in seen: return 1",
         "    seen.add(id(v))",
         "    return sum(count(x, seen) for x in (v.values() if hasattr(v, 'values') else v))",
         "own = lambda: {n: v for n, v in vars(optimizer).items() if n not in ('param_groups', 'defaults')}")
WRAPPED = ("class Wrapped(torch.Tensor):", "    @staticmethod",
           "    def __new__(cls, x): return torch.Tensor._make_wrapper_subclass(cls, x.shape, dtype=x.dtype)",
           "    def __init__(self, x): self.held = x", "    @classmethod",
           "    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):",
           "        bare, words = every(lambda x: x.held if isinstance(x, cls) else x, (args, kwargs or {}))",
           "        found = every(lambda x: cls(x) if isinstance(x, torch.Tensor) else x, func(*bare, **words))",
           "        return dispatch.return_and_correct_aliasing(func, args, kwargs or {}, found)")


def _subject(lab: Laboratory, members: str = "ps") -> str:
    spelling = Spelling(lab.subject, lab.defaults)
    if spelling.objective or spelling.closure or spelling.rows:
        raise Unwritable("a closure, or rows, on top of this take too many lines")
    return call("Subject", members, spelling.constructor({}))


def _bench(lab: Laboratory, rows: str) -> list[str]:
    """An optimizer over two parameters of four columns, and a step with ones."""
    return [f"ps = [torch.nn.Parameter(torch.randn({rows}, 4, dtype=torch.float64)) for _ in 'ab']",
            f"optimizer = {_subject(lab)}", "def step():",
            "    for p in ps: p.grad = torch.ones_like(p).detach()", "    optimizer.step()"]


def peak(lab: Laboratory, gap: Gap) -> list[str]:
    """The most bytes that a third step holds, over those of the parameters."""
    return [*LEDGER, *_bench(lab, "256"), "step(); step()",
            "kept = [t for s in optimizer.state.values() for t in s.values() if isinstance(t, torch.Tensor)]",
            "for p in ps: p.grad = torch.ones_like(p).detach()",
            "there = {t.untyped_storage().data_ptr() for p in ps for t in (p, p.grad, *kept)}",
            "with Ledger() as ledger: optimizer.step()",
            f"actual, allowed = ledger.peak / sum(8 * p.numel() for p in ps), {literal(gap.allowed)}",
            "sys.exit(f'{actual} times the parameters, {allowed} allowed' if actual > allowed else 0)"]


def by_size(lab: Laboratory, gap: Gap) -> list[str]:
    """Operations and numbers of a third step at n, 2n and 4n rows."""
    bench = _bench(lab, "n")
    return [*TALLY, "def cost(n):", *(f"    {line}" for line in bench), "    step(); step()",
            "    with Tally() as tally: step()", "    return tally.operations, tally.numbers",
            f"(first, a), (_, b), (last, c) = map(cost, {literal(ROWS)})",
            "print(f'{first} to {last} operations; {a}, {b}, {c} numbers')",
            "sys.exit(c - b > 2 * (b - a) or last > first)"]


def over_time(lab: Laboratory, gap: Gap) -> list[str]:
    """What is kept after many steps, or what a step costs then, beside the first ones."""
    steps = STEPS if lab.definition.scope == "element" else FEWER
    if gap.where.startswith("numbers kept"):
        return [*COUNT, *_bench(lab, "1"), f"for _ in range({WINDOW}): step()", "early = count(own(), set())",
                f"for _ in range({steps - WINDOW}): step()", "late = count(own(), set())", "print(early, late)",
                "sys.exit(late > early)"]
    name = "operations" if gap.where.startswith("operations") else "numbers"
    return [*TALLY, *_bench(lab, "1"), "def cost():", "    with Tally() as tally: step()",
            f"    return tally.{name}", f"early = max(cost() for _ in range({WINDOW}))",
            f"for _ in range({steps - 2 * WINDOW}): step()", f"late = max(cost() for _ in range({WINDOW}))",
            "print(early, late)", "sys.exit(late > early)"]


def wrapped(lab: Laboratory, gap: Gap) -> list[str]:
    """A parameter of a subclass beside a plain one."""
    return ["dispatch, every = sys.modules['torch.utils._python_dispatch'], torch.utils._pytree.tree_map", *WRAPPED,
            "start = torch.tensor([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]], dtype=torch.float64)",
            "p, q = torch.nn.Parameter(start.clone()), torch.nn.Parameter(Wrapped(start.clone()))", "for x in (p, q):",
            f"    optimizer = {_subject(lab, '[x]')}", "    for _ in range(4):",
            "        x.grad = torch.ones_like(x).detach(); optimizer.step()",
            "kept = type(q).__name__ == type(q.data).__name__ == 'Wrapped'",
            "sys.exit(not (kept and torch.equal(q.data.held, p.data)))"]


def checkpointed(lab: Laboratory, gap: Gap) -> list[str]:
    """A model's checkpoint goes into a fresh optimizer, which steps on alike."""
    return ["import torch.distributed.checkpoint.state_dict as checkpoint",
            "model = torch.nn.Linear(3, 2, bias=False, dtype=torch.float64)",
            f"build = lambda ps: {_subject(lab)}", "optimizer = build(list(model.parameters()))",
            "def step(optimizer, p): p.grad = torch.ones_like(p).detach(); optimizer.step()",
            "for _ in range(4): step(optimizer, model.weight)",
            "saved = copy.deepcopy(checkpoint.get_optimizer_state_dict(model, optimizer))",
            "other = copy.deepcopy(model); fresh = build(list(other.parameters()))",
            "checkpoint.set_optimizer_state_dict(other, fresh, optim_state_dict=saved)",
            "step(optimizer, model.weight); step(fresh, other.weight)", "print(model.weight, 'beside', other.weight)",
            "sys.exit(not torch.equal(model.weight, other.weight))"]


def compiled(lab: Laboratory, gap: Gap) -> list[str]:
    """How often a compiled step is compiled again, once its state is there."""
    return ["ps = [torch.nn.Parameter(torch.tensor(x, dtype=torch.float64)) for x in ([1.0, -2.0], [0.5, 3.0])]",
            f"optimizer = {_subject(lab)}", "for p in ps: p.grad = torch.ones_like(p)", "compiled = []",
            "def counting(module, inputs): compiled.append(1); return module.forward",
            "step = torch.compile(optimizer.step, backend=counting)", f"for _ in range({WARM}): step()",
            "compiled.clear()", f"for _ in range({FURTHER}): step()", "print(len(compiled), 'compilations')",
            "sys.exit(len(compiled) > 0)"]


def kept(gap: Gap) -> Sequence[str]:
    """What follows a run: the numbers that are kept for one parameter."""
    found = re.search(r"parameter (\d+)", gap.where)
    if found is None:
        raise Unwritable("the place of the gap is not known")
    return (f"state = optimizer.state[ps[{found[1]}]]",
            "kept = sum(v.numel() for v in state.values() if isinstance(v, torch.Tensor) and v.numel() > 1)",
            f"print(kept, 'numbers kept, allowed', {literal(gap.allowed)})", f"sys.exit(kept > {literal(gap.allowed)})")


WRITTEN: dict[str, Written] = {
    "resources.peak-memory-is-bounded": peak,
    "resources.cost-is-linear-in-size": by_size,
    "resources.cost-is-constant-in-time": over_time,
    "resources.subclasses-keep-their-type": wrapped,
    "resources.checkpoints-of-models-round-trip": checkpointed,
    "hooks.compiled-step-settles": compiled,
}
