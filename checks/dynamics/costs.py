"""What is claimed of costs, in operations and bytes; times are for the benchmarks."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import numpy as np
from hypothesis import strategies as st

from fiducial.checks import statistics
from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.statistics.laws import binomial

TRANSCENDENTAL = ("exp", "log", "log1p", "expm1", "tanh", "power", "exp2", "log2")
SEEDS = st.integers(0, 2**16)


class Counted(np.ndarray[Any, np.dtype[np.float64]]):
    """An array that writes down which operations it goes through: calls, and multiplications in products."""

    ledger: Counter[str] | None = None

    def __array_finalize__(self, source: Any) -> None:
        self.ledger = getattr(source, "ledger", None)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        ledger = next(x.ledger for x in inputs if isinstance(x, Counted))
        plain = [x.view(np.ndarray) if isinstance(x, Counted) else x for x in inputs]
        found = getattr(ufunc, method)(*plain, **options)
        if ledger is not None:
            name = ufunc.__name__
            ledger[name] += 1
            ledger[f"{name} entries"] += np.size(found)
            if name == "matmul":
                ledger["multiplications"] += np.size(found) * plain[0].shape[-1]
        return counted(found, ledger) if isinstance(found, np.ndarray) else found


def counted(x: Array, ledger: Counter[str] | None) -> Counted:
    """A view of an array that counts into the ledger."""
    view = cast(Counted, np.asarray(x).view(Counted))
    view.ledger = ledger
    return view


@claim("distribution", random=True)
def dropped_units_do_not_learn(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Dropout slows convergence per step: a weight whose input is dropped does not move in that step.

        θ ← θ - η m θ, m ~ Bernoulli(1 - p):   ln(θ_T/θ_0)/ln(1 - η) ~ Bin(T, 1 - p)        T = 40, p = 0.4, η = ⅛

    Allowed  the three tests of a discrete law at α on 3000 weights; rounding cannot take the quotient of logarithms
             0.01 from a whole number. A share of 0.6 off by 0.02 is found with power 0.99.
    Rejects  a backward pass without the mask, which moves every weight; one mask for all steps, a thinner net.
    """
    theta = np.ones(3000)
    for _ in range(40):
        mask = f.mask((3000,), p=0.4, rng=rng)
        theta = theta - 0.125 * f.backward(theta, mask, f.forward(theta, mask))
    done = np.log(theta) / np.log(0.875)
    whole = np.where(np.abs(done - np.rint(done)) < 0.01, np.rint(done), 0.5)
    return statistics.distribution(whole, binomial(40, 0.6), alpha=alpha)


@claim("behaviour", seed=SEEDS, p=st.sampled_from((0.5, 0.8, 0.0)), examples=12)
def thinner_nets_are_cheaper_only_if_code_skips(f: Any, seed: int, p: float) -> Gap:
    """A mask alone saves no multiplication; code that skips the dropped units needs the kept share of them.

        N n m multiplications masked, N |kept| m skipping, one result

    Allowed  0 for the counts; 4 n u Σ|terms| for the result, whose terms may be added in another order.
    Rejects  code that promises to skip and multiplies by zeros.
    """
    rng = np.random.default_rng(seed)
    y, w, kept = rng.normal(size=(8, 20)), rng.normal(size=(20, 6)), rng.random(20) >= p
    ledgers = Counter[str](), Counter[str]()
    masked = np.asarray(f.masked(y, counted(w, ledgers[0]), kept))
    skipping = np.asarray(f.skipping(y, counted(w, ledgers[1]), kept))
    counts = [ledger["multiplications"] for ledger in ledgers]
    wanted = [8 * 20 * 6, 8 * int(kept.sum()) * 6]
    terms = float((np.abs(y) @ np.abs(w)).max())
    off = Gap(float(np.abs(masked - skipping).max()), 4 * 20 * 2.0**-53 * terms, "result")
    return Gap.worst([off, Gap(float(counts != wanted), 0.0, "multiplications", {"found": counts, "expected": wanted})])


@claim("behaviour", n=st.sampled_from((1, 7, 100)), examples=3)
def relu_calls_no_transcendental(f: Any, n: int) -> Gap:
    """ReLU costs a comparison a unit, softplus two transcendental functions.

        calls of exp, log and the like:   0 for max(0, x),   2 for max(0, x) + ln(1 + e^-|x|)

    Allowed  0.
    Rejects  a smooth function in place of ReLU.
    """
    found = []
    for function in (f.relu, f.softplus):
        ledger = Counter[str]()
        function(counted(np.linspace(-3, 3, n), ledger))
        found.append(sum(ledger[name] for name in TRANSCENDENTAL))
    return Gap(float(found != [0, 2]), 0.0, "calls by ReLU and by softplus", {"found": found})


@claim("behaviour", n=st.sampled_from((1, 8, 64)), examples=3)
def a_batch_is_one_product(f: Any, n: int) -> Gap:
    """A batch costs as many multiplications as its examples one by one, in one product instead of N.

        N n m multiplications either way;   1 call against N

    Allowed  0.
    Rejects  a layer that goes through its batch example by example.
    """
    x, w, b = np.ones((n, 5)), np.ones((3, 5)), np.zeros(3)
    together, alone = Counter[str](), Counter[str]()
    f.forward(counted(x, together), w, b)
    for row in x:
        f.forward(counted(row[None], alone), w, b)
    found = [together["matmul"], alone["matmul"], together["multiplications"], alone["multiplications"]]
    return Gap(float(found != [1, n, 15 * n, 15 * n]), 0.0, "calls and multiplications", {"found": found})


def _peak(run: Callable[[], Any]) -> int:
    """The most bytes that were held at once beyond what was held before, on the second run."""
    run()
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@claim("behaviour")
def memory_grows_with_the_batch(f: Any) -> Gap:
    """The backward pass holds every activation of every example: its memory grows in proportion to the batch.

        peak(4B) - peak(2B) = 2 (peak(2B) - peak(B)),   at least 8 Σ n_k bytes an example;   B = 256, n = 50, 50, 50, 50

    Allowed  64 KiB for what does not depend on the batch; the bound below is the activations' own size.
    Rejects  a pass that goes through the batch in slices, and holds one slice's activations.
    """
    sizes = (50, 50, 50, 50)
    theta = np.zeros(sum(n * 51 for n in sizes[1:]))

    def backward(n: int) -> Any:
        return f.backward(np.ones((n, 50)), theta, np.ones((n, 50)), sizes=sizes)

    peaks = [_peak(partial(backward, n)) for n in (256, 512, 1024)]
    first, second = peaks[1] - peaks[0], peaks[2] - peaks[1]
    return Gap.worst([Gap(abs(second - 2 * first), 2.0**16, "away from proportion", {"peaks": peaks}),
                      Gap(8.0 * 200 * 256, float(first), "bytes by 256 more examples", {"peaks": peaks})])
