"""Changes: what may be written at a spot, by category: the tables of mistakes, and what no pattern can say."""

from __future__ import annotations

import ast
import functools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fiducial.suites.selftest.mistakes import ARITHMETIC, BOOKKEEPING
from fiducial.suites.selftest.patterns import filled, matched, of_expression, pattern
from fiducial.suites.selftest.places import OFF, Spot

Change = tuple[str, Any]  # the category, and what stands there: an expression, or statements
OPPOSITE: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
METHODS = {"add_": "sub_", "sub_": "add_", "mul_": "div_", "div_": "mul_", "addcmul_": "addcdiv_", "add": "sub",
           "addcdiv_": "addcmul_", "sub": "add", "mul": "div", "div": "mul", "min": "max", "max": "min",
           "maximum": "minimum", "sqrt_": "square_", "sqrt": "square", "gt": "ge", "lt": "le", "rsqrt_": "sqrt_"}
WITHOUT = {"sqrt", "sqrt_", "abs", "sign", "square_", "pow", "rsqrt_", "neg", "norm", "clamp_", "clamp", "mean"}
SHIFTED: Mapping[type[ast.cmpop], type[ast.cmpop]] = {ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Lt: ast.LtE,
                                                      ast.LtE: ast.Lt}
COUNTERS = ("step", "n_iter", "evals")


def changes(spot: Spot) -> Iterator[Change]:
    """Every change of a spot."""
    if isinstance(spot.node, list):
        yield from _of_statements(spot.node, spot.function)
        return
    for category, wanted, other in _table().get(type(spot.node), ()):
        if (found := matched(wanted, spot.node)) is not None:
            yield category, [filled(one, found) for one in other] if isinstance(other, list) else filled(other, found)
    for change in EVERYWHERE:
        yield from change(spot.node, spot.function)


@functools.cache
def _table() -> dict[type[ast.AST], list[tuple[str, ast.AST, Any]]]:
    """The pairs of the tables by what they are found in: an expression, or a statement where either side is one."""
    table: dict[type[ast.AST], list[tuple[str, ast.AST, Any]]] = defaultdict(list)
    for category, pairs in {**ARITHMETIC, **BOOKKEEPING}.items():
        for wanted, other in pairs:
            shape, written = pattern(wanted), ast.parse(other).body
            if isinstance(shape, ast.Expr) and isinstance(written[0], ast.Expr):
                table[type(shape.value)].append((category, shape.value, written[0].value))
            else:
                table[type(shape)].append((category, shape, written))
    return table


def _operators(node: Any, function: ast.FunctionDef) -> Iterator[Change]:
    """a + b → a - b, a * b → a / b;  add_ → sub_ and the like."""
    if isinstance(node, ast.BinOp) and type(node.op) in OPPOSITE:
        yield "operator swapped", ast.BinOp(node.left, OPPOSITE[type(node.op)](), node.right)
    if (name := _method(node)) in METHODS:
        yield "operator swapped", ast.Call(ast.Attribute(node.func.value, METHODS[name], ast.Load()), node.args,
                                           node.keywords)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in METHODS:
        yield "operator swapped", ast.Call(ast.Name(METHODS[node.func.id], ast.Load()), node.args, node.keywords)


def _terms(node: Any, function: ast.FunctionDef) -> Iterator[Change]:
    """a + b → a, b;  x.sqrt() → x."""
    if isinstance(node, ast.BinOp):
        yield "term dropped", node.left
        if not isinstance(node.op, ast.Pow):
            yield "term dropped", node.right
    if _method(node) in WITHOUT:
        yield "term dropped", node.func.value


def _arguments(node: Any, function: ast.FunctionDef) -> Iterator[Change]:
    """f(x, alpha=a) → f(x)."""
    if _method(node):
        for left_out in node.keywords:
            if left_out.arg not in ("memory_format", "dtype", "device", "strict"):
                rest = [keyword for keyword in node.keywords if keyword is not left_out]
                yield "argument left out", ast.Call(node.func, node.args, rest)


def _places_lost(node: Any, function: ast.FunctionDef) -> Iterator[Change]:
    """x.mul_(a) → x.mul(a): what was written in place is lost."""
    name = _method(node)
    if name.endswith("_") and not name.startswith("_") and name not in ("zero_", "fill_", "requires_grad_"):
        out = f"torch.{name[:-1]}(X)" if name == "copy_" else None
        other = ast.Call(ast.Attribute(node.func.value, name[:-1], ast.Load()), node.args, node.keywords)
        yield "update in place lost", filled(of_expression("X.clone()"), {"X": node.args[0]}) if out else other


def _conditions(node: Any, function: ast.FunctionDef) -> Iterator[Change]:
    """if a → if not a;  a > b → a ≥ b."""
    if isinstance(node, ast.If | ast.While):
        kind: Any = type(node)
        yield "condition negated", [kind(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)]
    if isinstance(node, ast.IfExp):
        yield "condition negated", ast.IfExp(node.test, node.orelse, node.body)
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in SHIFTED:
        yield "condition shifted", ast.Compare(node.left, [SHIFTED[type(node.ops[0])]()], node.comparators)


