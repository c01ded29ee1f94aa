"""Spectral normalization against its claims and torch's parametrization."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks import spectral_normalization as claims
from fiducial.checks.agreement import distance
from fiducial.checks.claims_of_maps import gradient_is_the_derivative
from fiducial.checks.evidence import Array, Status
from fiducial.checks.rounding import Rounded
from fiducial.reference.normalization import spectral_norm
from fiducial.reference.normalization.spectral_norm import State
from fiducial.suites.bindings import Binding, Wrong, define_test, variant

CLAIMS = (claims.estimate_rises_to_the_norm, claims.error_falls_with_the_gap, claims.norm_is_one_at_the_fixed_point,
          claims.gradient_is_orthogonal_to_the_weight)


def unrooted_step(w: Array, state: State) -> State:
    """Lengths without their root."""
    v = w.T @ state.u
    v = v / (v @ v)
    u = w @ v
    return State(u / (u @ u), v)


def no_step(w: Array, state: State) -> State:
    """The start stays."""
    return state


def over_frobenius(w: Array, u: Array, v: Array) -> Array:
    """W / ‖W‖_F."""
    return np.asarray(w / np.sqrt((w**2).sum()))


def constant_estimate(w: Array, u: Array, v: Array, g: Array) -> Array:
    """g / σ."""
    return np.asarray(g / (u @ w @ v))


def altered(**functions: Any) -> Any:
    """The definition with other functions."""
    return variant(spectral_norm, **functions)


BINDING = Binding(
    row="RMS norm, weight norm, spectral norm", section=4, definition=spectral_norm, claims=CLAIMS,
    wrong=[Wrong(altered(step=unrooted_step), by=CLAIMS[0]), Wrong(altered(step=no_step), by=CLAIMS[1]),
           Wrong(altered(forward=over_frobenius), by=CLAIMS[2]),
           Wrong(altered(backward=constant_estimate), by=CLAIMS[3])])
test_spectral_norm = define_test(BINDING)


def test_torchs_parametrization_takes_the_same_steps() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(9)
    w, g = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    layer = torch.nn.utils.parametrizations.spectral_norm(torch.nn.Linear(3, 4, dtype=torch.float64))
    with torch.no_grad():
        layer.parametrizations["weight"].original.copy_(torch.tensor(w))
    kept = layer.parametrizations["weight"][0]
    state: Any = State(Rounded(kept._u.numpy().copy()), Rounded(kept._v.numpy().copy()))
    for _ in range(4):
        state = spectral_norm.torch_step(Rounded(w), state)
        found = layer.weight
        y: Any = spectral_norm.forward(Rounded(w), state.u, state.v)
        assert distance(found.detach().numpy(), y, "W / σ").holds
    found.backward(torch.tensor(g))
    exact: Any = spectral_norm.backward(Rounded(w), state.u, state.v, Rounded(g))
    assert distance(layer.parametrizations["weight"].original.grad.numpy(), exact, "gradient").holds


def test_torchs_order_rises_to_the_norm_too() -> None:
    evidence = claims.estimate_rises_to_the_norm.examine(altered(step=spectral_norm.torch_step))
    assert evidence.status is Status.PASSED, evidence


def test_at_the_fixed_point_the_gradient_is_that_of_the_spectral_norm() -> None:
    """With u, v held fixed the derivative of σ is the same as with u, v moving, where they are singular vectors."""
    def forward(w: Array) -> Array:
        left, _, right = np.linalg.svd(w)
        return np.asarray(spectral_norm.forward(w, left[:, 0], right[0]))

    def backward(w: Array, g: Array) -> Array:
        left, _, right = np.linalg.svd(w)
        return np.asarray(spectral_norm.backward(w, left[:, 0], right[0], g))

    derivative = gradient_is_the_derivative(examples=5, w=claims.MATRICES)
    evidence = derivative.examine(variant(spectral_norm, forward=forward, backward=backward))
    assert evidence.examples
    assert evidence.measured is not None
    assert evidence.allowed is not None
    assert evidence.measured <= evidence.allowed


def test_the_start_follows_a_seed_and_has_length_one() -> None:
    w = np.random.default_rng(10).normal(size=(5, 3))
    state, again = (spectral_norm.init(w, rng=np.random.default_rng(1)) for _ in range(2))
    np.testing.assert_array_equal(state.u, again.u)
    np.testing.assert_allclose([np.linalg.norm(state.u), np.linalg.norm(state.v)], 1.0, rtol=1e-15)
