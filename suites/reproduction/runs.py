"""Recorded runs as Python: a plan's ingredients as source, and the loop that drives a torch optimizer through them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fiducial.checks.plans import Group, Options, Plan
from fiducial.suites.reproduction.program import Unwritable, call, indented, literal

Ingredients = dict[str, Any]

VALUES = "path.append([p.detach().clone() for p in ps])"
NUMBERS = "isinstance(v, (int, float, torch.Tensor))"
STATES = (f"path.append([{{n: torch.as_tensor(v).double().clone() for n, v in optimizer.state.get(p, {{}}).items() "
          f"if {NUMBERS}}} for p in ps])")
LAY = {"transposed": "x.permute(turn).contiguous().permute(turn)",
       "channels-last": "x.contiguous(memory_format=torch.channels_last)", "expanded": "x[:1].clone().expand(x.shape)",
       "strided": "torch.stack([x, 0 * x], -1).flatten(-2)[..., ::2]"}

ROWS = ["def touching(x, twice):  # a sparse tensor of the rows that are not 0, each listed twice if asked",
        "    rows, n = x.reshape(len(x), -1).ne(0).any(1).nonzero().ravel(), 1 + twice",
        "    values = (x[rows] / n).repeat(n, *[1] * (x.ndim - 1))",
        "    return torch.sparse_coo_tensor(rows.repeat(n)[None], values, x.shape, is_coalesced=not twice)"]

OBJECTIVE = ["tilts, calls = [torch.zeros_like(p) if g is None else T(g) for p, g in zip(ps, now)], []",
             "def closure():  # of sum(c x²/2 + x⁴/40 + b x), c = 1, 2, 3, 1, 2, 3 …",
             "    calls.append(torch.is_grad_enabled())",
             "    x, b = (torch.cat([t.detach().flatten() for t in ts]) for ts in (ps, tilts))",
             "    c = 1.0 + torch.arange(len(x)) % 3",
             "    slopes = (c * x + x * x * x / 10 + b).split([p.numel() for p in ps])",
             "    for p, slope in zip(ps, slopes): p.grad = slope.view_as(p).clone()",
             "    return (c * x * x / 2 + x * x * x * x / 40 + b * x).sum()"]

COMPUTED = "ps = [p.clone() for p in ps]; [p.retain_grad() for p in ps]"


@dataclass(frozen=True)
class Look:
    """What a script looks at beside the parameters' path: lines before the loop, and around each step."""

    first: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    step: tuple[str, ...] = ("optimizer.step()",)
    after: tuple[str, ...] = ()
    loaded: tuple[str, ...] = ()  # around load_state_dict
    keeps: str | None = VALUES


class Spelling:
    """How the subject of a laboratory spells the options of a plan, with the settings of every construction."""

    def __init__(self, subject: Any, defaults: Options) -> None:
        self.subject = subject
        self.defaults = defaults
        self.settings: dict[str, Any] = dict(getattr(subject, "start", lambda: subject.settings)())
        demands = getattr(subject, "demands", None)
        device = getattr(subject, "device", None)
        self.device = f", device='{device}'" if device is not None and str(device) != "cpu" else ""
        self.matrices, self.rows = bool(demands and demands.matrices), bool(demands and demands.rows)
        self.objective = bool(demands and demands.objective)
        self.closure = bool(demands and demands.closure)
        handling = getattr(subject, "handling", None)
        self.dtype: str = (handling and handling.dtype) or "float64"

    def constructor(self, options: Options) -> dict[str, Any]:
        """Keywords of a constructor."""
        words = {**self.settings, **self.subject.keywords(options)}
        return dict(getattr(self.subject, "handed_over", dict)(words))

    def shared(self, groups: Sequence[Group]) -> dict[str, Any]:
        """The options that go to the constructor of several groups: agreed by all, or no group's to hold."""
        first = groups[0].options
        whole = {n: v for n, v in first.items() if self.subject.names.get(n, (n, None))[1] is None}
        agreed = {n: v for n, v in whole.items() if all(n in g.options and g.options[n] == v for g in groups)}
        return {**agreed, **{n: v for g in groups for n, v in g.options.items() if not self.subject.per_group(n)}}

    def own(self, group: Group, shared: Options) -> dict[str, Any]:
        """Keywords that stand in a group."""
        return dict(self.subject.keywords({n: v for n, v in group.options.items()
                                           if n not in shared and self.subject.per_group(n)}))

    def change(self, plan: Plan, step: int, index: int, options: Options) -> dict[str, Any]:
        """Keywords that are written into a running group, tuples as a whole."""
        words = {self.subject.names.get(name, (name, None))[0] for name in options}
        now = plan.options_at(step, index, self.defaults)
        return dict(self.subject.keywords({name: value for name, value in now.items()
                                           if name in self.subject.names and self.subject.names[name][0] in words}))


