"""A Dirac kernel passes every channel on."""

import numpy as np

from fiducial.checks.evidence import Array
from fiducial.reference.initializers import dirac
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.initializers.wrong_draws import claimed
from fiducial.suites.rules.initializers import DIRAC as RULE


def off_centre(shape: tuple[int, ...], *, rng: np.random.Generator, groups: int = 1) -> Array:
    """⌊(k - 1)/2⌋ for the centre, which differs where k is even."""
    w = dirac.draw(shape, rng=rng, groups=groups)
    return np.roll(w, [-1 if k % 2 == 0 else 0 for k in shape[2:]], axis=tuple(range(2, len(shape))))


def ungrouped(shape: tuple[int, ...], *, rng: np.random.Generator, groups: int = 1) -> Array:
    """The groups ignored."""
    return dirac.draw(shape, rng=rng)


BINDING = Binding(row="dirac", section=5, rule=RULE, against=("torch.nn.init:dirac_",), wrong=[
    Wrong(variant(dirac, draw=off_centre), by=claimed(RULE, "convolution-is-the-identity")),
    Wrong(variant(dirac, draw=ungrouped), by=claimed(RULE, "convolution-is-the-identity")),
])
test_dirac = define_test(BINDING)
