"""SOAP: a rule whose steps hang on eigenvectors and their power iterations, and what rounding may do to these.

An eigenvector of A, off by E, turns by at most asin(‖E‖/(d - ‖E‖)), d the distance of its eigenvalue to the next (Davis
and Kahan 1970). Of a factor Q of M = QR the first k columns span what those of M do, in any scaling D of the columns:

    ‖δP_k‖ ≤ ‖E_k D‖/(σ_min(M_k D) - ‖E_k D‖),   ‖δq_k‖ ≤ √2 (‖δP_k‖ + ‖δP_{k-1}‖),   δP_n = 0

E holds the bound of the matrix, and what a decomposition adds: 4 n u‖A‖_F for eigenvectors (LAPACK users' guide,
section 4.7); 4 n² u times the length of each column for Q (Higham, Accuracy and stability, 2002, theorem 19.4).
Signs are open, and cancel: every column is taken there and back. An order that rounding may turn over is not judged,
nor a null space of two dimensions and more, whose basis nothing determines.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from fiducial.checks.plans import Demands, Options
from fiducial.checks.rounding import FLOAT32, FLOAT64, Rounded, Rounding
from fiducial.reference.optimizers import decay, maximize, soap
from fiducial.suites.rules.composition import (
    DECAY,
    MAXIMIZE,
    RATE,
    beta1_option,
    beta2_option,
    eps_option,
    pick,
)
from fiducial.suites.rules.preconditioned import BACKWARD
from fiducial.suites.rules.rule import Option, Rule
from fiducial.suites.rules.second_order import whole


def _unknown(a: Any) -> Any:
    return Rounded(np.zeros(a.shape), np.inf, a.rounding)


def eigenvectors(a: Any) -> Any:
    """The eigenvectors, largest eigenvalue first, each with its bound."""
    if not isinstance(a, Rounded):
        return soap.eigenbasis(a)
    if not np.isfinite(a.error).all():
        return _unknown(a)
    values, unit, n = np.linalg.eigvalsh(a.value)[::-1], a.rounding.unit, len(a.value)
    off = np.linalg.norm(a.error) + BACKWARD * n * unit * np.linalg.norm(a.value)
    nearest = np.array([np.min(np.abs(np.delete(values, i) - value), initial=np.inf) for i, value in enumerate(values)])
    left = nearest - 2 * off
    bound = np.where(left > 0, np.sqrt(2) * off / np.where(left > 0, left, 1.0), np.inf)
    return Rounded(soap.eigenbasis(a.value), np.broadcast_to(bound + BACKWARD * n * unit, a.shape), a.rounding)


def _spans(m: Any, error: Any) -> Any:
    """‖δP_k‖ for k = 0 … n, of a matrix whose columns are off by these lengths."""
    lengths = np.linalg.norm(m, axis=0)
    turned = [0.0]
    for k in range(1, len(lengths)):
        scale = np.where(lengths[:k] > 0, lengths[:k], 1.0)
        off = np.linalg.norm(error[:k] / scale)
        least = np.linalg.svd(m[:, :k] / scale, compute_uv=False)[-1] - off
        turned.append(float(off / least) if least > 0 else np.inf)
    return np.array([*turned, 0.0])


def iteration(a: Any, q: Any, inside: Rounding) -> tuple[Any, Any]:
    """One power iteration from q with its bound, the factor found in a format of its own; and the order."""
    if not isinstance(a, Rounded):
        return soap.iterated(a, q)
    m = a @ q
    ratings = np.sum(q * m, axis=0)
    order = np.argsort(-ratings.value, kind="stable")
    falling, sure = ratings.value[order], ratings.error[order]
    if not np.isfinite(m.error).all() or not (falling[:-1] - falling[1:] > sure[:-1] + sure[1:]).all():
        return _unknown(a), order
    found, _ = soap.iterated(a.value, q.value)
    n, unit = len(found), max(a.rounding.unit, inside.unit)
    added = BACKWARD * n**2 * unit * np.linalg.norm(m.value, axis=0)
    spans = _spans(m.value[:, order], (np.linalg.norm(m.error, axis=0) + added)[order])
    bound = np.sqrt(2) * (spans[1:] + spans[:-1]) + BACKWARD * n**2 * unit
    return Rounded(found, np.broadcast_to(bound, found.shape), a.rounding), order


def _soap(inside: Rounding) -> Callable[..., tuple[Any, Any]]:
    """The step, then decay."""

    def step(x: Any, g: Any, state: soap.State, o: Options) -> tuple[Any, soap.State]:
        g = maximize.ascent(g) if o["maximize"] else g
        moved, new = soap.step(x, g, state, **pick(o, "lr", "beta1", "beta2", "eps", "beta"),
                               frequency=whole(o["frequency"]), basis=eigenvectors,
                               iterate=partial(iteration, inside=inside))
        return (moved if state.t == 0 else decay.decoupled(moved, **pick(o, "lr", "weight_decay"))), new

    return step


SOAP = Rule(
    name="soap", scope="tensor", summary="Adam in the eigenbasis of Shampoo's preconditioners",
    formula="L ← βL + (1-β)ggᵀ, R ← βR + (1-β)gᵀg;  g′ = QₗᵀgQᵣ, m′ likewise;  v ← β₂v + (1-β₂)g′²;  "
            "θ ← θ - η√(1-β₂ᵗ)/(1-β₁ᵗ)·Qₗ(m′/(√v + ε))Qᵣᵀ;  Q by one power iteration every f steps;  "
            "the first gradient moves nothing",
    source="Vyas et al. 2024, algorithms 3 and 4; the authors' code",
    options=(replace(RATE, neutral=3e-3), beta1_option(0.95), beta2_option(0.95), eps_option(1e-8), DECAY, MAXIMIZE,
             Option("beta", None, (0.9, 0.5), ("shampoo_beta",)),
             Option("frequency", 10, (1, 2, 3), ("precondition_frequency", "frequency"), per_group=False),
             Option("vectors", False, (), ("precondition_1d",))),  # which says nothing of matrices
    start=lambda x, o: soap.init(x), step=_soap(FLOAT64), demands=Demands(matrices=True),
    averages=("beta1", "beta2", "beta"), state={"m": ("exp_avg",)}, laws=frozenset({"odd"}))

RULES = (SOAP,)
DIALECTS = (
    replace(SOAP, name="soap/float32-factors", who="pytorch_optimizer",
            formula="as soap, with each power iteration's factor Q found in float32", step=_soap(FLOAT32)),
)
DECLARED = {"pytorch_optimizer:SOAP": "soap/float32-factors"}
