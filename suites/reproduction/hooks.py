"""Scripts for hooks: registered on a fresh optimizer, and what was called is written down by name."""

from __future__ import annotations

from collections.abc import Sequence

from fiducial.checks.contract import Laboratory
from fiducial.checks.evidence import Gap
from fiducial.suites.reproduction.constructions import Written, built, parameters
from fiducial.suites.reproduction.program import indented
from fiducial.suites.reproduction.runs import Spelling

NOTE = ("calls = []", "note = lambda name: lambda of, *rest: calls.append(name) if of is optimizer else None")
LET_GO = ("during = list(calls); calls.clear()", "for handle in handles: handle.remove()")
FOUR = "['first pre', 'pre', 'first post', 'post']"


def ready(lab: Laboratory) -> list[str]:
    """Two parameters, a closure that lays ones into their gradients, an optimizer, and a step."""
    spelling = Spelling(lab.subject, lab.defaults)
    ones = "torch.ones_like({}).detach()" + (".to_sparse(1)" if spelling.rows else "")
    step = ["optimizer.step(closure)"] if spelling.objective or spelling.closure else ["closure(); optimizer.step()"]
    return [parameters(lab), f"optimizer = {built(lab, 'list')}", *NOTE, "def closure():",
            f"    p.grad, q.grad = {ones.format('p')}, {ones.format('q')}",
            "    return torch.ones((), requires_grad=True) * 1.0", "def step():", *indented(step)]


def _on_a_step(lab: Laboratory) -> list[str]:
    """All four hooks on a step; `during` is what it called, `calls` what was still called once they were removed."""
    return [*ready(lab), "module = sys.modules[torch.optim.Optimizer.__module__]",
            "handles = [optimizer.register_step_post_hook(note('post')),",
            "           optimizer.register_step_pre_hook(note('pre')),",
            "           module.register_optimizer_step_post_hook(note('global post')),",
            "           module.register_optimizer_step_pre_hook(note('global pre'))]",
            "try: step()", "finally:", *indented(LET_GO), "step()", "print(during, calls)"]


def in_order(lab: Laboratory, gap: Gap) -> list[str]:
    """Global before local before the step, local before global after it."""
    return [*_on_a_step(lab), "sys.exit(during != ['global pre', 'pre', 'post', 'global post'])"]


def removed(lab: Laboratory, gap: Gap) -> list[str]:
    """None is called once it was removed."""
    return [*_on_a_step(lab), "sys.exit(len(calls) > 0)"]


def replaced(lab: Laboratory, gap: Gap) -> list[str]:
    """A pre-hook that puts one closure in place of another."""
    return [*ready(lab), "def named(name): return lambda: calls.append(name) or closure()",
            "optimizer.register_step_pre_hook(lambda of, args, words: ((of, named('replaced')), {}))",
            "optimizer.step(named('given'))", "print(calls)", "sys.exit(set(calls) != {'replaced'})"]


def _kept(lab: Laboratory, what: str, more: str, act: Sequence[str], after: str) -> list[str]:
    """Hooks on saving or loading, one of which gives something back; they are removed after `act`."""
    before, behind = f"optimizer.register_{what}_pre_hook", f"optimizer.register_{what}_post_hook"
    return [*ready(lab), "step(); saved = optimizer.state_dict()",
            f"handles = [{before}(note('pre')), {before}(note('first pre'), prepend=True),",
            f"           {more},", f"           {behind}(note('post')), {behind}(note('first post'), prepend=True)]",
            *act, *LET_GO, after, "print(during, calls, changed)"]


def _saving(lab: Laboratory) -> list[str]:
    return _kept(lab, "state_dict", "optimizer.register_state_dict_post_hook(lambda _, found: {**found, 'note': 1})",
                 ["changed = 'note' in optimizer.state_dict()"],
                 "changed = changed and 'note' not in optimizer.state_dict()")


def _loading(lab: Laboratory) -> list[str]:
    return _kept(lab, "load_state_dict", "optimizer.register_load_state_dict_pre_hook(lambda *_: marked)",
                 ["marked = {**saved, 'param_groups': [{**group, 'mark': 7} for group in saved['param_groups']]}",
                  "optimizer.load_state_dict(saved)",
                  "changed = all(group.get('mark') == 7 for group in optimizer.param_groups)"],
                 "optimizer.load_state_dict(saved)")


def saving_in_order(lab: Laboratory, gap: Gap) -> list[str]:
    """Each once, those that were prepended first, and none once they were removed."""
    return [*_saving(lab), f"sys.exit([during, calls] != [{FOUR}, []])"]


def loading_in_order(lab: Laboratory, gap: Gap) -> list[str]:
    """The same on loading."""
    return [*_loading(lab), f"sys.exit([during, calls] != [{FOUR}, []])"]


def saving_replaces(lab: Laboratory, gap: Gap) -> list[str]:
    """What a hook on saving returned is what is saved."""
    return [*_saving(lab), "sys.exit(not changed)"]


def loading_replaces(lab: Laboratory, gap: Gap) -> list[str]:
    """What a hook on loading returned is what is loaded."""
    return [*_loading(lab), "sys.exit(not changed)"]


WRITTEN: dict[str, Written] = {
    "hooks.step-hooks-run-in-order": in_order,
    "hooks.step-hooks-can-be-removed": removed,
    "hooks.pre-hooks-may-replace-the-closure": replaced,
    "hooks.saving-hooks-run-in-order": saving_in_order,
    "hooks.saving-hooks-may-replace": saving_replaces,
    "hooks.loading-hooks-run-in-order": loading_in_order,
    "hooks.loading-hooks-may-replace": loading_replaces,
}
