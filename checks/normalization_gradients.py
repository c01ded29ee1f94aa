"""Gradients of a normalization: what standardizing blocks of the input does to what flows back.

The claims are made for a `Scope` and for strategies that draw x, gamma, beta, eps, as in `checks.normalization`; a
subject's backward(x, gamma, beta, g, eps=…) gives the gradients by name.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fiducial.checks.claims import Claim, claim
from fiducial.checks.claims_of_maps import COTANGENT, cotangent, gradients_of, has_backward
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.normalization import FACTORS
from fiducial.checks.standardized_blocks import UNIT, Sample, Scope, aligned, judged

Draws = SearchStrategy[Any]


def _pulled(f: Any, sample: Sample, g: Array) -> dict[str, Any]:
    """The gradients of a sample's arguments, by name."""
    return gradients_of(f.backward(**sample, g=g), sample, f.forward)


def gradient_shrinks_as_the_weights_grow(scope: Scope, *, examples: int = 25, **samples: Any) -> Claim:
    """∂L/∂(aW) = (1/a) ∂L/∂W."""

    @claim("gradient", examples=examples, applies=has_backward, seed=COTANGENT, a=st.sampled_from(FACTORS), **samples)
    def gradient_shrinks_as_the_weights_grow(f: Any, seed: int, a: float, **sample: Any) -> Gap | None:
        """Weights before the layer that are a times as large get a gradient that is a times as small.

            x = B W:   ∂L/∂(a W) at ε a²  =  (1/a) ∂L/∂W at ε,   ∂L/∂W = Bᵀ ∂L/∂x

        Allowed  Σ |B| (the bounds on the rounding of ∂L/∂x at W and, times a, at aW, twice for x = B a W), and
                 (N + 2) u Σ |B| |∂L/∂x| for the two products. As ε/s² → 0 the factor a² of ε stops to matter.
        Rejects  a backward pass that divides by s² + ε, or not at all.
        Mend     divide the input's gradient by √(s² + ε), the same number as in the forward pass.
        Cares    weights before such a layer find their own rate by this; a wrong power makes them run away.
        """
        inputs = np.random.default_rng(seed).integers(-4, 5, (sample["x"].shape[0], 3)).astype(np.float64)
        scaled = {**sample, "x": sample["x"] * a, "eps": sample["eps"] * a**2}
        before, after = judged(scope, sample), judged(scope, scaled)
        if before is None or after is None:
            return None
        g = cotangent(sample["x"].shape, seed)
        small, large = (_pulled(f, s, g)["x"] for s in (sample, scaled))
        error = before.error_of_gradient(g) + 2 * a * after.error_of_gradient(g)
        error = error + (len(inputs) + 4) * UNIT * (abs(small) + abs(a * large))
        return aligned(np.tensordot(inputs.T, a * large, 1) - np.tensordot(inputs.T, small, 1),
                        np.tensordot(abs(inputs).T, error, 1), "gradient of the weights")

    return gradient_shrinks_as_the_weights_grow


def input_gradients_sum_to_zero(scope: Scope, *, examples: int = 30, **samples: Any) -> Claim:
    """Σ ∂L/∂x = 0."""

    @claim("gradient", examples=examples, applies=has_backward, seed=COTANGENT, **samples)
    def input_gradients_sum_to_zero(f: Any, seed: int, **sample: Any) -> Gap | None:
        """The gradients of a block's entries sum to zero: no output moves when all of them shift.

            Σ ∂L/∂x = 0    over each block

        Allowed  m times the bound on the rounding of one gradient, and m u Σ |∂L/∂x| for the sum.
        Rejects  a backward pass that takes the mean for a constant.
        Mend     let the gradient pass through the mean as well: take its average over the block off.
        Cares    a mean taken for a constant gives a direction in which the layer cannot move.
        """
        if (x := judged(scope, sample)) is None:
            return None
        g = cotangent(sample["x"].shape, seed)
        dx = _pulled(f, sample, g)["x"]
        return aligned(x.sums(dx), x.sums(x.error_of_gradient(g) + x.m * UNIT * abs(dx)), "Σ ∂L/∂x of a block")

    return input_gradients_sum_to_zero


