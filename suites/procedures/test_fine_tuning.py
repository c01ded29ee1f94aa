"""Fine-tuning against its claims, and torch's way to freeze beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from fiducial.checks.fine_tuning import (
    frozen_layers_do_not_move,
    kept_layers_are_the_pretrained_ones,
    others_train_as_if_alone,
)
from fiducial.reference.optimizers import adamw, momentum
from fiducial.reference.procedures import fine_tuning
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.procedures.optimizers_tried import EVERY

FROZEN, ALONE = frozen_layers_do_not_move(EVERY), others_train_as_if_alone(EVERY)


def shared(pretrained: Any, fresh: Any, *, keep: Any) -> Any:
    """The pretrained arrays themselves."""
    return {name: pretrained[name] if name in keep else x for name, x in fresh.items()}


def with_gradients_of_zero(x: Any, g: Any, state: Any, *, frozen: Any, optimizer: Any, **options: Any) -> Any:
    """A frozen layer has a gradient of zero."""
    still = {name: np.zeros_like(each) if name in frozen else each for name, each in g.items()}
    return fine_tuning.step(x, still, state, frozen=(), optimizer=optimizer, **options)


def all_or_none(x: Any, g: Any, state: Any, *, frozen: Any, optimizer: Any, **options: Any) -> Any:
    """No step at all while something is frozen."""
    return fine_tuning.step(x, g, state, frozen=x if frozen else (), optimizer=optimizer, **options)


BINDING = Binding(
    row="fine-tuning / pre-training", section=10, definition=fine_tuning,
    claims=(kept_layers_are_the_pretrained_ones, FROZEN, ALONE),
    wrong=[Wrong(variant(fine_tuning, transfer=shared), by=kept_layers_are_the_pretrained_ones),
           Wrong(variant(fine_tuning, transfer=lambda pretrained, fresh, *, keep: dict(fresh)),
                 by=kept_layers_are_the_pretrained_ones),
           Wrong(variant(fine_tuning, step=with_gradients_of_zero), by=FROZEN),
           Wrong(variant(fine_tuning, step=all_or_none), by=ALONE)])
test_fine_tuning = define_test(BINDING)


@pytest.mark.parametrize("maker", [
    lambda layers: torch.optim.SGD(layers, lr=0.1, momentum=0.9, weight_decay=0.1),
    lambda layers: torch.optim.AdamW(layers, lr=0.1, weight_decay=0.1),
])
def test_torch_leaves_a_layer_without_gradient_where_it_is_and_moves_one_with_a_zero_gradient(maker: Any) -> None:
    body, head = (torch.nn.Parameter(torch.ones(3, dtype=torch.float64)) for _ in range(2))
    optimizer = maker([body, head])
    for kind in ("trained", "frozen", "zero"):
        before = body.detach().clone()
        optimizer.zero_grad(set_to_none=True)
        body.requires_grad_(kind != "frozen")
        torch.autograd.backward((body if kind != "zero" else 0 * body).sum() + head.sum())
        optimizer.step()
        assert torch.equal(before, body.detach()) == (kind == "frozen")


@pytest.mark.parametrize("optimizer", [momentum, adamw])
def test_a_frozen_layer_needs_no_gradient(optimizer: Any) -> None:
    x = {"body": np.ones(2), "head": np.ones(1)}
    state = fine_tuning.init(x, optimizer=optimizer)
    moved, _ = fine_tuning.step(x, {"head": np.ones(1)}, state, frozen={"body"}, optimizer=optimizer, lr=0.1)
    assert moved["body"] is x["body"]
    assert moved["head"] != x["head"]


@pytest.mark.parametrize(("keep", "sentence"), [
    ({"tail"}, "keep must name layers among body, head, got tail"),
    ({"head"}, "head must have shape (2,) to be kept, got (3,)"),
])
def test_a_layer_that_cannot_be_kept_is_refused_in_one_sentence(keep: set[str], sentence: str) -> None:
    pretrained, fresh = {"body": np.ones(3), "head": np.ones(3)}, {"body": np.ones(3), "head": np.ones(2)}
    with pytest.raises(ValueError) as raised:
        fine_tuning.transfer(pretrained, fresh, keep=keep)
    assert str(raised.value) == sentence
