"""Lottery tickets against their claims, and torch's pruning beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.utils.prune

from fiducial.checks.lottery_tickets import (
    everything_or_nothing,
    kept_weights_begin_again,
    pruned_weights_stay_zero,
    rewound_beats_redrawn,
    rounds_leave_a_power,
    the_smallest_go,
)
from fiducial.reference.procedures import lottery_ticket
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.procedures.optimizers_tried import EVERY

torch_prune: Any = torch.nn.utils.prune
STAYS = pruned_weights_stay_zero(EVERY)
SHARED = np.random.default_rng(0)


def pruned_by(changed: Any) -> Any:
    """A ticket that ranks other numbers than the magnitudes."""

    def prune(theta: Any, masks: Any, **options: Any) -> Any:
        return lottery_ticket.prune([changed(layer) for layer in theta], masks, **options)

    return variant(lottery_ticket, prune=prune)


def one_layer_for_all(theta: Any, masks: Any, *, share: float, scope: str = "global") -> Any:
    """Always layer by layer."""
    return lottery_ticket.prune(theta, masks, share=share, scope="layer")


def forgotten(theta: Any, masks: Any, **options: Any) -> Any:
    """Masks made from the weights alone."""
    return lottery_ticket.prune(theta, lottery_ticket.ones(theta), **options)


def in_one_shot(start: Any, train: Any, *, share: float, rounds: int = 1, scope: str = "global") -> Any:
    """R p at once."""
    return lottery_ticket.find(start, train, share=min(1.0, share * rounds), rounds=1, scope=scope)


def not_rewound(start: Any, train: Any, *, share: float, rounds: int = 1, scope: str = "global") -> Any:
    """The trained weights, masked."""
    masks, ticket = lottery_ticket.ones(start), list(start)
    for _ in range(rounds):
        trained = train(ticket, masks)
        masks = lottery_ticket.prune(trained, masks, share=share, scope=scope)
        ticket = lottery_ticket.rewind(trained, masks)
    return ticket, masks


def on_the_gradient_alone(x: Any, g: Any, state: Any, mask: Any, *, optimizer: Any, **options: Any) -> Any:
    """m ⊙ g and no more."""
    return optimizer.step(x, mask * g, state, **options)


def redrawn(start: Any, masks: Any) -> Any:
    """A fresh start of the same law."""
    return [np.where(mask > 0, SHARED.standard_normal(layer.shape) * layer.std(), 0.0)
            for layer, mask in zip(start, masks, strict=True)]


BINDING = Binding(
    row="lottery ticket", section=10, definition=lottery_ticket,
    claims=(the_smallest_go, everything_or_nothing, rounds_leave_a_power, kept_weights_begin_again, STAYS,
            rewound_beats_redrawn),
    wrong=[Wrong(pruned_by(lambda layer: 1 / (np.abs(layer) + 1)), by=the_smallest_go),
           Wrong(pruned_by(lambda layer: np.maximum(layer, 0.0)), by=the_smallest_go),
           Wrong(variant(lottery_ticket, prune=one_layer_for_all), by=the_smallest_go),
           Wrong(variant(lottery_ticket, prune=forgotten), by=everything_or_nothing),
           Wrong(variant(lottery_ticket, find=in_one_shot), by=rounds_leave_a_power),
           Wrong(variant(lottery_ticket, find=not_rewound), by=kept_weights_begin_again),
           Wrong(variant(lottery_ticket, step=on_the_gradient_alone), by=STAYS),
           Wrong(variant(lottery_ticket, rewind=redrawn), by=rewound_beats_redrawn)])
test_lottery_ticket = define_test(BINDING)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.35, 0.9])
@pytest.mark.parametrize("scope", lottery_ticket.SCOPES)
def test_torch_prunes_the_same_weights_where_no_two_are_equal(share: float, scope: str) -> None:
    rng = np.random.default_rng(3)
    layers = [torch.nn.Linear(4, 5, dtype=torch.float64), torch.nn.Linear(5, 2, dtype=torch.float64)]
    theta = [rng.normal(size=tuple(layer.weight.shape)) for layer in layers]
    for layer, weights in zip(layers, theta, strict=True):
        layer.weight.data = torch.from_numpy(weights.copy())
    if scope == "global":
        torch_prune.global_unstructured([(layer, "weight") for layer in layers],
                                        pruning_method=torch_prune.L1Unstructured, amount=share)
    else:
        for layer in layers:
            torch_prune.l1_unstructured(layer, "weight", amount=share)
    ours = lottery_ticket.prune(theta, lottery_ticket.ones(theta), share=share, scope=scope)
    for layer, mask in zip(layers, ours, strict=True):
        assert np.array_equal(layer.get_buffer("weight_mask").numpy(), mask)


def test_every_optimizer_means_many() -> None:
    assert len(EVERY) >= 15
    assert {"adam", "sgd", "rmsprop"} <= EVERY.keys()


@pytest.mark.parametrize(("options", "sentence"), [
    ({"share": 1.5}, "share must lie in [0, 1], got 1.5"),
    ({"share": 0.5, "scope": "net"}, "scope must be one of layer, global, got 'net'"),
])
def test_a_bad_option_is_refused_in_one_sentence(options: dict[str, Any], sentence: str) -> None:
    theta = [np.ones(3)]
    with pytest.raises(ValueError) as raised:
        lottery_ticket.prune(theta, lottery_ticket.ones(theta), **options)
    assert str(raised.value) == sentence
