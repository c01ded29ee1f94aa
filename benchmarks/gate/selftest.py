"""What the gate knows of itself: how often it errs on identical code, and what it would find.

False alarms  N runs of a version against itself. A run is red where anything is called slower, a comparison is false
              where a benchmark is called slower or faster. Printed is each count with its exact one-sided 95 % bound
              (Clopper and Pearson): none in N runs leaves the rate below 1 - 0.05^(1/N), 9.5 % for 30.
Power         with --inject the head is slowed down on purpose: every comparison should then be called slower.
Detectable    from the figures of identical code: the smallest share e such that, of DRAWS drawn runs of the decision's
              own stages (figures drawn with replacement, log(1 + e) added), at least 95 % end in "slower".
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

from scipy import special

from fiducial.benchmarks.gate.conduct import Result
from fiducial.benchmarks.gate.decision import SCREEN, Rule, estimate, open_still, word

CONFIDENCE = 0.95
POWER = 0.95
DRAWS = 100
GRID = (0.06, 0.07, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5, 2.0)


def upper(seen: int, runs: int) -> float:
    """The exact one-sided bound of a rate above."""
    return float(special.betaincinv(seen + 1, runs - seen, CONFIDENCE)) if seen < runs else 1.0


def lower(seen: int, runs: int) -> float:
    """The exact one-sided bound of a rate below."""
    return float(special.betaincinv(seen, runs - seen + 1, 1 - CONFIDENCE)) if seen else 0.0


def summary(results: Sequence[Result], rule: Rule, injected: float) -> dict[str, Any]:
    """What so many runs show. Benchmarks that could not be measured are left out, and counted."""
    judged = [verdict for result in results for verdict in result.of("same", "faster", "slower", "undecided")]
    slower = sum(verdict.word == "slower" for verdict in judged)
    faster = sum(verdict.word == "faster" for verdict in judged)
    red = sum(bool(result.of("slower")) for result in results)
    found: dict[str, Any] = {"runs": len(results), "red": red, "comparisons": len(judged), "slower": slower,
                             "faster": faster, "undecided": sum(v.word == "undecided" for v in judged),
                             "unmeasured": sum(len(result.of("failed", "not measured")) for result in results),
                             "injected": injected, "seconds": round(sum(result.seconds for result in results), 1)}
    if injected:
        return {**found, "power": slower / len(judged) if judged else None,
                "power_at_least": lower(slower, len(judged)) if judged else None}
    return {**found, "red_below": upper(red, len(results)),
            "false_below": upper(slower + faster, len(judged)) if judged else None,
            "detectable": detectable(results, rule)}


def detectable(results: Sequence[Result], rule: Rule) -> dict[str, float | None]:
    """For each benchmark the smallest share that is found with 95 % power; None where none of GRID is."""
    figures: dict[str, list[float]] = {}
    for result in results:
        for each in result.of("same", "faster", "slower", "undecided"):
            figures.setdefault(each.name, []).extend([*each.screened, *each.confirmed])
    rng = random.Random(0)
    return {name: next((share for share in GRID if power(values, share, rule, rng) >= POWER), None)
            for name, values in figures.items()}


def power(figures: Sequence[float], share: float, rule: Rule, rng: random.Random) -> float:
    """How often a slowdown by this share is found, judged alone."""
    def drawn(count: int) -> list[float]:
        return [math.log1p(share) + value for value in rng.choices(figures, k=count)]

    hits = 0
    for _ in range(DRAWS):
        if estimate(drawn(SCREEN)).within(rule.margin):
            continue
        found = estimate(drawn(rule.confirming(1)))
        if open_still(found, found.p, rule):
            found = estimate(drawn(2 * rule.confirming(1)))
        hits += word(found, found.p, rule) == "slower"
    return hits / DRAWS


def accumulated(earlier: Sequence[dict[str, Any]], now: dict[str, Any]) -> dict[str, Any]:
    """The false alarms of this record and of those before it, together."""
    same = [*(each for each in earlier if not each["injected"]), now]
    totals = {key: sum(each[key] for each in same) for key in ("runs", "red", "comparisons", "slower", "faster")}
    return {**totals, "red_below": upper(totals["red"], totals["runs"]),
            "false_below": upper(totals["slower"] + totals["faster"], totals["comparisons"])
            if totals["comparisons"] else None}


def sentences(found: dict[str, Any], together: dict[str, Any] | None, tell: Callable[[str], object]) -> None:
    """The figures in words."""
    if found["injected"]:
        tell(f"{found['slower']} of {found['comparisons']} slowdowns of {found['injected']:.0%} were found in "
             f"{found['runs']} runs" + (f": power at least {found['power_at_least']:.1%} (95 %)"
                                        if found["power_at_least"] is not None else ""))
        return
    tell(f"{found['red']} of {found['runs']} runs on identical code were red: at 95 % confidence less than "
         f"{found['red_below']:.1%} of runs")
    if found["comparisons"]:
        tell(f"{found['slower']} slower and {found['faster']} faster in {found['comparisons']} comparisons: less than "
             f"{found['false_below']:.2%}; {found['undecided']} undecided")
    known = sorted(share for share in found["detectable"].values() if share is not None)
    if known:
        never = len(found["detectable"]) - len(known)
        tell(f"found with 95 % power: a slowdown of {known[len(known) // 2]:.0%} (median benchmark), {known[-1]:.0%} "
             f"(the worst){f'; of {never} nothing up to 200 %' if never else ''}")
    if together is not None and together["runs"] > found["runs"]:
        tell(f"with the record: {together['red']} of {together['runs']} runs were red, less than "
             f"{together['red_below']:.1%}")
