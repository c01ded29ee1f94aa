"""Recognise a subject's state: which of its tensors is the definition's m, v, …, and in which usual form.

State is an implementation's own affair as long as the parameters are right: one class keeps m, another m/(1-β₁ᵗ),
a third -m. A match is recognised by name *and* by content, on the majority of a few runs; from then on it must hold.
What a rule is for, as ASGD's average, is recognised by its name alone: no step reads it, so that nothing else would
show it wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fiducial.checks.agreement import Expected, distance, located
from fiducial.checks.contract.laboratory import Laboratory, Refused
from fiducial.checks.contract.streams import drawn
from fiducial.checks.evidence import Gap
from fiducial.checks.plans import Options, Plan, Record
from fiducial.checks.rounding import Rounded

Form = Callable[[Any, Options, int], Any]  # (the definition's state, options, t) → what the subject may keep

FORMS: dict[str, Form] = {
    "itself": lambda s, o, t: s,
    "negated": lambda s, o, t: -s,
    "divided by 1-β₁ᵗ": lambda s, o, t: s / (1 - _carried(o, "beta1", s) ** t),
    "divided by 1-β₂ᵗ": lambda s, o, t: s / (1 - _carried(o, "beta2", s) ** t),
    "its square root": lambda s, o, t: np.sqrt(s),
}


def _carried(options: Options, name: str, like: Any) -> Any:
    """An option as a scalar that carries an error of 0."""
    return Rounded(np.float64(options[name]), 0.0, like.rounding)


@dataclass(frozen=True)
class Match:
    """`name` of the subject is `field` of the definition, in one of the usual forms."""

    field: str
    name: str
    form: str

    def along(self, lab: Laboratory, record: Record, exact: Expected) -> Gap | None:
        """The recognised state beside the definition's, over a whole run; None where it does not appear."""
        gaps = list(self._gaps(lab, record, exact))
        return Gap.worst(gaps) if gaps else None

    def _gaps(self, lab: Laboratory, record: Record, exact: Expected) -> Iterator[Gap]:
        plan = record.plan
        groups = [g for g, group in enumerate(plan.groups) for _ in group.tensors]
        for k, seen in enumerate(record.steps):
            for i, one in enumerate(seen):
                value, state = one.state.get(self.name), exact.points[i][k + 1].state
                if value is None or isinstance(value, str) or not hasattr(state, self.field):
                    continue
                where = f"state {self.name!r} of parameter {i} after step {k + 1}"
                gap = self._gap(value, state, plan.options_at(k, groups[i], lab.defaults), k + 1, where)
                yield located(gap, plan, i, k, state=self.name)

    def _gap(self, value: Any, state: Any, options: Options, t: int, where: str) -> Gap:
        kept = getattr(state, self.field)
        if isinstance(kept, int):
            return Gap(abs(float(np.asarray(value).reshape(-1)[0]) - kept), 0.0, where,
                       {"expected": kept, "actual": value})
        return distance(np.asarray(value, dtype=np.float64), self.exact(state, options, t), where)

    def exact(self, state: Any, options: Options, t: int) -> Any:
        """What the subject's tensor should be: the definition's field in the form, a count as it is."""
        kept = getattr(state, self.field)
        if isinstance(kept, int):
            return kept
        with np.errstate(all="ignore"):
            return FORMS[self.form](kept, options, getattr(state, "t", t))


def recognised(lab: Laboratory) -> list[Match]:
    """The matches of this subject, found once."""
    if "recognised" not in lab.notes:
        lab.notes["recognised"] = list(_search(lab))
    return list(lab.notes["recognised"])


def _search(lab: Laboratory) -> Iterator[Match]:
    """For each field of the definition the first name and form that fits most of the runs in which it appears."""
    runs = [(r, lab.expected(p)) for p in _calibration(lab) if (r := _finished(lab, p)) is not None]
    for field, names in lab.fields.items():
        candidates = [Match(field, name, form) for name in names for form in FORMS
                      if field != "t" or form == "itself"]
        for match in candidates:
            gaps = [gap for record, exact in runs if (gap := _tried(match, lab, record, exact)) is not None]
            if gaps and 2 * sum(gap.holds for gap in gaps) > len(gaps):
                yield match
                break
        else:
            yield from _claimed(field, names, lab, [record for record, _ in runs])


def _claimed(field: str, names: Sequence[str], lab: Laboratory, records: Sequence[Record]) -> Iterator[Match]:
    """A result of the rule under its own name: it has to be what its name says, though no run shows that it is."""
    if field in lab.definition.results:
        kept = {name for record in records for seen in record.steps for one in seen for name in one.state}
        yield from (Match(field, name, "itself") for name in names if name in kept)


def _calibration(lab: Laboratory) -> list[Plan]:
    """The runs on which state is recognised, the same whatever the seed."""
    return lab.drawn("recognition", drawn(lab, steps=(3, 5, 8)), 12, 0)


def _finished(lab: Laboratory, plan: Plan) -> Record | None:
    """The run, unless the subject raised."""
    try:
        return lab.completed(plan)
    except Refused:
        return None


def _tried(match: Match, lab: Laboratory, record: Record, exact: Expected) -> Gap | None:
    """A match on one run; a form whose options this rule does not have fits nothing."""
    try:
        return match.along(lab, record, exact)
    except (KeyError, TypeError, AttributeError):
        return None


