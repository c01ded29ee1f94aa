"""Two minima against their claims."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import strategies as st

from fiducial.checks.landscapes import descent_stays_on_its_side, the_farther_minimum_is_deeper
from fiducial.checks.objectives import places
from fiducial.reference.objectives import two_minima
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.objectives.landscapes import Landscape, replaced, turned

WIDTHS = st.sampled_from((2.0, 1.0, 0.75))
MINIMA = Landscape(two_minima, {"x": places(1, scales=(1.0, 0.25)), "left": WIDTHS, "right": WIDTHS,
                                "m": st.sampled_from((0.0, -1.5))})


def exchanged(x: Any, *, left: float = 2.0, right: float = 1.0, m: float = 0.0) -> Any:
    """The better minimum on the wrong side."""
    return two_minima.forward(2 * m - x, left=left, right=right, m=m)


BINDING = Binding(
    row="two minima where local descent leads away from the better one", section=11, definition=two_minima,
    claims=(*MINIMA.claims, descent_stays_on_its_side, the_farther_minimum_is_deeper),
    wrong=[*MINIMA.wrong, Wrong(turned(two_minima), by=descent_stays_on_its_side),
           Wrong(variant(two_minima, forward=exchanged), by=the_farther_minimum_is_deeper),
           Wrong(replaced(two_minima, lambda point: point._replace(kind="minimum")),
                 by=MINIMA.claim("points-are-critical"))])
test_two_minima = define_test(BINDING)


def in_torch(x: torch.Tensor, left: float, right: float, m: float) -> torch.Tensor:
    """The formula, power by power."""
    u = (x - m).sum()
    return u**4 / 4 - (right - left) * u**3 / 3 - left * right * u**2 / 2


test_torch_agrees = MINIMA.agrees_with_torch(in_torch)