def ingredients(plan: Plan, spelling: Spelling, *, grouped: bool) -> Ingredients:
    """A plan as named values; what is ordinary is left out."""
    if (plan.reloads and any(g.joins for g in plan.groups)) or len(plan.reloads) > 1 or plan.released:
        raise Unwritable("this kind of run has no short script")
    if plan.tensor_rate or plan.within or any(t.complex or t.rows for t in plan.tensors):
        raise Unwritable("a run in an unusual form is written beside the plain one")
    tensors = plan.tensors
    found: Ingredients = {"starts": [numbers_of(t.start) for t in tensors],
                          "gradients": [[None if t.gradients[k] is None or k in t.frozen else numbers_of(t.gradients[k])
                                         for t in tensors] for k in range(plan.steps)],
                          **_grouping(plan, spelling, grouped=grouped)}
    changes = {k: [(_place(plan, i, k), *pair) for i, options in by.items()
                   for pair in spelling.change(plan, k, i, options).items()] for k, by in plan.changes.items()}
    found["changes"] = {k: by for k, by in changes.items() if by}
    found["reload"] = next(iter(plan.reloads), None)
    found["how"] = next(iter(plan.reloads.values()), None)
    found["frozen"] = [(i, k) for i, t in enumerate(tensors) for k in sorted(t.frozen)]
    found["layouts"] = layouts_of(plan)
    found["dtypes"] = [t.dtype or plan.dtype for t in tensors]
    return {**found, "closure": plan.closure or spelling.closure, "companion": plan.companion, "halves": plan.halves,
            "compiled": plan.compiled}


def numbers_of(values: Any) -> Any:
    """An array as nested lists. Raises Unwritable for a shape that these cannot say."""
    if not values.size and values.ndim > 1:
        raise Unwritable("an empty tensor of several dimensions has no literal")
    return values.tolist()


def layouts_of(plan: Plan) -> list[tuple[str, str]]:
    """How each parameter and its gradients lie in memory; empty where all lie as usual."""
    found = [(_layout(t.layout, t.start.ndim), _layout(t.gradient_layout, t.start.ndim)) for t in plan.tensors]
    return found if any(pair != ("", "") for pair in found) else []


def _layout(layout: str, dimensions: int) -> str:
    least = {"transposed": 2, "strided": 1, "expanded": 1, "channels-last": 4}
    fits = dimensions == 4 if layout == "channels-last" else dimensions >= least.get(layout, dimensions + 1)
    return layout if fits else ""


def _grouping(plan: Plan, spelling: Spelling, *, grouped: bool) -> Ingredients:
    """The options of the constructor, and the members and options of each group where there are several."""
    if len(plan.groups) == 1:
        single: Ingredients = {"groups": [(list(range(len(plan.tensors))), {})]} if grouped else {}
        return {"options": spelling.constructor(plan.groups[0].options), **single}
    shared, first = spelling.shared(plan.groups), 0
    groups, late = [], {}
    for group in plan.groups:
        entry = (list(range(first, first + len(group.tensors))), spelling.own(group, shared))
        first += len(group.tensors)
        if group.joins:
            late[group.joins] = entry
        else:
            groups.append(entry)
    return {"options": spelling.constructor(shared), "groups": groups, "late": late}


def _place(plan: Plan, index: int, step: int) -> int:
    """Where a group of the plan stands among the optimizer's."""
    first = [i for i, g in enumerate(plan.groups) if g.joins == 0]
    return (first + [i for i, g in enumerate(plan.groups) if 0 < g.joins <= step]).index(index)


