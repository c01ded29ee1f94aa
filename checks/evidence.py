"""Evidence: what a check measured, what it allowed, and the certificate that collects it.

These records are all that the reports ever read. A certificate is JSON under the schema `fiducial.certificate/1`;
`reports/certificate.schema.json` is generated from the classes below.
"""

from __future__ import annotations

import ast
import math
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

SCHEMA = "fiducial.certificate/1"
SCHEMA_OF_SEVERAL = "fiducial.certificates/1"
DECISIVE = "rule.follows-definition"  # the check without which no optimizer is certified
NO_DEVICE = "no device: "  # how the reason of a check begins that has no device to run on
NO_COMPILER = "not judgeable: torch.compile needs a C++ compiler"  # the same for one that has nothing to compile with
MOST_NUMBERS = 64  # an array in a sample is written out up to this size


class Severity(StrEnum):
    """MUST: numbers or state come out wrong. SHOULD: a convention is broken. MAY: quality."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Status(StrEnum):
    """What became of one check."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    BLOCKED = "blocked"
    KNOWN = "known"
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True)
class Gap:
    """The distance between what was claimed and what was measured, and the distance that rounding explains.

    `measured <= allowed` is the only comparison, so nan fails. `where` says which number it is, in words;
    `sample` holds the values that belong to it beyond the plan itself; `at` says the same place as data, for the
    script that shows the gap again.
    """

    measured: float
    allowed: float
    where: str = ""
    sample: dict[str, Any] = field(default_factory=dict)
    at: Any = None

    @property
    def holds(self) -> bool:
        """Whether the claim survives this sample."""
        return bool(self.measured <= self.allowed)

    @property
    def ratio(self) -> float:
        """Measured over allowed: at most 1 where the claim holds; inf for nan, and where nothing is allowed."""
        if self.holds:
            return self.measured / self.allowed if self.allowed > 0 else 0.0
        return math.inf if math.isnan(self.measured) or self.allowed <= 0 else self.measured / self.allowed

    @classmethod
    def worst(cls, gaps: Sequence[Gap]) -> Gap:
        """The gap with the largest ratio; the first of equals."""
        return max(gaps, key=lambda gap: gap.ratio)


def same(expected: object, actual: object, where: str, **sample: Any) -> Gap:
    """A gap of 1 where two values differ, 0 where they are equal; nothing is allowed."""
    return Gap(float(expected != actual), 0.0, where, {"expected": expected, "actual": actual, **sample})


def identical(expected: ArrayLike, actual: ArrayLike, where: str) -> Gap:
    """How many entries of two arrays differ bit for bit (a nan equals a nan, -0 equals 0); nothing is allowed."""
    a, b = np.asarray(expected), np.asarray(actual)
    if a.shape != b.shape or a.dtype != b.dtype:
        return Gap(math.inf, 0.0, f"{where}: {a.dtype} {a.shape} became {b.dtype} {b.shape}")
    different = ~((a == b) | ((a != a) & (b != b)))
    return Gap(float(np.count_nonzero(different)), 0.0, where, {"expected": a, "actual": b} if different.any() else {})


def _spoken(value: Any) -> Any:
    """nan and the infinities as the strings that JSON can hold."""
    return str(float(value)) if isinstance(value, float | np.floating) and not math.isfinite(value) else value


Number = Annotated[
    float,
    BeforeValidator(lambda v: float(v) if isinstance(v, str) else v),
    PlainSerializer(_spoken, return_type=float | str, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "enum": ["nan", "inf", "-inf"]}]}),
]


