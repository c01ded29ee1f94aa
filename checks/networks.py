"""What layers and networks claim beyond their values and gradients."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap

Draws = SearchStrategy[Any]
Samples = dict[str, Any]  # strategies by argument
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
AFFINE: Samples = {"x": sized(SIZES, lambda s: (s.batch, s.n_in)), "w": sized(SIZES, lambda s: (s.n_out, s.n_in)),
          "b": sized(SIZES, lambda s: (s.n_out,))}


@claim("invariance", **AFFINE)
def one_example_as_in_a_batch(f: Any, x: Array, w: Array, b: Array) -> Gap:
    """An example gives alone what it gives in a batch, and the batch's gradients are the sums of the examples'.

        f(x)_n = f(x_n),   ∂W(batch) = Σ_n ∂W(x_n),   ∂b(batch) = Σ_n ∂b(x_n)

    Allowed  each entry is a sum of n_in + 1 or N products: two orders differ by at most 2 (n_in + N + 1) u Σ|terms|.
    Rejects  a layer whose gradients are means over the batch.
    """
    together, g = f.forward(x=x, w=w, b=b), np.ones((len(x), len(b)))
    alone = np.concatenate([f.forward(x=row[None], w=w, b=b) for row in x])
    roundings = 2 * (x.shape[1] + len(x) + 1) * U
    gaps = [Gap(float(np.max(np.abs(together - alone))),
                roundings * float(np.max(np.abs(x) @ np.abs(w).T + np.abs(b))), "value")]
    whole, parts = f.backward(x=x, w=w, b=b, g=g), [f.backward(x=row[None], w=w, b=b, g=g[:1]) for row in x]
    for name, terms in (("w", np.abs(x).sum(axis=0).max()), ("b", float(len(x)))):
        difference = getattr(whole, name) - sum(getattr(part, name) for part in parts)
        gaps.append(Gap(float(np.max(np.abs(difference))), roundings * float(terms), f"gradient of {name}"))
    return Gap.worst(gaps)


class Net(NamedTuple):
    """Examples, and the widths of the layers, input first."""

    batch: int
    sizes: tuple[int, ...]

    @property
    def parameters(self) -> int:
        """How many weights and biases there are."""
        return sum(n * (m + 1) for m, n in pairwise(self.sizes))


NETS: Draws = st.shared(st.builds(Net, st.integers(1, 3), st.lists(st.integers(1, 3), min_size=2, max_size=4).map(
    tuple)), key="mlp")
MLP: Samples = {"x": sized(NETS, lambda n: (n.batch, n.sizes[0])), "theta": sized(NETS, lambda n: (n.parameters,)),
       "sizes": NETS.map(lambda n: n.sizes)}
OBJECTIVE: Samples = {"x": MLP["x"], "t": sized(NETS, lambda n: (n.batch, n.sizes[-1])), "theta": MLP["theta"],
             "sizes": MLP["sizes"], "lam": st.sampled_from((0.0, 0.1, 2.0))}
PAIR: Samples = {"x": sized(NETS, lambda n: (n.sizes[0],)), "t": sized(NETS, lambda n: (n.sizes[-1],)),
        "theta": MLP["theta"], "sizes": MLP["sizes"]}


@claim("gradient", **MLP)
def logistic_slope_is_y_times_one_minus_y(f: Any, x: Array, theta: Array, sizes: tuple[int, ...]) -> Gap:
    """Logistic units hand back h y (1 - y), y being what they put out.

        ∂b_L = Σ_n g y (1 - y)

    Allowed  y errs by 5 u, so y (1 - y) and σ(z) σ(-z) differ by at most 11 u; N additions: (11 + N) u Σ|g|.
    Rejects  σ'(y): the slope taken at what comes out of the unit.
    """
    y, g = f.forward(x, theta, sizes=sizes), np.arange(1.0, sizes[-1] + 1) * np.ones((len(x), 1))
    found = f.backward(x, theta, g, sizes=sizes).theta[-sizes[-1]:]
    difference = np.abs(found - np.sum(g * y * (1 - y), axis=0))
    return Gap(float(np.max(difference)), float((11 + len(x)) * U * np.max(np.sum(g, axis=0))))


@claim("invariance", **OBJECTIVE)
def a_batch_sums_its_examples(f: Any, x: Array, t: Array, theta: Array, sizes: tuple[int, ...], lam: float) -> Gap:
    """The objective of a batch is the sum of its examples' losses, with the penalty counted once; so is its gradient.

        E(batch) - λΩ = Σ_n (E(x_n) - λΩ)

    Allowed  two orders of one sum: 256 u (Σ|terms| + λΩ), a term passing fewer than 64 roundings in either order.
    Rejects  a penalty that is added for every example.
    """
    options = {"sizes": sizes, "lam": lam}
    bare = {"sizes": sizes, "lam": 0.0}
    one = np.ones(())
    penalty = f.forward(x[:1], t[:1], theta, **options) - f.forward(x[:1], t[:1], theta, **bare)
    alone = [f.forward(x[n:n + 1], t[n:n + 1], theta, **bare) for n in range(len(x))]
    gap = Gap(abs(float(f.forward(x, t, theta, **options) - sum(alone) - penalty)),
              256 * U * float(sum(alone) + abs(penalty) + 1), "value")
    slopes = [f.backward(x[n:n + 1], t[n:n + 1], theta, one, **bare).theta for n in range(len(x))]
    pull = f.backward(x[:1], t[:1], theta, one, **options).theta - slopes[0]
    whole = f.backward(x, t, theta, one, **options).theta
    size = float(np.max(sum(np.abs(s) for s in slopes) + np.abs(pull))) + 1
    return Gap.worst([gap, Gap(float(np.max(np.abs(whole - sum(slopes) - pull))), 256 * U * size, "gradient")])


@claim("behaviour", **OBJECTIVE, lr=st.sampled_from((0.1, 0.01, 0.5)))
def the_next_parameters_come_from_these(f: Any, x: Array, t: Array, theta: Array, sizes: tuple[int, ...], lam: float,
                                        lr: float) -> Gap | None:
    """A training step makes the parameters of τ + 1 out of those of τ, against the gradient that τ has.

        (θ_{τ+1} - θ_τ) · ∂E(θ_τ) = -η ‖∂E(θ_τ)‖²

    Allowed  the step is rounded to u |θ| in each entry: 4 u Σ(|θ| + η|∂E|)|∂E|, relative to η ‖∂E‖².
    Rejects  the indices exchanged, which climbs.
    """
    g = f.backward(x, t, theta, np.ones(()), sizes=sizes, lam=lam).theta
    if not (squared := lr * float(g @ g)) > 0:
        return None
    moved = f.step(x, t, theta, lr=lr, sizes=sizes, lam=lam) - theta
    allowed = (4 + theta.size) * U * float((np.abs(theta) + lr * np.abs(g)) @ np.abs(g)) / squared
    return Gap(abs(float(moved @ g) / squared + 1), allowed)


BLOCKS: Draws = st.shared(st.builds(Sizes, st.integers(1, 3), st.integers(1, 3), st.integers(1, 3)), key="residual")
RESIDUAL: Samples = {"x": sized(BLOCKS, lambda s: (s.batch, s.n_in)), "w1": sized(BLOCKS, lambda s: (s.n_out, s.n_in)),
            "b1": sized(BLOCKS, lambda s: (s.n_out,)), "w2": sized(BLOCKS, lambda s: (s.n_in, s.n_out)),
            "b2": sized(BLOCKS, lambda s: (s.n_in,))}


@claim("value", **RESIDUAL)
def identity_without_a_branch(f: Any, x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gap:
    """Where the branch gives nothing, the block is the identity, forward and backward.

        W₂ = 0, b₂ = 0:   y = x,   ∂x = g

    Allowed  0: zeros are added.
    Rejects  a rectifier behind the sum.
    """
    nothing = (x, w1, b1, 0 * w2, 0 * b2)
    g = np.arange(1.0, x.size + 1).reshape(x.shape)
    return Gap(float(np.max(np.abs([f.forward(*nothing) - x, f.backward(*nothing, g).x - g]))), 0.0)


@claim("gradient", **RESIDUAL, s=st.sampled_from((2.0, -1.0, 0.5)))
def jacobian_is_one_and_the_branch(f: Any, x: Array, w1: Array, b1: Array, w2: Array, b2: Array, s: float) -> Gap:
    """The Jacobian is the identity and the branch's: a path of derivative 1 stays, however the branch is scaled.

        ∂x(s W₂, s b₂) - g = s (∂x(W₂, b₂) - g) = s J_Fᵀ g

    Allowed  (n + m + 6) u of the terms on either side; s is a power of two, so scaling is exact.
    Rejects  a block whose sum is halved.
    """
    g = np.arange(1.0, x.size + 1).reshape(x.shape)
    one, scaled = f.backward(x, w1, b1, w2, b2, g).x - g, f.backward(x, w1, b1, s * w2, s * b2, g).x - g
    terms = np.abs(g) + np.abs(g) @ np.abs(w2) @ np.abs(w1)
    allowed = 2 * (1 + abs(s)) * (len(w1) + x.shape[1] + 6) * U * float(np.max(terms))
    return Gap(float(np.max(np.abs(scaled - s * one))), allowed)
