"""Units that start equal stay equal bit for bit under one fixed order of summation, and under no other product."""

from itertools import product

import numpy as np

from fiducial.checks.evidence import Array
from fiducial.checks.hidden_units import (
    Net,
    Product,
    equal_rows_give_equal_sums,
    examples,
    product_is_the_matrix_product,
    trained,
)
from fiducial.reference.initializers import fixed_order_product
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def blocked(w: Array, x: Array) -> Array:
    """Every second row summed backwards."""
    forth, back = fixed_order_product.product(w, x), fixed_order_product.product(w[:, ::-1].copy(), x[::-1].copy())
    return np.where(np.arange(len(w))[:, None] % 2 == 0, forth, back)


def cut_short(w: Array, x: Array) -> Array:
    """The last term left out."""
    return w[:, :-1] @ x[:-1]


BINDING = Binding(
    row="units stay equal", section=5, definition=fixed_order_product,
    claims=(equal_rows_give_equal_sums, product_is_the_matrix_product),
    wrong=[Wrong(variant(fixed_order_product, product=blocked), by=equal_rows_give_equal_sums),
           Wrong(variant(fixed_order_product, product=cut_short), by=product_is_the_matrix_product)])
test_fixed_order_product = define_test(BINDING)


def drift(multiply: Product, *, lr: float, steps: int) -> float:
    """How far 8 units that start equal are apart after training, relative to their size."""
    rng = np.random.default_rng(11)
    row, column = rng.standard_normal((1, 6)), rng.standard_normal((2, 1))
    net = Net(np.repeat(row, 8, 0), np.zeros((8, 1)), np.repeat(column, 8, 1), np.zeros((2, 1)))
    net = trained(net, *examples(rng, 6), lr=lr, steps=steps, product=multiply)
    return float(np.ptp(net.w, axis=0).max() / np.abs(net.w).max())


def test_another_order_differs_by_an_ulp_and_training_may_amplify_it() -> None:
    assert drift(fixed_order_product.product, lr=0.4, steps=1000) == 0
    assert 0 < drift(blocked, lr=0.4, steps=1) < 1e-15
    assert drift(blocked, lr=0.4, steps=1000) > 1e-3


def test_a_tuned_product_is_only_held_to_its_rounding() -> None:
    """Rows that are equal may differ by rounding: with OpenBLAS they do in a fifth of these shapes, by a few ulp."""
    rng = np.random.default_rng(0)
    for units, inputs, count in product(range(2, 40), (3, 5, 17, 64, 100), (1, 2, 7, 9, 33)):
        row, x = rng.standard_normal((1, inputs)), rng.standard_normal((inputs, count))
        y = np.repeat(row, units, 0) @ x
        assert np.all(np.abs(y - y[:1]) <= inputs * 2.0**-52 * (np.abs(row) @ np.abs(x)))
