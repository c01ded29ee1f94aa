"""What a procedure steps with."""

import pytest

from fiducial.reference.optimizers import adam
from fiducial.reference.procedures._stepping import stepping


def test_an_optimizer_is_taken_as_it_is() -> None:
    assert stepping("optimizer", adam) is adam


def test_what_is_no_optimizer_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError) as raised:
        stepping("optimizer", "adam")
    assert str(raised.value) == "optimizer must have init and step, got str without init and step"