class Runs:
    """The runs of a script: what they share stands at its top, what differs is what `run` takes."""

    def __init__(self, plans: Sequence[Plan], spelling: Spelling, *, odd: bool = False) -> None:
        """`odd`: the runs differ in what is looked at too; the first is told that it is the odd one."""
        grouped = any(len(plan.groups) > 1 for plan in plans)
        self.each = [ingredients(plan, spelling, grouped=grouped) for plan in plans]
        if odd:
            self.each = [{**each, "odd": i == 0} for i, each in enumerate(self.each)]
        if {dtype for each in self.each for dtype in each["dtypes"]} == {spelling.dtype}:
            self.each = [{**each, "dtypes": []} for each in self.each]
        self.device, self.dtype, self.needs_closure = spelling.device, spelling.dtype, spelling.closure
        self.settings, self.matrices, self.rows = spelling.settings, spelling.matrices, spelling.rows
        self.objective = spelling.objective
        self.used = {"starts", "gradients", "options"} | {
            name for each in self.each for name, value in each.items()
            if value is not None and value is not False and value not in ([], {})}
        if "layouts" in self.used:
            self.each = [{**each, "layouts": each["layouts"] or [("", "")] * len(each["starts"])} for each in self.each]
        if "dtypes" in self.used and ({"halves", "companion", "reload"} & self.used or self.objective):
            raise Unwritable("another dtype on top of this takes too many lines")
        if self.rows and {"layouts", "halves"} & self.used:
            raise Unwritable("sparse gradients have no layout and no halves")
        if self.needs_closure and "companion" in self.used:
            raise Unwritable("a companion's closure on top of this takes too many lines")
        if self.objective and {"layouts", "halves", "companion"} & self.used:
            raise Unwritable("an objective on top of this takes too many lines")
        self.differ = [name for name in self.each[0] if name != "how" and any(
            literal(each.get(name)) != literal(self.each[0][name]) for each in self.each[1:])]

    def lines(self, look: Look) -> list[str]:
        """Numbers, then the run: as a function where there are several."""
        shared = self.each[0]
        top = [f"T = lambda x: torch.tensor(x, dtype=torch.{self.dtype}{self.device})",
               *self._laying(), *(ROWS if self.rows else [])]
        inline = {"options", "reload", "how", "closure", "companion", "halves", "compiled"}
        top += [f"{name} = {literal(shared[name])}" for name in shared
                if name in self.used and name not in self.differ and name not in inline]
        loop = self._loop(look)
        if len(self.each) == 1:
            return [*top, *loop]
        return [*top, f"def run({', '.join(self.differ)}):", *indented(loop), "    return path"]

    def _laying(self) -> list[str]:
        """How tensors are laid out, as far as the runs need it."""
        among = {how for each in self.each for pair in each["layouts"] for how in pair} & LAY.keys()
        turn = "; turn = tuple(range(x.ndim))[::-1]" if "transposed" in among else ""
        return ["def lay(x, how, dtype):", f"    x = T(x).to(dtype){turn}",
                *(f'    if how == "{how}": return {made}' for how, made in LAY.items() if how in among),
                "    return x"] if among else []

    def call(self, index: int) -> str:
        """One of several runs."""
        return f"run({', '.join(literal(self.each[index].get(name)) for name in self.differ)})"

    def _loop(self, look: Look) -> list[str]:
        kept = [f"path = []; {look.keeps}"] if look.keeps else []
        return [*self._built(), *look.first, *kept, "for k, now in enumerate(gradients):",
                *indented([*self._prepared(look), *look.before, *self._stepped(look), *look.after,
                           *([look.keeps] if look.keeps else [])])]

    def _stepped(self, look: Look) -> list[str]:
        """The step, with the closure where the run has one."""
        evaluates = self.objective or "closure" in self.used
        taken = [line.replace("optimizer.step", "step") if "compiled" in self.used else line for line in look.step]
        return [line.replace("step()", "step(closure)") if evaluates else line for line in taken]

    def subject(self, members: str = "ps") -> str:
        """The construction over `ps`, or over others."""
        spec = "[{'params': [ps[i] for i in at], **own} for at, own in groups]" if "groups" in self.used else members
        if "options" in self.differ:
            return f"Subject({spec}, **options)"
        return call("Subject", spec, self.each[0]["options"])

    def _built(self) -> list[str]:
        dtype, kinds = ("getattr(torch, d)", ", dtypes") if "dtypes" in self.used else (f"torch.{self.dtype}", "")
        each = ["x", *(["(how, _)"] if "layouts" in self.used else []), *(["d"] if kinds else [])]
        among = f"zip(starts{', layouts' if 'layouts' in self.used else ''}{kinds})" if len(each) > 1 else "starts"
        made = f"lay(x, how, {dtype})" if "layouts" in self.used else f"T(x).to({dtype})" if kinds else "T(x)"
        starts = f"[torch.nn.Parameter({made}) for {', '.join(each)} in {among}]"
        lines = [f"ps = {starts}"]
        if any(k == 0 for each in self.each for _, k in each["frozen"]):
            lines.append("for i, p in enumerate(ps): p.requires_grad_((i, 0) not in frozen)")
        graphs = [bool(each["options"].get("differentiable")) for each in self.each]
        if any(graphs):  # such a step is taken on tensors that are no leaves
            lines.append(COMPUTED if all(graphs) else f"if options.get('differentiable'): {COMPUTED}")
        if "reload" in self.used and self._how() in ("state-dict", "weights-only"):
            lines += [f"build = lambda ps: {self.subject()}", "optimizer = build(ps)"]
        else:
            lines.append(f"optimizer = {self.subject()}")
        if "compiled" in self.used:
            chosen = " if compiled else optimizer.step" if "compiled" in self.differ else ""
            lines.append(f"step = torch.compile(optimizer.step){chosen}")
        if "companion" in self.used:
            start = "[[2.0, -1.0, 0.5]]" if self.matrices else "[2.0, -1.0, 0.5]"
            lines += [f"other = torch.nn.Parameter(T({start}))",
                      f"companion_optimizer = {call('Subject', '[other]', self.settings)}"]
        return lines

    def _how(self) -> str:
        return str(next(each["how"] for each in self.each if each["how"]))

    def _prepared(self, look: Look) -> list[str]:
        """Everything that happens before a step."""
        lines = []
        if "companion" in self.used:
            guard = "if companion: " if "companion" in self.differ else ""
            given = "touching(T([1.0, 2.0, -3.0]), True)" if self.rows else "T([1.0, 2.0, -3.0]).view_as(other)"
            lines.append(f"{guard}other.grad = {given}; companion_optimizer.step()")
        if "reload" in self.used:
            step = "reload" if "reload" in self.differ else literal(self.each[0]["reload"])
            evaluates = self.objective or self.needs_closure
            lines += [f"if k == {step}:", *indented(reloaded(self._how(), look, objective=evaluates))]
        if "late" in self.used:
            lines += ["if k in late:", "    at, own = late[k]",
                      "    optimizer.add_param_group({'params': [ps[i] for i in at], **own})"]
        if "changes" in self.used:
            lines.append("for i, name, new in changes.get(k, []): optimizer.param_groups[i][name] = new")
        if "frozen" in self.used:
            lines.append("for i, p in enumerate(ps): p.requires_grad_((i, k) not in frozen)")
        return [*lines, *self._given()]

    def _given(self) -> list[str]:
        """The gradients of a step, in the closure where the run has one."""
        if {"closure", "halves"} & set(self.differ):
            raise Unwritable("two runs of different kinds")
        if self.objective:
            return list(OBJECTIVE)
        number = "T(g).to(p.dtype)" if "dtypes" in self.used else "T(g)"
        plain = [f"for p, g in zip(ps, now): p.grad = None if g is None else {number}"]
        if "layouts" in self.used:
            plain = ["for p, g, (_, how) in zip(ps, now, layouts): "
                     "p.grad = None if g is None else lay(g, how, p.dtype)"]
        if self.rows:
            plain = [f"for p, g in zip(ps, now): p.grad = None if g is None else touching({number}, k % 2 > 0)"]
        elif "halves" in self.used:
            plain = ["for p, g in zip(ps, now):", "    p.grad = None",
                     "    for _ in range(2): (p * (T(g) / 2)).sum().backward()"]
        if "closure" not in self.used:
            return plain
        return ["for p in ps: p.grad = None", "def closure():", "    calls.append(torch.is_grad_enabled())",
                *indented(plain), "    return torch.tensor(k + 0.5, dtype=torch.float64, requires_grad=True) * 1.0",
                "calls = []"]


