"""Tell a clear refusal from an accident, by looking at how an exception was raised.

A refusal is an exception of a usual kind, with a message, that Python code raised on purpose: the innermost frame of
its traceback stands at a `raise`. In a constructor an `assert` refuses too, with a message or without: it looks at
what was given, and no number has been computed yet. An accident comes out of an operation (a shape mismatch deep
inside a kernel, a division by zero, a missing key). The bytecode is asked, so that no source is needed.
"""

from __future__ import annotations

import dis

from fiducial.checks.plans import Failure

REFUSALS = (TypeError, ValueError, NotImplementedError, RuntimeError)
ACCIDENTS = (RecursionError,)
RAISE = dis.opmap["RAISE_VARARGS"]


def is_refusal(error: BaseException, *, built: bool = True) -> bool:
    """Whether the exception was raised on purpose, with words; or by an assert, before anything was built."""
    asserted = isinstance(error, AssertionError) and not built
    usual = isinstance(error, REFUSALS) and not isinstance(error, ACCIDENTS) and bool(str(error).strip())
    if not (asserted or usual):
        return False
    trace = error.__traceback__
    if trace is None:
        return False
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_code[trace.tb_lasti] == RAISE


def failure_of(error: BaseException, step: int, doing: str = "step") -> Failure:
    """The exception as data. Running out of memory is passed on: it is the runner's to judge."""
    if isinstance(error, MemoryError) or "allocate memory" in str(error):
        raise MemoryError(str(error)) from error
    kinds = tuple(kind.__name__ for kind in type(error).__mro__)
    return Failure(step, kinds[0], str(error), is_refusal(error, built=step >= 0), doing, kinds)
