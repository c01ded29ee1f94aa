"""The engine: Hypothesis draws the samples, the check judges them, Hypothesis shrinks a failing one.

Deterministic: the draws depend on the seed and the name of the stream alone. Hypothesis is told every setting, is
kept from mining the modules of the process for constants, and keeps no database.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis.errors import HypothesisException
from hypothesis.internal.conjecture import providers
from hypothesis.strategies import SearchStrategy

from fiducial.checks.evidence import Gap

Sample = TypeVar("Sample")
SHRINKING = 150  # how many samples a failing check may look at while it shrinks
NO_CONSTANTS = type(providers.GLOBAL_CONSTANTS)()


class Failed(Exception):
    """A sample that the claim does not survive; raised and caught by the engine alone."""


def stream_seed(seed: int, name: str) -> int:
    """The seed of one stream: a hash of the run's seed and the stream's name."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{name}".encode()).digest()[:8], "big")


@contextmanager
def no_local_constants() -> Iterator[None]:
    """Keep Hypothesis from drawing constants that it finds in the source of loaded modules.

    Its draws would otherwise depend on which modules the subject has imported.
    """
    name = "_get_local_constants"
    original = getattr(providers, name)
    setattr(providers, name, lambda: NO_CONSTANTS)
    try:
        yield
    finally:
        setattr(providers, name, original)


def _run(body: Callable[[Sample], None], strategy: SearchStrategy[Sample], count: int, seed: int,
         phases: tuple[Phase, ...]) -> None:
    """Hand samples of a strategy to the body; the first of them is the simplest."""
    test = hypothesis.given(strategy)(body)
    test = hypothesis.settings(max_examples=count, phases=phases, database=None, deadline=None, derandomize=False,
                               report_multiple_bugs=False, print_blob=False, backend="hypothesis",
                               verbosity=hypothesis.Verbosity.quiet,
                               suppress_health_check=list(HealthCheck))(test)
    with no_local_constants():
        hypothesis.seed(seed)(test)()


def draw(strategy: SearchStrategy[Sample], count: int, seed: int) -> list[Sample]:
    """The first `count` samples of a strategy under a seed (fewer if it has no more)."""
    drawn: list[Sample] = []

    def body(sample: Sample) -> None:
        drawn.append(sample)

    _run(body, strategy, count, seed, (Phase.generate,))
    return drawn


def shrink(strategy: SearchStrategy[Sample], count: int, seed: int, judge: Callable[[Sample], Gap | None],
           size: Callable[[Sample], float]) -> tuple[Sample, Gap] | None:
    """The smallest failing sample that can be reached from the first failing one that `draw` gives, and its gap.

    `judge` may return None for a sample that judges nothing; `size` says which of two samples is smaller. At most
    SHRINKING samples are looked at after the first failure, so that the time is bounded by work, not by a clock.
    """
    found: list[tuple[Sample, Gap]] = []
    looked = 0

    def body(sample: Sample) -> None:
        nonlocal looked
        looked += bool(found)
        if looked > SHRINKING:
            return
        gap = judge(sample)
        if gap is not None and not gap.holds:
            found.append((sample, gap))
            raise Failed

    with contextlib.suppress(Failed, HypothesisException, BaseExceptionGroup):
        _run(body, strategy, count, seed, (Phase.generate, Phase.shrink))
    return min(reversed(found), key=lambda pair: size(pair[0]), default=None)
