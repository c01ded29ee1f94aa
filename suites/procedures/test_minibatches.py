"""Shuffled minibatches against their claims, and torch's loader beside them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import BatchSampler, RandomSampler

from fiducial.checks.claims import Claim
from fiducial.checks.evidence import Status
from fiducial.checks.procedures import (
    epochs_are_independent,
    every_example_once,
    sorted_data_is_no_harm,
    the_last_batch_is_short,
    two_draws_of_an_epoch_repel,
)
from fiducial.reference.procedures import minibatches
from fiducial.suites.bindings import Binding, Wrong, define_test, variant

CLAIMS = (every_example_once, the_last_batch_is_short, two_draws_of_an_epoch_repel, epochs_are_independent,
          sorted_data_is_no_harm)


def with_replacement(n: int, size: int, *, rng: np.random.Generator, drop_last: bool = False) -> Any:
    """Each example drawn from all."""
    order = rng.integers(0, max(n, 1), n)
    return [order[batch] for batch in minibatches.in_order(n, size, drop_last=drop_last)]


def nearly_equal(n: int, size: int, *, rng: np.random.Generator, drop_last: bool = False) -> Any:
    """As many batches, as equal as can be."""
    return np.array_split(rng.permutation(n), max(-(-n // size), 1))


def always_dropped(n: int, size: int, *, rng: np.random.Generator, drop_last: bool = False) -> Any:
    """Without the short batch."""
    return minibatches.epoch(n, size, rng=rng, drop_last=True)


def as_they_come(n: int, size: int, *, rng: np.random.Generator, drop_last: bool = False) -> Any:
    """Not shuffled."""
    return minibatches.in_order(n, size, drop_last=drop_last)


def shuffled_once(n: int, size: int, *, count: int, rng: np.random.Generator, drop_last: bool = False) -> Any:
    """One order for all epochs."""
    return [minibatches.epoch(n, size, rng=rng, drop_last=drop_last)] * count


BINDING = Binding(
    row="shuffled minibatches", section=10, definition=minibatches, claims=CLAIMS,
    wrong=[Wrong(variant(minibatches, epoch=with_replacement), by=every_example_once),
           Wrong(variant(minibatches, epoch=always_dropped), by=every_example_once),
           Wrong(variant(minibatches, epoch=nearly_equal), by=the_last_batch_is_short),
           Wrong(variant(minibatches, epoch=with_replacement), by=two_draws_of_an_epoch_repel),
           Wrong(variant(minibatches, epochs=shuffled_once), by=epochs_are_independent),
           Wrong(variant(minibatches, epoch=as_they_come), by=sorted_data_is_no_harm)])
test_minibatches = define_test(BINDING)


def sampler(n: int, size: int, rng: np.random.Generator, drop_last: bool) -> BatchSampler:
    """What torch's DataLoader(shuffle=True) draws its batches from."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    return BatchSampler(RandomSampler(range(n), generator=generator), size, drop_last)


def loaded(n: int, size: int, *, rng: np.random.Generator, drop_last: bool = False) -> list[Any]:
    """An epoch of torch's loader."""
    if n == 0:
        return []
    return [np.array(batch) for batch in sampler(n, size, rng, drop_last)]


def loaded_twice(n: int, size: int, *, count: int, rng: np.random.Generator) -> list[list[Any]]:
    """Epochs of one loader."""
    batches = sampler(n, size, rng, drop_last=False)
    return [[np.array(batch) for batch in batches] for _ in range(count)]


@pytest.mark.parametrize("claim", CLAIMS, ids=[claim.id for claim in CLAIMS])
def test_torchs_loader_passes_too(claim: Claim) -> None:
    evidence = claim.examine(SimpleNamespace(epoch=loaded, epochs=loaded_twice))
    assert evidence.status is Status.PASSED, evidence.reason


def test_a_size_of_nothing_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError) as raised:
        minibatches.epoch(3, 0, rng=np.random.default_rng(0))
    assert str(raised.value) == "size must be a whole number of at least 1, got 0"
