"""Logistic regression on counted groups against its claims."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import strategies as st

from fiducial.checks.fitted_objectives import tables
from fiducial.checks.landscapes import convex
from fiducial.checks.objectives import Draws
from fiducial.reference.activations import sigmoid
from fiducial.reference.objectives import logistic_regression
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.objectives.landscapes import Landscape

D: Draws = st.shared(st.integers(1, 3), key="weights of logistic regression")
COUNTS: Draws = st.shared(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=3, max_size=3),
                          key="counted groups")
DRAWS = {"theta": tables(D, lambda d: (d,), 6).map(lambda t: t / 2),
         "x": tables(D, lambda d: (d, d), 7).map(lambda x: x / 8 + 2 * np.eye(len(x))),
         "k": st.builds(lambda d, found: tuple(k for k, _ in found[:d]), D, COUNTS),
         "n": st.builds(lambda d, found: tuple(k + rest for k, rest in found[:d]), D, COUNTS)}


def solved(rest: Any) -> float:
    """By how many units of rounding of its norm the solution of a d×d system may be off: 64 d² κ."""
    return float(64 * len(rest["x"]) ** 2 * np.linalg.cond(rest["x"]))


COUNTED = Landscape(logistic_regression, DRAWS, away=solved)
CONVEX = convex(other=tables(D, lambda d: (d,), 8).map(lambda t: t * 2), **DRAWS)


def squared(theta: Any, x: Any, *, k: Any, n: Any) -> Any:
    """½ (σ(z) - k/n)²."""
    share = np.array(k) / np.array(n)
    return np.sum((sigmoid.forward(x @ theta) - share) ** 2) / 2


BINDING = Binding(row="logistic regression with its exact optimum", section=11, definition=logistic_regression,
                  claims=(*COUNTED.claims, CONVEX),
                  wrong=[*COUNTED.wrong, Wrong(variant(logistic_regression, forward=squared), by=CONVEX)])
test_logistic_regression = define_test(BINDING)


def in_torch(theta: torch.Tensor, x: torch.Tensor, k: tuple[int, ...], n: tuple[int, ...]) -> torch.Tensor:
    """torch's own binary cross-entropy, each group weighed by its count."""
    positives, sizes = torch.tensor(k, dtype=x.dtype), torch.tensor(n, dtype=x.dtype)
    z = x @ theta
    return (sizes * torch.nn.functional.softplus(z, threshold=100) - positives * z).sum() / sizes.sum()


test_torch_agrees = COUNTED.agrees_with_torch(in_torch)


@pytest.mark.parametrize(("k", "n", "sentence"), [
    ((1, 3), (2, 3), "k must be below n in every group, got k = [1, 3], n = [2, 3]"),
    ((1,), (2, 3), "k and n must hold 2 numbers, one for each row of x, got 1 and 2"),
    ((0, 1), (2, 3), "k must be a whole number of at least 1, got 0"),
])
def test_counts_without_a_minimum_are_refused_in_one_sentence(k: Any, n: Any, sentence: str) -> None:
    with pytest.raises(ValueError) as raised:
        logistic_regression.forward(np.zeros(2), np.eye(2), k=k, n=n)
    assert str(raised.value) == sentence
