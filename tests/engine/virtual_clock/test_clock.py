"""The clock of a thread is that of whoever started it, else the engine's."""

import time
from datetime import UTC, datetime

from handrail.engine.virtual_clock import clock
from handrail.engine.virtual_clock.clock import ClockedThread, RunningClock, going_by
from handrail.engine.virtual_clock.timeline import Timeline

FAST = 1000.0


def test_a_thread_goes_by_the_clock_of_its_starter() -> None:
    fast, seen = RunningClock(FAST), list[object]()
    with going_by(fast):
        thread = ClockedThread(target=lambda: seen.append(clock.current()))
        thread.start()
        thread.join()
    assert seen == [fast]
    assert clock.current() is not fast


def test_clocks_may_stand_within_each_other() -> None:
    outer, inner = RunningClock(FAST), Timeline()
    with going_by(outer):
        with going_by(inner):
            assert clock.current() is inner
        assert clock.current() is outer


def test_the_engine_s_clock_is_that_of_threads_without_one() -> None:
    fast = RunningClock(FAST)
    with clock.engine_goes_by(fast):
        assert clock.current() is fast
    assert clock.current() is not fast


def test_a_faster_clock_shows_what_it_waited_for() -> None:
    with going_by(RunningClock(FAST)):
        began_at, really_began_at = clock.now(), time.monotonic()
        clock.sleep(20)
        assert not clock.event().wait(20)
        shown_s = (clock.now() - began_at).total_seconds()
        really_s = time.monotonic() - really_began_at
    assert shown_s >= 40
    assert really_s < 20


def test_a_clock_that_isn_t_faster_shows_the_time() -> None:
    shown = RunningClock().now()
    assert abs((datetime.now(UTC) - shown).total_seconds()) < 5


def test_a_thread_lives_until_it_has_ended() -> None:
    hold = clock.event()
    thread = ClockedThread(target=hold.wait)
    assert not thread.is_alive()
    thread.start()
    assert thread.is_alive()
    hold.set()
    thread.join(10)
    assert not thread.is_alive()
