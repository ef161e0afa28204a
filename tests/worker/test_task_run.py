"""One task in a worker's hands, from being got to being settled, handed back or gone."""

import asyncio
import json
import threading
from typing import Any

import pytest

from handrail.core.errors import ServiceError, TaskNotFound, TaskTimedOut, Throttled
from handrail.worker import Task
from handrail.worker.running import Limits
from tests.fakes import run_until_idle

from .fakes import EXECUTION
from .rig import Rig
from .work import LOST, Logs, Work, events, until


async def test_a_result_settles_the_task(rig: Rig) -> None:
    work = Work(rig)
    async with rig.working():
        rig.activities.add("review", "t1", {"title": "a"})
        work.go_on.set()
        await run_until_idle()
        assert rig.tasks.answers == {"t1": {"reviewed": {"title": "a"}}}


async def test_an_exception_fails_the_task(rig: Rig, logs: Logs) -> None:
    @rig.worker.activity("review")
    def review(input: Any) -> None:
        raise LookupError(input["secret"])

    async with rig.working():
        rig.activities.add("review", "t1", {"secret": "hush"})
        await until(lambda: bool(rig.tasks.answers))
    error, cause = rig.tasks.answers["t1"]
    assert (error, cause) == ("LookupError", {"errorMessage": "hush", "errorType": "LookupError"})
    failed = next(line for line in logs if line["event"] == "handler failed")
    assert (failed["error"], "test_task_run.py:" in failed["at"]) == ("LookupError", True)


@pytest.mark.parametrize("raised", [SystemExit(1), asyncio.CancelledError(), RecursionError()])
async def test_nothing_a_handler_raises_ends_the_worker(rig: Rig, raised: BaseException) -> None:
    @rig.worker.activity("review")
    async def review(input: Any) -> str:
        if input == "bad":
            raise raised
        return "good"

    async with rig.working():
        rig.activities.add("review", "t1", "bad")
        rig.activities.add("review", "t2", "good")
        await run_until_idle()
    assert rig.tasks.answers["t1"][0] == type(raised).__name__
    assert rig.tasks.answers["t2"] == "good"


async def test_a_plain_function_may_answer_with_an_awaitable(rig: Rig) -> None:
    async def later() -> int:
        return 7

    rig.worker.activity("review")(lambda input: later())
    async with rig.working():
        rig.activities.add("review", "t1")
        await until(lambda: bool(rig.tasks.answers))
    assert rig.tasks.answers == {"t1": 7}


async def test_heartbeats_go_out_at_the_handlers_own_pace(rig: Rig) -> None:
    work = Work(rig, heartbeat_s=10)
    async with rig.working(Limits(heartbeat_s=1000)):
        rig.activities.add("review", "t1")
        await rig.clock.advance(35)
        assert rig.tasks.beats == ["t1"] * 3
        work.go_on.set()
        await rig.clock.advance(100)
        assert rig.tasks.beats == ["t1"] * 3
    assert list(rig.tasks.answers) == ["t1"]


@pytest.mark.parametrize("gone", [TaskTimedOut("over"), TaskNotFound("unknown")])
async def test_a_task_that_is_gone_cancels_its_handler_and_sends_nothing(
    rig: Rig, logs: Logs, gone: ServiceError
) -> None:
    work = Work(rig)
    async with rig.working():
        rig.activities.add("review", "t1", {"execution": EXECUTION})
        rig.tasks.port.fail("heartbeat", gone)
        await rig.clock.advance(19)
        assert work.cancelled == 0
        await rig.clock.advance(1)
        assert work.cancelled == 1
        assert work.told is not None
        assert (work.told.over, work.told.execution) == (True, "orders:one")
    assert (rig.tasks.answers, rig.tasks.port.count("fail")) == ({}, 0)
    assert [line["execution"] for line in logs if "gone" in line["event"]] == ["orders:one"]


async def test_a_handler_that_answers_although_its_task_is_gone_is_not_heard(rig: Rig) -> None:
    @rig.worker.activity("review", heartbeat_s=20)
    async def stubborn(input: Any) -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "done all the same"
        return ""

    async with rig.working():
        rig.activities.add("review", "t1")
        rig.tasks.gone.add("t1")
        await rig.clock.advance(20)
    assert rig.tasks.port.count("succeed") == 0


async def test_failing_heartbeats_are_told_once_and_tried_again_soon(rig: Rig, logs: Logs) -> None:
    work, rig.jitter = Work(rig), 0.5
    async with rig.working():
        rig.activities.add("review", "t1")
        rig.tasks.port.fail("heartbeat", LOST, Throttled("slow"), LOST)
        await rig.clock.advance(24)
        assert len(rig.tasks.beats) == 4
        assert (work.cancelled, events(logs, "warning")) == (0, ["heartbeats fail"])
        assert "heartbeats go on" in events(logs, "info")
        work.go_on.set()
        await run_until_idle()
    assert list(rig.tasks.answers) == ["t1"]


async def test_an_input_that_is_not_json_fails_the_task(rig: Rig) -> None:
    Work(rig)
    async with rig.working():
        rig.activities.add_raw("review", "t1", "{")
        await run_until_idle()
    assert rig.tasks.answers["t1"][0] == "JSONDecodeError"


async def test_a_plain_function_keeps_its_slot_until_it_ends(rig: Rig) -> None:
    begun, go_on = threading.Semaphore(0), threading.Event()
    tasks: list[Task] = []

    @rig.worker.activity("review", heartbeat_s=20)
    def slow(input: Any, task: Task) -> str:
        tasks.append(task)
        begun.release()
        go_on.wait(10)
        return "done"

    async with rig.working(Limits(concurrency=1)):
        rig.activities.add("review", "t1")
        rig.activities.add("review", "t2")
        await asyncio.to_thread(begun.acquire)
        rig.tasks.gone.add("t1")
        await rig.clock.advance(20)
        assert tasks[0].over
        assert rig.activities.untaken("review") == 1
        go_on.set()
        await until(lambda: "t2" in rig.tasks.answers)
    assert rig.tasks.answers == {"t2": "done"}


async def test_logs_hold_neither_token_nor_payload(rig: Rig, logs: Logs) -> None:
    work = Work(rig)
    async with rig.working():
        rig.activities.add("review", "the-token", {"execution": EXECUTION, "secret": "hush"})
        rig.tasks.port.fail("heartbeat", LOST)
        await rig.clock.advance(50)
        work.go_on.set()
        await run_until_idle()
    written = json.dumps(logs, default=repr)
    assert "orders:one" in written
    assert "the-token" not in written
    assert "hush" not in written
