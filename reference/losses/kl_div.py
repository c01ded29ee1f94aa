"""Kullback-Leibler divergence: what it costs to code draws of t by the probabilities e^ℓ.

    L = t (log t - ℓ), 0 - t ℓ where t = 0          ∂L/∂ℓ = -t          ℓ, t of one shape
    ℓ: log-probabilities, t: probabilities; log_target: t is given by its logarithm τ, L = e^τ (τ - ℓ)

Source   Kullback, Leibler, On information and sufficiency, 1951; options: torch.nn.KLDivLoss.
Variant  torch: as here; its mean divides by every entry, which is not the divergence, `batchmean` by the rows, which is
         the mean divergence. The order is KL(t ‖ e^ℓ): the target stands first in the formula, second in the call.
"""

import numpy as np

from .._arguments import one_of, real, shaped
from .._arrays import Array
from . import _reductions

REDUCTIONS = (*_reductions.REDUCTIONS, "batchmean")


def _rows(logp: Array, reduction: str) -> tuple[str, Array]:
    """The plain reduction, and what a mean divides by."""
    if one_of("reduction", reduction, REDUCTIONS) == "batchmean":
        return "mean", np.float64(logp.shape[0] if logp.ndim else 1)
    return reduction, np.float64(logp.size)


def forward(logp: Array, t: Array, *, log_target: bool = False, reduction: str = "mean") -> Array:
    """The divergence, entry by entry where reduction is none. Raises ValueError unless t has the shape of ℓ."""
    shaped("t", real("t", t), real("logp", logp).shape)
    if log_target:
        each = np.exp(t) * (t - logp)
    else:
        each = t * np.log(np.where(t > 0, t, 1.0)) - t * logp
    plain, n = _rows(logp, reduction)
    return _reductions.forward(each, reduction=plain, n=n)


def backward(logp: Array, t: Array, g: Array, *, log_target: bool = False, reduction: str = "mean") -> Array:
    """The gradient for ℓ."""
    shaped("t", real("t", t), real("logp", logp).shape)
    plain, n = _rows(logp, reduction)
    return -(np.exp(t) if log_target else t) * _reductions.backward(logp, g, reduction=plain, n=n)
