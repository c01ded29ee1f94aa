"""Tell a clear refusal from an accident, by looking at how an exception was raised.

A refusal is an exception of a usual kind, with a message, that Python code raised on purpose: the innermost line of
its traceback is a `raise` statement. An accident comes out of an operation (a shape mismatch deep inside a kernel,
a division by zero, a missing key).
"""

from __future__ import annotations

import traceback

from fiducial.checks.plans import Failure

REFUSALS = (TypeError, ValueError, NotImplementedError, RuntimeError)
ACCIDENTS = (RecursionError,)


def is_refusal(error: BaseException) -> bool:
    """Whether the exception was raised on purpose, with words."""
    if not isinstance(error, REFUSALS) or isinstance(error, ACCIDENTS) or not str(error).strip():
        return False
    frames = traceback.extract_tb(error.__traceback__)
    line = (frames[-1].line or "") if frames else ""
    return line.lstrip().startswith("raise") if line else True


def failure_of(error: BaseException, step: int, doing: str = "step") -> Failure:
    """The exception as data. Running out of memory is passed on: it is the runner's to judge."""
    if isinstance(error, MemoryError) or "allocate memory" in str(error):
        raise MemoryError(str(error)) from error
    kinds = tuple(kind.__name__ for kind in type(error).__mro__)
    return Failure(step, kinds[0], str(error), is_refusal(error), doing, kinds)
