"""One task in a worker's hands, from being got to being settled, handed back or gone."""

import asyncio
import json
import threading
from typing import Any

import pytest

from service.core.errors import (
    InvalidRequest,
    ServiceError,
    TaskNotFound,
    TaskTimedOut,
    Throttled,
    Unavailable,
    UpstreamRefused,
)
from service.worker import Task
from service.worker.running import Limits
from tests.fakes import settle

from .fakes import EXECUTION
from .rig import Rig

Logs = list[dict[str, Any]]
LOST = Unavailable("AWS can't be reached.")


def events(logs: Logs, *levels: str) -> list[str]:
    return [line["event"] for line in logs if line["log_level"] in levels]


class Work:
    """A handler that a test lets go on, or watches being cancelled."""

    def __init__(self, rig: Rig, heartbeat_s: float = 20) -> None:
        self.begun = 0
        self.cancelled = 0
        self.go_on = asyncio.Event()
        self.told: Task | None = None
        rig.worker.activity("review", heartbeat_s=heartbeat_s)(self.handle)

    async def handle(self, input: Any, task: Task) -> Any:
        self.begun += 1
        self.told = task
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return {"reviewed": input}


async def test_a_result_settles_the_task(rig: Rig) -> None:
    work = Work(rig)
    async with rig.working():
        rig.activities.add("review", "t1", {"title": "a"})
        work.go_on.set()
        await settle()
        assert rig.tasks.answers == {"t1": {"reviewed": {"title": "a"}}}


async def test_an_exception_fails_the_task(rig: Rig, logs: Logs) -> None:
    @rig.worker.activity("review")
    def review(input: Any) -> None:
        raise LookupError(input["secret"])

    async with rig.working():
        rig.activities.add("review", "t1", {"secret": "hush"})
        await _until(lambda: bool(rig.tasks.answers))
    error, cause = rig.tasks.answers["t1"]
    assert (error, cause) == ("LookupError", {"errorMessage": "hush", "errorType": "LookupError"})
    failed = next(line for line in logs if line["event"] == "handler failed")
    assert (failed["error"], "test_held.py:" in failed["at"]) == ("LookupError", True)


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
        await settle()
    assert rig.tasks.answers["t1"][0] == type(raised).__name__
    assert rig.tasks.answers["t2"] == "good"


async def test_a_plain_function_may_answer_with_an_awaitable(rig: Rig) -> None:
    async def later() -> int:
        return 7

    rig.worker.activity("review")(lambda input: later())
    async with rig.working():
        rig.activities.add("review", "t1")
        await _until(lambda: bool(rig.tasks.answers))
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
        await settle()
    assert list(rig.tasks.answers) == ["t1"]


async def test_an_answer_is_sent_again_while_aws_is_away(rig: Rig, logs: Logs) -> None:
    work, rig.jitter = Work(rig), 1
    async with rig.working():
        rig.activities.add("review", "t1")
        rig.tasks.port.fail("succeed", LOST, Throttled("slow"), LOST)
        work.go_on.set()
        await rig.clock.advance(6)
        assert rig.tasks.port.count("succeed") == 3
        await rig.clock.advance(1)
        assert list(rig.tasks.answers) == ["t1"]
    assert events(logs, "warning", "error") == ["answer can't be delivered yet"]


async def test_after_the_heartbeat_window_an_answer_is_given_up(rig: Rig, logs: Logs) -> None:
    work, rig.jitter = Work(rig, heartbeat_s=10), 1
    async with rig.working():
        rig.activities.add("review", "t1")
        rig.tasks.port.fail("succeed", *[LOST] * 100)
        rig.tasks.port.fail("heartbeat", *[LOST] * 100)
        work.go_on.set()
        await rig.clock.advance(29)
        assert events(logs, "error") == []
        await rig.clock.advance(40)
        assert events(logs, "error") == ["answer is lost, the task is left to its timeout"]
        tries = rig.tasks.port.count("succeed")
        await rig.clock.advance(500)
        assert rig.tasks.port.count("succeed") == tries
        rig.activities.add("review", "t2")
        rig.tasks.port._failures.clear()
        await settle()
    assert list(rig.tasks.answers) == ["t2"]


