"""Batch normalization in training against its claims and torch; the lectures' two errata about its backward pass."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks.agreement import distance
from fiducial.checks.claims import Claim
from fiducial.checks.evidence import Array, Status
from fiducial.checks.rounding import Rounded
from fiducial.checks.standardized_blocks import CHANNEL, blocks
from fiducial.reference.normalization import batch_norm
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.normalization.wrong_layers import wrong_layers
from fiducial.suites.rules.normalization import BATCH_NORM

CLAIMS = {claim.id: claim for claim in BATCH_NORM.claims}


def divided_by(variance_term: int, mean_term: int) -> Any:
    """The backward pass of the paper, with m - (0 or 1) under the two sums of x - μ."""
    def backward(g: Array, **s: Any) -> dict[str, Array]:
        axes, b = batch_norm.over(s["x"]), blocks(CHANNEL, s)
        centred, g_x_hat = b.x_hat * b.root, b.gamma * g
        g_var = (g_x_hat * centred * -0.5 / b.root**3).sum(axis=axes, keepdims=True)
        g_mean = -(g_x_hat / b.root).sum(axis=axes, keepdims=True)
        g_mean = g_mean + g_var * (-2 * centred).sum(axis=axes, keepdims=True) / (b.m - mean_term)
        x = g_x_hat / b.root + g_var * 2 * centred / (b.m - variance_term) + g_mean / b.m
        return {"x": x, "gamma": (g * b.x_hat).sum(axis=axes), "beta": g.sum(axis=axes)}

    return variant(batch_norm, backward=backward)


def undone(g: Array, **s: Any) -> dict[str, Array]:
    """The transformation run backwards over the gradient: ∂L/∂x = g σ / γ."""
    b, right = blocks(CHANNEL, s), batch_norm.backward(**s, g=g)
    return {"x": g / b.gamma * b.root, "gamma": right.gamma, "beta": right.beta}


def found(subject: Any, claim: Claim) -> Status:
    """What becomes of a claim about a subject."""
    return claim.examine(subject).status


by_id = CLAIMS.__getitem__
WRONG = wrong_layers(BATCH_NORM, CHANNEL)
WHITENING = next(wrong for wrong in WRONG if wrong.by is by_id("invariance.correlations-untouched"))
BINDING = Binding(
    row="batch norm", section=4, rule=BATCH_NORM,
    against=("torch.nn.functional:batch_norm", "torch.nn:BatchNorm1d", "torch.nn:BatchNorm2d"),
    wrong=[*(wrong for wrong in WRONG if wrong is not WHITENING),
           Wrong(divided_by(1, 1), by=by_id("gradient.is-the-derivative"),
                 printed="batch-norm backward with m-1 (twice) where the forward pass divides by m",
                 right="m; only the one in ∂x changes the result, the other multiplies a zero sum"),
           Wrong(divided_by(1, 0), by=by_id("gradient.input-gradients-along-the-output")),
           Wrong(variant(batch_norm, backward=undone), by=by_id("gradient.follows-backward-definition"),
                 printed="batch norm \"undoes\" its transformation in the backward pass",
                 right="it differentiates through mean and variance"),
           Wrong(WHITENING.subject, by=WHITENING.by, printed="batch norm keeps \"covariance\" constant",
                 right="only per-feature variance; correlations pass through")])
test_batch_norm = define_test(BINDING)


def test_one_less_under_the_sum_that_is_zero_changes_nothing() -> None:
    gradients = [claim for claim in BATCH_NORM.claims if claim.id.startswith("gradient.")]
    assert gradients
    assert {found(divided_by(0, 1), claim) for claim in gradients} == {Status.PASSED}


def test_the_gradient_printed_with_one_less_is_off_by_a_share_of_one_over_m_minus_one() -> None:
    rng = np.random.default_rng(3)
    s = {"x": rng.normal(size=(5, 1)), "gamma": np.ones(1), "beta": np.zeros(1), "eps": 1e-12}
    g, x_hat = rng.normal(size=(5, 1)), blocks(CHANNEL, s).x_hat
    right, printed = (f.backward(**s, g=g) for f in (divided_by(0, 0), divided_by(1, 1)))
    term = x_hat * (g * x_hat).mean() / blocks(CHANNEL, s).root
    np.testing.assert_allclose(printed["x"] - right["x"], -term / 4, rtol=1e-12)


def test_channels_last_is_the_same_map() -> None:
    x, gamma, beta = np.random.default_rng(4).normal(size=(3, 2, 5)), np.arange(1.0, 6.0), np.arange(5.0)
    y = batch_norm.keras_forward(x, gamma, beta)
    assert y.shape == x.shape
    np.testing.assert_array_equal(y[..., 2:3], batch_norm.keras_forward(x[..., 2:3], gamma[2:3], beta[2:3]))


def test_scale_and_centre_off_are_one_and_zero() -> None:
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(13).normal(size=(4, 3, 2))
    exact: Any = batch_norm.forward(Rounded(x), np.ones(3), np.zeros(3))
    module = torch.nn.BatchNorm1d(3, affine=False, dtype=torch.float64)
    assert distance(module(torch.tensor(x)).numpy(), exact, "y").holds


@pytest.mark.parametrize(("x", "message"), [
    (np.ones(3), "x must have at least two dimensions, (N, C, …), got shape (3,)"),
    (np.ones((1, 3)), "x must hold more than one value per channel in training, got shape (1, 3)"),
    (np.ones((0, 3)), "x must hold more than one value per channel in training, got shape (0, 3)"),
    (np.ones((2, 4)), "gamma must have shape (4,), got (3,)"),
])
def test_what_cannot_be_normalized_is_refused(x: Array, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        batch_norm.forward(x, np.ones(3), np.zeros(3))
    assert str(caught.value) == message
