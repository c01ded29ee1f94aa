"""What a run may do to the world around it: global generators, the default dtype, the grad mode."""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from fiducial.checks.plans import Record


@contextmanager
def watched(record: Record) -> Iterator[None]:
    """Notice what a run does to global generators, the default dtype and the grad mode.

    Every run finds the same: seeded generators (a subject that draws from them stays reproducible, and one that seeds
    them is seen), float32 as the default dtype, autograd switched on. Afterwards all is as it was outside.
    """
    outside = (_generators(), torch.get_default_dtype(), torch.is_grad_enabled())
    _put_back(SEEDED, torch.float32, True)
    try:
        yield
    finally:
        now = _generators()
        record.generators_moved += [name for name, state in now.items() if _differs(state, SEEDED[name])]
        if torch.get_default_dtype() != torch.float32:
            record.default_dtype_changed = f"torch.float32 became {torch.get_default_dtype()}"
        record.grad_mode_changed = not torch.is_grad_enabled()
        _put_back(*outside)


def _generators() -> dict[str, Any]:
    """The states of the global generators."""
    return {"torch": torch.get_rng_state(), "numpy": np.random.get_state(legacy=False),  # noqa: NPY002
            "random": random.getstate()}


def _put_back(generators: Mapping[str, Any], dtype: torch.dtype, grad: bool) -> None:
    """Set what a subject may have changed."""
    torch.set_rng_state(generators["torch"])
    np.random.set_state(generators["numpy"])  # noqa: NPY002  the global generator is what subjects may move
    random.setstate(generators["random"])
    torch.set_default_dtype(dtype)
    torch.set_grad_enabled(grad)


def _differs(state: Any, before: Any) -> bool:
    """Whether a generator's state is another."""
    if isinstance(state, torch.Tensor):
        return not torch.equal(state, before)
    return pickle.dumps(state) != pickle.dumps(before)


def _seeded() -> dict[str, Any]:
    """The states that every run begins with; nothing global is touched."""
    return {"torch": torch.Generator().manual_seed(20261).get_state(), "random": random.Random(20261).getstate(),
            "numpy": np.random.RandomState(20261).get_state(legacy=False)}


SEEDED = _seeded()