def input_gradients_along_the_output(scope: Scope, *, examples: int = 30, **samples: Any) -> Claim:
    """Σ ∂L/∂x · x̂ = 0 at ε = 0."""

    @claim("gradient", examples=examples, applies=has_backward, seed=COTANGENT, **samples)
    def input_gradients_along_the_output(f: Any, seed: int, **sample: Any) -> Gap | None:
        """At ε = 0 the gradients of a block are orthogonal to x̂, and ε > 0 leaves a stated rest.

            Σ ∂L/∂x x̂ = ε / (s² + ε)^(3/2) · Σ γ g x̂    over each block

        Allowed  Σ |x̂| (bound on the rounding of ∂L/∂x) + |∂L/∂x| (bound on that of x̂), m u Σ |∂L/∂x x̂| for the
                 sum, and for the right-hand side (3 δ/σ + (3 m + 20) u) of the sum of its absolute terms, and e |γ g|.
        Rejects  the lectures' m - 1 under the term of the variance where the forward pass divides by m.
        Mend     differentiate the variance with the forward pass's own divisor m.
        Cares    formulas with m - 1 stand in lecture notes; the error is small, and larger in small batches.
        """
        if (x := judged(scope, sample)) is None:
            return None
        g = cotangent(sample["x"].shape, seed)
        dx = _pulled(f, sample, g)["x"]
        rest = sample["eps"] / x.root**3 * x.gamma * g
        e = x.error_of_x_hat()
        error = abs(x.x_hat) * x.error_of_gradient(g) + abs(dx) * (e + (x.m + 2) * UNIT * abs(x.x_hat))
        error = error + abs(rest) * (e + abs(x.x_hat) * (3 * x.delta + (3 * x.m + 20) * UNIT))
        return aligned(x.sums(dx * x.x_hat) - x.sums(rest * x.x_hat), x.sums(error), "Σ ∂L/∂x x̂ of a block")

    return input_gradients_along_the_output


def scale_and_shift_gradients(scope: Scope, *, examples: int = 25, **samples: Any) -> Claim:
    """γ·∂L/∂γ + β·∂L/∂β = Σ g y."""

    @claim("gradient", examples=examples, applies=has_backward, seed=COTANGENT, **samples)
    def scale_and_shift_gradients(f: Any, seed: int, **sample: Any) -> Gap | None:
        """The output is linear in (γ, β), so that their gradients, weighed with γ and β, sum to Σ g y.

            γ · ∂L/∂γ + β · ∂L/∂β = Σ g y

        Allowed  Σ |g| (twice the bound on the rounding of y), and (n + 4) u Σ |g| (|γ x̂| + |β|) for sums of n terms.
        Rejects  the gradient of γ without x̂, or as a mean over the batch instead of a sum.
        Mend     ∂γ = Σ g x̂ and ∂β = Σ g, sums over all that share them.
        Cares    a mean in place of a sum divides the rate of γ and β by the size of the batch.
        """
        if (x := judged(scope, sample)) is None:
            return None
        g = cotangent(sample["x"].shape, seed)
        found = _pulled(f, sample, g)
        weighed = sum(float((sample[name] * found[name]).sum()) for name in ("gamma", "beta"))
        size = (g.size + 4) * UNIT * (abs(x.gamma * x.x_hat) + abs(x.beta))
        allowed = float((abs(g) * (2 * x.error_of_y() + 3 * size)).sum())
        return Gap(abs(weighed - float((g * f.forward(**sample)).sum())), allowed, "γ·∂γ + β·∂β - Σ g y")

    return scale_and_shift_gradients
