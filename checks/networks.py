"""What layers and networks claim beyond their values and gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap

Draws = SearchStrategy[Any]
U = 2.0**-53


def data(shape: tuple[int, ...], scale: float = 1.0) -> Draws:
    """Normal numbers of two digits, of one shape."""
    return st.integers(0, 2**16).map(
        lambda seed: scale * np.round(np.random.default_rng(seed).normal(size=shape), 2))


def sized(sizes: Draws, shape: Callable[[Any], tuple[int, ...]], scale: float = 1.0) -> Draws:
    """Numbers whose shape follows from sizes that the arguments of one sample share (`st.shared`)."""
    return sizes.flatmap(lambda s: data(shape(s), scale))


class Sizes(NamedTuple):
    """Examples, features in, features out."""

    batch: int
    n_in: int
    n_out: int


SIZES: Draws = st.shared(st.builds(Sizes, st.sampled_from((2, 1, 3, 5)), st.integers(1, 4), st.integers(1, 4)),
                         key="affine")
AFFINE = {"x": sized(SIZES, lambda s: (s.batch, s.n_in)), "w": sized(SIZES, lambda s: (s.n_out, s.n_in)),
          "b": sized(SIZES, lambda s: (s.n_out,))}


@claim("invariance", **AFFINE)
def one_example_as_in_a_batch(f: Any, x: Array, w: Array, b: Array) -> Gap:
    """An example gives alone what it gives in a batch, and the batch's gradients are the sums of the examples'.

        f(x)_n = f(x_n),   ∂W(batch) = Σ_n ∂W(x_n),   ∂b(batch) = Σ_n ∂b(x_n)

    Allowed  each entry is a sum of n_in + 1 or N products: two orders differ by at most 2 (n_in + N + 1) u Σ|terms|.
    Rejects  a layer whose gradients are means over the batch.
    """
    together, g = f.forward(x, w, b), np.ones((len(x), len(b)))
    alone = np.concatenate([f.forward(row[None], w, b) for row in x])
    roundings = 2 * (x.shape[1] + len(x) + 1) * U
    gaps = [Gap(float(np.max(np.abs(together - alone))),
                roundings * float(np.max(np.abs(x) @ np.abs(w).T + np.abs(b))), "value")]
    whole, parts = f.backward(x, w, b, g), [f.backward(row[None], w, b, g[:1]) for row in x]
    for name, terms in (("w", np.abs(x).sum(axis=0).max()), ("b", float(len(x)))):
        difference = getattr(whole, name) - sum(getattr(part, name) for part in parts)
        gaps.append(Gap(float(np.max(np.abs(difference))), roundings * float(terms), f"gradient of {name}"))
    return Gap.worst(gaps)
