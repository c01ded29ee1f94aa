"""Dropout's pace, and costs in operations and bytes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from fiducial.checks.dynamics.costs import (
    a_batch_is_one_product,
    dropped_units_do_not_learn,
    memory_grows_with_the_batch,
    relu_calls_no_transcendental,
    thinner_nets_are_cheaper_only_if_code_skips,
)
from fiducial.checks.evidence import Array
from fiducial.reference.activations import relu, softplus
from fiducial.reference.layers import affine, mlp
from fiducial.reference.regularization import classic_dropout
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def masked(y: Array, w: Array, kept: Array) -> Array:
    """Dropout, then a layer."""
    return np.array(np.matmul(classic_dropout.forward(y, np.broadcast_to(kept, y.shape)), w))


def skipping(y: Array, w: Array, kept: Array) -> Array:
    """The kept rows and columns only."""
    return np.array(np.matmul(y[:, kept], w[kept]))


class OneMask:
    """A mask that is drawn once and kept for all steps."""

    def __init__(self) -> None:
        self.drawn: Array | None = None

    def mask(self, shape: tuple[int, ...], *, p: float, rng: np.random.Generator) -> Array:
        """The first mask, for ever."""
        self.drawn = classic_dropout.mask(shape, p=p, rng=rng) if self.drawn is None else self.drawn
        return self.drawn


def one_by_one(x: Array, w: Array, b: Array) -> Array:
    """Example by example."""
    return np.concatenate([affine.forward(row[None], w, b) for row in x])


def in_slices(x: Array, theta: Array, g: Array, *, sizes: Any) -> mlp.Gradients:
    """64 examples at a time, the gradients of θ added up."""
    total = np.zeros_like(theta)
    for start in range(0, len(x), 64):
        rows = slice(start, start + 64)
        total += mlp.backward(x[rows], theta, g[rows], sizes=sizes).theta
    return mlp.Gradients(g[:0], total)


THINNED = SimpleNamespace(masked=masked, skipping=skipping)
ACTIVATIONS = SimpleNamespace(relu=relu.forward, softplus=softplus.forward)

test_dropout = define_test(Binding(
    row="dropout slows convergence: steps", section=12, definition=classic_dropout,
    claims=(dropped_units_do_not_learn,),
    wrong=[Wrong(variant(classic_dropout, backward=lambda y, mask, g: y), by=dropped_units_do_not_learn),
           Wrong(variant(classic_dropout, mask=OneMask().mask), by=dropped_units_do_not_learn)]))

test_thinned = define_test(Binding(
    row="dropout slows convergence: thinner nets", section=12, definition=THINNED,
    claims=(thinner_nets_are_cheaper_only_if_code_skips,),
    wrong=[Wrong(variant(THINNED, skipping=masked), by=thinner_nets_are_cheaper_only_if_code_skips)]))

test_activations = define_test(Binding(
    row="costs: ReLU against softplus", section=12, definition=ACTIVATIONS, claims=(relu_calls_no_transcendental,),
    wrong=[Wrong(variant(ACTIVATIONS, relu=softplus.forward), by=relu_calls_no_transcendental)]))

test_batch = define_test(Binding(
    row="costs: matrix against vector products", section=12, definition=affine, claims=(a_batch_is_one_product,),
    wrong=[Wrong(variant(affine, forward=one_by_one), by=a_batch_is_one_product)]))

test_memory = define_test(Binding(
    row="costs: memory against batch size", section=12, definition=mlp, claims=(memory_grows_with_the_batch,),
    wrong=[Wrong(variant(mlp, backward=in_slices), by=memory_grows_with_the_batch)]))
