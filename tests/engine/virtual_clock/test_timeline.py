"""Time jumps to what is waited for next, when everybody waits; what happens has the order that it
would have in real time, and each stamp is exact."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.engine.virtual_clock import clock
from handrail.engine.virtual_clock.timeline import NEVER_S, Timeline

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
YEAR_S = 365 * 86_400.0


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    timeline = Timeline(BEGIN)
    yield timeline
    timeline.close()


def run(timeline: Timeline, *branches: Callable[[], object]) -> bool:
    """Runs them as threads of the timeline; True once all have ended, False if they never will."""
    with clock.going_by(timeline):
        ended = timeline.signal()

        def every() -> None:
            threads = [clock.ClockedThread(target=branch) for branch in branches]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            ended.set()

        clock.ClockedThread(target=every).start()
    return timeline.until(ended, patience_s=0.05)


def after(timeline: Timeline) -> float:
    return (timeline.now() - BEGIN).total_seconds()


def test_a_year_takes_no_time(timeline: Timeline) -> None:
    began_at = time.monotonic()
    assert run(timeline, lambda: clock.sleep(YEAR_S))
    assert after(timeline) == YEAR_S
    assert time.monotonic() - began_at < 5


@given(st.lists(st.lists(st.integers(0, 5_000), max_size=4), min_size=1, max_size=4))
def test_what_happens_has_the_order_of_real_time(waits: list[list[int]]) -> None:
    timeline, seen = Timeline(BEGIN), list[tuple[float, int]]()

    def branch(number: int) -> Callable[[], None]:
        def sleep_and_tell() -> None:
            for ms in waits[number]:
                clock.sleep(ms / 1000)
                seen.append((after(timeline), number))

        return sleep_and_tell

    assert run(timeline, *map(branch, range(len(waits))))
    expected = {
        (round(sum(each[: index + 1]) / 1000, 3), number)
        for number, each in enumerate(waits)
        for index in range(len(each))
    }
    assert [at for at, _ in seen] == sorted(at for at, _ in seen)
    assert {(round(at, 3), number) for at, number in seen} == expected
    timeline.close()


def test_two_runs_of_the_same_have_the_same_order() -> None:
    def order() -> list[int]:
        timeline, seen = Timeline(BEGIN), list[int]()

        def branch(number: int) -> Callable[[], None]:
            def tell() -> None:
                for _ in range(3):
                    seen.append(number)
                    clock.sleep(1)

            return tell

        assert run(timeline, *map(branch, range(5)))
        timeline.close()
        return seen

    assert order() == order()


def test_a_signal_ends_a_wait_at_the_moment_it_is_given(timeline: Timeline) -> None:
    told, seen = timeline.signal(), list[tuple[bool, float]]()

    def give() -> None:
        clock.sleep(3)
        told.set()

    run(timeline, give, lambda: seen.append((told.wait(10), after(timeline))))
    assert seen == [(True, 3.0)]


def test_a_wait_that_nobody_ends_is_over_in_its_time(timeline: Timeline) -> None:
    seen = list[tuple[bool, float]]()
    run(timeline, lambda: seen.append((timeline.signal().wait(7), after(timeline))))
    assert seen == [(False, 7.0)]


@pytest.mark.parametrize("timeout", [None, NEVER_S])
def test_who_only_somebody_else_can_help_is_stuck(timeline: Timeline, timeout: int | None) -> None:
    assert not run(timeline, lambda: timeline.signal().wait(timeout))
    assert after(timeline) == 0


def test_somebody_else_s_signal_goes_on_with_it(timeline: Timeline) -> None:
    told, waits = timeline.signal(), Event()

    def wait() -> None:
        waits.set()
        told.wait()

    def answer() -> None:
        waits.wait(5)
        told.set()

    Thread(target=answer, daemon=True).start()
    assert run(timeline, wait)


def test_a_busy_thread_takes_its_own_time_and_holds_nobody_up(timeline: Timeline) -> None:
    free, order = Event(), list[str]()

    def busy() -> None:
        with clock.current().busy():
            free.wait(5)
        order.append("busy")

    def other() -> None:
        order.append("other")
        free.set()

    assert run(timeline, busy, other)
    assert order == ["other", "busy"]
    assert after(timeline) < 5


def test_time_passes_as_it_does_for_busy_code_and_no_faster(timeline: Timeline) -> None:
    late, timed_out = Event(), list[float]()

    def busy() -> None:
        with clock.current().busy():
            late.wait(5)

    def deadline() -> None:
        clock.sleep(0.05)
        timed_out.append(after(timeline))
        late.set()

    began_at = time.monotonic()
    assert run(timeline, busy, deadline)
    assert 0.05 <= timed_out[0] < 5
    assert time.monotonic() - began_at >= 0.05


def test_the_engine_called_back_by_busy_code_waits_in_jumps(timeline: Timeline) -> None:
    def busy() -> None:
        with clock.current().busy():
            clock.sleep(3600)

    assert run(timeline, busy)
    assert 3600 <= after(timeline) < 3605


def test_time_stands_still_while_somebody_holds_it(timeline: Timeline) -> None:
    with timeline.held():
        with clock.going_by(timeline):
            thread = clock.ClockedThread(target=lambda: clock.sleep(60))
            thread.start()
        assert timeline.now() == BEGIN
    assert timeline.until(thread._over)
    assert timeline.now() == BEGIN + timedelta(seconds=60)


def test_a_closed_timeline_lets_everybody_go() -> None:
    timeline, gone = Timeline(BEGIN), Event()

    def wait() -> None:
        timeline.signal().wait()
        gone.set()

    assert not run(timeline, wait)
    timeline.close()
    assert gone.wait(5)


def test_a_thread_that_can_t_start_leaves_nobody_waiting(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    seen = list[bool]()

    def start_one() -> None:
        thread = clock.ClockedThread(target=lambda: None)
        with monkeypatch.context() as patch:
            patch.setattr(Thread, "start", refuse)
            with pytest.raises(RuntimeError):
                thread.start()
        clock.sleep(1)
        seen.append(True)

    assert run(timeline, start_one)
    assert seen == [True]
