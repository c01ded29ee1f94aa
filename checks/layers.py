"""Layers whose arguments must fit each other, convolution to attention: samples, and what they claim themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.networks import Samples, U, sized

Draws = SearchStrategy[Any]


class Conv(NamedTuple):
    """Examples, groups, channels in and out of a group, and for each axis: places, kernel, and its options."""

    batch: int
    groups: int
    channels: tuple[int, int]
    places: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]

    @property
    def x(self) -> tuple[int, ...]:
        """The shape of the input."""
        return (self.batch, self.groups * self.channels[0], *self.places)

    @property
    def w(self) -> tuple[int, ...]:
        """The shape of the weights."""
        return (self.groups * self.channels[1], self.channels[0], *self.kernel)


@st.composite
def convolutions(draw: DrawFn, axes: int) -> Conv:
    """Windows that fit: up to three places, dilated up to twofold."""
    def each(least: int, most: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(least, most)) for _ in range(axes))

    kernel, dilation, padding = each(1, 3), each(1, 2), each(0, 2)
    room = tuple(max(1, d * (k - 1) + 1 - 2 * p) for k, d, p in zip(kernel, dilation, padding, strict=True))
    places = tuple(r + more for r, more in zip(room, each(0, 3), strict=True))
    channels = (draw(st.integers(1, 2)), draw(st.integers(1, 2)))
    return Conv(draw(st.integers(1, 2)), draw(st.sampled_from((1, 2))), channels, places, kernel, each(1, 2), padding,
                dilation)


def _of(sizes: Draws, **shapes: Callable[[Any], tuple[int, ...]]) -> Samples:
    return {name: sized(sizes, shape) for name, shape in shapes.items()}


def _convolution(axes: int) -> Samples:
    """Arguments of a convolution; one number for the options of a single axis."""
    sizes: Draws = st.shared(convolutions(axes), key=f"conv{axes}d")

    def option(name: str) -> Draws:
        return sizes.map(lambda c: getattr(c, name) if axes > 1 else getattr(c, name)[0])

    return {**_of(sizes, x=lambda c: c.x, w=lambda c: c.w, b=lambda c: c.w[:1]), "stride": option("stride"),
            "padding": option("padding"), "dilation": option("dilation"), "groups": sizes.map(lambda c: c.groups)}


CONV1D, CONV2D = _convolution(1), _convolution(2)


class Pool(NamedTuple):
    """A shape, and the options of a pooling window."""

    x: tuple[int, int, int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int] | None
    padding: tuple[int, int]
    dilation: int


POOLS: Draws = st.shared(st.builds(
    Pool, st.tuples(st.integers(1, 2), st.integers(1, 2), st.integers(5, 7), st.integers(5, 7)),
    st.tuples(st.integers(2, 3), st.integers(2, 3)), st.one_of(st.none(), st.tuples(*2 * [st.integers(1, 3)])),
    st.tuples(*2 * [st.integers(0, 1)]), st.integers(1, 2)), key="pool")
AVERAGE: Samples = {**_of(POOLS, x=lambda p: p.x), "kernel_size": POOLS.map(lambda p: p.kernel),
           "stride": POOLS.map(lambda p: p.stride), "padding": POOLS.map(lambda p: p.padding)}
MAXIMUM: Samples = {**AVERAGE, "dilation": POOLS.map(lambda p: p.dilation)}


class Table(NamedTuple):
    """Rows and columns of an embedding, and the indices that are looked up."""

    rows: int
    columns: int
    indices: tuple[int, ...]


@st.composite
def tables(draw: DrawFn) -> Table:
    """Indices with repetitions."""
    rows = draw(st.integers(2, 4))
    return Table(rows, draw(st.integers(1, 3)),
                 tuple(draw(st.lists(st.integers(0, rows - 1), min_size=1, max_size=6))))


TABLES: Draws = st.shared(tables(), key="embedding")
EMBEDDING: Samples = {"i": TABLES.map(lambda t: t.indices).map(lambda i: np.array(i, dtype=np.int64)),
             "w": sized(TABLES, lambda t: (t.rows, t.columns)), "padding_idx": st.sampled_from((None, 0, 1, -1))}

CELLS: Draws = st.shared(st.tuples(*3 * [st.integers(1, 3)]), key="rnn")
RNN: Samples = _of(CELLS, x=lambda s: (s[0], s[1]), h=lambda s: (s[0], s[2]), w_ih=lambda s: (s[2], s[1]),
          w_hh=lambda s: (s[2], s[2]), b_ih=lambda s: (s[2],), b_hh=lambda s: (s[2],))


class Heads(NamedTuple):
    """Leading axes, queries, keys, the width of both, the width of values."""

    batch: tuple[int, ...]
    queries: int
    keys: int
    width: int
    values: int


HEADS: Draws = st.shared(st.builds(Heads, st.sampled_from(((2,), (1, 2))), st.integers(1, 4), st.integers(1, 4),
                                   st.integers(1, 3), st.integers(1, 3)), key="attention")
QUERIES: Samples = _of(HEADS, q=lambda h: (*h.batch, h.queries, h.width), k=lambda h: (*h.batch, h.keys, h.width),
              v=lambda h: (*h.batch, h.keys, h.values))
ATTENTION: Samples = {**QUERIES, "is_causal": st.booleans(), "scale": st.sampled_from((None, 0.5))}


@claim("invariance", examples=50, **QUERIES)
def keys_in_any_order(f: Any, q: Array, k: Array, v: Array) -> Gap:
    """The order of the keys, with their values, does not matter.

        f(q, k[π], v[π]) = f(q, k, v)

    Allowed  a score of d products errs by (d + 2) u Σ|q||k|, a share relatively by twice that and (M + 20) u, and so
             does a sum of M shares of v; two orders make two of them.
    Rejects  values that stay where they were.
    Mend     index keys and values alike; softmax over the keys' axis, values weighed by it.
    Cares    attention looks up by content; values at wrong keys still train, to a worse model.
    """
    turned = f.forward(q=q, k=k[..., ::-1, :].copy(), v=v[..., ::-1, :].copy())
    scores = np.max(np.abs(q) @ np.swapaxes(np.abs(k), -1, -2))
    roundings = 2 * (q.shape[-1] + 2) * scores + 2 * k.shape[-2] + 20
    return Gap(float(np.max(np.abs(turned - f.forward(q=q, k=k, v=v)))), 2 * U * float(roundings * np.max(np.abs(v))))
