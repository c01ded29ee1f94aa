"""Linear scaling: k times the batch, k times the rate.

    η(B) = η₀ B / B₀
    k steps of η over batches B_1 … B_k  =  one step of k η over their union, to O(η²); exactly so on a plane

Source   Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour, 2017, section 2.1, equations 3 and 4.
Variant  Krizhevsky, One weird trick, 2014: √(B/B₀), which keeps the variance of the update.
"""

from collections.abc import Callable, Sequence

from .. import _arguments as require
from .._arrays import Array


def rate(*, base: float, batch: int, reference: int) -> float:
    """The rate for a batch of `batch` examples where `base` suits one of `reference`. ValueError unless positive."""
    require.positive("batch", batch)
    return base * (batch / int(require.positive("reference", reference)))


def small_steps(x: Array, gradients: Sequence[Callable[[Array], Array]], *, eta: float) -> Array:
    """One step of η on each batch's gradient in turn."""
    for gradient in gradients:
        x = x - eta * gradient(x)
    return x


def large_step(x: Array, gradients: Sequence[Callable[[Array], Array]], *, eta: float) -> Array:
    """One step on the mean gradient of all batches, at the rate that linear scaling gives: k η."""
    k = len(gradients)
    return x - rate(base=eta, batch=k, reference=1) * sum(gradient(x) for gradient in gradients) / k
