"""The smooth L1 loss held to its claims, and torch's beside it."""

from __future__ import annotations

import numpy as np

from fiducial.reference.losses import huber, smooth_l1
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.losses import mutants
from fiducial.suites.rules.losses import SMOOTH_L1_LOSS

HUBER = variant(
    smooth_l1, forward=lambda y, t, *, beta, reduction: huber.forward(y, t, delta=beta, reduction=reduction),
    backward=lambda y, t, g, *, beta, reduction: huber.backward(y, t, g, delta=beta, reduction=reduction))
ROOTS = variant(smooth_l1, forward=lambda y, t, *, beta, reduction: np.sqrt(np.abs(y - t)).sum())
BINDING = Binding(
    row="smooth L1", section=2, rule=SMOOTH_L1_LOSS,
    against=("torch.nn.functional:smooth_l1_loss", "torch.nn:SmoothL1Loss"),
    wrong=[*mutants.of_any_map(SMOOTH_L1_LOSS),
           Wrong(ROOTS, by=mutants.of(SMOOTH_L1_LOSS, "value.middle-below-the-ends")),
           Wrong(mutants.mean_of_one_more(smooth_l1), by=mutants.of(SMOOTH_L1_LOSS, "value.reductions-agree")),
           Wrong(HUBER, by=mutants.of(SMOOTH_L1_LOSS, "gradient.pull-is-limited")),
           Wrong(HUBER, by=mutants.of(SMOOTH_L1_LOSS, "value.near-it-is-the-square"))])
test_smooth_l1 = define_test(BINDING)


def test_it_is_the_huber_loss_divided_by_its_width() -> None:
    y, t = np.random.default_rng(5).normal(size=(2, 40)) * 3
    scaled = huber.forward(y, t, delta=2.0, reduction="none") / 2
    assert np.allclose(smooth_l1.forward(y, t, beta=2.0, reduction="none"), scaled, rtol=1e-15, atol=0)
