"""A claim about a function, an initializer, a schedule: samples in, a gap out; the engine draws, shrinks and records.

    @claim("invariance", x=scores, c=shifts)
    def shift_invariance(f, x, c) -> Gap: ...

A claim takes its subject as `f`: any object with the functions that it calls (`f.forward`, `f.backward`, `f.draw`, …).
A random claim takes a generator and its share of the run's false-alarm budget instead of samples.
"""

from __future__ import annotations

import copy
import inspect
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fiducial.checks.docstrings import claim_of, part
from fiducial.checks.engine import draw, shrink, stream_seed
from fiducial.checks.evidence import Evidence, Gap, Severity, Status
from fiducial.checks.examination import Reproduce, examine
from fiducial.checks.statistics.samples import BadSample

ALPHA = 1e-9  # a random claim's false-alarm rate where a run does not say
Judge = Callable[..., Gap | None]
Sample = dict[str, Any]


class Refused(Exception):
    """The subject said clearly that it does not take this input: nothing was judged."""


class Raised(Exception):
    """The subject raised by accident, on an input that it should take."""


@dataclass(frozen=True)
class Claim:
    """One claim: `judge(f, **sample)`, or `judge(f, rng=…, alpha=…)` for a random one, returns a gap.

    samples   what is drawn, by argument
    examples  how many draws level standard makes; quick a quarter, deep ten times as many
    applies   a reason why the claim does not apply to a subject, or None
    """

    id: str
    judge: Judge
    samples: Mapping[str, SearchStrategy[Any]]
    severity: Severity = Severity.MUST
    examples: int = 100
    random: bool = False
    quick: bool = True
    rests_on: tuple[str, ...] = ()
    applies: Callable[[Any], str | None] = field(default=lambda f: None)
    _drawn: dict[tuple[int, str], list[Sample]] = field(default_factory=dict, repr=False, compare=False)

    def __call__(self, f: Any, **sample: Any) -> Gap | None:
        """The gap for one sample."""
        return self.judge(f, **sample)

    @property
    def claim(self) -> str:
        """The claim in words: the first line of the judge's docstring."""
        return claim_of(self.judge)

    def explanation(self) -> str:
        """Claim, derivation of the tolerance, what it rejects, how to mend it, who cares; severity."""
        rests = f"\nRests on {', '.join(self.rests_on)}" if self.rests_on else ""
        return f"{self.id}  ({self.severity}){rests}\n\n{inspect.getdoc(self.judge)}"

    def count(self, level: str) -> int:
        """How many samples a level draws."""
        if self.random or not self.samples:
            return 1
        return {"quick": max(2, self.examples // 4), "standard": self.examples, "deep": 10 * self.examples}[level]

    def drawn(self, seed: int, level: str) -> list[Sample]:
        """The samples under a seed; many subjects are shown the same, and none is given them themselves."""
        if not self.samples:
            return [{}]
        key = seed, level
        if key not in self._drawn:
            self._drawn[key] = draw(self._strategy(), self.count(level), stream_seed(seed, self.id))
        return list(self._drawn[key])

    def examine(self, f: Any, *, seed: int = 0, level: str = "standard", alpha: float = ALPHA,
                shrinks: bool = True, reproduce: Reproduce | None = None) -> Evidence:
        """Draw, judge, shrink (unless told otherwise): the evidence for this claim about this subject."""
        started = time.perf_counter()
        evidence = Evidence(id=self.id, claim=self.claim, severity=self.severity, status=Status.NOT_APPLICABLE,
                            rests_on=list(self.rests_on))
        evidence.reason = self.applies(f)
        if evidence.reason is None:
            examine(evidence, self._cases(f, seed, level, alpha, shrinks), partial(self._gap, f), Refused,
                    self._described, reproduce)
            evidence.mend = part(self.judge, "Mend") if evidence.status is Status.FAILED else None
        evidence.seconds = round(time.perf_counter() - started, 4)
        return evidence

    def _strategy(self) -> SearchStrategy[Sample]:
        """A sample's values in the order of the claim: Hypothesis permutes the keys."""
        return st.fixed_dictionaries(dict(self.samples)).map(lambda drawn: {name: drawn[name] for name in self.samples})

    def _settled(self, f: Any, sample: Sample) -> Sample:
        """A sample with the arguments that the subject's settings fix."""
        fixed = settings_of(f)
        return {name: fixed.get(name, value) for name, value in sample.items()}

    def _gap(self, f: Any, sample: Sample) -> Gap | None:
        """One judgement; an accident of the subject is a gap, and so are draws that no test can judge, such as nan.

        The judge gets a copy: a subject may write into its arguments.
        """
        try:
            return self.judge(f, **(sample if self.random else copy.deepcopy(sample)))
        except Raised as raised:
            return Gap(float("inf"), 0.0, str(raised), {"raised": str(raised)})
        except BadSample as bad:
            return Gap(float("inf"), 0.0, str(bad))
        except Refused:
            raise
        except Exception as error:  # what a subject returned may have any shape, and any type
            if not self._judges_the_definition(f, sample):
                if settings_of(f).keys() & sample.keys():
                    raise Refused(f"the definition does not take the settings: {error}") from error
                raise
            said = " ".join(str(error).split())[:200]
            return Gap(float("inf"), 0.0, f"what it returned cannot be judged ({type(error).__name__}: {said})")

    def _judges_the_definition(self, f: Any, sample: Sample) -> bool:
        """Whether the definition that a subject is held against can be judged on the sample: then the subject erred."""
        definition = getattr(f, "definition", None)
        if definition is None:
            return False
        try:
            self.judge(definition, **{**copy.deepcopy(sample),
                                      **({"rng": np.random.default_rng(0)} if self.random else {})})
        except Exception:
            return False
        return True

    def _cases(self, f: Any, seed: int, level: str, alpha: float, shrinks: bool) -> Iterator[tuple[Sample, Any]]:
        """The samples as the subject's settings fix them, with what makes a failing one smaller."""
        smaller = partial(self._smallest, f, seed, level) if shrinks and self.samples else None
        return ((self._settled(f, drawn), smaller) for drawn in self._samples(seed, level, alpha))

    def _samples(self, seed: int, level: str, alpha: float) -> list[Sample]:
        """What the judge is given: draws, or a generator and a false-alarm rate."""
        if self.random:
            return [{"rng": np.random.default_rng(stream_seed(seed, self.id)), "alpha": alpha}]
        return self.drawn(seed, level)

    def _smallest(self, f: Any, seed: int, level: str, judge: Callable[[Sample], Gap | None],
                  ) -> tuple[Sample, Gap] | None:
        """The smallest failing sample."""
        settled = self._strategy().map(lambda drawn: self._settled(f, drawn))
        return shrink(settled, self.count(level), stream_seed(seed, self.id), judge, size)

    def _described(self, sample: Sample) -> Sample:
        """A sample as the evidence shows it: a generator and a false-alarm rate are none."""
        return {} if self.random else sample


def settings_of(f: Any) -> Mapping[str, Any]:
    """The arguments that a subject's settings fix; a definition has none, though it may have a function `fixed`."""
    fixed = getattr(f, "fixed", None)
    return fixed if isinstance(fixed, Mapping) else {}


def size(sample: Sample) -> float:
    """How large a sample is: entries first, then how far they are from simple numbers."""
    total = 0.0
    for value in sample.values():
        if isinstance(value, np.ndarray):
            spread = np.abs(np.nan_to_num(value.astype(np.float64), nan=1e3, posinf=1e3, neginf=1e3))
            total += 1000 * value.size + float(np.minimum(spread, 100).sum()) + np.count_nonzero(spread % 1)
        elif isinstance(value, int | float):
            total += min(abs(value), 100) if value == value else 100
    return total


def claim(family: str, *, examples: int = 100, severity: Severity = Severity.MUST, random: bool = False,
          quick: bool = True, rests_on: Sequence[str] = (), applies: Callable[[Any], str | None] | None = None,
          **samples: Any) -> Callable[[Judge], Claim]:
    """Make a claim of a function: its id is the family and the function's name.

    family    value, gradient, invariance, distribution, mode or behaviour
    random    the function takes (f, rng, alpha) and returns a gap whose `allowed` follows from alpha
    samples   a Hypothesis strategy for each further argument of the function
    """

    def made(judge: Judge) -> Claim:
        name = f"{family}.{judge.__name__.replace('_', '-')}"
        return Claim(name, judge, samples, severity, examples, random, quick, tuple(rests_on),
                     applies or (lambda f: None))

    return made
