"""One job from beginning to end: load the subject, run its checks on the lanes, name the deviation."""

from __future__ import annotations

import difflib
import multiprocessing
import queue
import time
import traceback
from collections.abc import Iterator
from threading import Condition, Thread
from threading import Event as Flag

from fiducial.checks.evidence import DECISIVE, Deviation, Evidence, Status
from fiducial.suites.jobs import (
    CheckInfo,
    Event,
    Fault,
    FaultEvent,
    FinishedEvent,
    Loaded,
    LoadedEvent,
    MeasuredEvent,
    Order,
    Refusal,
    RefusedEvent,
    StartedEvent,
)
from fiducial.suites.known import settled
from fiducial.suites.lanes import Lane, Lost, Stopped
from fiducial.suites.schedule import Board, selected


def conduct(job: str, stop: Flag) -> Iterator[Event]:
    """The events of one job. Ends without `finished` only after `refused`, `fault`, or when `stop` is set."""
    order = Order.model_validate_json(job)
    context = multiprocessing.get_context("forkserver" if order.device == "cpu" else "spawn")
    lanes = [Lane(index, context, job, order, stop) for index in range(order.lanes)]
    try:
        loaded = _load(lanes[0], order)
        if isinstance(loaded, RefusedEvent):
            yield loaded
        else:
            yield LoadedEvent(loaded=loaded)
            streams = {check.stream for check in loaded.checks}
            yield from Run(lanes[: max(len(streams), 1)], loaded, stop).events()
    except Stopped:
        return
    except Refusal as refusal:  # in the middle of a check: a rule of the user's own has raised
        yield RefusedEvent(sentence=refusal.sentence, exit_status=refusal.exit_status)
    except Fault as fault:
        yield FaultEvent(traceback=str(fault))
    except Exception:
        yield FaultEvent(traceback=traceback.format_exc())
    finally:
        for lane in lanes:
            lane.close()


def _load(lane: Lane, order: Order) -> Loaded | RefusedEvent:
    """Build the subject and choose the checks."""
    try:
        reply = lane.ask("load")
    except Lost as how:
        return RefusedEvent(sentence=f"the subject could not be imported and built: {how}", exit_status=3)
    if reply.fault:
        raise Fault(reply.fault)
    if reply.refused:
        return reply.refused
    if reply.loaded is None:
        raise Fault("load gave no answer")
    lane.loaded = True
    for glob in order.only:
        if not selected(reply.loaded.checks, [glob]):
            return RefusedEvent(sentence=_no_such_check(glob, reply.loaded.checks), exit_status=2)
    return reply.loaded.model_copy(update={"checks": selected(reply.loaded.checks, order.only)})


def _no_such_check(glob: str, checks: list[CheckInfo]) -> str:
    near = difflib.get_close_matches(glob, [check.id for check in checks], n=1, cutoff=0)
    return f"--only {glob} matches no check; the nearest is {near[0]}" if near else f"--only {glob} matches no check"


class Run:
    """The checks of one loaded subject, on as many lanes as there are."""

    def __init__(self, lanes: list[Lane], loaded: Loaded, stop: Flag) -> None:
        self._lanes = lanes
        self._stop = stop
        self._board = Board(loaded.checks)
        self._change = Condition()
        self._out: queue.Queue[Event | Exception] = queue.Queue()

    def events(self) -> Iterator[Event]:
        """Started and measured as it comes, then finished."""
        began = [Thread(target=self._work, args=(lane,), daemon=True) for lane in self._lanes]
        for thread in began:
            thread.start()
        Thread(target=self._announce_end, args=(began,), daemon=True).start()
        while not isinstance(event := self._out.get(), FinishedEvent):
            if isinstance(event, Exception):
                self._abandon(began)
                raise event
            yield event
        yield event.model_copy(update={"deviation": self._deviation()})

    def _abandon(self, began: list[Thread]) -> None:
        """Nobody will read the rest: let every lane come to its end."""
        self._stop.set()
        with self._change:
            self._change.notify_all()
        for thread in began:
            thread.join()

    def _announce_end(self, began: list[Thread]) -> None:
        for thread in began:
            thread.join()
        self._out.put(FinishedEvent(checks=sorted(self._board.decided.values(), key=lambda found: found.id)))

    def _work(self, lane: Lane) -> None:
        try:
            while (check := self._next(lane)) is not None:
                self._out.put(StartedEvent(id=check.id))
                evidence, lost = self._measure(lane, check)
                with self._change:
                    self._board.settle(evidence, lost=lost)
                    self._out.put(MeasuredEvent(evidence=evidence))
                    self._change.notify_all()
        except Exception as error:
            fault = Fault(traceback.format_exc()) if not isinstance(error, Fault | Refusal | Stopped) else error
            self._out.put(fault)

    def _next(self, lane: Lane) -> CheckInfo | None:
        """The next check for a lane; None when there is none left, or the lane cannot hold the subject."""
        if not lane.loaded and lane.index > 0 and not self._joins(lane):
            return None
        with self._change:
            while not self._board.done:
                if (check := self._board.take(lane.index)) is not None:
                    return check
                self._change.wait()
                if self._stop.is_set():
                    raise Stopped
            self._change.notify_all()
            return None

    def _joins(self, lane: Lane) -> bool:
        """Load the subject's own copy of a further lane; one that cannot leaves its work to the first."""
        try:
            lane.loaded = lane.ask("load").loaded is not None
        except Lost:
            return False
        return lane.loaded

    def _measure(self, lane: Lane, check: CheckInfo) -> tuple[Evidence, str | None]:
        """The evidence, and how the process was lost over it, if it was."""
        began = time.perf_counter()
        try:
            if not lane.loaded:
                self._load_again(lane)
            reply = lane.ask("judge", check.id)
        except Lost as how:
            found = check.outcome(Status.ERROR, str(how), time.perf_counter() - began)
            return settled(found, check.known), str(how)
        if reply.refused:
            raise Refusal(reply.refused.sentence, reply.refused.exit_status)
        if reply.fault or reply.evidence is None:
            raise Fault(reply.fault or f"{check.id} gave no answer")
        return settled(reply.evidence, check.known), None

    def _load_again(self, lane: Lane) -> None:
        """After a loss. Raises Lost when the subject cannot be built a second time."""
        reply = lane.ask("load")
        if reply.fault:
            raise Fault(reply.fault)
        if reply.refused:
            raise Lost(f"the subject could not be built again: {reply.refused.sentence}")
        lane.loaded = True

    def _deviation(self) -> Deviation | None:
        decisive = self._board.decided.get(DECISIVE)
        if decisive is None or decisive.status is not Status.FAILED:
            return None
        lane = self._lanes[0]
        try:
            if not lane.loaded:
                self._load_again(lane)
            reply = lane.ask("deviation")
        except Lost:
            return None
        if reply.fault:
            raise Fault(reply.fault)
        return reply.deviation
