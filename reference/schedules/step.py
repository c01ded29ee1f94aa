"""Step decay: multiply the rate by γ every s steps.

    η_k = η₀ γ^⌊k/s⌋                                                             s step_size

Source   Karpathy, Convolutional neural networks for visual recognition (CS231n notes), Neural networks part 3, 2015.
Variant  torch's StepLR: γ = 0.1, one product at each drop (`recursive`). Keras: ExponentialDecay(staircase=True).
"""

from .. import _arguments as require


def rate(k: int, *, base: float, step_size: int, gamma: float = 0.1) -> float:
    """The rate after k steps. ValueError unless k >= 0 and step_size >= 1 are whole."""
    return base * gamma ** (require.whole("k", k) // require.whole("step_size", step_size, 1))


def recursive(eta: float, k: int, *, base: float, step_size: int, gamma: float = 0.1) -> float:
    """The rate after k steps from η, the rate after k - 1 (at k = 0 the optimizer's own)."""
    return eta * gamma if k > 0 and k % step_size == 0 else eta
