"""What is claimed of fine-tuning: what is kept is kept, what is frozen does not move, the rest trains as if alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fiducial.checks.claims import Claim, claim
from fiducial.checks.evidence import Array, Gap, identical

Draws = SearchStrategy[Any]
NAMES = ("body", "head", "middle")
CHOSEN: Draws = st.sets(st.sampled_from(NAMES))
SEEDS: Draws = st.integers(0, 2**20)


def drawn_layers(seed: int) -> dict[str, Array]:
    """Three matrices."""
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=(3, 2)) for name in NAMES}


@claim("behaviour", examples=40, keep=CHOSEN, seed=SEEDS)
def kept_layers_are_the_pretrained_ones(f: Any, keep: set[str], seed: int) -> Gap:
    """Training begins with the pretrained weights in kept layers and fresh ones elsewhere, and leaves both as found.

        θ = pretrained on kept layers, fresh on the others; a step in place on θ changes neither

    Allowed  0.
    Rejects  fresh weights everywhere; arrays that are shared with the pretrained net.
    """
    pretrained, fresh = drawn_layers(seed), drawn_layers(seed + 1)
    before = {name: x.copy() for name, x in pretrained.items()}
    found = f.transfer(pretrained, fresh, keep=keep)
    gaps = [identical(before[name] if name in keep else fresh[name], found[name], name) for name in NAMES]
    for x in found.values():
        x += 1.0
    return Gap.worst([*gaps, *(identical(before[name], pretrained[name], f"pretrained {name}") for name in NAMES)])


def _trained(f: Any, optimizer: Any, frozen: set[str], seed: int, steps: int) -> tuple[Any, Any, Any, Any]:
    """Layers and states after three steps with nothing frozen, and after so many more with something frozen."""
    rng = np.random.default_rng(seed)
    x = drawn_layers(seed)
    state = f.init(x, optimizer=optimizer)
    for t in range(3 + steps):
        if t == 3:
            before = ({name: layer.copy() for name, layer in x.items()}, dict(state))
        g = {name: rng.normal(size=layer.shape) + 0.5 for name, layer in x.items()}
        x, state = f.step(x, g, state, frozen=frozen if t >= 3 else set(), optimizer=optimizer)
    return *before, x, state


def frozen_layers_do_not_move(optimizers: Mapping[str, Any]) -> Claim:
    """The claim for a table of optimizers by name, each with `init(x)` and `step(x, g, state)`."""

    @claim("behaviour", examples=6, frozen=CHOSEN, seed=SEEDS)
    def frozen_layers_do_not_move(f: Any, frozen: set[str], seed: int) -> Gap:
        """Frozen layers do not move, bit for bit, under every optimizer, decay and momentum in full swing.

            x_t = x_3 and s_t = s_3 for t = 4 … 7 on frozen layers; the others move

        Allowed  0.
        Rejects  gradients set to zero, after which decay and momentum go on.
        """
        gaps = []
        for name, optimizer in optimizers.items():
            before, state, x, after = _trained(f, optimizer, frozen, seed, 4)
            for layer in NAMES:
                if layer in frozen:
                    gaps.append(identical(before[layer], x[layer], f"{layer} under {name}"))
                    gaps.append(Gap(float(after[layer] is not state[layer]), 0.0, f"state of {layer} under {name}"))
                else:
                    gaps.append(Gap(float((x[layer] == before[layer]).all()), 0.0, f"{layer} stands still: {name}"))
        return Gap.worst(gaps)

    return frozen_layers_do_not_move


def others_train_as_if_alone(optimizers: Mapping[str, Any]) -> Claim:
    """The claim for a table of optimizers by name."""

    @claim("invariance", examples=6, frozen=CHOSEN, seed=SEEDS)
    def others_train_as_if_alone(f: Any, frozen: set[str], seed: int) -> Gap:
        """Layers that are not frozen move as they do when nothing is.

            x_t with some layers frozen = x_t with none, on the layers that train

        Allowed  0: an optimizer steps on one layer at a time.
        Rejects  freezing that skips the optimizer's steps for all layers.
        """
        gaps = []
        for name, optimizer in optimizers.items():
            some, free = (_trained(f, optimizer, chosen, seed, 3)[2] for chosen in (frozen, set()))
            gaps += [identical(free[layer], some[layer], f"{layer} under {name}") for layer in NAMES
                     if layer not in frozen]
        return Gap.worst(gaps) if gaps else Gap(0.0, 0.0)

    return others_train_as_if_alone
