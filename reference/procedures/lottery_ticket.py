"""Lottery ticket: train, prune the smallest weights, put the rest back to where they began, and train again.

    θ₀;   θ_j after j steps;   m = 0 for the round(p k) smallest |θ_j| of the k that are left, else 1;   ticket m ⊙ θ₀
    over R rounds about (1 - p)^R of the weights are left; one-shot is R = 1
    in further training θ ← m ⊙ step(θ, m ⊙ g)

θ: a list of arrays, one a layer; of equal magnitudes the first in the order of layers and entries goes first;
round: to the nearest, halves to even.

Source   Frankle, Carbin, The lottery ticket hypothesis: finding sparse, trainable neural networks, 2019, section 1
         (steps 1 to 4) and section 2 (layer by layer); section 4 prunes globally.
Variant  scope="layer" or "global". torch.nn.utils.prune: the same counts; of equals it takes whichever its top-k takes.
         Biases are for the caller to leave out of θ.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._arguments import one_of, probability, real, whole
from .._arrays import Array
from ._stepping import Optimizer

Layers = Sequence[Array]
SCOPES = ("layer", "global")


def ones(theta: Layers) -> list[Array]:
    """The mask that keeps everything."""
    return [np.ones_like(real("theta", layer)) for layer in theta]


def _pruned(magnitudes: Array, kept: Array, share: float) -> Array:
    """The mask of one flat array with round(p k) of the k kept ones fewer."""
    count = round(share * int(np.count_nonzero(kept)))
    ranked = np.argsort(np.where(kept > 0, magnitudes, np.inf), kind="stable")
    mask = kept.copy()
    mask[ranked[:count]] = 0.0
    return mask


def prune(theta: Layers, masks: Layers, *, share: float, scope: str = "global") -> list[Array]:
    """The masks after one more pruning. Raises ValueError for another scope, or a share outside [0, 1]."""
    probability("share", share)
    if one_of("scope", scope, SCOPES) == "layer":
        return [_pruned(np.abs(layer).ravel(), mask.ravel(), share).reshape(mask.shape)
                for layer, mask in zip(theta, masks, strict=True)]
    flat = _pruned(np.concatenate([np.abs(layer).ravel() for layer in theta]),
                   np.concatenate([mask.ravel() for mask in masks]), share)
    parts = np.split(flat, np.cumsum([mask.size for mask in masks])[:-1])
    return [part.reshape(mask.shape) for part, mask in zip(parts, masks, strict=True)]


def rewind(start: Layers, masks: Layers) -> list[Array]:
    """m ⊙ θ₀: kept weights are those of the start, pruned ones 0."""
    return [np.where(mask > 0, layer, 0.0) for layer, mask in zip(start, masks, strict=True)]


def step(x: Array, g: Array, state: Any, mask: Array, *, optimizer: Optimizer, **options: Any) -> tuple[Array, Any]:
    """One step of one layer's training, after which its pruned weights are 0 still."""
    moved, state = optimizer.step(x, np.where(mask > 0, g, 0.0), state, **options)
    return np.where(mask > 0, moved, 0.0), state


def find(start: Layers, train: Callable[[list[Array], list[Array]], Layers], *, share: float, rounds: int = 1,
         scope: str = "global") -> tuple[list[Array], list[Array]]:
    """The ticket and its masks. train(θ, masks): the weights after j steps from θ."""
    masks, ticket = ones(start), list(start)
    for _ in range(whole("rounds", rounds, least=1)):
        masks = prune(train(ticket, masks), masks, share=share, scope=scope)
        ticket = rewind(start, masks)
    return ticket, masks
