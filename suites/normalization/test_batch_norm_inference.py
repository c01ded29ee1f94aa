"""Batch normalization in inference: each example by itself, with the statistics that are given."""

from typing import Any

import numpy as np

from fiducial.checks.claims import Claim
from fiducial.checks.evidence import Array
from fiducial.reference.normalization import batch_norm, batch_norm_inference
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.normalization.wrong_layers import by_memory, through_float16
from fiducial.suites.rules.normalization import BATCH_NORM_INFERENCE

CLAIMS: dict[str, Claim] = {claim.id: claim for claim in BATCH_NORM_INFERENCE.claims}


def deviation_for_variance(var: Array, **s: Any) -> Array:
    """σ is given where σ² is meant."""
    return np.asarray(batch_norm_inference.forward(**s, var=var**2))


def of_the_batch(mean: Array, var: Array, **s: Any) -> Array:
    """The batch's own statistics, as in training."""
    axes = batch_norm.over(s["x"])
    return np.asarray(batch_norm_inference.forward(**s, mean=s["x"].mean(axis=axes), var=s["x"].var(axis=axes)))


def as_in_training(mean: Array, var: Array, g: Array, **s: Any) -> Any:
    """The gradient flows through the mean too, as if it were the batch's."""
    right = batch_norm_inference.backward(**s, mean=mean, var=var, g=g)
    return right._replace(x=right.x - right.x.mean(axis=batch_norm.over(s["x"]), keepdims=True))


def without_root(var: Array, eps: float, g: Array, **s: Any) -> Any:
    """∂L/∂γ = Σ g (x - μ) / (σ² + ε)."""
    right = batch_norm_inference.backward(**s, var=var, eps=eps, g=g)
    return right._replace(gamma=right.gamma / np.sqrt(var + eps))


def altered(**functions: Any) -> Any:
    """The definition with other functions."""
    return variant(batch_norm_inference, **functions)


BINDING = Binding(
    row="batch norm", section=4, rule=BATCH_NORM_INFERENCE,
    against=("torch.nn.functional:batch_norm", "torch.nn:BatchNorm1d", "torch.nn:BatchNorm2d"),
    wrong=[Wrong(altered(forward=deviation_for_variance), by=CLAIMS["value.follows-definition"]),
           Wrong(altered(backward=without_root), by=CLAIMS["gradient.follows-backward-definition"]),
           Wrong(altered(backward=as_in_training), by=CLAIMS["gradient.is-the-derivative"]),
           Wrong(through_float16(batch_norm_inference), by=CLAIMS["value.float32-follows-definition"]),
           Wrong(altered(forward=lambda **s: by_memory(batch_norm_inference, None, s)),
                 by=CLAIMS["invariance.layouts-change-nothing"]),
           Wrong(altered(forward=of_the_batch), by=CLAIMS["invariance.independent-of-the-batch"])])
test_batch_norm_inference = define_test(BINDING)


def test_inference_with_the_batchs_own_statistics_is_training() -> None:
    x = np.random.default_rng(5).normal(size=(4, 3, 2))
    gamma, beta, axes = np.arange(1.0, 4.0), np.arange(3.0), (0, 2)
    given = batch_norm_inference.forward(x, x.mean(axis=axes), x.var(axis=axes), gamma, beta)
    np.testing.assert_allclose(given, batch_norm.forward(x, gamma, beta), rtol=1e-13, atol=1e-14)


def test_a_batch_of_one_value_per_channel_is_as_good_as_any() -> None:
    one = np.full((1, 2), 3.0)
    y = batch_norm_inference.forward(one, np.ones(2), np.full(2, 4.0), np.ones(2), np.zeros(2), eps=0.0)
    np.testing.assert_array_equal(y, [[1.0, 1.0]])
