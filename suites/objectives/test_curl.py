"""Fields with curl against their claims."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from fiducial.checks.prototypes import a_circle_costs_work, turned_and_no_longer
from fiducial.reference.objectives import curl
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def other_way(g: Any, *, angle: float) -> Any:
    """R(-φ)."""
    return curl.forward(g, angle=-angle)


def shortened(g: Any, *, angle: float) -> Any:
    """g cos φ: the gradient of a flatter bowl."""
    return g * math.cos(angle)


BINDING = Binding(row="shapes × scale × noise × curl × non-stationarity: curl", section=11, definition=curl,
                  claims=(turned_and_no_longer, a_circle_costs_work),
                  wrong=[Wrong(variant(curl, forward=other_way), by=turned_and_no_longer),
                         Wrong(variant(curl, forward=shortened), by=a_circle_costs_work)])
test_curl = define_test(BINDING)


def test_an_odd_number_of_entries_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError) as raised:
        curl.forward(np.zeros(3), angle=0.1)
    assert str(raised.value) == "g must have an even number of entries, got 3"
