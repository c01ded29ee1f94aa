"""SM3 against optax and, where it is installed, pytorch_optimizer; AdaGrad on vectors, and the cover entry by entry."""

from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pytest

from fiducial.reference.optimizers import adagrad, sm3
from fiducial.suites.optimizers.optax_runs import optax_course
from fiducial.suites.optimizers.plans_of_plans import as_matrices
from fiducial.suites.optimizers.trajectories import (
    Plan,
    against_torch,
    apart,
    follow,
    is_not,
    plans,
    start,
    torch_course,
)

TYPICAL = {"lr": 0.1, "momentum": 0.9, "eps": 1e-3}
SHAPES = ((6,), (2, 3), (3, 2, 1))


def course(step: Any, plan: Plan, **h: Any) -> Any:
    return follow(step, start(sm3.init, plan), plan, **h)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("plan", plans(4), ids=lambda plan: f"seed{plan.seed}")
def test_optax_follows_it(plan: Plan, shape: tuple[int, ...]) -> None:
    plan, h = as_matrices(plan, *shape), plan.draw("lr", "momentum")
    theirs = optax_course("sm3", plan, learning_rate=h["lr"], momentum=h["momentum"])
    assert against_torch(course(sm3.step, plan, **h, eps=1e-8), theirs) <= 1


@pytest.mark.zoo
@pytest.mark.parametrize("beta", [0.0, 0.9])
@pytest.mark.parametrize("plan", plans(4), ids=lambda plan: f"seed{plan.seed}")
def test_pytorch_optimizer_follows_both_forms(plan: Plan, beta: float) -> None:
    package, h = pytest.importorskip("pytorch_optimizer"), plan.draw("lr", "momentum", "eps")
    plan = as_matrices(plan, 2, 3)
    theirs = torch_course(package.SM3, plan, **h, beta=beta)
    form = partial(sm3.forgetting_step, beta=beta) if beta else sm3.step
    assert against_torch(course(form, plan, **h), theirs, m="momentum_buffer") <= 1


def forgetting(x: Any, g: Any, state: Any, **h: Any) -> Any:
    return sm3.forgetting_step(x, g, state, beta=0.9, **h)


test_is_not = is_not(sm3.init, sm3.step, [forgetting], **TYPICAL)


def test_on_a_vector_it_is_adagrad_with_its_constant_under_the_root() -> None:
    """Each entry has a slice of its own."""
    for plan in plans(8):
        h = plan.draw("lr", "eps")
        ours = course(sm3.step, plan, **h)
        theirs = follow(adagrad.keras_step, start(adagrad.init, plan), plan, **h)
        assert apart(ours, theirs) <= 1


def test_every_entry_counts_from_the_least_of_its_slices() -> None:
    """The cover written out: a dictionary of slices, and a loop over entries."""
    shape, rng = (2, 3, 2), np.random.default_rng(81)
    x, lr = rng.normal(size=shape), 0.1
    y, state, held = x.copy(), sm3.init(x), dict.fromkeys(product(range(3), range(3)), 0.0)
    for _ in range(6):
        g = rng.normal(size=shape) * (rng.random(shape) > 0.2)
        x, state = sm3.step(x, g, state, lr=lr)
        seen = dict.fromkeys(held, 0.0)
        for place in np.ndindex(*shape):
            nu = min(held[slice_] for slice_ in enumerate(place)) + g[place] ** 2
            y[place] -= lr * g[place] / np.sqrt(nu) if nu > 0 else 0.0
            for slice_ in enumerate(place):
                seen[slice_] = max(float(seen[slice_]), float(nu))
        held = seen
        np.testing.assert_allclose(x, y, rtol=0, atol=1e-14)


def test_no_slice_forgets() -> None:
    """μ grows, and bounds the sum of squares of each of its entries from above (the paper's claim 2)."""
    rng = np.random.default_rng(82)
    state, total = sm3.init(np.zeros((2, 3))), np.zeros((2, 3))
    for _ in range(8):
        before, g = state.tops, rng.normal(size=(2, 3))
        _, state = sm3.step(np.zeros((2, 3)), g, state, lr=0.1)
        total += g**2
        assert all((new >= old).all() for new, old in zip(state.tops, before, strict=True))
        assert all((top >= total - 1e-12).all() for top in state.tops)


def test_a_scalar_is_its_own_slice() -> None:
    x, state = sm3.step(np.array(1.0), np.array(2.0), sm3.init(np.array(1.0)), lr=0.5)
    assert x == 0.5
    assert state.tops == (4.0,)