async def test_heartbeats_that_arrive_keep_an_answer_worth_sending(rig: Rig) -> None:
    work, rig.jitter = Work(rig, heartbeat_s=10), 1
    async with rig.working():
        rig.activities.add("review", "t1")
        rig.tasks.port.fail("succeed", *[LOST] * 10)
        work.go_on.set()
        await rig.clock.advance(200)
    assert list(rig.tasks.answers) == ["t1"]


async def test_a_lost_answer_that_was_applied_is_logged_not_raised(rig: Rig, logs: Logs) -> None:
    work, rig.jitter = Work(rig), 1
    rig.tasks.loses_answers = True
    async with rig.working():
        rig.activities.add("review", "t1")
        rig.tasks.port.fail("succeed", LOST)
        work.go_on.set()
        await rig.clock.advance(2)
        assert rig.tasks.port.count("succeed") == 2
    assert events(logs, "warning")[1:] == [
        "answer was applied by an earlier attempt, or came too late"
    ]


async def test_an_answer_that_comes_too_late_is_logged(rig: Rig, logs: Logs) -> None:
    work = Work(rig)
    async with rig.working():
        rig.activities.add("review", "t1")
        rig.tasks.gone.add("t1")
        work.go_on.set()
        await settle()
    assert events(logs, "warning", "error") == ["answer came too late"]


async def test_an_output_that_aws_refuses_fails_the_task(rig: Rig) -> None:
    work = Work(rig)
    async with rig.working():
        rig.activities.add("review", "t1")
        rig.tasks.port.fail("succeed", InvalidRequest("The output isn't valid."))
        work.go_on.set()
        await settle()
    assert rig.tasks.answers["t1"][0] == "InvalidOutput"


async def test_a_failure_that_aws_refuses_too_is_left(rig: Rig, logs: Logs) -> None:
    work = Work(rig)
    async with rig.working():
        rig.activities.add("review", "t1")
        rig.tasks.port.fail("succeed", InvalidRequest("no"))
        rig.tasks.port.fail("fail", InvalidRequest("no"))
        work.go_on.set()
        await settle()
    assert len(events(logs, "error")) == 1


async def test_credentials_that_are_refused_may_be_mended_in_time(rig: Rig) -> None:
    work, rig.jitter = Work(rig), 0.1
    async with rig.working():
        rig.activities.add("review", "t1")
        rig.tasks.port.fail("succeed", UpstreamRefused("no"))
        work.go_on.set()
        await rig.clock.advance(10)
        assert rig.tasks.port.count("succeed") == 1
        await rig.clock.advance(20)
        assert list(rig.tasks.answers) == ["t1"]


async def test_an_input_that_is_not_json_fails_the_task(rig: Rig) -> None:
    Work(rig)
    async with rig.working():
        rig.activities.add_raw("review", "t1", "{")
        await settle()
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
        await _until(lambda: "t2" in rig.tasks.answers)
    assert rig.tasks.answers == {"t2": "done"}


async def test_logs_hold_neither_token_nor_payload(rig: Rig, logs: Logs) -> None:
    work = Work(rig)
    async with rig.working():
        rig.activities.add("review", "the-token", {"execution": EXECUTION, "secret": "hush"})
        rig.tasks.port.fail("heartbeat", LOST)
        await rig.clock.advance(50)
        work.go_on.set()
        await settle()
    written = json.dumps(logs, default=repr)
    assert "orders:one" in written
    assert "the-token" not in written
    assert "hush" not in written


async def _until(reached: Any) -> None:
    """Another thread has to get somewhere."""
    async with asyncio.timeout(10):
        while not reached():  # noqa: ASYNC110 see above
            await asyncio.sleep(0.001)
