"""Losses that torch has no function for, as its users write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from torch import Tensor


def reduced(each: Tensor, reduction: str) -> Tensor:
    """The losses, their sum or their mean."""
    if reduction == "none":
        return each
    return each.sum() if reduction == "sum" else each.mean()


def zero_one(x: Tensor, labels: Tensor, reduction: str = "mean") -> Tensor:
    """1 minus the accuracy."""
    return reduced((x.argmax(dim=1) != labels).to(x.dtype), reduction)


def hinge(x: Tensor, t: Tensor, margin: float = 1.0, reduction: str = "mean") -> Tensor:
    """The ranking loss against a score of 0."""
    return F.margin_ranking_loss(x, torch.zeros_like(x), t, margin=margin, reduction=reduction)


def focal(x: Tensor, t: Tensor, alpha: float | None = 0.25, gamma: float = 2.0, reduction: str = "none") -> Tensor:
    """Minus the logarithm of p = σ(±x), times α_t σ(∓x)^γ; 1 - p in its place would lose digits where p is near 1."""
    z = (2 * t - 1) * x
    each = -torch.exp(gamma * F.logsigmoid(-z)) * F.logsigmoid(z)
    return reduced(each if alpha is None else (alpha * t + (1 - alpha) * (1 - t)) * each, reduction)


def l1(w: Tensor, lam: float) -> Tensor:
    """λ times the 1-norm."""
    norm: Tensor = torch.linalg.vector_norm(w, 1)
    return lam * norm


def l2(w: Tensor, lam: float) -> Tensor:
    """λ times the sum of squares."""
    return w.square().sum().mul(lam)


def frobenius(w: Tensor, lam: float) -> Tensor:
    """λ times the squared matrix norm."""
    norm: Tensor = torch.linalg.matrix_norm(w, "fro")
    return lam * norm.square()
