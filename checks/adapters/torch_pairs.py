"""Complex tensors as pairs of real numbers, which is how the definitions see them."""

from __future__ import annotations

import torch


def paired(tensor: torch.Tensor) -> torch.Tensor:
    """The tensor itself, or a complex one as (…, 2) real numbers in the same memory."""
    return torch.view_as_real(tensor.resolve_conj()) if tensor.is_complex() else tensor


def of_its_kind(values: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
    """Real numbers in the shape of a parameter, as complex ones where it is complex."""
    if not p.is_complex():
        return values.reshape(p.shape)
    return torch.view_as_complex(values.reshape(*p.shape, 2).contiguous())
