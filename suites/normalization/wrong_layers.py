"""Wrong layers: for each claim about a normalization, a subject that goes wrong in the way that the claim is there for.

Each is made of the definition and of the blocks that it standardizes, so that one mistake serves every normalization.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fiducial.checks.evidence import Array
from fiducial.checks.standardized_blocks import Blocks, Scope, blocks
from fiducial.reference.normalization import standardize
from fiducial.suites.bindings import Wrong, variant
from fiducial.suites.rules.kinds import MapRule

Forward = Callable[[Any, Blocks, dict[str, Any]], Array]
Backward = Callable[[Any, Blocks, dict[str, Any], Array], Any]


def epsilon_outside_the_root(d: Any, b: Blocks, s: dict[str, Any]) -> Array:
    """x̂ = (x - μ) / (s + ε)."""
    return np.asarray(b.gamma * b.x_hat * b.root / (b.spread + s["eps"]) + b.beta)


def unbiased_variance(d: Any, b: Blocks, s: dict[str, Any]) -> Array:
    """x̂ = (x - μ) / √(m/(m-1) s² + ε)."""
    return np.asarray(b.gamma * b.x_hat * b.root / np.sqrt(b.spread**2 * b.m / (b.m - 1) + s["eps"]) + b.beta)


def one_pass_variance(d: Any, b: Blocks, s: dict[str, Any]) -> Array:
    """s² = mean(x²) - μ²."""
    mean = (b.sums(s["x"]) / b.m)[b.labels]
    var = (b.sums(s["x"] ** 2) / b.m)[b.labels] - mean**2
    return np.asarray(b.gamma * (s["x"] - mean) / np.sqrt(np.maximum(var, 0) + s["eps"]) + b.beta)


def no_root(d: Any, b: Blocks, s: dict[str, Any]) -> Array:
    """x̂ = (x - μ) / (s² + ε)."""
    return np.asarray(b.gamma * b.x_hat / b.root + b.beta)


def without_sign(d: Any, b: Blocks, s: dict[str, Any]) -> Array:
    """y = γ |x̂| + β."""
    return np.asarray(b.gamma * abs(b.x_hat) + b.beta)


def by_memory(d: Any, b: Blocks | None, s: dict[str, Any]) -> Array:
    """The entries in the order in which they lie in memory."""
    return np.asarray(d.forward(**{**s, "x": s["x"].ravel(order="K").reshape(s["x"].shape)}))


def over_the_batch(d: Any, b: Blocks, s: dict[str, Any]) -> Array:
    """μ and s² of each entry over the examples."""
    return np.asarray(b.gamma * standardize.forward(s["x"], axes=(0,), eps=s["eps"]) + b.beta)


def over_the_sequence(d: Any, b: Blocks, s: dict[str, Any]) -> Array:
    """μ and s² over the positions too."""
    return np.asarray(b.gamma * standardize.forward(s["x"], axes=(1, 2), eps=s["eps"]) + b.beta)


def whitened(d: Any, b: Blocks, s: dict[str, Any]) -> Array:
    """y = γ Σ^(-1/2) (x - μ) + β: the covariance of the channels is the identity, for every input."""
    columns = np.moveaxis(s["x"], 1, -1)
    rows = columns.reshape(-1, columns.shape[-1])
    centred = rows - rows.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred / len(rows))
    white = (centred @ vectors) / np.sqrt(np.maximum(values, 0) + s["eps"]) @ vectors.T
    return np.asarray(b.gamma * np.moveaxis(white.reshape(columns.shape), -1, 1) + b.beta)


def _mean(b: Blocks, values: Array) -> Array:
    return np.asarray((b.sums(values) / b.m)[b.labels])


def unscaled(d: Any, b: Blocks, s: dict[str, Any], g: Array) -> Any:
    """∂L/∂x without γ."""
    return d.backward(**{**s, "gamma": np.ones_like(s["gamma"])}, g=g)


def constant_variance(d: Any, b: Blocks, s: dict[str, Any], g: Array) -> Any:
    """∂L/∂x = (h - mean h) / σ: the variance is taken for a constant."""
    h = b.gamma * g
    return d.backward(**s, g=g)._replace(x=(h - _mean(b, h)) / b.root)


def constant_mean(d: Any, b: Blocks, s: dict[str, Any], g: Array) -> Any:
    """∂L/∂x = (h - x̂ mean(h x̂)) / σ: the mean is taken for a constant."""
    h = b.gamma * g
    return d.backward(**s, g=g)._replace(x=(h - b.x_hat * _mean(b, h * b.x_hat)) / b.root)


def divided_by_one_less(d: Any, b: Blocks, s: dict[str, Any], g: Array) -> Any:
    """m - 1 under the term of the variance in ∂L/∂x, and in ∂L/∂μ."""
    right = d.backward(**s, g=g)
    surplus = 1 / (b.m - 1) - 1 / b.m
    return right._replace(x=right.x - b.x_hat * _mean(b, b.gamma * g * b.x_hat) * b.m * surplus / b.root)


def undivided(d: Any, b: Blocks, s: dict[str, Any], g: Array) -> Any:
    """∂L/∂x without 1/σ."""
    right = d.backward(**s, g=g)
    return right._replace(x=right.x * b.root)


def averaged_over_the_batch(d: Any, b: Blocks, s: dict[str, Any], g: Array) -> Any:
    """∂L/∂γ and ∂L/∂β as means over the examples."""
    right = d.backward(**s, g=g)
    return right._replace(gamma=right.gamma / len(s["x"]), beta=right.beta / len(s["x"]))


FORWARD: dict[str, Forward] = {
    "value.follows-definition": epsilon_outside_the_root,
    "value.output-moments": unbiased_variance,
    "invariance.block-shift-invariance": one_pass_variance,
    "invariance.positive-scale-invariance": no_root,
    "invariance.odd-under-negation": without_sign,
    "invariance.layouts-change-nothing": by_memory,
    "invariance.correlations-untouched": whitened,
    "invariance.independent-of-the-batch": over_the_batch,
    "invariance.independent-of-the-length": over_the_sequence,
}
BACKWARD: dict[str, Backward] = {
    "gradient.follows-backward-definition": unscaled,
    "gradient.is-the-derivative": constant_variance,
    "gradient.input-gradients-sum-to-zero": constant_mean,
    "gradient.input-gradients-along-the-output": divided_by_one_less,
    "gradient.gradient-shrinks-as-the-weights-grow": undivided,
    "gradient.scale-and-shift-gradients": averaged_over_the_batch,
}


def with_forward(definition: Any, scope: Scope, forward: Forward) -> Any:
    """The definition with a wrong forward pass."""
    return variant(definition, forward=lambda **s: forward(definition, blocks(scope, s), s))


def with_backward(definition: Any, scope: Scope, backward: Backward) -> Any:
    """The definition with a wrong backward pass."""
    return variant(definition, backward=lambda g, **s: backward(definition, blocks(scope, s), s, g))


def through_float16(definition: Any) -> Any:
    """Results that pass through float16 on their way."""
    def forward(**s: Any) -> Array:
        wide = {name: v.astype(np.float64) if isinstance(v, np.ndarray) else v for name, v in s.items()}
        return np.asarray(definition.forward(**wide).astype(np.float16).astype(s["x"].dtype))

    return variant(definition, forward=forward, backward=None, dtypes=("float64", "float32"))


def with_a_first_example(definition: Any) -> Any:
    """An empty batch gets an example of zeros."""
    return variant(definition, forward=lambda x, **s: definition.forward(np.zeros((1, *x.shape[1:])), **s))


def never_refusing(definition: Any) -> Any:
    """One value alone gives β."""
    def forward(x: Array, beta: Array, **s: Any) -> Array:
        try:
            return np.asarray(definition.forward(x, beta=beta, **s))
        except ValueError:
            return np.zeros_like(x) + beta.reshape((1, -1, *[1] * (x.ndim - 2)))

    return variant(definition, forward=forward)


WHOLE: dict[str, Callable[[Any], Any]] = {
    "value.float32-follows-definition": through_float16,
    "value.empty-batch-passes-through": with_a_first_example,
    "behaviour.one-value-per-block-is-refused": never_refusing,
}


def wrong_layers(rule: MapRule, scope: Scope) -> list[Wrong]:
    """One wrong subject for each claim of a rule that this module knows a mistake for."""
    d, wrong = rule.definition, []
    for claim in rule.claims:
        if claim.id in FORWARD:
            wrong.append(Wrong(with_forward(d, scope, FORWARD[claim.id]), by=claim))
        elif claim.id in BACKWARD:
            wrong.append(Wrong(with_backward(d, scope, BACKWARD[claim.id]), by=claim))
        elif claim.id in WHOLE:
            wrong.append(Wrong(WHOLE[claim.id](d), by=claim))
    return wrong
