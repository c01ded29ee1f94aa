"""Scripts for the claims about functions, schedules and clips: the call that differs most from the definition's."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from fiducial.checks.claims import Claim, Raised, Refused, Sample
from fiducial.checks.evidence import Gap
from fiducial.checks.statistics import BadSample
from fiducial.suites.reproduction import calls, draws
from fiducial.suites.reproduction.oracles import Finding, findings
from fiducial.suites.reproduction.program import Unwritable, guarded, indented, literal, program
from fiducial.suites.reproduction.witness import Witness


def script(claim: Claim, definition: Any, subject: Any, path: str, sample: Sample,
           gap: Gap) -> str | None:
    """The script of a failed claim; None where none can be written."""
    try:
        return program(claim.id, claim.claim, path, _body(claim, definition, subject, sample))
    except Exception:  # Unwritable, or whatever a subject does when it is asked again: the evidence stands without
        return None


def _body(claim: Claim, definition: Any, subject: Any, sample: Sample) -> list[str]:
    witness = Witness(subject)
    given = {**sample, "rng": np.random.default_rng(0)} if claim.random else sample
    with suppress(Raised, Refused, BadSample):
        claim.judge(witness, **given)
    broken = next((call for call in witness.calls if isinstance(call.error, Raised)), None)
    if broken is not None:
        return guarded(calls.lines(broken, subject))
    found = list(findings(witness.calls, definition))
    plain = [one for one in found if one.kind != "accepted"]
    if plain:
        return shown(min(plain, key=_plainness), subject)
    if any("rng" in call.kwargs for call in witness.calls):
        with suppress(Unwritable):
            return draws.body(witness, definition, subject)
    if found:  # the definition may be stricter than need be: only where nothing else is to be seen
        return shown(found[0], subject)
    raise Unwritable("no single call shows it")


def _plainness(found: Finding) -> float:
    """What is seen best comes first: a number that is far off."""
    ratio = found.gap.measured / found.gap.allowed if found.gap.allowed > 0 else np.inf
    return -min(float(np.nan_to_num(ratio, nan=np.inf, posinf=np.inf)), 1e6)


def shown(found: Finding, subject: Any) -> list[str]:
    """The call, and the comparison after which the script ends."""
    seeds, body = calls.seeded_lines(found.call, subject) if "rng" in found.call.kwargs else (
        [], calls.lines(found.call, subject))
    body = [*seeds, *body]
    if found.kind == "accepted":
        return ["try:", *indented(body), "except Exception:", "    sys.exit(0)",
                f'sys.exit({literal("accepted; it was to be refused: " + found.gap.where)})']
    value = calls.part(found.call, found.part, subject)
    if found.kind in ("shape", "dtype"):
        read = f"tuple({value}.shape)" if found.kind == "shape" else f"str({value}.dtype).removeprefix('torch.')"
        return [*body, f"actual, expected = {read}, {literal(found.due)}", "print(actual, 'instead of', expected)",
                "sys.exit(actual != expected)"]
    if found.kind == "hidden":
        place = f"[{', '.join(map(str, found.due))}]" if found.due else ""
        return [*body, f"actual = float({value}{place})", "print(actual, 'where the definition is not finite')",
                'sys.exit(float("-inf") < actual < float("inf"))']
    if "expected" not in found.gap.sample:
        raise Unwritable("there is no number to compare with")
    place = f"[{', '.join(map(str, found.gap.at))}]" if found.gap.at else ""
    read = f"{value}{place}.item()" if type(subject).__name__ == "TorchMap" else f"float({value}{place})"
    return [*body, f"actual = {read}",
            f"expected, allowed = {literal(found.gap.sample['expected'])}, {literal(found.gap.allowed)}",
            'print(f"expected {expected!r} within {allowed:.3g}, got {actual!r}")',
            "sys.exit(not abs(actual - expected) <= allowed)"]
