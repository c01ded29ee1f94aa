"""The truncated normal is a normal law given its bounds, which are values and not multiples of σ."""

import numpy as np

from fiducial.checks.evidence import Array
from fiducial.reference.initializers import trunc_normal
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.initializers import wrong_draws as draws
from fiducial.suites.initializers.wrong_draws import claimed
from fiducial.suites.rules.initializers import TRUNC_NORMAL as RULE


def in_sigmas(shape: tuple[int, ...], *, rng: np.random.Generator,
              mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0) -> Array:
    """The bounds taken for multiples of σ."""
    return trunc_normal.draw(shape, rng=rng, mean=mean, std=std, a=mean + a * std, b=mean + b * std)


def clipped(shape: tuple[int, ...], *, rng: np.random.Generator,
            mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0) -> Array:
    """What falls outside is put on the bound."""
    return np.clip(mean + std * rng.standard_normal(shape), a, b)


BINDING = Binding(row="trunc_normal", section=5, rule=RULE, against=("torch.nn.init:trunc_normal_",), wrong=[
    Wrong(variant(trunc_normal, draw=in_sigmas), by=claimed(RULE, "follows-law")),
    Wrong(variant(trunc_normal, draw=clipped), by=claimed(RULE, "follows-law")),
    *draws.never_fresh(RULE, trunc_normal),
])
test_trunc_normal = define_test(BINDING)
