"""Places: where a function may be changed, as far as an optimizer's for-loop path on a CPU comes by.

What only capturable, differentiable, fused, foreach or compiled runs reach is left out, or a line search that has to be
asked for: a certificate speaks of the path that its settings choose. So is what refuses an argument.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

Place = tuple[tuple[str, int | None], ...]  # the way from a function to a node: field, and index in it
OFF = {"capturable", "differentiable", "fused", "foreach", "is_compiling", "is_scripting", "grad_scale", "found_inf",
       "beta1_dict", "line_search_fn", "adjust_lr_fn"}
LEFT_ALONE = {"ctx", "annotation", "targets", "target", "returns", "decorator_list"}


class Spot(NamedTuple):
    """A node, the way to it, and the function in which it stands; a list of statements is a spot as well."""

    place: Place
    node: Any  # ast.expr, ast.stmt or list[ast.stmt]
    function: ast.FunctionDef


def spots(function: ast.FunctionDef) -> Iterator[Spot]:
    """Every spot of a function."""
    for place, node in _in_body(function.body, (("body", None),)):
        yield Spot(place, node, function)


def _in_body(body: list[ast.stmt], place: Place) -> Iterator[tuple[Place, Any]]:
    """A list of statements, each of them, and what they hold."""
    yield place, body
    for index, statement in enumerate(body):
        if not (_is_text(statement) or _refuses(statement) or isinstance(statement, ast.Pass)):
            yield from _in_statement(statement, (*place[:-1], (place[-1][0], index)))


def _in_statement(node: ast.stmt, place: Place) -> Iterator[tuple[Place, Any]]:
    if isinstance(node, ast.If) and (known := settled(node.test)) is not None:
        field = "body" if known else "orelse"
        yield from _in_body(getattr(node, field), (*place, (field, None)))
        return
    yield place, node
    for field, value in ast.iter_fields(node):
        if field in LEFT_ALONE or (field == "args" and isinstance(node, ast.FunctionDef)):
            continue
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            yield from _in_body(value, (*place, (field, None)))
        else:
            yield from _in_field(value, (*place, (field, None)))


def _in_field(value: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from _in_expression(one, (*place[:-1], (place[-1][0], index)))
    else:
        yield from _in_expression(value, place)


def _in_expression(node: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    if not isinstance(node, ast.AST) or isinstance(node, ast.operator | ast.cmpop | ast.expr_context):
        return
    if isinstance(node, ast.IfExp) and (known := settled(node.test)) is not None:
        field = "body" if known else "orelse"
        yield from _in_expression(getattr(node, field), (*place, (field, None)))
        return
    if _is_cast(node):
        yield from _in_expression(node.args[1], (*place, ("args", 1)))  # type: ignore[attr-defined]
        return
    if isinstance(node, ast.expr):
        if _last_name(node) in OFF:
            return
        yield place, node
    for field, value in ast.iter_fields(node):
        if field not in LEFT_ALONE:
            yield from _in_field(value, (*place, (field, None)))


def settled(test: ast.expr) -> bool | None:
    """What a condition is on the path that is certified; None where that is open."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        known = settled(test.operand)
        return None if known is None else not known
    if isinstance(test, ast.BoolOp):
        parts = [settled(part) for part in test.values]
        decisive = isinstance(test.op, ast.Or)
        return decisive if decisive in parts else None if None in parts else not decisive
    if isinstance(test, ast.Compare) and _last_name(test.left) in OFF:
        return isinstance(test.ops[0], ast.Is | ast.Eq)  # found_inf is None
    if isinstance(test, ast.Call) and ast.unparse(test.func) == "isinstance" and "Tensor" in ast.unparse(test.args[1]):
        return False  # options are numbers
    return False if _last_name(test) in OFF else None


def _last_name(node: ast.expr) -> str:
    """`capturable` of capturable, group["capturable"], self.capturable and torch.capturable()."""
    if isinstance(node, ast.Call):
        return _last_name(node.func)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_cast(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "cast"


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _refuses(node: ast.stmt) -> bool:
    """Whether a statement does nothing but refuse."""
    return isinstance(node, ast.Raise | ast.Assert) or (isinstance(node, ast.If) and not node.orelse
                                                         and all(_refuses(inner) for inner in node.body))


def changed(function: ast.FunctionDef, place: Place, other: Any) -> ast.FunctionDef:
    """The function with another node, or other statements, at a place."""
    whole = copy.deepcopy(function)
    node: Any = whole
    for name, index in place[:-1]:
        node = getattr(node, name) if index is None else getattr(node, name)[index]
    name, index = place[-1]
    if index is None:
        setattr(node, name, copy.deepcopy(other))
    elif isinstance(other, list):
        getattr(node, name)[index:index + 1] = copy.deepcopy(other) or [ast.Pass()]
    else:
        getattr(node, name)[index] = copy.deepcopy(other)
    return ast.fix_missing_locations(whole)
