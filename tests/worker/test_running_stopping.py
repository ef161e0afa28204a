"""The way out: finish, hand back, and lose nothing that can be kept."""

import asyncio
import threading
from typing import Any

from handrail.worker.running import Limits
from tests.fakes import run_until_idle

from .rig import Rig
from .work import LOST, Logs, Work, events


async def test_an_idle_worker_waits_for_its_poll_and_no_longer_than_the_grace(rig: Rig) -> None:
    Work(rig)
    async with rig.working(Limits(grace_s=25)) as working:
        rig.stop.set()
        await rig.clock.advance(24)
        assert (working.done(), rig.activities.polling) == (False, 1)
        await rig.clock.advance(1)
        assert (working.done(), rig.activities.polling) == (True, 0)


async def test_it_ends_as_soon_as_nothing_is_left(rig: Rig) -> None:
    Work(rig)
    async with rig.working() as working:
        rig.stop.set()
        rig.activities.answer_empty("review")
        await run_until_idle()
        assert working.done()
        assert rig.activities.count("poll") == 1


async def test_a_task_that_a_last_poll_brings_is_done(rig: Rig) -> None:
    work = Work(rig)
    async with rig.working() as working:
        rig.stop.set()
        await rig.clock.advance(5)
        rig.activities.add("review", "t1", "late")
        work.go_on.set()
        await run_until_idle()
        assert working.done()
    assert rig.tasks.answers == {"t1": {"reviewed": "late"}}


async def test_held_tasks_are_finished_within_the_grace_and_kept_alive(rig: Rig) -> None:
    work = Work(rig, heartbeat_s=5)
    async with rig.working(Limits(concurrency=1, grace_s=25)) as working:
        rig.activities.add("review", "t1")
        await run_until_idle()
        rig.stop.set()
        await rig.clock.advance(20)
        assert rig.tasks.beats == ["t1"] * 4
        work.go_on.set()
        await run_until_idle()
        assert working.done()
    assert list(rig.tasks.answers) == ["t1"]


async def test_what_is_not_finished_is_handed_back(rig: Rig, logs: Logs) -> None:
    work = Work(rig)
    async with rig.working(Limits(concurrency=2, grace_s=25)) as working:
        rig.activities.add("review", "t1")
        rig.activities.add("review", "t2")
        await run_until_idle()
        rig.stop.set()
        await rig.clock.advance(25)
        assert working.done()
    assert work.cancelled == 2
    assert {error for error, _ in rig.tasks.answers.values()} == {"Worker.Stopped"}
    assert "tasks are handed back" in events(logs, "warning")


async def test_a_plain_function_cannot_keep_its_task(rig: Rig) -> None:
    begun, go_on = threading.Event(), threading.Event()

    @rig.worker.activity("review")
    def slow(input: Any) -> None:
        begun.set()
        go_on.wait(10)

    async with rig.working() as working:
        rig.activities.add("review", "t1")
        await asyncio.to_thread(begun.wait)
        rig.stop.set()
        await rig.clock.advance(25)
        assert working.done()
    go_on.set()
    assert rig.tasks.answers["t1"][0] == "Worker.Stopped"


async def test_a_handler_may_finish_in_its_last_moments(rig: Rig) -> None:
    @rig.worker.activity("review")
    async def careful(input: Any) -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "saved"
        return ""

    async with rig.working() as working:
        rig.activities.add("review", "t1")
        await run_until_idle()
        rig.stop.set()
        await rig.clock.advance(25)
        assert working.done()
    assert rig.tasks.answers == {"t1": "saved"}


async def test_a_handler_that_fails_because_it_is_stopped_is_handed_back(rig: Rig) -> None:
    @rig.worker.activity("review")
    async def wrapping(input: Any) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as error:
            raise RuntimeError("interrupted") from error

    async with rig.working():
        rig.activities.add("review", "t1")
        await run_until_idle()
        rig.stop.set()
        await rig.clock.advance(25)
    assert rig.tasks.answers["t1"][0] == "Worker.Stopped"


async def test_a_handler_that_is_slow_to_clean_up_delays_no_handing_back(rig: Rig) -> None:
    cleaned = asyncio.Event()

    @rig.worker.activity("review")
    async def slow(input: Any) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await cleaned.wait()

    async with rig.working() as working:
        rig.activities.add("review", "t1")
        await run_until_idle()
        rig.stop.set()
        await rig.clock.advance(27)
        assert rig.tasks.answers["t1"][0] == "Worker.Stopped"
        cleaned.set()
        await run_until_idle()
        assert working.done()


async def test_without_aws_it_ends_all_the_same(rig: Rig, logs: Logs) -> None:
    Work(rig)
    rig.tasks.port.fail("fail", *[LOST] * 1000)
    rig.jitter = 1
    async with rig.working() as working:
        rig.activities.add("review", "t1")
        await run_until_idle()
        rig.stop.set()
        await rig.clock.advance(29)
        assert working.done()
    assert "tasks are left to their timeouts" in events(logs, "error")


async def test_being_cancelled_ends_everything_at_once(rig: Rig) -> None:
    work = Work(rig)
    async with rig.working(ends=asyncio.CancelledError) as working:
        rig.activities.add("review", "t1")
        await run_until_idle()
        working.cancel()
        await run_until_idle()
        assert working.cancelled()
        assert (work.cancelled, rig.activities.polling) == (1, 0)
