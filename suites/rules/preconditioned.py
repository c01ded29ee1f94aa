"""The rules that turn or whiten a whole matrix, by roots of its second moments.

A root of a symmetric positive definite A is a function of A alone: the signs, and the order, of eigenvectors that
belong together do not show in it. Its bound is normwise. A + E has the root's

    ‖f(A + E) - f(A)‖_F ≤ ‖E‖_F · (λ_min(A) - ‖E‖)^(p - 1),   f(A) = A^p, -1 ≤ p < 0

since divided differences of λ^p are at most |p| λ_min^(p-1), and those of the singular form U Σ^p Vᵀ, by which some
classes take it, at most λ_min^(p-1) (Higham, Functions of matrices, 2008, theorem 3.11 and corollary 3.16). E holds
the bound of A itself, and what the factorisation adds: it is exact for a matrix off by 4 n u ‖A‖_F (LAPACK users'
guide, section 4.7, p(n) = 4 n).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from fiducial.checks.plans import Options
from fiducial.checks.rounding import Rounded
from fiducial.reference.optimizers import decay, maximize, shampoo
from fiducial.suites.rules.composition import DECAY, DECOUPLED, MAXIMIZE, MOMENTUM, RATE, pick
from fiducial.suites.rules.rule import Option, Rule

BACKWARD = 4.0  # p(n)/n of an eigenvalue or singular value decomposition


def root(a: Any, power: float) -> Any:
    """a^power with its bound; infinite where rounding may make `a` singular."""
    if not isinstance(a, Rounded):
        return shampoo.root(a, power) if np.isfinite(a).all() else np.full(a.shape, np.nan)
    if not np.isfinite(a.error).all():
        return Rounded(np.zeros(a.shape), np.inf, a.rounding)
    values, vectors = np.linalg.eigh(a.value)
    off = np.linalg.norm(a.error) + BACKWARD * len(a) * a.rounding.unit * np.linalg.norm(a.value)
    if (least := np.min(values, initial=np.inf) - off) <= 0:
        return Rounded(np.zeros(a.shape), np.inf, a.rounding)
    found = (vectors * values**power) @ vectors.T
    bound = off * least ** (power - 1) + BACKWARD * len(a) * a.rounding.unit * np.linalg.norm(found)
    return Rounded(found, bound, a.rounding)


class Whitened(NamedTuple):
    """sums: as shampoo's; b: the last step's direction; t: steps done."""

    sums: tuple[Any, ...]
    b: Any
    t: int


def _start(x: Any, o: Options) -> Whitened:
    """ε on every diagonal; a scalar has no axis to whiten."""
    return Whitened(tuple(o["eps"] * np.eye(n) for n in x.shape), np.zeros_like(x), 0)


def _whitened(g: Any, sums: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """Every axis by the sum of the gradient itself, to the power -1/(2k)."""
    sums = shampoo.observed(g, shampoo.State(sums)).sums
    for axis, a in enumerate(sums):
        g = shampoo.along(root(a, -0.5 / len(sums)), g, axis)
    return g, sums


def _whitened_in_turn(g: Any, sums: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """Every axis by the sum of what the axes before it have left, to the power -1/k."""
    kept = []
    for axis, a in enumerate(sums):
        kept.append(a + shampoo.unfolded(g, axis) @ shampoo.unfolded(g, axis).T)
        g = shampoo.along(root(kept[-1], -1 / len(sums)), g, axis)
    return g, tuple(kept)


def _shampoo(form: Callable[..., Any]) -> Callable[..., tuple[Any, Any]]:
    """The gradient is mixed with the last direction, then decayed, then whitened."""

    def step(x: Any, g: Any, state: Whitened, o: Options) -> tuple[Any, Whitened]:
        g = maximize.ascent(g) if o["maximize"] else g
        if o["momentum"] > 0:
            g = (1 - o["momentum"]) * g + o["momentum"] * (g if state.t == 0 else state.b)
        if o["decoupled"]:
            x = decay.decoupled(x, **pick(o, "lr", "weight_decay"))
        else:
            g = decay.coupled(g, x, weight_decay=o["weight_decay"])
        b, sums = form(g, state.sums)
        return x - o["lr"] * b, Whitened(sums, b, state.t + 1)

    return step


SHAMPOO = Rule(
    name="shampoo", scope="tensor", averages=("momentum",),
    summary="whitens the gradient along every axis by the root of that axis's summed second moments",
    formula="for each of k axes A ← A + GGᵀ, A₀ = εI, G the gradient unfolded along it;  b = g with A^(-1/2k) applied "
            "to every axis;  θ ← θ - ηb   (momentum: g ← (1-μ)g + μb first)",
    source="Gupta, Koren and Singer 2018, algorithms 1 and 2; momentum as the public classes have it",
    options=(RATE, replace(MOMENTUM, values=(0.9, 0.5)), DECAY, DECOUPLED, MAXIMIZE,
             Option("eps", 1e-4, (1e-3, 1.0, 1e-2), ("matrix_eps", "epsilon", "eps"))),
    start=_start, step=_shampoo(_whitened), state={"b": ("momentum_buffer",)},
    laws=frozenset({"linear-in-rate", "odd", "permutation"}))

RULES = (SHAMPOO,)
DIALECTS = (
    replace(SHAMPOO, name="shampoo/in-turn", who="torch-optimizer", step=_shampoo(_whitened_in_turn),
            formula="A^(-1/k) for A^(-1/2k), and each axis sums up what the axes before it have left"),
)
