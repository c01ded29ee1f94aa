"""Muon against torch, number for number in bfloat16, and its iteration against the singular values that it maps."""

from typing import Any

import numpy as np
import pytest
import torch

from fiducial.checks.formats import nearest, stored, summed
from fiducial.checks.rounding import BFLOAT16, FLOAT16, FLOAT32, Rounded, exact
from fiducial.reference.optimizers import muon
from fiducial.suites.optimizers.trajectories import OTHER_ORDER, gap

SHAPES = ((1, 1), (1, 3), (3, 1), (2, 2), (2, 3), (4, 2))


def matrices(shape: tuple[int, int], count: int = 12) -> list[Any]:
    """Normal matrices of sizes 1e-3 to 1e3; seed 0."""
    rng = np.random.default_rng([0, *shape])
    return [rng.normal(size=shape) * 10 ** rng.uniform(-3, 3) for _ in range(count)]


def mapped(u: Any, steps: int) -> Any:
    """The iteration by a decomposition: singular vectors kept, each singular value sent through the quintic."""
    left, values, right = np.linalg.svd(u / np.linalg.norm(u), full_matrices=False)
    a, b, c = muon.COEFFICIENTS
    for _ in range(steps):
        values = a * values + b * values**3 + c * values**5
    return left @ np.diag(values) @ right


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32], ids=str)
def test_formats_round_as_torch_does(dtype: torch.dtype) -> None:
    """Over 80 decades, subnormal numbers, ties and overflow among them."""
    rng = np.random.default_rng(3)
    values = np.concatenate([(rng.normal(size=4000) * 10 ** rng.uniform(-45, 37, 4000)).astype(np.float32),
                             np.array([1 + 2.0**-8, 1 + 3 * 2.0**-8, 1 + 2.0**-11, 65519.0, 65520.0])])
    rounding = {torch.bfloat16: BFLOAT16, torch.float16: FLOAT16, torch.float32: FLOAT32}[dtype]
    assert np.array_equal(nearest(values, rounding), torch.tensor(values).to(dtype).double().numpy())


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_torch_iterates_as_the_definition_in_bfloat16(shape: tuple[int, int]) -> None:
    """A single step of torch from 0 at rate 1 shows its iterate; most are the very numbers, none leaves its bound."""
    same = 0
    for u in matrices(shape):
        theirs = torch.zeros(shape, dtype=torch.float64, requires_grad=True)
        theirs.grad = torch.tensor(u)
        optimizer: Any = torch.optim.Muon([theirs], lr=1.0, momentum=0.0, weight_decay=0.0)
        optimizer.step()
        ours: Any = muon.orthogonalized(summed(exact(u)), stored=stored(BFLOAT16))
        ours = Rounded(ours.value, ours.error) * -muon.rate(shape, lr=1.0)
        assert (np.abs(theirs.detach().numpy() - ours.value) <= OTHER_ORDER * ours.error).all()
        same += bool((ours.error < 1e-14).all())
    assert same >= 6


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_iteration_is_the_quintic_of_the_singular_values(shape: tuple[int, int]) -> None:
    """Against a decomposition; normwise 1e-12: five steps amplify 1e-16 at most 3.5⁵ = 525 times, n = 4."""
    for u in matrices(shape):
        np.testing.assert_allclose(muon.orthogonalized(u), mapped(u, 5), atol=1e-12, rtol=0)


def test_singular_values_end_near_one() -> None:
    """Every σ in [0.01, 1] is in [0.65, 1.25] after five iterations."""
    for sigma in np.linspace(0.01, 0.9999, 200):
        u = np.diag([sigma, np.sqrt(1 - sigma**2)])
        values = np.linalg.svd(muon.orthogonalized(u), compute_uv=False)
        assert values.min() > 0.65
        assert values.max() < 1.25


def test_it_turns_with_its_argument_and_forgets_its_size() -> None:
    """o(Q u R) = Q o(u) R for rotations, and o(c u) = o(u) for c > 0."""
    rng = np.random.default_rng(5)
    (left, _), (right, _) = (np.linalg.qr(rng.normal(size=(n, n))) for n in (3, 4))
    u = rng.normal(size=(3, 4))
    np.testing.assert_allclose(muon.orthogonalized(left @ u @ right), left @ muon.orthogonalized(u) @ right, atol=1e-12)
    np.testing.assert_allclose(muon.orthogonalized(64.0 * u), muon.orthogonalized(u), atol=1e-15)


def test_a_wide_direction_and_its_transpose() -> None:
    u = matrices((2, 3))[0]
    assert np.array_equal(muon.orthogonalized(u.T), muon.orthogonalized(u).T)


def test_nesterov_is_one_step_ahead() -> None:
    """u = (1-μ) g + μ b is the b of the next step if it met the same gradient."""
    g, state = exact(matrices((2, 3))[0]), muon.State(exact(matrices((2, 3))[1]))
    ahead, after = muon.direction(g, state, momentum=exact(0.9), nesterov=True)
    assert gap(ahead, muon.direction(g, after, momentum=exact(0.9), nesterov=False)[0]) <= 1


def test_only_matrices_are_taken() -> None:
    with pytest.raises(ValueError, match="must be a matrix"):
        muon.init(np.zeros(3))


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_steps_are_rates_times_mapped_sums_of_the_past(shape: tuple[int, int], nesterov: bool) -> None:
    """b_t = Σ (1 - μ) μ^(t-k) g_k, ahead by one weight where asked; without the weight 1 - μ the same direction.

    Normwise 1e-12 of a rate, as for the iteration; both rates by hand.
    """
    n, m = shape
    x, state, given = np.zeros(shape), muon.init(np.zeros(shape)), matrices(shape, 4)
    for t, g in enumerate(given):
        mean = sum((1 - 0.9) * 0.9 ** (t - k) * given[k] for k in range(t + 1))
        u = 0.9 * mean + (1 - 0.9) * g if nesterov else mean
        summed_u, _ = muon.summed_direction(g, muon.State(state.b / (1 - 0.9)), momentum=0.9, nesterov=nesterov)
        np.testing.assert_allclose(summed_u * (1 - 0.9), u, rtol=0, atol=1e-12 * float(np.linalg.norm(u)))
        moved, state = muon.step(x, g, state, lr=0.3, momentum=0.9, nesterov=nesterov, eps=0.0)
        np.testing.assert_allclose(moved, x - 0.3 * max(1.0, n / m) ** 0.5 * mapped(u, 5), rtol=0, atol=1e-12 * (1 + t))
        x = moved
    assert muon.matched_rate(shape, lr=0.5) == pytest.approx(0.1 * max(n, m) ** 0.5, rel=1e-15)
