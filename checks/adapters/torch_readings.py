"""What is read of tensors and states: their numbers, the memory that they share, and where two of them differ."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from fiducial.checks.adapters.torch_pairs import paired
from fiducial.checks.evidence import Array


def as_array(tensor: torch.Tensor) -> Array:
    """A copy as an array; dtypes that NumPy lacks become float64, which holds them exactly."""
    tensor = tensor.detach().cpu()
    if tensor.is_sparse:
        tensor = tensor.to_dense()
    if tensor.dtype in (torch.bfloat16,):
        tensor = tensor.double()
    return np.array(paired(tensor).numpy(), copy=True)


def touching(values: torch.Tensor, twice: bool) -> torch.Tensor:
    """A sparse tensor of the rows that are not 0 throughout; each listed twice with half its values if asked."""
    rows = values.reshape(values.shape[0], math.prod(values.shape[1:])).ne(0).any(dim=1).nonzero().ravel()
    parts = 2 if twice else 1
    listed = (values[rows] / parts).repeat(parts, *[1] * (values.ndim - 1))
    return torch.sparse_coo_tensor(rows.repeat(parts)[None], listed, values.shape, is_coalesced=not twice,
                                   check_invariants=True)


def numbers(state: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of a parameter's state: tensors as arrays, scalars as they are, the rest by its type."""
    out: dict[str, Any] = {}
    for name, value in state.items():
        if isinstance(value, torch.Tensor):
            out[str(name)] = as_array(value) if not value.is_sparse else "sparse"
        else:
            out[str(name)] = value if isinstance(value, bool | int | float) or value is None else type(value).__name__
    return out


def overlap(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether two tensors live in the same storage (an empty one lives nowhere)."""
    if a.is_sparse or b.is_sparse:
        a, b = (t._values() if t.is_sparse else t for t in (a, b))
    return bool(a.numel() and b.numel() and a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr())


def difference(before: Any, after: Any, path: str = "state_dict") -> str | None:
    """The first place where two nested dictionaries of tensors differ, or None."""
    if isinstance(before, torch.Tensor) and isinstance(after, torch.Tensor):
        same = before.shape == after.shape and before.dtype == after.dtype
        return None if same and bool(torch.equal(before.nan_to_num(), after.nan_to_num())) else f"{path} changed"
    if isinstance(before, dict) and isinstance(after, dict):
        if before.keys() != after.keys():
            return f"{path}: keys {sorted(map(str, before))} became {sorted(map(str, after))}"
        found = (difference(v, after[k], f"{path}[{k!r}]") for k, v in before.items())
        return next((f for f in found if f), None)
    if isinstance(before, list | tuple) and isinstance(after, list | tuple):
        if len(before) != len(after):
            return f"{path}: {len(before)} entries became {len(after)}"
        found = (difference(b, a, f"{path}[{i}]") for i, (b, a) in enumerate(zip(before, after, strict=True)))
        return next((f for f in found if f), None)
    if type(before) is type(after) and type(before).__eq__ is vars(object)["__eq__"]:  # else unequal to its copy
        return difference(getattr(before, "__dict__", {}), getattr(after, "__dict__", {}), path)
    return None if type(before) is type(after) and (before == after or before != before) else f"{path} changed"
