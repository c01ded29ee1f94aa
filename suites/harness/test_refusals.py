"""A refusal is told from an accident by the bytecode, with the source and without it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fiducial.checks.adapters.refusals import is_refusal

ON_PURPOSE = "def f(x):\n    if x < 0: raise ValueError('x must be at least 0, got -1')\n"
BY_ACCIDENT = "def f(x):\n    return [1.0, 2.0][x:].index(5.0)\n"  # a ValueError that an operation raises
WORDLESS = "def f(x):\n    raise ValueError\n"
BY_ASSERT = "def f(x):\n    assert x > 0, 'x must be positive'\n"


def made(source: str) -> Callable[[int], object]:
    """A function whose source no traceback can show, as of a class that was handed over by value."""
    names: dict[str, Callable[[int], object]] = {}
    exec(source, names)
    return names["f"]


@pytest.mark.parametrize(("source", "refused"), [
    (ON_PURPOSE, True), (BY_ACCIDENT, False), (WORDLESS, False), (BY_ASSERT, False)])
def test_without_a_source(source: str, refused: bool) -> None:
    with pytest.raises((ValueError, AssertionError)) as caught:
        made(source)(-1)
    assert is_refusal(caught.value) is refused


def test_an_exception_that_was_never_raised_is_no_refusal() -> None:
    assert is_refusal(ValueError("x must be at least 0")) is False


def test_an_assert_refuses_in_a_constructor_only() -> None:
    with pytest.raises(AssertionError) as caught:
        made("def f(x):\n    assert x > 0\n")(-1)
    assert is_refusal(caught.value, built=False) is True
    assert is_refusal(caught.value) is False


def test_an_accident_in_a_constructor_is_none_the_less_one() -> None:
    with pytest.raises(ValueError, match="not in list") as caught:
        made(BY_ACCIDENT)(-1)
    assert is_refusal(caught.value, built=False) is False
