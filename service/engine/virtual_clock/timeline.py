"""A clock that jumps: its time moves only while every thread of its own waits, to the earliest of
what they wait for. A year takes no time, and what happens has the order of real time.

One thread at a time has the turn and runs; who was woken first is the next. So two runs of the same
have the same order. A thread that runs somebody's code (`busy`) has no turn: the others go on, and
meanwhile time passes as it does for that code. Threads of nobody's clock may look on: they wait in
real time, and time stands still as long as one of them wants it to (`held`)."""

import heapq
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import count
from time import monotonic as real_monotonic

from .clock import Signal

NEVER_S = 99_999_999
"""A task's timeout where none is given, a whole number: nobody waits for it to be over."""
_SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Mode(Enum):
    OUTSIDE = "no thread of this timeline"
    TURN = "has the turn, or waits for it"
    BUSY = "runs somebody's code"


@dataclass(slots=True, eq=False)
class _Sleeper:
    """A thread that waits. `outside`: it needs no turn to go on."""

    outside: bool = False
    woken: bool = False
    by_signal: bool = False
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


class Timeline:
    """Begins now, in whole milliseconds, or when it is told to."""

    def __init__(self, begins_at: datetime | None = None) -> None:
        at = begins_at or datetime.now(UTC)
        self._now_us = (at - _EPOCH) // timedelta(milliseconds=1) * 1000
        self._lock = threading.Lock()
        self._still = threading.Condition(self._lock)
        self._ready: deque[_Sleeper] = deque()
        self._deadlines: list[tuple[int, int, _Sleeper]] = []
        self._asleep: set[_Sleeper] = set()
        self._numbers = count()
        self._taken = self._closed = False
        self._busy = self._held = 0
        self._passes_since = 0.0
        self._alarm: threading.Timer | None = None
        self._thread = threading.local()

    def now(self) -> datetime:
        with self._lock:
            self._pass()
            return _EPOCH + timedelta(microseconds=self._now_us)

    def monotonic(self) -> float:
        with self._lock:
            self._pass()
            return self._now_us / _SECOND

    def sleep(self, seconds: float) -> None:
        self.signal().wait(seconds)

    def signal(self) -> Signal:
        return _TimelineEvent(self)

    @contextmanager
    def busy(self) -> Iterator[None]:
        if self._mode is not _Mode.TURN:
            yield
            return
        self._leave_turn()
        try:
            yield
        finally:
            self._take_turn()

    def starting(self) -> Callable[[], AbstractContextManager[None]]:
        starter = _Sleeper()
        with self._lock:
            self._wake(starter)

        @contextmanager
        def entered() -> Iterator[None]:
            starter.go.acquire()
            self._thread.mode = _Mode.TURN
            try:
                yield
            finally:
                self._thread.mode = _Mode.OUTSIDE
                with self._lock:
                    self._give_turn()

        return entered

    @contextmanager
    def held(self) -> Iterator[None]:
        """Time stands still while it lasts; what happens at this instant goes on happening."""
        with self._lock:
            self._pass()
            self._held += 1
        try:
            yield
        finally:
            with self._lock:
                self._held -= 1
                self._passes_since = real_monotonic()
                self._next()

    def until(self, signal: Signal, *, patience_s: float = 0.5) -> bool:
        """Waits in real time, outside; False once nothing more can happen by itself, for as long
        as `patience_s`: only somebody else could answer."""
        with self._still:
            while not signal.is_set():
                self._still.wait_for(lambda: signal.is_set() or self._stuck())
                if signal.is_set() or self._closed:
                    break
                if not self._still.wait_for(
                    lambda: signal.is_set() or not self._stuck(), patience_s
                ):
                    return False
        return signal.is_set()

    def close(self) -> None:
        """Nobody waits here any more, also in future."""
        with self._lock:
            self._closed = True
            for sleeper in list(self._asleep):
                self._wake(sleeper)
            self._silence()
            self._still.notify_all()

    def _stuck(self) -> bool:
        self._forget_woken()
        waits = self._taken or self._ready or self._busy or self._deadlines
        return self._closed or not waits

    @property
    def _mode(self) -> _Mode:
        mode: _Mode = getattr(self._thread, "mode", _Mode.OUTSIDE)
        return mode

    def _leave_turn(self) -> None:
        """To be busy."""
        with self._lock:
            self._pass()
            if not self._busy:
                self._passes_since = real_monotonic()
            self._busy += 1
            self._thread.mode = _Mode.BUSY
            self._give_turn()

    def _take_turn(self) -> None:
        """After being busy."""
        sleeper = _Sleeper()
        with self._lock:
            self._pass()
            self._busy -= 1
            if not self._busy:
                self._silence()
            self._wake(sleeper)
        sleeper.go.acquire()
        self._thread.mode = _Mode.TURN

    def _wait(self, among: list[_Sleeper], timeout_s: float | None) -> bool:
        """The lock is held by the caller, and given back."""
        sleeper = _Sleeper(outside=self._mode is _Mode.OUTSIDE)
        among.append(sleeper)
        self._asleep.add(sleeper)
        if not sleeper.outside:
            self._pass()
            if timeout_s is not None and not (isinstance(timeout_s, int) and timeout_s >= NEVER_S):
                deadline = self._now_us + max(0, round(timeout_s * _SECOND))
                heapq.heappush(self._deadlines, (deadline, next(self._numbers), sleeper))
            self._give_turn()
        self._lock.release()
        sleeper.go.acquire(timeout=timeout_s if sleeper.outside else None)
        with self._lock:
            self._asleep.discard(sleeper)
            if sleeper in among:
                among.remove(sleeper)
            return sleeper.by_signal

    def _wake(self, sleeper: _Sleeper) -> None:
        if sleeper.woken:
            return
        sleeper.woken = True
        self._still.notify_all()
        if sleeper.outside:
            sleeper.go.release()
            return
        self._ready.append(sleeper)
        self._next()

    def _give_turn(self) -> None:
        self._taken = False
        self._next()

    def _next(self) -> None:
        """Somebody's turn, if it is nobody's and somebody is ready, or can be by then."""
        while not self._taken:
            if self._ready:
                self._taken = True
                self._ready.popleft().go.release()
            elif not self._jump():
                self._still.notify_all()
                return

    def _jump(self) -> bool:
        """To the earliest deadline; False where there is none, or it isn't due yet."""
        self._forget_woken()
        if self._held or not self._deadlines:
            return False
        self._pass()
        due_us = self._deadlines[0][0]
        if self._busy and due_us > self._now_us:
            self._call_at(due_us)
            return False
        self._now_us = max(self._now_us, due_us)
        while self._deadlines and self._deadlines[0][0] <= due_us:
            sleeper = heapq.heappop(self._deadlines)[2]
            if not sleeper.woken:
                sleeper.woken = True
                self._ready.append(sleeper)
        return True

    def _pass(self) -> None:
        """As much time as really passed under code that is busy, but never beyond a deadline."""
        if not self._busy or self._held:
            return
        self._forget_woken()
        at = real_monotonic()
        passed_us = round((at - self._passes_since) * _SECOND)
        if self._deadlines:
            passed_us = max(0, min(passed_us, self._deadlines[0][0] - self._now_us))
        self._now_us += passed_us
        self._passes_since += passed_us / _SECOND

    def _call_at(self, due_us: int) -> None:
        self._silence()
        self._alarm = threading.Timer((due_us - self._now_us) / _SECOND, self._called)
        self._alarm.daemon = True
        self._alarm.start()

    def _called(self) -> None:
        with self._lock:
            self._next()

    def _silence(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _forget_woken(self) -> None:
        while self._deadlines and self._deadlines[0][2].woken:
            heapq.heappop(self._deadlines)


class _TimelineEvent:
    """A threading.Event of the timeline."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline, self._flag = timeline, False
        self._waiting: list[_Sleeper] = []

    def is_set(self) -> bool:
        return self._flag

    def set(self) -> None:
        with self._timeline._lock:
            self._flag = True
            for sleeper in self._waiting:
                if not sleeper.woken:
                    sleeper.by_signal = True
                    self._timeline._wake(sleeper)
            self._waiting.clear()
            self._timeline._still.notify_all()

    def clear(self) -> None:
        self._flag = False

    def wait(self, timeout: float | None = None) -> bool:
        timeline = self._timeline
        if timeline._mode is _Mode.BUSY:  # called back from there: the engine's own wait
            timeline._take_turn()
            try:
                return self.wait(timeout)
            finally:
                timeline._leave_turn()
        timeline._lock.acquire()
        if self._flag or timeline._closed:
            timeline._lock.release()
            return self._flag
        return timeline._wait(self._waiting, timeout)
