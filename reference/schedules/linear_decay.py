"""Linear decay: from ε₀ down to ε_τ over τ steps, then constant.

    ε_k = (1 - k/τ) ε₀ + (k/τ) ε_τ   for k <= τ,   ε_k = ε_τ after

Source   Goodfellow, Bengio, Courville, Deep Learning, 2016, equation 8.14; ε_τ about ε₀ / 100.
Variant  torch: LinearLR(start_factor=1, end_factor=ε_τ/ε₀, total_iters=τ), the same numbers (`linear`).
"""

from .. import _arguments as require


def rate(k: float, *, base: float, final: float, tau: int) -> float:
    """The rate after k steps: base is ε₀, final ε_τ. ValueError for k < 0 and tau <= 0."""
    require.at_least("k", k, 0)
    require.positive("tau", tau)
    done = min(k, tau) / tau
    return (1 - done) * base + done * final
