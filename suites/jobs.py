"""What is asked of a subject's process, and what comes back: plain data, carried as JSON.

The command line and `certify` write a `Job`; the coordinator reads its `Order` half (limits, lanes) and hands the text
on, so that nothing of the subject is unpickled outside the subject's own process. Events come back, one JSON line each.
"""

from __future__ import annotations

import ast
import base64
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, TypeAdapter, field_serializer, field_validator

from fiducial.checks.evidence import DECISIVE, Deviation, Environment, Evidence, Severity, Status, Subject
from fiducial.suites.declarations import Declaration

GIB = 2**30


class Refusal(Exception):
    """The call cannot be served: a sentence for the user, and the exit status that goes with it.

    2: the call is wrong (no such rule, the rule does not fit, an impossible setting).
    3: the subject cannot be loaded or built.
    """

    def __init__(self, sentence: str, exit_status: Literal[2, 3]) -> None:
        super().__init__(sentence, exit_status)
        self.sentence = sentence
        self.exit_status = exit_status


class Fault(Exception):
    """A fault of fiducial itself; its argument is the traceback to send."""


class Known(BaseModel):
    """A check that is expected to fail: why, and a seed under which it was seen to; or one that is not claimed."""

    reason: str
    seed: int = 0
    claimed: bool = True


class Order(BaseModel):
    """How to run: the half of a job that the coordinator reads."""

    lanes: int = Field(default=1, ge=1)  # processes at a time
    device: str = "cpu"
    only: list[str] = Field(default_factory=list)  # id globs; empty: all
    timeout: float = 30.0  # seconds a check
    build_timeout: float = 120.0  # seconds for import and construction
    memory: int = 4 * GIB  # bytes above the ready state
    sys_path: list[str] = Field(default_factory=list)
    folder: str = ""  # the current folder, appended to sys.path
    worker: str = "fiducial.suites.worker"  # the module whose load, judge and deviation run in the subject's process


class Job(Order):
    """Whom to hold against what: the half that only the subject's process reads."""

    subject: str  # "torch.optim:AdamW" or "file.py:MyAdam"; for a class handed over, its module and name
    pickled: str | None = None  # a class handed over from Python: base64 of cloudpickle
    rule: str | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    offers: bool = False  # whether the paths that it offers are asked for, which takes a step on some
    way: str = ""  # how the settings are handed over, where that is a path of its own
    level: str = "standard"
    seed: int = 0
    known: dict[str, dict[str, Any]] = Field(default_factory=dict)  # check id → entry of `suites.known`
    declaration: Declaration = Field(default_factory=Declaration)  # but for rule and settings, which stand above

    @field_serializer("settings", when_used="json")
    def _packed(self, settings: dict[str, Any]) -> dict[str, dict[str, str]]:
        return {name: _pack(value) for name, value in settings.items()}

    @field_validator("settings", mode="before")
    @classmethod
    def _unpacked(cls, settings: dict[str, Any]) -> dict[str, Any]:
        return {name: _unpack(value) for name, value in settings.items()}


def pickled(value: object) -> str:
    """Any Python object as text: base64 of cloudpickle.

    Raises whatever cloudpickle raises for an object that cannot be carried to another process.
    """
    import cloudpickle

    return base64.b64encode(cloudpickle.dumps(value)).decode()


def unpickled(text: str) -> Any:
    """The object that `pickled` wrote. It executes code: call it in the subject's process only."""
    import pickle

    return pickle.loads(base64.b64decode(text))


def _pack(value: object) -> dict[str, str]:
    """A setting as a Python literal where it is one (JSON would turn a tuple into a list), else pickled."""
    text = repr(value)
    try:
        if type(value) is type(found := ast.literal_eval(text)) and found == value:
            return {"literal": text}
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        pass
    return {"pickled": pickled(value)}


def _unpack(value: object) -> object:
    match value:
        case {"literal": str(text), **rest} if not rest:
            return ast.literal_eval(text)
        case {"pickled": str(text), **rest} if not rest:
            return unpickled(text)
    return value


class CheckInfo(BaseModel):
    """One check, before it is run. Checks of one stream share recordings and run one after another in one process."""

    id: str
    claim: str
    severity: Severity
    rests_on: list[str] = Field(default_factory=list)
    stream: str = ""
    needs_step: bool = True
    reason: str | None = None  # set: not applicable, never run
    known: Known | None = None  # set: it is expected to fail

    def outcome(self, status: Status, reason: str | None, seconds: float = 0.0) -> Evidence:
        """Evidence for a check that measured nothing."""
        return Evidence(id=self.id, claim=self.claim, severity=self.severity, status=status, reason=reason,
                        seconds=seconds, rests_on=self.rests_on)


class Loaded(BaseModel):
    """A subject that could be built, and the checks that apply to it."""

    subject: Subject
    rule: str | None
    checks: list[CheckInfo]
    environment: Environment
    printed: int = 0  # bytes that it wrote while it was imported and built
    paths: list[str] = Field(default_factory=list)  # paths of its own on this device, such as fused
    decisive: str = DECISIVE  # the check without which nothing is certified
    false_alarm: float = 0.0  # the chance of a false alarm over the whole run


class LoadedEvent(BaseModel):
    """The subject is built; the checks begin."""

    kind: Literal["loaded"] = "loaded"
    loaded: Loaded


class StartedEvent(BaseModel):
    """A check begins."""

    kind: Literal["started"] = "started"
    id: str


class MeasuredEvent(BaseModel):
    """A check is decided, as far as is known now."""

    kind: Literal["measured"] = "measured"
    evidence: Evidence


class RefusedEvent(BaseModel):
    """Nothing was run."""

    kind: Literal["refused"] = "refused"
    sentence: str
    exit_status: Literal[2, 3]


class FaultEvent(BaseModel):
    """A fault of ours ended the run."""

    kind: Literal["fault"] = "fault"
    traceback: str


class FinishedEvent(BaseModel):
    """Every check is decided."""

    kind: Literal["finished"] = "finished"
    checks: list[Evidence]
    deviation: Deviation | None = None


Event = LoadedEvent | StartedEvent | MeasuredEvent | RefusedEvent | FaultEvent | FinishedEvent
EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])


class Reply(BaseModel):
    """What a subject's process answers to one question; exactly one field is set, or none for a missing deviation."""

    loaded: Loaded | None = None
    evidence: Evidence | None = None
    deviation: Deviation | None = None
    refused: RefusedEvent | None = None
    exhausted: bool = False  # the memory limit was reached
    ended: str | None = None  # the subject raised SystemExit or its like
    fault: str | None = None
