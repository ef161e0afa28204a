"""A clock that jumps: its time moves only while every thread of its own waits, to the earliest of
what they wait for. A year takes no time, and what happens has the order of real time.

One thread at a time has the turn and runs; who was woken first is the next. So two runs of the same
have the same order. A thread that runs somebody's code (`busy`) has no turn: the others go on, and
meanwhile time passes as it does for that code. Threads of nobody's clock may look on: they wait in
real time, and time stands still as long as one of them wants it to (`held`)."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic as real_monotonic

from .clock import Signal, ThreadStart
from .sleepers import Deadlines, Mode, Sleeper

NEVER_S = 99_999_999
"""A task's timeout where none is given, a whole number: nobody waits for it to be over."""
_SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Timeline:
    """Begins now, in whole milliseconds, or when it is told to."""

    def __init__(self, begins_at: datetime | None = None) -> None:
        at = begins_at or datetime.now(UTC)
        self._now_us = (at - _EPOCH) // timedelta(milliseconds=1) * 1000
        self._lock = threading.Lock()
        self._still = threading.Condition(self._lock)
        self._ready: deque[Sleeper] = deque()
        self._deadlines = Deadlines()
        self._asleep: set[Sleeper] = set()
        self._taken = self._closed = False
        self._busy = self._held = 0
        self._reached: Callable[[], bool] | None = None
        self._passes_since = 0.0
        self._alarm: threading.Timer | None = None
        self._thread = threading.local()

    def now(self) -> datetime:
        with self._lock:
            self._pass()
            return _EPOCH + timedelta(microseconds=self._now_us)

    def monotonic(self) -> float:
        return (self.now() - _EPOCH).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.signal().wait(seconds)

    def signal(self) -> Signal:
        return _TimelineEvent(self)

    @contextmanager
    def busy(self) -> Iterator[None]:
        if self._mode is not Mode.TURN:
            yield
            return
        self._leave_turn()
        try:
            yield
        finally:
            self._take_turn()

    def starting(self) -> ThreadStart:
        starter = Sleeper()
        with self._lock:
            self._wake(starter)
        return _Start(self, starter)

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

    def go_on_until(self, reached: Callable[[], bool]) -> bool:
        """Lets time that is held go on until `reached`, which is asked when nobody can run, under
        the timeline's lock; then it is held again. False where nothing more can happen."""
        with self._still:
            self._reached, self._held = reached, self._held - 1
            self._passes_since = real_monotonic()
            self._next()
            self._still.wait_for(lambda: self._reached is None or self._stuck())
            stuck, self._reached = self._reached is not None, None
            self._held += stuck
            return not stuck

    def until(self, signal: Signal, *, patience_s: float = 0.5) -> bool:
        """Waits in real time, outside; False once nothing more can happen by itself, for as long
        as `patience_s`: only somebody else could answer."""
        with self._still:
            while not (signal.is_set() or self._closed):
                self._still.wait_for(lambda: signal.is_set() or self._stuck())
                if not self._still.wait_for(self._moves(signal), patience_s):
                    break
        return signal.is_set()

    def _moves(self, signal: Signal) -> Callable[[], bool]:
        return lambda: signal.is_set() or self._closed or not self._stuck()

    def close(self) -> None:
        """Nobody waits here any more, also in future."""
        with self._lock:
            self._closed = True
            for sleeper in list(self._asleep):
                self._wake(sleeper)
            self._silence()
            self._still.notify_all()

    def _stuck(self) -> bool:
        due = self._deadlines.earliest_us() is not None
        return self._closed or not (self._taken or self._ready or self._busy or due)

    @property
    def _mode(self) -> Mode:
        mode: Mode = getattr(self._thread, "mode", Mode.OUTSIDE)
        return mode

    def _leave_turn(self) -> None:
        """To be busy."""
        with self._lock:
            self._pass()
            if not self._busy:
                self._passes_since = real_monotonic()
            self._busy += 1
            self._thread.mode = Mode.BUSY
            self._give_turn()

    def _take_turn(self) -> None:
        """After being busy."""
        sleeper = Sleeper()
        with self._lock:
            self._pass()
            self._busy -= 1
            if not self._busy:
                self._silence()
            self._wake(sleeper)
        sleeper.go.acquire()
        self._thread.mode = Mode.TURN

    def _wait(self, among: list[Sleeper], timeout_s: float | None) -> bool:
        """The lock is held by the caller, and given back."""
        sleeper = Sleeper(outside=self._mode is Mode.OUTSIDE)
        among.append(sleeper)
        self._asleep.add(sleeper)
        if not sleeper.outside:
            self._pass()
            if timeout_s is not None and not (isinstance(timeout_s, int) and timeout_s >= NEVER_S):
                deadline = self._now_us + max(0, round(timeout_s * _SECOND))
                self._deadlines.add(deadline, sleeper)
            self._give_turn()
        self._lock.release()
        sleeper.go.acquire(timeout=timeout_s if sleeper.outside else None)
        with self._lock:
            self._asleep.discard(sleeper)
            if sleeper in among:
                among.remove(sleeper)
            return sleeper.by_signal

    def _wake(self, sleeper: Sleeper) -> None:
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
        if self._reached is not None and self._reached():
            self._reached, self._held = None, self._held + 1
        due_us = self._deadlines.earliest_us()
        if self._held or due_us is None:
            return False
        self._pass()
        if self._busy and due_us > self._now_us:
            self._call_at(due_us)
            return False
        self._now_us = max(self._now_us, due_us)
        self._ready.extend(self._deadlines.take(due_us))
        return True

    def _pass(self) -> None:
        """As much time as really passed under code that is busy, but never beyond a deadline."""
        if not self._busy or self._held:
            return
        passed_us = round((real_monotonic() - self._passes_since) * _SECOND)
        if (due_us := self._deadlines.earliest_us()) is not None:
            passed_us = max(0, min(passed_us, due_us - self._now_us))
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


@dataclass(frozen=True, slots=True)
class _Start:
    timeline: Timeline
    sleeper: Sleeper

    @contextmanager
    def entered(self) -> Iterator[None]:
        timeline = self.timeline
        self.sleeper.go.acquire()
        timeline._thread.mode = Mode.TURN
        try:
            yield
        finally:
            timeline._thread.mode = Mode.OUTSIDE
            with timeline._lock:
                timeline._give_turn()

    def called_off(self) -> None:
        timeline = self.timeline
        with timeline._lock:
            if self.sleeper in timeline._ready:
                timeline._ready.remove(self.sleeper)
            else:  # it was given the turn by then
                timeline._give_turn()


class _TimelineEvent:
    """A threading.Event of the timeline."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline, self._flag = timeline, False
        self._waiting: list[Sleeper] = []

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
        if timeline._mode is Mode.BUSY:  # called back from there: the engine's own wait
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
