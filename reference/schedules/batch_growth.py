"""Batch-size growth: instead of a smaller rate, a larger batch.

    B_k = B₀ r^⌊k/s⌋                                  r growth, s every
    noise scale  η (N/B - 1) ≈ η N / B                N examples: growth by r does what a decay of η by 1/r does

Source   Smith, Kindermans, Ying, Le, Don't decay the learning rate, increase the batch size, 2018, equation 2;
         Friedlander, Schmidt, Hybrid deterministic-stochastic methods for data fitting, 2012.
Variant  with momentum α the noise scale is η N / (B (1 - α)); at B = N there is no noise left, and no more to gain.
"""

from .. import _arguments as require


def batch(k: int, *, base: int, growth: int = 2, every: int) -> int:
    """The batch size after k steps. ValueError unless all are whole and positive."""
    times = require.whole("k", k) // require.whole("every", every, 1)
    return require.whole("base", base, 1) * int(require.whole("growth", growth, 1) ** times)


def noise_scale(eta: float, B: float, *, N: float) -> float:
    """η (N/B - 1). ValueError unless 0 < B <= N."""
    if not 0 < B <= N:
        raise ValueError(f"B must lie in (0, {N}], got {B}")
    return eta * (N / B - 1)


def noise_floor(eta: float, B: float, *, h: float, variance: float) -> float:
    """Stationary variance of θ ← θ - η (h θ + ξ), var ξ = σ²/B:  η σ² / (B h (2 - η h)). ValueError unless ηh < 2."""
    if not 0 < require.positive("eta", eta) * require.positive("h", h) < 2:
        raise ValueError(f"eta must be below 2/h = {2 / h}, got {eta}")
    require.positive("B", B)
    return eta * variance / (B * h * (2 - eta * h))
