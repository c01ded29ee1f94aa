"""SAM on functions whose worst neighbour is known, beside its inner optimizer, and the forms that it is told from."""

from functools import partial
from typing import Any

import numpy as np
import pytest

from fiducial.checks.plans import bowl, curvatures
from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adam, gradient_descent, momentum_buffer, sam
from fiducial.suites.optimizers.trajectories import gap

SEEDS = range(6)
FORMS = (sam.step, sam.adaptive_step)


def begun(seed: int, n: int = 5) -> tuple[Any, Any, Any]:
    """A start, and the gradient of an objective with a tilt and curvatures, known by its formula."""
    rng = np.random.default_rng([51, seed])
    tilt, h = rng.normal(size=n), rng.uniform(0.5, 3, n)
    return exact(rng.normal(size=n)), lambda x: h * x + tilt, (h, tilt)


def descent(lr: float) -> Any:
    """Gradient descent with its rate bound."""
    return partial(gradient_descent.step, lr=exact(lr))


@pytest.mark.parametrize("seed", SEEDS)
def test_on_a_quadratic_the_gradient_has_one_more_term(seed: int) -> None:
    """∇f(x + ε) = g + Hε with ε = ρ g/‖g‖: x_1 = x - η (g + ρ Hg/‖g‖)."""
    x, gradient, (h, _) = begun(seed)
    g = gradient(x)
    ours, _ = sam.step(x, gradient, sam.init(x, gradient_descent.State()), descent(0.3), rho=exact(0.2), softening=0.0)
    assert gap(ours, x - exact(0.3) * (g + exact(0.2) * h * g / np.sqrt(np.sum(g * g)))) <= 1


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("inner", [adam, momentum_buffer, gradient_descent])
def test_without_a_neighbourhood_it_is_the_inner_optimizer(seed: int, inner: Any) -> None:
    x, gradient, _ = begun(seed)
    one, state, other, own = x, sam.init(x, inner.init(x)), x, inner.init(x)
    step = partial(inner.step, lr=exact(0.05))
    for _ in range(10):
        one, state = sam.step(one, gradient, state, step, rho=0.0)
        other, own = step(other, gradient(other), own)
    assert gap(one, other) <= 1


@pytest.mark.parametrize("seed", SEEDS)
def test_the_step_starts_at_x_and_not_at_the_worst_point(seed: int) -> None:
    x, gradient, _ = begun(seed)
    up = sam.ascent(x, gradient(x), rho=exact(0.5))
    away, _ = descent(0.3)(x + up, gradient(x + up), gradient_descent.State())
    ours, _ = sam.step(x, gradient, sam.init(x, gradient_descent.State()), descent(0.3), rho=exact(0.5))
    assert gap(ours + up, away) <= 1
    assert gap(ours, away) > 1e6


@pytest.mark.parametrize("seed", SEEDS)
def test_no_point_as_near_is_higher_to_first_order(seed: int) -> None:
    """ε has length ρ, and gᵀε = ρ‖g‖ is what Cauchy and Schwarz allow; 1,000 directions of that length give less."""
    x, gradient, _ = begun(seed)
    g = gradient(x).value
    up = sam.ascent(x.value, g, rho=0.2, softening=0.0)
    np.testing.assert_allclose(np.linalg.norm(up), 0.2, rtol=1e-15)
    others = np.random.default_rng(seed).normal(size=(1000, 5))
    assert (0.2 * others @ g / np.linalg.norm(others, axis=1)).max() < up @ g


@pytest.mark.parametrize("seed", SEEDS)
def test_the_adaptive_form_forgets_the_units_of_single_weights(seed: int) -> None:
    """x = s y: ε_x = s ε_y, as ∂f/∂y = s ∂f/∂x; plain SAM's ε does not do that."""
    x, gradient, _ = begun(seed)
    s = exact(2.0 ** np.arange(-2, 3))
    g = gradient(x)
    one = sam.adaptive_ascent(x, g, rho=exact(0.2), softening=0.0)
    other = sam.adaptive_ascent(x / s, s * g, rho=exact(0.2), softening=0.0)
    assert gap(one, s * other) <= 1
    assert gap(sam.ascent(x, g, rho=exact(0.2)), s * sam.ascent(x / s, s * g, rho=exact(0.2))) > 1e6


def test_the_adaptive_form_is_plain_where_all_weights_are_one() -> None:
    x, g = exact(np.array([1.0, -1.0, 1.0])), exact(np.array([0.3, 2.0, -1.0]))
    assert gap(sam.adaptive_ascent(x, g, rho=exact(0.2)), sam.ascent(x, g, rho=exact(0.2))) <= 1


def test_the_length_of_a_gradient_does_not_matter() -> None:
    """ρ g/‖g‖ is the same for 4g."""
    x, g = np.zeros(3), np.array([3.0, 0.0, 4.0])
    one, other = (sam.ascent(x, k * g, rho=0.1, softening=0.0) for k in (1, 4))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_at_a_stationary_point_it_stays(form: Any) -> None:
    x = np.array([1.0, -2.0])
    moved, _ = form(x, np.zeros_like, sam.init(x, gradient_descent.State()), partial(gradient_descent.step, lr=0.3))
    np.testing.assert_array_equal(moved, x)


def test_it_leaves_a_sharp_minimum_and_keeps_a_flat_one() -> None:
    """On ½hx² the fixed cycle has |x| = ηhρ/(2 - ηh): SAM circles a minimum at a distance that grows with h.

    x ← x(1 - ηh) - ηhρ sign(x) has this 2-cycle, x₁ = -x₀, by solving for it.
    """
    for h in (0.5, 4.0, 10.0):
        x: Any = np.array([0.31])
        for _ in range(800):
            x, _ = sam.step(x, partial(np.multiply, h), sam.State(gradient_descent.State()),
                            partial(gradient_descent.step, lr=0.1), rho=0.2, softening=0.0)
        np.testing.assert_allclose(np.abs(x), 0.1 * h * 0.2 / (2 - 0.1 * h), rtol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_it_evaluates_twice(seed: int) -> None:
    x, gradient, _ = begun(seed)
    seen: list[Any] = []

    def counted(y: Any) -> Any:
        seen.append(y)
        return gradient(y)

    sam.step(x, counted, sam.init(x, gradient_descent.State()), descent(0.1))
    assert len(seen) == 2
    assert seen[0] is x


def test_a_bowl_of_four_dimensions() -> None:
    """Two steps on a function that is no quadratic, written out a second time."""
    start, tilt = np.array([0.5, -1.0, 2.0, 0.1]), np.array([0.1, 0.2, -0.3, 0.4])
    x: Any = exact(start)
    y: Any = exact(start)
    state = sam.init(x, gradient_descent.State())
    for _ in range(2):
        x, state = sam.step(x, lambda p: bowl(p, tilt, curvatures(4))[1], state, descent(0.2), rho=exact(0.3))
        g = curvatures(4) * y + y**3 / 10 + tilt
        z = y + exact(0.3) / (np.linalg.norm(g) + 1e-12) * g
        y = y - exact(0.2) * (curvatures(4) * z + z**3 / 10 + tilt)
    assert gap(x, y) <= 1
