"""What is claimed of lottery tickets: which weights are pruned, that they stay so, and that the beginning matters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from scipy import stats

from fiducial.checks.claims import Claim, claim
from fiducial.checks.evidence import Array, Gap, identical, same

Draws = SearchStrategy[Any]
SCOPES: Draws = st.sampled_from(("global", "layer"))
SHARES: Draws = st.sampled_from((0.5, 0.2, 0.9, 0.0, 1.0, 0.35))
SHAPES = ((3, 4), (5,), (2, 2))
SEEDS: Draws = st.integers(0, 2**20)
PAIRS, HIDDEN, INPUTS, EXAMPLES = 192, 24, 4, 48  # of the claim about the beginning


def layers(seed: int) -> list[Array]:
    """Weights in quarters, so that many magnitudes are equal."""
    rng = np.random.default_rng(seed)
    return [rng.integers(-8, 9, shape) / 4 for shape in SHAPES]


WEIGHTS: Draws = SEEDS.map(layers)


def survivors(theta: list[Array], masks: list[Array], share: float, scope: str) -> list[list[bool]]:
    """Which weights are left, by sorting pairs (magnitude, place): one group a layer, or one in all."""
    places = [(layer, i) for layer, weights in enumerate(theta) for i in range(weights.size)]
    groups = [places] if scope == "global" else [[p for p in places if p[0] == layer] for layer in range(len(theta))]
    gone: set[tuple[int, int]] = set()
    for group in groups:
        kept = [p for p in group if masks[p[0]].flat[p[1]] > 0]
        kept.sort(key=lambda p: (abs(theta[p[0]].flat[p[1]]), p))
        gone |= set(kept[:round(share * len(kept))])
    return [[bool(masks[layer].flat[i] > 0) and (layer, i) not in gone for i in range(weights.size)]
            for layer, weights in enumerate(theta)]


@claim("value", examples=60, theta=WEIGHTS, share=SHARES, again=SHARES, scope=SCOPES)
def the_smallest_go(f: Any, theta: list[Array], share: float, again: float, scope: str) -> Gap:
    """Exactly the smallest magnitudes that are left go, of equals the first, in each layer or in all together.

        m_i = 0 for the round(p k) first in the order of (|θ_i|, i) among the k with m_i = 1

    Allowed  0 entries.
    Rejects  the largest; signed values for magnitudes; one layer's share for all.
    """
    first = f.prune(theta, f.ones(theta), share=share, scope=scope)
    second = f.prune(theta, first, share=again, scope=scope)
    wrong = 0
    for before, after, amount in ((f.ones(theta), first, share), (first, second, again)):
        expected = survivors(theta, before, amount, scope)
        wrong += sum(int((np.ravel(m) != np.array(e)).sum()) for m, e in zip(after, expected, strict=True))
    return Gap(float(wrong), 0.0, "entries of the mask")


@claim("value", examples=40, theta=WEIGHTS, share=st.sampled_from((0.5, 0.2, 0.35)), rounds=st.integers(1, 5),
       scope=SCOPES)
def rounds_leave_a_power(f: Any, theta: list[Array], share: float, rounds: int, scope: str) -> Gap:
    """After R rounds of p about (1 - p)^R of the weights are left.

        |left - n (1 - p)^R| ≤ ½ Σ_{r<R} (1 - p)^r   for each group that is pruned together

    Allowed  that bound: each round's count is rounded by at most a half, which later rounds shrink.
    Rejects  one-shot pruning of R p.
    """
    _, masks = f.find(theta, lambda ticket, masks: [t + 1 for t in ticket], share=share, rounds=rounds, scope=scope)
    bound = 0.5 * sum((1 - share) ** r for r in range(rounds))
    groups = [np.concatenate([m.ravel() for m in masks])] if scope == "global" else [m.ravel() for m in masks]
    return Gap.worst([Gap(abs(float((m > 0).sum()) - m.size * (1 - share) ** rounds), bound, "weights left")
                      for m in groups])


@claim("behaviour", examples=40, theta=WEIGHTS, trained=WEIGHTS, share=SHARES, scope=SCOPES, rounds=st.integers(1, 3))
def kept_weights_begin_again(f: Any, theta: list[Array], trained: list[Array], share: float, scope: str,
                             rounds: int) -> Gap:
    """A ticket's weights are those of the start, bit for bit, where they are kept, and 0 where not, in every round.

        ticket = m ⊙ θ₀

    Allowed  0.
    Rejects  weights that are left as they were trained; a start of the round before.
    """
    seen: list[Gap] = []

    def train(ticket: list[Array], masks: list[Array]) -> list[Array]:
        seen.extend(identical(np.where(m > 0, start, 0.0), t, "ticket")
                    for start, t, m in zip(theta, ticket, masks, strict=True))
        return trained

    ticket, masks = f.find(theta, train, share=share, rounds=rounds, scope=scope)
    seen.extend(identical(np.where(m > 0, start, 0.0), t, "ticket")
                for start, t, m in zip(theta, ticket, masks, strict=True))
    return Gap.worst(seen)


def pruned_weights_stay_zero(optimizers: Mapping[str, Any]) -> Claim:
    """The claim for a table of optimizers by name, each with `init(x)` and `step(x, g, state)`."""

    @claim("behaviour", examples=6, seed=SEEDS)
    def pruned_weights_stay_zero(f: Any, seed: int) -> Gap:
        """Pruned weights stay 0 through further training, under every optimizer, also one that is in full swing.

            θ ← m ⊙ θ after 3 dense steps;   θ_i = 0 where m_i = 0 after each of 4 more, and θ_i moves elsewhere

        Allowed  0.
        Rejects  a mask on the gradient alone: momentum and averages go on moving what is pruned.
        """
        rng = np.random.default_rng(seed)
        g, mask = rng.normal(size=(7, 3, 2)) + 0.5, np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
        gaps = []
        for name, optimizer in optimizers.items():
            x, state = np.array(rng.normal(size=(3, 2))), None
            state = optimizer.init(x)
            for t in range(3):
                x, state = optimizer.step(x, g[t], state)
            x = start = np.where(mask > 0, x, 0.0)
            for t in range(3, 7):
                x, state = f.step(x, g[t], state, mask, optimizer=optimizer)
                gaps.append(Gap(float(np.count_nonzero(x[mask == 0])), 0.0, f"pruned weights under {name}"))
            gaps.append(Gap(float((x == start)[mask > 0].all()), 0.0, f"kept weights stand still under {name}"))
        return Gap.worst(gaps)

    return pruned_weights_stay_zero


class Net(NamedTuple):
    """Weights of many small nets: w (trials, hidden, inputs), a (trials, hidden)."""

    w: Array
    a: Array

    def outputs(self, x: Array) -> tuple[Array, Array]:
        """Hidden units and outputs: (trials, examples, hidden) and (trials, examples)."""
        y = np.maximum(np.einsum("thi,tni->tnh", self.w, x), 0.0)
        return y, np.einsum("tnh,th->tn", y, self.a)


def descended(net: Net, masks: Net, x: Array, t: Array, *, steps: int = 60, lr: float = 0.1) -> Net:
    """Full-batch descent on half the mean squared error, weights outside the masks staying as they are."""
    for _ in range(steps):
        y, out = net.outputs(x)
        missed = (out - t) / x.shape[1]
        down = missed[:, :, None] * net.a[:, None, :] * (y > 0)
        net = Net(net.w - lr * masks.w * np.einsum("tnh,tni->thi", down, x),
                  net.a - lr * masks.a * np.einsum("tn,tnh->th", missed, y))
    return net


def drawn_net(rng: np.random.Generator) -> Net:
    """A start, normal weights of small size."""
    return Net(0.3 * np.sqrt(2 / INPUTS) * rng.standard_normal((PAIRS, HIDDEN, INPUTS)),
               rng.standard_normal((PAIRS, HIDDEN)) / np.sqrt(HIDDEN))


def _tickets(f: Any, start: Net, masks: list[list[Array]]) -> Net:
    found = [f.rewind([start.w[i], start.a[i]], masks[i]) for i in range(PAIRS)]
    return Net(np.stack([w for w, _ in found]), np.stack([a for _, a in found]))


@claim("distribution", random=True)
def rewound_beats_redrawn(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Put back to its start a pruned net learns better than the same net with a fresh start.

        P(loss of m ⊙ θ₀ after training < loss of m ⊙ θ' after training) > ½
        24 ReLU units on 48 examples of a teacher of 2, 80 % of 120 weights pruned after 60 steps, 60 steps more

    Measured is the chance of at least so many wins in 192 pairs if it were ½.

    Allowed  α. If the rewound net wins with probability 0.79 this passes at 1e-9 with probability 0.99.
    Rejects  a rewinding that draws its weights anew.
    """
    x, teacher = rng.standard_normal((PAIRS, EXAMPLES, INPUTS)), rng.standard_normal((PAIRS, 2, INPUTS))
    t = np.maximum(np.einsum("thi,tni->tnh", teacher, x), 0.0).sum(axis=2)
    start, fresh = drawn_net(rng), drawn_net(rng)
    dense = descended(start, Net(np.ones_like(start.w), np.ones_like(start.a)), x, t)
    masks = [f.prune([w, a], f.ones([w, a]), share=0.8, scope="global") for w, a in zip(dense.w, dense.a, strict=True)]
    kept = Net(np.stack([w for w, _ in masks]), np.stack([a for _, a in masks]))
    losses = [((descended(begun, kept, x, t).outputs(x)[1] - t) ** 2).mean(axis=1)
              for begun in (_tickets(f, start, masks), Net(fresh.w * kept.w, fresh.a * kept.a))]
    wins = int((losses[0] < losses[1]).sum())
    return Gap(float(stats.binom.sf(wins - 1, PAIRS, 0.5)), alpha, f"{wins} wins in {PAIRS} pairs", {"wins": wins})


@claim("behaviour", examples=30, theta=WEIGHTS, share=SHARES)
def everything_or_nothing(f: Any, theta: list[Array], share: float) -> Gap:
    """A share of 0 prunes nothing, a share of 1 all, and what was pruned before stays pruned.

        p = 0: m' = m,   p = 1: m' = 0,   m' ≤ m

    Allowed  nothing.
    Rejects  masks that are made from the weights alone.
    """
    masks = f.prune(theta, f.ones(theta), share=0.5, scope="layer")
    none, some, every = (f.prune(theta, masks, share=p, scope="global") for p in (0.0, share, 1.0))
    grown = sum(int((after > before).sum()) for after, before in zip(some, masks, strict=True))
    return Gap.worst([*(identical(a, b, "share 0") for a, b in zip(masks, none, strict=True)),
                      same(0, sum(int(m.sum()) for m in every), "share 1"), same(0, grown, "weights that came back")])
