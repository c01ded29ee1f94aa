"""The places that windows read, against windows laid one by one."""

import numpy as np
import pytest

from fiducial.reference.layers._windows import pair, places, read, selection


@pytest.mark.parametrize(("n", "kernel", "stride", "padding", "dilation"),
                         [(5, 3, 1, 0, 1), (5, 3, 2, 1, 1), (7, 2, 3, 1, 2), (1, 1, 1, 0, 1), (4, 3, 1, 1, 2)])
def test_windows_are_laid_until_the_next_does_not_fit(n: int, kernel: int, stride: int, padding: int,
                                                      dilation: int) -> None:
    laid, start = [], -padding
    while start + dilation * (kernel - 1) <= n - 1 + padding:
        laid.append([start + dilation * k for k in range(kernel)])
        start += stride
    found = places(n, kernel, stride=stride, padding=padding, dilation=dilation)
    assert found.tolist() == laid


def test_reading_is_the_product_with_the_selection() -> None:
    x = np.random.default_rng(0).normal(size=(2, 5, 3))
    where = places(5, 3, stride=2, padding=1, dilation=1)
    assert np.array_equal(read(x, where, 1), np.einsum("oki,nic->nokc", selection(where, 5), x))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError) as raised:
        places(2, 3, stride=1, padding=0, dilation=2)
    assert str(raised.value) == "kernel must fit into 2 places, got one that spans 5"
    with pytest.raises(ValueError) as raised:
        pair("stride", (1, 0), 1)
    assert str(raised.value) == "stride must be a whole number of at least 1, got 0"
