"""L-BFGS against torch and against matrices written out, and where it ends."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from fiducial.checks.plans import bowl, curvatures
from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import lbfgs
from fiducial.suites.optimizers.trajectories import OTHER_ORDER, gap

SIZE = 4


def begun(seed: int) -> tuple[Any, Any]:
    """A start and a tilt of the objective."""
    rng = np.random.default_rng([7, seed])
    return rng.normal(size=SIZE), rng.normal(size=SIZE)


def on(tilt: Any) -> Callable[[Any], tuple[Any, Any]]:
    """The objective of a tilt."""
    return lambda x: bowl(x, tilt, curvatures(SIZE))


def minimizer(start: Any, tilt: Any, **options: Any) -> tuple[torch.Tensor, Any]:
    """A parameter, and a function that steps torch's class on it once."""
    x = torch.tensor(start, requires_grad=True)
    optimizer: Any = torch.optim.LBFGS([x], **options)

    def closure() -> Any:
        value, x.grad = bowl(x.detach(), torch.tensor(tilt), torch.tensor(curvatures(SIZE)))
        return value

    return x, lambda: optimizer.step(closure)


@pytest.mark.parametrize(("steps", "options"), [
    (4, {"max_iter": 1}), (2, {"max_iter": 2}), (1, {"max_iter": 4}), (1, {"max_iter": 4, "history_size": 1}),
    (1, {"max_iter": 3, "lr": 0.1}), (1, {"max_iter": 4, "max_eval": 3}), (2, {"tolerance_grad": 0.3}),
    (1, {"tolerance_change": 0.1})], ids=str)
def test_torch_follows_lbfgs(steps: int, options: dict[str, Any]) -> None:
    """Up to four iterations, whether in one step or with the memory going on from step to step."""
    for seed in range(4):
        start, tilt = begun(seed)
        theirs, step = minimizer(start, tilt, **options)
        x: Any = exact(start)
        state, limits = lbfgs.init(x), {"max_eval": options.get("max_iter", 20) * 5 // 4, **options}
        for _ in range(steps):
            x, state = lbfgs.step(x, on(tilt), state, **limits)
            step()
            assert (np.abs(theirs.detach().numpy() - x.value) <= OTHER_ORDER * x.error).all()
        assert x.error.max() < 1e-3


def test_two_loops_are_the_matrix_written_out() -> None:
    """H = Vᵀ H V + ρ s sᵀ pair by pair, and -H g; to 1e-10 of its size, the condition of the pairs being below 1e4."""
    rng = np.random.default_rng(3)
    hessian = np.diag(curvatures(SIZE))
    pairs = tuple((s, hessian @ s) for s in rng.normal(size=(3, SIZE)))
    s, y = pairs[-1]
    h = np.eye(SIZE) * (y @ s) / (y @ y)
    for s, y in pairs:
        v = np.eye(SIZE) - np.outer(y, s) / (y @ s)
        h = v.T @ h @ v + np.outer(s, s) / (y @ s)
    g = rng.normal(size=SIZE)
    np.testing.assert_allclose(lbfgs.direction(g, pairs), -h @ g, rtol=1e-10)


def test_the_secant_equation_holds() -> None:
    """H y = s for the last pair: the direction for g = y is -s."""
    rng = np.random.default_rng(4)
    pairs = tuple((exact(s), exact(curvatures(SIZE) * s)) for s in rng.normal(size=(3, SIZE)))
    s, y = pairs[-1]
    assert gap(lbfgs.direction(y, pairs), -s) <= 1


def test_the_first_move_is_descent_no_longer_than_its_rate() -> None:
    """x_1 = x_0 - η min(1, 1/Σ|g|) g."""
    start, tilt = begun(0)
    x: Any = exact(start)
    g = bowl(x, tilt, curvatures(SIZE))[1]
    moved, _ = lbfgs.step(x, on(tilt), lbfgs.init(x), lr=0.5, max_iter=1)
    assert gap(moved, x - 0.5 * np.minimum(1.0, 1 / np.sum(np.abs(g))) * g) <= 1


def test_it_ends_at_the_minimum() -> None:
    """The curvature is at least 1, so a gradient below 1e-6 is a distance below 1e-6."""
    for seed in range(6):
        start, tilt = begun(seed)
        x, state = start, lbfgs.init(start)
        for _ in range(3):
            x, state = lbfgs.step(x, on(tilt), state, tolerance_change=1e-15)
        assert np.abs(bowl(x, tilt, curvatures(SIZE))[1]).max() < 1e-6


def test_a_copy_of_torchs_class_cannot_step() -> None:
    """copy.deepcopy goes through Optimizer.__getstate__, which leaves out what LBFGS keeps beside its groups."""
    x, _ = minimizer(*begun(0))
    duplicate: Any = copy.deepcopy(torch.optim.LBFGS([x]))
    with pytest.raises(AttributeError, match="_params"):
        duplicate.step(lambda: torch.zeros(()))
