"""What waits, sleeps or asks for the time in the engine does it here, by the clock of its thread.

A thread that is started here has the clock of the thread that started it. Without one it is the
engine's: real time, or faster (`handrail dev --time-scale`)."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from time import monotonic as real_monotonic
from time import sleep as real_sleep
from typing import Any, Protocol


class Signal(Protocol):
    """As threading.Event."""

    def is_set(self) -> bool: ...
    def set(self) -> None: ...
    def clear(self) -> None: ...
    def wait(self, timeout: float | None = None) -> bool: ...


class EngineClock(Protocol):
    """Seconds are the clock's own, whatever they take."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...
    def signal(self) -> Signal: ...
    def busy(self) -> AbstractContextManager[None]:
        """While what runs takes real time: code that isn't the engine's."""

    def starting(self) -> "ThreadStart":
        """Called as a thread is about to start."""


class ThreadStart(Protocol):
    def entered(self) -> AbstractContextManager[None]:
        """Called by the thread, for as long as it runs."""

    def called_off(self) -> None:
        """There will be no thread."""


class RunningClock:
    """Goes `scale` times as fast as real time, from the moment it was made."""

    def __init__(self, scale: float = 1) -> None:
        self.scale = scale
        self._since, self._began_at = real_monotonic(), datetime.now(UTC)

    def now(self) -> datetime:
        if self.scale == 1:  # the system's clock may be set right meanwhile
            return datetime.now(UTC)
        return self._began_at + timedelta(seconds=(real_monotonic() - self._since) * self.scale)

    def monotonic(self) -> float:
        return real_monotonic() * self.scale

    def sleep(self, seconds: float) -> None:
        real_sleep(seconds / self.scale)

    def signal(self) -> Signal:
        return _ScaledEvent(self.scale)

    def busy(self) -> AbstractContextManager[None]:
        return nullcontext()

    def starting(self) -> ThreadStart:
        return _PlainStart()


class _PlainStart:
    def entered(self) -> AbstractContextManager[None]:
        return nullcontext()

    def called_off(self) -> None:
        """Nobody waits for it."""


class _ScaledEvent(threading.Event):
    def __init__(self, scale: float) -> None:
        super().__init__()
        self._scale = scale

    def wait(self, timeout: float | None = None) -> bool:
        longest = threading.TIMEOUT_MAX
        return super().wait(None if timeout is None else min(timeout / self._scale, longest))


_of_this_thread = threading.local()
_engines: list[EngineClock] = [RunningClock()]


def current() -> EngineClock:
    """The clock of this thread."""
    found: EngineClock = getattr(_of_this_thread, "clock", _engines[-1])
    return found


@contextmanager
def going_by(clock: EngineClock) -> Iterator[None]:
    """In this thread, and what it starts."""
    before = vars(_of_this_thread).get("clock")
    _of_this_thread.clock = clock
    try:
        yield
    finally:
        if before is None:
            del _of_this_thread.clock
        else:
            _of_this_thread.clock = before


@contextmanager
def engine_goes_by(clock: EngineClock) -> Iterator[None]:
    """In every thread that has no clock of its own."""
    _engines.append(clock)
    try:
        yield
    finally:
        _engines.remove(clock)


def now() -> datetime:
    """Aware, in UTC."""
    return current().now()


def time() -> float:
    """Seconds since 1970."""
    return now().timestamp()


def monotonic() -> float:
    return current().monotonic()


def sleep(seconds: float) -> None:
    current().sleep(seconds)


def event() -> Signal:
    return current().signal()


class ClockedThread(threading.Thread):
    """Counts as running from `start` on, and is waited for by its clock."""

    def __init__(
        self,
        *,
        target: Callable[..., Any],
        args: Iterable[Any] = (),
        name: str | None = None,
        daemon: bool = True,
    ) -> None:
        super().__init__(target=target, args=args, name=name, daemon=daemon)
        self._clock = current()
        self._over = self._clock.signal()

    def start(self) -> None:
        self._begun = self._clock.starting()
        try:
            super().start()
        except BaseException:  # the process has no thread left
            self._begun.called_off()
            self._over.set()
            raise

    def run(self) -> None:
        with going_by(self._clock), self._begun.entered():
            try:
                super().run()
            finally:
                self._over.set()

    def join(self, timeout: float | None = None) -> None:
        self._over.wait(timeout)

    def is_alive(self) -> bool:
        return self.ident is not None and not self._over.is_set()
