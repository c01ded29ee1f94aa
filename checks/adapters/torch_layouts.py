"""How a tensor lies in memory: the layouts in which parameters and gradients of a plan are laid out."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from fiducial.checks.evidence import Array
from fiducial.checks.plans import Layout

CPU = torch.device("cpu")


def laid_out(values: Array, layout: Layout, dtype: torch.dtype,
             device: torch.device = CPU) -> torch.Tensor:
    """A tensor with the values, in the layout; contiguous where it has too few dimensions for another."""
    if layout == "transposed" and values.ndim >= 2:
        flipped = torch.tensor(np.ascontiguousarray(values.T), dtype=dtype, device=device)
        return flipped.permute(*reversed(range(values.ndim)))
    if layout == "strided" and values.ndim >= 1:
        wide = torch.zeros((*values.shape[:-1], 2 * values.shape[-1]), dtype=dtype, device=device)
        wide[..., ::2] = torch.tensor(values.copy(), dtype=dtype, device=device)
        return wide[..., ::2]
    plain = torch.tensor(values.copy(), dtype=dtype, device=device)
    if layout == "channels-last" and values.ndim == 4:
        return plain.contiguous(memory_format=torch.channels_last)
    if layout == "expanded" and values.ndim >= 1 and values.size:  # all rows are the first, in one place
        return plain[:1].clone().expand(values.shape)
    return plain


def parameter(values: torch.Tensor, keeps_graph: bool) -> Any:
    """A parameter; one that has been computed, and is no leaf, where the step is to be differentiated."""
    leaf = torch.nn.Parameter(values)
    if not keeps_graph:
        return leaf
    computed = leaf.clone(memory_format=torch.preserve_format)
    computed.retain_grad()  # else whoever reads its .grad is warned
    return computed
