"""What can be said of a gradient: more than right and wrong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fiducial.checks.evidence import Gap


class Verdict(StrEnum):
    """The word for a gradient at a point."""

    RIGHT = "right"
    WRONG = "wrong"
    KINK = "kink here"
    FLAT = "flat almost everywhere"
    DISCONTINUOUS = "discontinuous"
    NOISY = "noisy"
    OUT_OF_DOMAIN = "out of domain"
    UNDECIDED = "undecided"
    UNUSABLE = "unusable"


@dataclass(frozen=True)
class Failure:
    """One entry of the Jacobian that is wrong; where the error is spread, a direction without an index."""

    output: str
    output_index: tuple[int, ...]
    input: str
    input_index: tuple[int, ...]
    analytic: float
    numeric: float
    error: float
    reason: str

    def __str__(self) -> str:
        """One line: which derivative, the two numbers and the error bar."""
        top, bottom = (name + (f"[{', '.join(map(str, index))}]" if index else "")
                       for name, index in ((self.output, self.output_index), (self.input, self.input_index)))
        return f"d {top} / d {bottom}: analytic {self.analytic:.10g}, numeric {self.numeric:.10g} ± {self.error:.1g}"


@dataclass(frozen=True)
class Report:
    """The verdict on a gradient, and what it rests on.

    gap                 the worst difference and what is allowed for it
    escape_probability  of a defect of the scaled Jacobian whose Frobenius norm is at least `smallest_defect`
    relative_defect     smallest_defect over the norm of the Jacobian itself, as the random directions estimate it
    columns             directions moved for the whole Jacobian, 0 where random directions alone were asked
    """

    verdict: Verdict
    reason: str
    gap: Gap
    pairs: int = 0
    escape_probability: float = 1.0
    smallest_defect: float = float("inf")
    relative_defect: float = float("inf")
    columns: int = 0
    failures: tuple[Failure, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the gradient is right."""
        return self.verdict is Verdict.RIGHT

    def __str__(self) -> str:
        """At most seven lines."""
        lines = [f"gradient {self.verdict}: {self.reason}"]
        if self.pairs:
            lines.append(f"  measured {self.gap.measured:.3g}, allowed {self.gap.allowed:.3g} ({self.gap.where})")
        lines += [f"  {failure}" for failure in self.failures[:3]]
        if len(self.failures) > 3:
            lines.append(f"  and {len(self.failures) - 3} more of the entries that were looked at")
        if self.escape_probability < 1 and self.verdict in (Verdict.RIGHT, Verdict.WRONG):
            lines.append(f"  a defect above {self.relative_defect:.1g} of the Jacobian's norm escapes with probability "
                         f"≤ {self.escape_probability:.0e}")
        return "\n".join(lines)
