"""Lazy Adam against torch on sparse gradients, listed once and twice, and beside Adam."""

from typing import Any

import numpy as np
import pytest
import torch

from fiducial.checks.rounding import FLOAT64, Rounded, exact
from fiducial.reference.optimizers import adam, sparse_adam
from fiducial.suites.optimizers.trajectories import OTHER_ORDER, gap

HYPER = {"lr": 0.1, "beta1": 0.9, "beta2": 0.95, "eps": 1e-3}
ROWS: tuple[list[int], ...] = ([0, 2], [1], [], [2, 3], [0, 1, 2, 3], [3])


def gradients(width: tuple[int, ...]) -> list[Any]:
    """Gradients of four rows that touch those of ROWS, one entry of a touched row 0, at first and later; seed 0."""
    rng = np.random.default_rng([0, *width])
    touched = [np.isin(np.arange(4), rows).reshape(4, *(1 for _ in width)) for rows in ROWS]
    drawn = [rng.normal(size=(4, *width)) * rows for rows in touched]
    if width:
        drawn[0][0, 0] = drawn[3][2, 0] = 0.0
    return drawn


@pytest.mark.parametrize("twice", [False, True], ids=["coalesced", "listed twice"])
@pytest.mark.parametrize("width", [(), (3,), (2, 2)], ids=str)
def test_torch_follows_lazy_adam(width: tuple[int, ...], twice: bool) -> None:
    start = np.random.default_rng(1).normal(size=(4, *width))
    theirs = torch.tensor(start, requires_grad=True)
    optimizer: Any = torch.optim.SparseAdam([theirs], lr=0.1, betas=(0.9, 0.95), eps=1e-3)
    x: Any = exact(start)
    state = sparse_adam.init(x)
    h: Any = {name: Rounded(value, FLOAT64.unit if name.startswith("beta") else 0.0) for name, value in HYPER.items()}
    for g, rows in zip(gradients(width), ROWS, strict=True):
        x, state = sparse_adam.step(x, exact(g), state, **h)
        listed, values = torch.tensor(rows, dtype=torch.long), torch.tensor(g[rows])
        theirs.grad = torch.sparse_coo_tensor(listed.repeat(1 + twice)[None],
                                              torch.cat([values / 2, values / 2]) if twice else values, g.shape,
                                              check_invariants=True)
        optimizer.step()
        assert (np.abs(theirs.detach().numpy() - x.value) <= OTHER_ORDER * x.error).all()


def test_where_every_row_is_touched_it_is_adam_with_epsilon_before_the_correction() -> None:
    rng = np.random.default_rng(2)
    x = y = exact(rng.normal(size=(4, 3)))
    lazy, plain = sparse_adam.init(x), adam.init(y)
    h: Any = {name: exact(value) for name, value in HYPER.items()}
    for _ in range(8):
        g = exact(rng.normal(size=(4, 3)))
        (x, lazy), (y, plain) = sparse_adam.step(x, g, lazy, **h), adam.keras_step(y, g, plain, **h)
        assert gap(x, y) <= 1


def test_untouched_rows_stay_and_the_count_goes_on() -> None:
    x = np.ones((4, 2))
    state = sparse_adam.init(x)
    for g in gradients((2,))[:3]:
        x, state = sparse_adam.step(x, g, state, **HYPER)
    assert state.t == 3
    assert (x[3] == 1).all()
    assert not state.m[3].any()
    assert not state.v[3].any()
    assert (x[0] != 1).any()


def test_adam_itself_would_move_them() -> None:
    g = gradients((2,))
    x = y = np.ones((4, 2))
    state, plain = sparse_adam.init(x), adam.init(y)
    for one in g[:3]:
        x, state = sparse_adam.step(x, one, state, **HYPER)
        y, plain = adam.keras_step(y, one, plain, **HYPER)
    assert np.abs(x[0] - y[0]).max() > 0.01


def test_a_scalar_has_no_rows() -> None:
    with pytest.raises(ValueError, match="must have rows"):
        sparse_adam.init(np.zeros(()))