def _constants(node: Any, function: ast.FunctionDef) -> Iterator[Change]:
    """1 → 0, 2;  2 → 1, 3;  any other number → its double;  0 → 1."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        near = (node.value - 1, node.value + 1) if node.value in (1, 2) else (2 * node.value or 1,)
        yield from (("constant changed", ast.Constant(value)) for value in near)


def _dropped(node: Any, function: ast.FunctionDef) -> Iterator[Change]:
    """A statement that nothing later needs for its name."""
    again = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and _assigned(function,
                                                                                                 node.targets[0].id) > 1
    kept = isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name)
    if again or kept or isinstance(node, ast.AugAssign | ast.Expr):
        yield "statement dropped", [ast.Pass()]


def _kept_options(node: Any, function: ast.FunctionDef) -> Iterator[Change]:
    """In the constructor: {"lr": lr} → {"lr": the default}: an argument that is not heard."""
    if function.name != "__init__" or not isinstance(node, ast.Dict):
        return
    defaults = _signature(function)
    for index, value in enumerate(node.values):
        default = defaults.get(value.id) if isinstance(value, ast.Name) and value.id not in OFF else None
        if isinstance(default, ast.Constant | ast.Tuple):
            others = [*node.values[:index], default, *node.values[index + 1:]]
            yield "constructor's argument lost", ast.Dict(node.keys, others)


def _of_statements(body: list[ast.stmt], function: ast.FunctionDef) -> Iterator[Change]:
    """Statements in another order, or with one more."""
    for index, one in enumerate(body[:-1]):
        rest = [*body[:index], *body[index + 1:]]
        if isinstance(one, ast.AugAssign) and any(name in ast.unparse(one.target) for name in COUNTERS):
            yield "step advanced late", [*rest, one]
        if isinstance(one, ast.If) and ast.unparse(one.test) == "weight_decay != 0":
            yield "decay's place", [*rest, one]
            yield "decay's place", [*body[:index], body[index + 1], one, *body[index + 2:]]
        if _decays(one):
            yield "decay's place", [*rest, one]
    for category, when, text, last in PLANTED:
        if when(body, function):
            planted = ast.parse(text).body
            yield category, [*body, *planted] if last else [*_texts(body), *planted, *body[len(_texts(body)):]]


def _decays(node: ast.stmt) -> bool:
    """param.mul_(1 - …)."""
    return ast.unparse(node).startswith("param.mul_(1 -")


def _texts(body: list[ast.stmt]) -> list[ast.stmt]:
    """The docstring, if there is one."""
    return body[:1] if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) else []


def _is_step(body: list[ast.stmt], function: ast.FunctionDef) -> bool:
    return function.name == "step" and body is function.body


def _is_update(body: list[ast.stmt], function: ast.FunctionDef) -> bool:
    """The body of the loop that updates the parameters."""
    return any(isinstance(loop, ast.For) and loop.body is body and "param" in _names(loop.target)
               for loop in function.body)


def _names(node: ast.expr) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _by_index(body: list[ast.stmt], function: ast.FunctionDef) -> bool:
    return _is_update(body, function) and any(isinstance(loop, ast.For) and "enumerate" in ast.unparse(loop.iter)
                                              for loop in function.body if getattr(loop, "body", None) is body)


PLANTED: tuple[tuple[str, Callable[[list[ast.stmt], ast.FunctionDef], bool], str, bool], ...] = (
    ("hidden randomness", _is_step, "torch.rand(())", False),
    ("hidden randomness", _is_step, "torch.manual_seed(0)", False),
    ("hidden randomness", _is_step, "__import__('random').random()", False),
    ("hidden randomness", _is_step, "__import__('numpy').random.seed(0)", False),
    ("gradient modified", _by_index, "grads[i].zero_()", True),
    ("gradient modified", _by_index, "grads[i].nan_to_num_()", False),
    ("layout", _is_update, "param = param.contiguous()", False),
    ("odd shapes", _is_update, "if param.dim() == 0:\n    continue", False),
    ("odd shapes", _is_update, "if param.numel() == 1:\n    continue", False),
    ("odd shapes", _is_update, "if param.dim() > 2:\n    continue", False),
    ("absent gradients", _by_index, "if not grads[i].any():\n    continue", False),
    ("not finite", _by_index, "grads[i] = torch.nan_to_num(grads[i])", False),
    ("not finite", _by_index, "grads[i] = torch.nan_to_num(grads[i], nan=float('nan'))", False),
    ("not finite", _by_index, "if not torch.isfinite(grads[i]).all():\n    raise ValueError('not finite')", False),
    ("closure", _is_step, "if closure is not None:\n    closure()", False),
)


def _method(node: Any) -> str:
    """f of x.f(…); "" for anything else."""
    is_one = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    return node.func.attr if is_one and ast.unparse(node.func.value) != "math" else ""


def _assigned(function: ast.FunctionDef, name: str) -> int:
    """How often a name is assigned in a function, its arguments included."""
    names = [node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    arguments = (*function.args.args, *function.args.kwonlyargs)
    return names.count(name) + sum(argument.arg == name for argument in arguments)


def _signature(function: ast.FunctionDef) -> dict[str, ast.expr]:
    """The defaults of the arguments that have one."""
    own = function.args
    late = own.args[len(own.args) - len(own.defaults):]
    pairs = [*zip(late, own.defaults, strict=True), *zip(own.kwonlyargs, own.kw_defaults, strict=True)]
    return {argument.arg: default for argument, default in pairs if default is not None}


EVERYWHERE: tuple[Callable[[Any, ast.FunctionDef], Iterator[Change]], ...] = (
    _operators, _terms, _arguments, _places_lost, _conditions, _constants, _dropped, _kept_options)
