"""Normalizations without a mean: the root mean square of features, the length of a weight, its largest singular value.

Each is unchanged when what it divides by grows with its input, and its gradient is therefore orthogonal to the input.
u = 2⁻⁵³; a root of a sum of n squares errs by (n + 3) u of itself at most, whatever the order.
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
from fiducial.checks.standardized_blocks import UNIT, aligned

Draws = SearchStrategy[Any]
SIGNED_FACTORS = (*FACTORS, -1.0, -3.0)


def _rows(x: Array, features: Array) -> Array:
    """One row an example."""
    return x.reshape(-1, features.size)


def output_root_mean_square(**samples: Any) -> Claim:
    """Mean square q / (q + ε)."""

    @claim("value", examples=40, **samples)
    def output_root_mean_square(f: Any, **sample: Any) -> Gap:
        """Before the scale γ, an example has the mean square q / (q + ε), q that of its features.

            z = y / γ:   mean z² = q / (q + ε)

        Allowed  (6 m + 40) u: z errs by (m + 8) u of itself, its square by twice that, q and the mean by (m + 3) u.
        Rejects  division by the standard deviation: features with a mean come out too large.
        Mend     divide by the root of the mean square, the mean not taken off.
        Cares    features with a common offset are what tells RMS norm and layer norm apart.
        """
        gamma, eps = sample["gamma"], sample["eps"]
        z, x = _rows(f.forward(**sample) / gamma, gamma), _rows(sample["x"], gamma)
        q = (x**2).mean(axis=1)
        return aligned((z**2).mean(axis=1) - q / (q + eps), (6 * gamma.size + 40) * UNIT, "mean square")

    return output_root_mean_square


def scale_moves_with_epsilon(**samples: Any) -> Claim:
    """f(a x; a² ε) = sign(a) f(x; ε)."""

    @claim("invariance", examples=40, a=st.sampled_from(SIGNED_FACTORS), **samples)
    def scale_moves_with_epsilon(f: Any, a: float, **sample: Any) -> Gap:
        """A factor is lost but for its sign if ε is scaled with it, so that none is left in the limit ε/q → 0.

            f(a x; a² ε) = sign(a) f(x; ε)

        Allowed  2 (m + 12) u |y|: both outputs err by (m + 9) u of themselves, a x and a² ε by 2 u more.
        Rejects  ε outside the root, or the mean square without its root.
        Mend     ε stands under the root, beside the mean square: x/√(q + ε).
        Cares    outside the root it weighs otherwise: small activations come out at another size.
        """
        before = f.forward(**sample)
        after = f.forward(**{**sample, "x": a * sample["x"], "eps": a * a * sample["eps"]})
        return aligned(after - np.sign(a) * before, 2 * (sample["gamma"].size + 12) * UNIT * abs(before), "y")

    return scale_moves_with_epsilon


def gradient_along_the_input(**samples: Any) -> Claim:
    """Σ ∂L/∂x x = ε/(q + ε) Σ γ g x / r."""

    @claim("gradient", examples=40, applies=has_backward, seed=COTANGENT, **samples)
    def gradient_along_the_input(f: Any, seed: int, **sample: Any) -> Gap:
        """At ε = 0 an example's gradient is orthogonal to the example, and ε > 0 leaves a stated rest.

            Σ ∂L/∂x x = ε / (q + ε) · Σ γ g x / r,   r² = q + ε

        Allowed  (8 m + 60) u (Σ |γ g x| + Σ (x/r)² mean |γ g x|) / r: each of the two terms of the gradient errs by
                 (3 m + 24) u of its absolute terms, and so do the sums that are compared.
        Rejects  a root mean square that is taken for a constant.
        Mend     let the gradient pass through the root mean square as well: take x Σ γ g x/(m r²) off.
        Cares    taken for a constant, it lets the input's size grow in every step.
        """
        gamma, eps = sample["gamma"], sample["eps"]
        g = cotangent(sample["x"].shape, seed)
        x, h = _rows(sample["x"], gamma), _rows(gamma * g, gamma)
        dx = _rows(gradients_of(f.backward(**sample, g=g), sample, f.forward)["x"], gamma)
        r = np.sqrt((x**2).mean(axis=1) + eps)
        rest = eps / r**2 * (h * x).sum(axis=1) / r
        size = abs(h * x).sum(axis=1) / r * (1 + (x**2).mean(axis=1) / r**2)
        return aligned((dx * x).sum(axis=1) - rest, (8 * gamma.size + 60) * UNIT * size, "Σ ∂L/∂x x of an example")

    return gradient_along_the_input


def lengths_are_given(**samples: Any) -> Claim:
    """‖w_i‖ = |s_i|."""

    @claim("value", examples=40, **samples)
    def lengths_are_given(f: Any, v: Array, s: Array) -> Gap:
        """Each output unit's weight has the length that it is given, whatever v is.

            ‖w_i‖ = |s_i|

        Allowed  2 (n + 6) u |s_i|: n entries; v/‖v‖ errs by (n + 4) u, the product by u, the root here by (n + 3) u.
        Rejects  one length for the whole matrix, or for each input instead of each output.
        """
        found = np.sqrt((f.forward(v=v, s=s).reshape(len(v), -1) ** 2).sum(axis=1))
        n = v[0].size
        return aligned(found - abs(s), 2 * (n + 6) * UNIT * abs(s), "length")

    return lengths_are_given


def direction_has_no_length(**samples: Any) -> Claim:
    """w(a v) = sign(a) w(v)."""

    @claim("invariance", examples=40, a=st.sampled_from(SIGNED_FACTORS), **samples)
    def direction_has_no_length(f: Any, a: float, v: Array, s: Array) -> Gap:
        """The length of v does not matter, its sign does.

            w(a v, s) = sign(a) w(v, s)

        Allowed  2 (n + 7) u |w|: both err by (n + 6) u of themselves, a v by u more.
        Rejects  a weight that is divided by the square of its length.
        """
        before = f.forward(v=v, s=s)
        return aligned(f.forward(v=a * v, s=s) - np.sign(a) * before, 2 * (v[0].size + 7) * UNIT * abs(before), "w")

    return direction_has_no_length


def gradient_is_orthogonal(**samples: Any) -> Claim:
    """∂L/∂v_i · v_i = 0."""

    @claim("gradient", examples=40, applies=has_backward, seed=COTANGENT, **samples)
    def gradient_is_orthogonal(f: Any, seed: int, v: Array, s: Array) -> Gap:
        """Each unit's gradient is orthogonal to its v: a step of descent can only lengthen v.

            Σ ∂L/∂v_i v_i = 0

        Allowed  (6 n + 40) u |s_i| Σ |g_i| |v_i| / ‖v_i‖: the two terms of the gradient are at most that and err by
                 (3 n + 18) u, the sum by n u.
        Rejects  a length that is taken for a constant.
        """
        g = cotangent(v.shape, seed)
        dv = gradients_of(f.backward(v=v, s=s, g=g), {"v": v, "s": s}, f.forward)["v"]
        rows, n = len(v), v[0].size
        length = np.sqrt((v.reshape(rows, -1) ** 2).sum(axis=1))
        size = abs(s) * abs(g * v).reshape(rows, -1).sum(axis=1) / length
        return aligned((dv * v).reshape(rows, -1).sum(axis=1), (6 * n + 40) * UNIT * size, "Σ ∂L/∂v v of a unit")

    return gradient_is_orthogonal
