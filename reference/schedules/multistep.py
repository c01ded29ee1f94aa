"""Step decay by milestones: multiply the rate by γ at each of them; one that stands twice counts twice.

    η_k = η₀ γ^#{milestones <= k}

Source   He, Zhang, Ren, Sun, Deep residual learning for image recognition, 2016, section 4.2 (÷10 at 32k and 48k).
Variant  torch's MultiStepLR: γ = 0.1, one product at each milestone (`recursive`).
         Keras's PiecewiseConstantDecay names the rates themselves, and a boundary still has the old one.
"""

from collections.abc import Sequence

from .. import _arguments as require


def rate(k: int, *, base: float, milestones: Sequence[int], gamma: float = 0.1) -> float:
    """The rate after k steps; the milestones in any order. ValueError unless k >= 0 is whole."""
    return base * gamma ** sum(milestone <= require.whole("k", k) for milestone in milestones)


def recursive(eta: float, k: int, *, base: float, milestones: Sequence[int], gamma: float = 0.1) -> float:
    """The rate after k steps from η, the rate after k - 1 (at k = 0 the optimizer's own)."""
    times = sum(milestone == k for milestone in milestones)
    return eta * gamma**times if times else eta
