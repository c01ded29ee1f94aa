"""Candidates: every mutant of torch.optim's for-loop implementations, made from the installed source, and a draw.

A candidate is data: which class, which function of which module, which spot, what stands there instead. It is turned
into a class when it is judged: the module is read again, that one spot is changed, and the module is run under a name
of its own.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any, NamedTuple

from fiducial.suites.selftest.changes import changes
from fiducial.suites.selftest.places import Place, changed, spots

CLASSES = ("SGD", "ASGD", "Adagrad", "Adadelta", "RMSprop", "Rprop", "Adam", "AdamW", "Adamax", "NAdam", "RAdam",
           "Adafactor", "SparseAdam", "Muon", "LBFGS")
WHERE_IT_STEPS = {"AdamW": "torch.optim.adam", "SparseAdam": "torch.optim._functional"}  # beside the class's own module
ELSEWHERE = ("_multi_tensor_", "_fused_", "_group_tensors", "__set", "__get", "share_memory", "_strong_wolfe",
             "_cubic_interpolate", "_directional_evaluate", "_clone_param", "_set_param")
NAME = "fiducial_mutant"


class Candidate(NamedTuple):
    """One mutant of one class: a category, and one spot of one function of one module with something else there."""

    subject: str  # the class
    category: str
    module: str
    function: str
    line: int
    place: Place
    before: str
    after: str
    other: Any  # an expression, or statements

    @property
    def difference(self) -> str:
        """Where, and what became of what, in one line."""
        before, after = self.before.splitlines(), self.after.splitlines()
        while len(before) > 1 and after and before[0] == after[0]:
            before, after = before[1:], after[1:]
        while len(before) > 1 and after and before[-1] == after[-1]:
            before, after = before[:-1], after[:-1]
        return f"{self.function}:{self.line}  {_short(before)}  →  {_short(after)}"

    @property
    def id(self) -> str:
        """What names it in a record."""
        return f"{self.subject} · {self.category} · {self.difference}"


def _short(lines: Sequence[str], most: int = 110) -> str:
    one_line = " ".join(" ".join(lines).split())
    return one_line if len(one_line) <= most else f"{one_line[:most]}…"


@functools.cache
def modules_of(subject: str) -> tuple[str, ...]:
    """The modules in which a class steps, in the order in which they are run; its own is the last."""
    import torch

    own = inspect.unwrap(getattr(torch.optim, subject).__init__).__globals__["__name__"]
    return (WHERE_IT_STEPS[subject], own) if subject in WHERE_IT_STEPS else (own,)


@functools.cache
def tree_of(module: str) -> ast.Module:
    """The source of a module without the long texts that it gives its classes; do not change it."""
    tree = ast.parse(inspect.getsource(importlib.import_module(module)))
    tree.body = [node for node in tree.body if not _is_text(node)]
    return tree


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and "__doc__" in ast.unparse(node.targets[0])


def functions_of(module: str) -> Iterator[tuple[tuple[int, ...], ast.FunctionDef]]:
    """The functions of a module that the for-loop path comes by, with the way to each."""
    for index, node in enumerate(tree_of(module).body):
        if isinstance(node, ast.FunctionDef) and (node.name.startswith("_") or module.endswith("_functional")):
            yield (index,), node
        if isinstance(node, ast.ClassDef):
            yield from (((index, k), one) for k, one in enumerate(node.body) if isinstance(one, ast.FunctionDef))


def candidates(subject: str) -> list[Candidate]:
    """Every candidate of a class in the order of the source; what reads alike on one line stands for all such."""
    found: dict[str, Candidate] = {}
    for module in modules_of(subject):
        for _, function in functions_of(module):
            if not function.name.startswith(ELSEWHERE):
                for one in _in_function(subject, module, function):
                    found.setdefault(f"{one.module} {one.difference}", one)
    return list(found.values())


def _in_function(subject: str, module: str, function: ast.FunctionDef) -> Iterator[Candidate]:
    for spot in spots(function):
        before = _text(spot.node)
        for category, other in changes(spot):
            constructor = category == "constructor's argument lost"
            if (after := _text(other)) != before and constructor == (function.name == "__init__"):
                line = (spot.node[0] if isinstance(spot.node, list) else spot.node).lineno
                yield Candidate(subject, category, module, function.name, line, spot.place, before, after, other)


def _text(node: Any) -> str:
    """A tree as source in a normal form."""
    if isinstance(node, list):
        return "\n".join(ast.unparse(ast.fix_missing_locations(one)) for one in node)
    return ast.unparse(node)


def drawn(seed: int, classes: Sequence[str] = CLASSES) -> list[Candidate]:
    """All candidates in an order that is balanced at every length: category by category, in each class by class."""
    rng = random.Random(seed)
    by_category: dict[str, dict[str, list[Candidate]]] = defaultdict(lambda: defaultdict(list))
    for subject in classes:
        for one in candidates(subject):
            by_category[one.category][subject].append(one)
    queues = [_in_turn([_shuffled(rng, of_class) for of_class in _shuffled(rng, list(by_class.values()))])
              for _, by_class in sorted(by_category.items())]
    return list(_in_turn(_shuffled(rng, queues)))


def _shuffled(rng: random.Random, items: Sequence[Any]) -> list[Any]:
    return rng.sample(list(items), len(items))


def _in_turn(queues: Sequence[Any]) -> list[Any]:
    """One of each queue, then the next of each, until all are empty."""
    longest = max((len(queue) for queue in queues), default=0)
    return [queue[k] for k in range(longest) for queue in queues if k < len(queue)]


def mutated(one: Candidate) -> ast.Module:
    """The module of a candidate with its one spot changed."""
    tree = tree_of(one.module)
    way, function = next((way, function) for way, function in functions_of(one.module)
                         if function.name == one.function and _holds(function, one))
    body = list(tree.body)
    if len(way) == 1:
        body[way[0]] = changed(function, one.place, one.other)
    else:
        outer = tree.body[way[0]]
        assert isinstance(outer, ast.ClassDef)
        inner = [*outer.body[:way[1]], changed(function, one.place, one.other), *outer.body[way[1] + 1:]]
        body[way[0]] = ast.ClassDef(**{**dict(ast.iter_fields(outer)), "body": inner})
    return ast.fix_missing_locations(ast.Module(body, []))


def _holds(function: ast.FunctionDef, one: Candidate) -> bool:
    return function.lineno <= one.line <= (function.end_lineno or function.lineno)


def built(one: Candidate) -> type[Any]:
    """The class with its mistake, as pickle finds it again. Raises whatever the changed source raises."""
    with ExitStack() as stack:
        for module in modules_of(one.subject):
            made = _run(module, mutated(one) if module == one.module else tree_of(module))
            stack.enter_context(_standing_in(module, made))
    kind: type[Any] = getattr(made, one.subject)
    return kind


def _run(module: str, tree: ast.Module) -> ModuleType:
    """A module run under another name, in the package of the original."""
    package, _, name = module.rpartition(".")
    made = ModuleType(f"{NAME}_{name}")
    made.__package__ = package
    sys.modules[made.__name__] = made
    exec(compile(tree, f"<{made.__name__}>", "exec", dont_inherit=True), made.__dict__)
    return made


@contextmanager
def _standing_in(module: str, other: ModuleType) -> Iterator[None]:
    """Whoever imports a module finds another."""
    package, _, name = module.rpartition(".")
    kept = sys.modules[module]
    sys.modules[module] = other
    setattr(sys.modules[package], name, other)
    try:
        yield
    finally:
        sys.modules[module] = kept
        setattr(sys.modules[package], name, kept)
