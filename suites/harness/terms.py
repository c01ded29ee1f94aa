"""Terms: every way to change a definition's source by one term, as another source.

A term is dropped, its sign turned, a factor or divisor left out, a root dropped, the maximum replaced by a sum, ε moved
into or out of a root, a step miscounted, a state taken before its update, one decay rate put for another, a constant
changed, a branch fixed.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from typing import NamedTuple

TWINS = {"beta1": "beta2", "beta2": "beta1"}
OPPOSITE: dict[type[ast.operator], type[ast.operator]] = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div,
                                                           ast.Div: ast.Mult}
WITHOUT = {"sqrt", "abs", "sign", "exp", "square", "log"}
EXTREMES = {"maximum": "minimum", "minimum": "maximum"}
SHIFTED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Lt: ast.LtE, ast.LtE: ast.Lt}


class Mutant(NamedTuple):
    """One changed function: its name, the line and what became of which expression, and the whole module's source."""

    function: str
    line: int
    before: str
    after: str
    source: str

    def __str__(self) -> str:
        return f"{self.function}:{self.line}  {self.before}  →  {self.after}"


def mutants(source: str, functions: set[str]) -> Iterator[Mutant]:
    """Every module that differs from a source by one term of one of the named functions, each once."""
    tree = ast.parse(source)
    seen = {ast.dump(tree)}
    for index, node in enumerate(tree.body):
        if isinstance(node, ast.FunctionDef) and node.name in functions:
            for place, expression in _places(node):
                for other in _changes(expression, _fields(node)):
                    changed = copy.deepcopy(tree)
                    _put(changed.body[index], place, other)
                    ast.fix_missing_locations(changed)
                    if (key := ast.dump(changed)) not in seen:
                        seen.add(key)
                        yield Mutant(node.name, getattr(expression, "lineno", node.lineno), ast.unparse(expression),
                                     ast.unparse(other), ast.unparse(changed))


Place = tuple[tuple[str, int | None], ...]  # the way from a function to an expression: field, and index in it


def _places(function: ast.FunctionDef) -> Iterator[tuple[Place, ast.expr]]:
    """Every expression of a function's body, and every condition of an if; its signature is left alone."""
    for index, statement in enumerate(function.body):
        documents = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not documents and not isinstance(statement, ast.FunctionDef | ast.Raise):
            yield from _below(statement, (("body", index),))


def _below(node: ast.AST, place: Place) -> Iterator[tuple[Place, ast.expr]]:
    if isinstance(node, ast.expr):
        yield place, node
    for name, value in ast.iter_fields(node):
        if name in ("ctx", "func", "annotation", "targets", "target", "returns"):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else ((None, value),):
            if isinstance(child, ast.AST):
                yield from _below(child, (*place, (name, index)))


def _put(node: ast.AST, place: Place, other: ast.expr) -> None:
    """Put another expression at a place."""
    for name, index in place[:-1]:
        node = getattr(node, name) if index is None else getattr(node, name)[index]
    name, index = place[-1]
    if index is None:
        setattr(node, name, other)
    else:
        getattr(node, name)[index] = other


def _fields(function: ast.FunctionDef) -> set[str]:
    """The fields of the state, as far as the function names them `state.field`."""
    return {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name) and node.value.id == "state"}


def _changes(node: ast.expr, fields: set[str]) -> Iterator[ast.expr]:
    """What may stand for one expression."""
    for change in CHANGES:
        yield from change(node, fields)


def _operations(node: ast.expr, fields: set[str]) -> Iterator[ast.expr]:
    """a + b → a, b, a - b;  a - b → also b - a;  a·b → a, b, a/b;  aᵇ → a."""
    if not isinstance(node, ast.BinOp):
        return
    yield node.left
    if not isinstance(node.op, ast.Pow):
        yield node.right
        if type(node.op) in OPPOSITE:
            yield ast.BinOp(node.left, OPPOSITE[type(node.op)](), node.right)
        if isinstance(node.op, ast.Sub | ast.Div):
            yield ast.BinOp(node.right, node.op, node.left)


def _signs(node: ast.expr, fields: set[str]) -> Iterator[ast.expr]:
    """-a → a."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand


def _calls(node: ast.expr, fields: set[str]) -> Iterator[ast.expr]:
    """√a → a;  max(a, b) → a, b, a + b, min(a, b);  where(c, a, b) → a, b, where(c, b, a)."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name) and node.func.value.id == "np"):
        return
    name, operands = node.func.attr, node.args
    if name in WITHOUT:
        yield operands[0]
    elif name in EXTREMES:
        yield from (operands[0], operands[1], ast.BinOp(operands[0], ast.Add(), operands[1]),
                    _call(EXTREMES[name], *operands))
    elif name == "where":
        yield from (operands[1], operands[2], _call("where", operands[0], operands[2], operands[1]))


def _call(name: str, *operands: ast.expr) -> ast.Call:
    return ast.Call(ast.Attribute(ast.Name("np", ast.Load()), name, ast.Load()), list(operands), [])


def _moved_epsilon(node: ast.expr, fields: set[str]) -> Iterator[ast.expr]:
    """√a + ε → √(a + ε), and back."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and (inner := _under_root(node.left)) is not None:
        yield _call("sqrt", ast.BinOp(inner, ast.Add(), node.right))
    inner = _under_root(node)
    if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Add):
        yield ast.BinOp(_call("sqrt", inner.left), ast.Add(), inner.right)


def _under_root(node: ast.expr) -> ast.expr | None:
    """What stands under a root; None where there is none."""
    is_root = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "sqrt"
    return node.args[0] if isinstance(node, ast.Call) and is_root else None


def _names(node: ast.expr, fields: set[str]) -> Iterator[ast.expr]:
    """β₁ → β₂ and back;  a state after its update → before it;  t → t - 1, t + 1."""
    if isinstance(node, ast.Name):
        if node.id in TWINS:
            yield ast.Name(TWINS[node.id], ast.Load())
        if node.id in fields:
            yield ast.Attribute(ast.Name("state", ast.Load()), node.id, ast.Load())
    if (isinstance(node, ast.Attribute) and node.attr == "t") or (isinstance(node, ast.Name) and node.id == "t"):
        yield from (ast.BinOp(node, op, ast.Constant(1)) for op in (ast.Sub(), ast.Add()))


def _constants(node: ast.expr, fields: set[str]) -> Iterator[ast.expr]:
    """1 → 0, 2;  2 → 1, 3;  any other number → its double;  True ↔ False."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield ast.Constant(not node.value)
        elif node.value in (1, 2):
            yield from (ast.Constant(node.value - 1), ast.Constant(node.value + 1))
        elif isinstance(node.value, int | float):
            yield ast.Constant(2 * node.value if node.value else 1)


def _branches(node: ast.expr, fields: set[str]) -> Iterator[ast.expr]:
    """a if c else b → a, b;  a > b → a ≥ b, True, False;  a == b → True, False."""
    if isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        if type(node.ops[0]) in SHIFTED:
            yield ast.Compare(node.left, [SHIFTED[type(node.ops[0])]()], node.comparators)
        yield from (ast.Constant(True), ast.Constant(False))


CHANGES: tuple[Callable[[ast.expr, set[str]], Iterator[ast.expr]], ...] = (
    _operations, _signs, _calls, _moved_epsilon, _names, _constants, _branches)
