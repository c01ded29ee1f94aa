"""Patterns: Python source in which single capital letters stand for anything, found in a tree and written anew.

    matched(pattern("X.add_(E)"), node)  →  {"X": …, "E": …} or None;   filled(pattern("X"), found)  →  a tree

Some letters stand for some names alone (`NAMES`); the same letter twice has to stand for the same twice.
"""

from __future__ import annotations

import ast
import copy
import functools
from collections.abc import Mapping
from typing import Any

Found = dict[str, ast.expr]
NAMES = {
    "E": {"eps", "eps1", "eps2"},
    "W": {"weight_decay"},
    "R": {"beta1", "beta2", "device_beta1", "alpha", "rho", "momentum"},
    "G": {"grad", "d_p"},
    "C": {"bias_correction", "bias_correction1", "bias_correction2", "bias_correction2_sqrt"},
    "T": {"step", "step_t", "n_iter"},
    "S": {"exp_avgs", "exp_avg_sqs", "max_exp_avg_sqs", "momentum_buffer_list", "muon_momentum_bufs", "state_steps",
          "square_avgs", "grad_avgs", "acc_deltas", "state_sums", "exp_infs", "mus", "axs", "etas", "mu_products",
          "prevs", "step_sizes", "row_vars", "col_vars", "variances"},
}


@functools.cache
def pattern(text: str) -> ast.stmt:
    """A pattern or a template of one statement; do not change it."""
    return ast.parse(text).body[0]


@functools.cache
def of_expression(text: str) -> ast.expr:
    """A pattern or a template of an expression; do not change it."""
    return ast.parse(text, mode="eval").body


def matched(wanted: ast.AST, node: ast.AST) -> Found | None:
    """What each letter stands for; None where the node is something else."""
    found: Found = {}
    return found if _agrees(wanted, node, found) else None


def _agrees(wanted: Any, node: Any, found: Found) -> bool:
    if isinstance(wanted, ast.Name) and _is_letter(wanted.id):
        return isinstance(node, ast.expr) and _stands_for(wanted.id, node, found)
    if isinstance(wanted, ast.AST):
        return type(wanted) is type(node) and all(_agrees(getattr(wanted, name), getattr(node, name, None), found)
                                                  for name in wanted._fields if name not in ("ctx", "type_comment"))
    if isinstance(wanted, list):
        return isinstance(node, list) and len(wanted) == len(node) and all(
            _agrees(one, other, found) for one, other in zip(wanted, node, strict=True))
    return bool(wanted == node)


def _is_letter(name: str) -> bool:
    return len(name) == 1 and name.isupper()


def _stands_for(letter: str, node: ast.expr, found: Found) -> bool:
    """Whether a letter may stand for a node; where it may, it does from now on."""
    if letter in found:
        return ast.dump(found[letter]) == ast.dump(node)
    if letter in NAMES and not (isinstance(node, ast.Name) and node.id in NAMES[letter]):
        return False
    found[letter] = node
    return True


class _Filling(ast.NodeTransformer):
    """Puts what was found in the place of its letter."""

    def __init__(self, found: Mapping[str, ast.expr]) -> None:
        self.found = found

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """A letter is replaced; where it is written to, what stands for it is written to."""
        if node.id not in self.found:
            return node
        other = copy.deepcopy(self.found[node.id])
        if isinstance(other, ast.Name | ast.Attribute | ast.Subscript):
            other.ctx = node.ctx
        return other


def filled(template: ast.AST, found: Mapping[str, ast.expr]) -> Any:
    """A template with what was found in the places of the letters; always a tree of its own."""
    return _Filling(found).visit(copy.deepcopy(template))