def recorded(value: Any) -> Any:
    """A value as JSON: an array is {dtype, shape, strides, data}, at most 64 numbers; nan and inf are strings."""
    if isinstance(value, np.ndarray):
        data = [recorded(v) for v in value.ravel()[:MOST_NUMBERS]]
        return {"dtype": str(value.dtype), "shape": list(value.shape),
                "strides": [s // max(value.itemsize, 1) for s in value.strides], "data": data}
    if isinstance(value, np.generic):
        return recorded(value.item())
    if isinstance(value, dict):
        return {str(k): recorded(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [recorded(v) for v in value]
    if isinstance(value, bool | int | str) or value is None:
        return value
    if callable(value):  # its text would hold an address, which differs from run to run
        return getattr(value, "__name__", type(value).__name__)
    return _spoken(value) if isinstance(value, float) else str(value)


class Record(BaseModel):
    """What every record shares: unknown fields are kept out of what we write, and tolerated in what we read."""

    model_config = ConfigDict(extra="ignore", ser_json_inf_nan="strings")


class Evidence(Record):
    """What one check found about one subject."""

    id: str
    claim: str
    severity: Severity
    status: Status
    measured: Number | None = None
    allowed: Number | None = None
    examples: int = 0
    seconds: float = 0.0
    sample: dict[str, Any] = Field(default_factory=dict)
    reproduction: str | None = None
    reason: str | None = None
    mend: str | None = None  # of a failure: how an author mends it
    by_device: dict[str, Status] = Field(default_factory=dict)  # where certificates of several devices were merged
    stale: bool = False  # listed as a known failure, and passed
    rests_on: list[str] = Field(default_factory=list)


class Subject(Record):
    """Whom the certificate speaks of: a class with its settings."""

    path: str
    kind: str = "optimizer"
    framework: str | None = None
    package: str | None = None
    version: str | None = None
    hyperparameters: dict[str, Any] = Field(default_factory=dict)  # every one, with its value in this subject
    settings: dict[str, Any] = Field(default_factory=dict)  # those that the call gave
    declared: dict[str, Any] = Field(default_factory=dict)  # how it wants to be driven, as a subject file says
    way: str | None = None  # how the settings are handed over, where that is a path of its own
    source_sha256: str | None = None


class Deviation(Record):
    """The known variant that a subject follows instead of the rule that it was held against."""

    name: str
    description: str
    who: str = ""


class Summary(Record):
    """How many checks ended in each status."""

    passed: int = 0
    failed: int = 0
    error: int = 0
    blocked: int = 0
    known: int = 0
    not_applicable: int = 0


class Budget(Record):
    """The chance of a false alarm over the whole run, the seed and the level."""

    false_alarm: Number = 0.0
    seed: int = 0
    level: str = "standard"


class Environment(Record):
    """The versions that the numbers depend on."""

    python: str
    numpy: str
    scipy: str
    hypothesis: str
    framework: str | None = None
    platform: str = ""
    device: str = "cpu"
    threads: int = 1


class Certificate(Record):
    """All evidence about one subject, with the verdict that follows from it."""

    schema_: Literal["fiducial.certificate/1"] = Field(default="fiducial.certificate/1", alias="schema")
    subject: Subject
    rule: str | None
    verdict: Literal["certified", "not-certified", "error"]
    reason: str | None = None
    summary: Summary
    checks: list[Evidence]
    decisive: str = DECISIVE  # the check without which nothing of this kind is certified
    deviation: Deviation | None = None
    budget: Budget
    environment: Environment
    started: str
    seconds: float
    fiducial: str

    model_config = ConfigDict(extra="ignore", populate_by_name=True, ser_json_inf_nan="strings")


class Certificates(Record):
    """Certificates of several subjects, in the order of the call."""

    schema_: Literal["fiducial.certificates/1"] = Field(default="fiducial.certificates/1", alias="schema")
    certificates: list[Certificate]

    model_config = ConfigDict(extra="ignore", populate_by_name=True, ser_json_inf_nan="strings")


def summarize(checks: Sequence[Evidence]) -> Summary:
    """Count the checks by status."""
    counts = Counter(check.status.replace("-", "_") for check in checks)
    return Summary(**counts)


def absent(checks: Sequence[Evidence]) -> str | None:
    """Why nothing at all was judged, where that is for want of a device; None otherwise."""
    reasons = [check.reason or "" for check in checks]
    return reasons[0] if reasons and all(reason.startswith((NO_DEVICE, NO_COMPILER)) for reason in reasons) else None


def verdict(checks: Sequence[Evidence], *, decisive: str) -> Literal["certified", "not-certified"]:
    """not-certified if some MUST failed, errored or is blocked, some known failure passed, the decisive check was never
    judged, or nothing was for want of a device.
    """
    bad = {Status.FAILED, Status.ERROR, Status.BLOCKED}
    failed = any(check.stale or (check.severity is Severity.MUST and check.status in bad) for check in checks)
    if failed or absent(checks):
        return "not-certified"
    unjudged = [check for check in checks if check.id == decisive and check.status is Status.NOT_APPLICABLE]
    return "not-certified" if unjudged else "certified"


def again(check_id: str, certificate: Certificate, settings: Mapping[str, Any] | None = None) -> str:
    """The command that runs one check of a certificate again.

    settings  as the call gave them; the certificate's own where absent, whose tuples became lists in JSON
    """
    subject = certificate.subject
    words = ["fiducial", "certify", f"{subject.path}={certificate.rule}" if certificate.rule else subject.path]
    for name, value in (subject.settings if settings is None else settings).items():
        words += ["--set", f"{name}={spelt(tuple(value) if isinstance(value, list) else value)}"]
    words += ["--only", check_id, "--seed", str(certificate.budget.seed), "--level", certificate.budget.level]
    if certificate.environment.device != "cpu":
        words += ["--device", certificate.environment.device]
    if subject.way:
        words += ["--paths", subject.way]
    return shlex.join(words)


def spelt(value: object) -> str:
    """A setting as --set takes it: a literal, or the text itself where it is no literal."""
    if isinstance(value, str):
        try:
            ast.literal_eval(value)
        except (ValueError, SyntaxError):
            return value
    return repr(value)


Array = NDArray[Any]