def reloaded(how: str, look: Look, *, objective: bool) -> list[str]:
    """The optimizer goes on as a copy of itself; whatever the original does then must not reach the copy."""
    members = "[p for group in optimizer.param_groups for p in group['params']]"
    if how in ("deepcopy", "pickle"):
        copied = "copy.deepcopy(optimizer)" if how == "deepcopy" else "pickle.loads(pickle.dumps(optimizer))"
        ones = "[setattr(p, 'grad', torch.ones_like(p)) for p in ps]"
        step = f"original.step(lambda: {ones} and torch.zeros(()))" if objective else f"{ones}; original.step()"
        return [f"original, optimizer = optimizer, {copied}", step, f"ps = {members}"]
    saved = "saved = optimizer.state_dict()"
    if how == "weights-only":
        saved = ("torch.save(optimizer.state_dict(), file := io.BytesIO()); file.seek(0); "
                 "saved = torch.load(file, weights_only=True)")
    return [saved, "ps = [torch.nn.Parameter(p.detach().clone()) for p in ps]",
            "; ".join(["optimizer = build(ps)", *look.loaded[:1], "optimizer.load_state_dict(saved)",
                       *look.loaded[1:]])]


def entry(place: Mapping[int, int] | Sequence[int] | None) -> str:
    """An index of a tensor's entry; nothing for a tensor without dimensions."""
    return f"[{', '.join(map(str, place))}]" if place else ""
