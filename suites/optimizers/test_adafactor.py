"""Adafactor against torch, its factors against the full matrix that they stand for, and the bounds of its steps."""

from typing import Any

import numpy as np
import pytest
import torch

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adafactor
from fiducial.suites.optimizers.trajectories import OTHER_ORDER, gap

SHAPES = ((), (4,), (2, 3), (3, 1), (2, 3, 2))
HYPER: dict[str, Any] = {"lr": 0.05, "beta2_decay": -0.6, "eps1": 1e-4, "eps2": 1e-2, "d": 1.2, "weight_decay": 0.3}


def drawn(shape: tuple[int, ...], steps: int = 12) -> tuple[Any, list[Any]]:
    """A start and gradients of sizes 1e-3 to 1e3; seed 0."""
    rng = np.random.default_rng([0, *shape])
    return np.array(rng.normal(size=shape)), [rng.normal(size=shape) * 10 ** rng.uniform(-3, 3) for _ in range(steps)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("hyper", [HYPER, {"lr": 1.0}], ids=["moved", "torch's defaults"])
def test_torch_follows_adafactor(shape: tuple[int, ...], hyper: dict[str, Any]) -> None:
    """Both forms of the second moment, over twelve steps, never synchronised again."""
    start, gradients = drawn(shape)
    keywords = {n: v for n, v in hyper.items() if n not in ("eps1", "eps2")}
    theirs = torch.tensor(start, requires_grad=True)
    optimizer: Any = torch.optim.Adafactor([theirs], eps=(hyper.get("eps1"), hyper.get("eps2", 1e-3)), **keywords)
    x: Any = exact(start)
    state: Any = adafactor.init(x)
    for g in gradients:
        x, state = adafactor.torch_step(x, exact(g), state, **{n: exact(v) for n, v in hyper.items()})
        theirs.grad = torch.tensor(g)
        optimizer.step()
        assert (np.abs(theirs.detach().numpy() - x.value) <= OTHER_ORDER * x.error).all()
        assert np.median(x.error) < 1e-10


def test_of_rank_one_squares_nothing_is_lost() -> None:
    """|g| = a bᵀ: the product of the factors is the full second moment, entry by entry."""
    rng = np.random.default_rng(1)
    a, b = (exact(1 + rng.random(n)) for n in (3, 4))
    g = a.reshape(3, 1) * b.reshape(1, 4)
    state: Any = adafactor.init(g)
    for size in (1.0, 3.0, 0.2):
        state = adafactor.averaged((g * size) ** 2, state, beta2_decay=exact(-0.8))
    full: Any = adafactor.init(g.ravel())
    for size in (1.0, 3.0, 0.2):
        full = adafactor.averaged((g.ravel() * size) ** 2, full, beta2_decay=exact(-0.8))
    assert gap(adafactor.second_moment(state).ravel(), full.v) <= 1


def test_no_step_is_longer_than_its_relative_rate() -> None:
    """RMS(x_t - x_{t-1}) <= max(ε₂, RMS x) min(η, 1/√t) d, whatever the gradients."""
    start, gradients = drawn((2, 3), steps=30)
    x, state = start, adafactor.init(start)
    for t, g in enumerate(gradients, start=1):
        moved, state = adafactor.step(x, g, state, lr=0.1, d=1.5)
        limit = max(1e-3, float(adafactor.rms(x))) * min(0.1, t**-0.5) * 1.5
        assert float(adafactor.rms(moved - x)) <= limit * (1 + 1e-12)
        x = moved


def test_the_papers_form_and_torchs_meet_where_epsilon_is_small() -> None:
    """On gradients far above ε₁ = 1e-30 one adds nothing and the other floors nothing."""
    start, gradients = drawn((3, 2))
    x, y = exact(start), exact(start)
    ours: Any = adafactor.init(x)
    torchs: Any = adafactor.init(y)
    for g in map(exact, gradients):
        x, ours = adafactor.step(x, g, ours, lr=exact(0.1))
        y, torchs = adafactor.torch_step(y, g, torchs, lr=exact(0.1), eps1=exact(1e-30))
        assert gap(x, y) <= 1


def test_the_first_step_of_a_vector_is_its_sign() -> None:
    """w_1 = 1, so v = g² and u = sign g, whose RMS is 1: x_1 = x_0 - max(ε₂, RMS x) η sign g."""
    x, g = exact(np.array([3.0, -4.0])), exact(np.array([0.1, -200.0]))
    moved, _ = adafactor.torch_step(x, g, adafactor.init(x), lr=exact(0.01))
    assert gap(moved, x - np.sqrt(exact(12.5)) * 0.01 * np.sign(g)) <= 1


def test_torch_carries_the_spacing_of_one_dtype_to_the_next() -> None:
    """eps[0] = None means the spacing of the first parameter's dtype for all that follow it in the group."""

    def moved(*dtypes: torch.dtype) -> Any:
        parameters = [torch.ones(2, 2, dtype=dtype, requires_grad=True) for dtype in dtypes]
        for p in parameters:
            p.grad = torch.full_like(p, 1e-9)
        optimizer: Any = torch.optim.Adafactor(parameters)
        optimizer.step()
        return parameters[-1].detach().numpy()

    assert not np.array_equal(moved(torch.float64), moved(torch.float32, torch.float64))
