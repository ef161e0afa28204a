"""The function itself: what one instance opens once, keeps warm, and leaves behind."""

import asyncio
import gc
import io
import json
import os
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog

from handrail.aws_lambda.invocation import UnknownEvent
from handrail.aws_lambda.runtime import Function
from handrail.core.errors import DeadlineExceeded, SettingsError
from handrail.settings import Settings
from handrail.telemetry.logs import configure_logs
from tests import events
from tests.environment import settings_of
from tests.stubs.stepfunctions import StepFunctionsStub, event

from .conftest import Cold
from .instances import OPEN, Instance, answered

INVOCATIONS = 200
TABLE_UPDATE = "DynamoDB_20120810.UpdateItem"
LISTED = events.http_v2("GET", "/v1/state-machines")
SHOWN = events.http_v2("GET", "/v1/executions/order:one")
SECRET = "not for the log"
SOCKETS = {
    "table": "sockets",
    "queue_url": "https://sqs.us-east-1.amazonaws.com/123456789012/nudges",
    "socket_endpoint": "https://f6g7h8i9j0.execute-api.us-east-1.amazonaws.com/prod",
}
POOL = (os.cpu_count() or 1) + 4
"""The threads a loop's pool has at most; it makes them as it needs them."""


@pytest.fixture
def running(stub: StepFunctionsStub) -> str:
    arn = stub.add_execution("order", "one")
    stub.append(arn, event("ExecutionStarted", details={"input": "{}"}))
    return arn


def left_over(one: Instance) -> set[str]:
    """The names of what would go on when the instance wakes up."""
    loop = one.function._loop
    assert loop is not None
    return {task.get_coro().__qualname__ for task in asyncio.all_tasks(loop)}  # type: ignore[union-attr]


def reading(one: Instance) -> bool:
    """Whether a watcher was stopped in the middle of a read."""
    base = one.function._base
    assert base is not None
    return any(watcher.reading.locked() for watcher in base.hub._pool.watchers.values())


async def test_an_instance_opens_its_services_once(warm: Instance, stub: StepFunctionsStub) -> None:
    for _ in range(20):
        assert (await warm.ask(LISTED)).status == 200

    assert stub.calls["ListStateMachines"] == 20  # the catalogue believes nothing here
    assert len(stub.peers) == 1


async def test_what_was_read_stays_read_while_the_instance_is_warm(
    cold: Cold, stub: StepFunctionsStub, running: str
) -> None:
    async with cold(live_linger_s=60) as one:
        for _ in range(3):
            assert (await one.ask(SHOWN)).status == 200

    assert stub.calls["GetExecutionHistory"] == 1


async def test_only_watchers_are_left_of_an_invocation(cold: Cold, running: str) -> None:
    async with cold(live_linger_s=60) as one:
        await one.ask(SHOWN)
        await one.ask(LISTED)

        assert left_over(one) == {"WatcherPool._run"}


async def test_a_watcher_that_nobody_uses_reads_nothing(
    cold: Cold, stub: StepFunctionsStub, running: str
) -> None:
    """However long the instance is awake for others."""
    async with cold(live_linger_s=60) as one:
        await one.ask(SHOWN)
        read = stub.calls["GetExecutionHistory"]
        asked = events.http_v2("GET", "/v1/executions/order:two/events", query="wait=1")
        stub.add_execution("order", "two")
        await one.ask(asked)
        others = stub.calls["GetExecutionHistory"] - read
        histories = [each for each in stub.requests if each.operation == "GetExecutionHistory"]

    assert others > 0
    assert sum(each.body["executionArn"] == running for each in histories) == read


async def test_what_a_late_request_began_is_seen_through(
    cold: Cold, stub: StepFunctionsStub, running: str
) -> None:
    """A read that hangs in a frozen instance would be a failure of AWS's on waking up."""
    stub.slow_next("GetExecutionHistory", delay_s=0.7)
    async with cold(live_linger_s=60) as one:
        late = await one.ask(SHOWN, left_ms=1_000)  # 0.5 s to answer in, 0.7 s to settle
        left, stopped_short = left_over(one), reading(one)
        shown = await one.ask(SHOWN)

    assert late.status == 504
    assert (left, stopped_short) == ({"WatcherPool._run"}, False)
    assert shown.status == 200
    assert stub.calls["GetExecutionHistory"] == 1


async def test_what_never_ends_is_given_up(warm: Instance, stub: StepFunctionsStub) -> None:
    stub.hang_next("ListStateMachines")

    late = await warm.ask(LISTED, left_ms=700)
    left = left_over(warm)
    stub.release()

    assert late.status == 504
    assert left == set()
    assert (await warm.ask(LISTED)).status == 200


@pytest.mark.parametrize("asked", [SHOWN, LISTED], ids=["a shared read", "a list"])
async def test_an_answer_is_out_before_the_invocation_ends(
    cold: Cold, stub: StepFunctionsStub, running: str, asked: events.Event
) -> None:
    """Whatever is still under way: Lambda would drop the answer, and the instance with it."""
    async with cold(aws_read_timeout_s=60) as one:
        await one.ask(events.http_v2("GET", "/healthz"))
        for operation in ("DescribeExecution", "GetExecutionHistory", "ListStateMachines"):
            stub.hang_next(operation)
        late, left_ms = await one.timed(asked, left_ms=1_200)
        left = left_over(one)
        stub.release()
        again = await one.ask(asked)

    assert answered(late).status == 504
    assert left_ms > 0
    assert left == set()
    assert again.status == 200


async def test_what_was_begun_is_given_up_where_no_time_is_left_at_all(
    warm: Instance, stub: StepFunctionsStub
) -> None:
    await warm.ask(LISTED)
    begun: list[asyncio.Task[None]] = []

    async def hang() -> None:
        begun.append(asyncio.current_task())  # type: ignore[arg-type]
        await asyncio.Event().wait()

    assert warm.function._loop is not None
    warm.function._loop.create_task(hang())
    late, _ = await warm.timed(LISTED, left_ms=0)

    assert answered(late).status == 504
    assert [task.cancelled() for task in begun] == [True]
    assert left_over(warm) == set()


async def test_connections_that_died_meanwhile_are_replaced(
    cold: Cold, stub: StepFunctionsStub
) -> None:
    async with cold(aws_max_attempts=3) as one:
        await one.ask(LISTED)
        for _ in range(3):
            stub.drop_connections()
            assert (await one.ask(LISTED)).status == 200


async def test_instances_share_nothing(stub: StepFunctionsStub, cold: Cold, running: str) -> None:
    """Each in a thread with a loop of its own, all at once. They start one after the other:
    Werkzeug compiles its routes with `ast`, which in Python 3.11 is for one thread at a time."""
    async with cold() as first, cold() as second, cold() as third:
        instances = (first, second, third)
        answers = [await one.ask(SHOWN) for one in instances]
        answers += await asyncio.gather(*(one.ask(SHOWN) for one in instances for _ in range(5)))

    assert {found.status for found in answers} == {200}
    assert len(stub.peers) >= 3


async def test_one_thread_may_hold_several_instances(stub: StepFunctionsStub, running: str) -> None:
    def turns() -> list[int]:
        made = [function(stub.url) for _ in range(2)]
        found = [answered(one(SHOWN, Plenty())).status for _ in range(3) for one in made]
        for one in made:
            one.close()
        return found

    assert await asyncio.to_thread(turns) == [200] * 6


class Plenty:
    aws_request_id = "one"

    def get_remaining_time_in_millis(self) -> int:
        return 20_000


def function(url: str, read: Callable[[], Settings] = lambda: settings_of(**OPEN)) -> Function:
    return Function(settings=read, endpoint_url=url, logs=lambda *_: None)


async def test_settings_that_cannot_be_used_are_said_and_tried_again(
    stub: StepFunctionsStub,
) -> None:
    broken = [SettingsError("HANDRAIL_AWS_POOL_SIZE: Input should be a number")]

    def read() -> Settings:
        if broken:
            raise broken.pop()
        return settings_of(**OPEN)

    one = Instance(function(stub.url, read))
    with structlog.testing.capture_logs() as lines:
        refused, served = await one.ask(LISTED), await one.ask(LISTED)
    await one.close()

    assert (refused.status, refused.body["code"]) == (503, "not_set_up")
    assert refused.headers["retry-after"] == "5"
    assert "POOL_SIZE" not in refused.data.decode()
    (line,) = [line for line in lines if line["event"] == "start-up failed"]
    assert "HANDRAIL_AWS_POOL_SIZE" in line["why"]
    assert served.status == 200


async def test_a_function_takes_no_status_changes_by_http_and_says_what_brings_them(
    stub: StepFunctionsStub,
) -> None:
    set_to = settings_of(**OPEN, events_secret="secret-of-the-events")
    one = Instance(function(stub.url, lambda: set_to))
    with structlog.testing.capture_logs() as lines:
        refused = await one.ask(LISTED)
    await one.close()
    assert (refused.status, refused.body["code"]) == (503, "not_set_up")
    (line,) = [line for line in lines if line["event"] == "start-up failed"]
    assert line["why"].startswith("HANDRAIL_EVENTS_SECRET: on Lambda")
    assert "secret-of-the-events" not in str(lines)


@pytest.mark.parametrize(("said", "format"), [("json", "json"), ("neat", "auto"), ("", "auto")])
async def test_logs_are_set_up_before_there_is_anything_to_say(
    stub: StepFunctionsStub, environment: pytest.MonkeyPatch, said: str, format: str
) -> None:
    """Without the settings, which may not be usable: that is what there is to say."""
    environment.setenv("HANDRAIL_LOG_FORMAT", said)
    environment.setenv("HANDRAIL_LOG_LEVEL", "warning")
    told: list[Any] = []

    def refuse() -> Settings:
        told.append("settings")
        raise SettingsError("HANDRAIL_AWS_POOL_SIZE: Input should be a number")

    one = Instance(Function(settings=refuse, logs=lambda *said: told.append(said)))
    for odd in ("nobody knows", LISTED):
        await one.timed(odd, left_ms=20_000)
    await one.close()

    assert told == [("warning", format), "settings"]


def test_what_keeps_a_function_from_starting_is_one_line_of_json() -> None:
    written = io.StringIO()
    one = Function(logs=partial(configure_logs, stream=written), settings=unusable)
    one(LISTED, Plenty())
    one.close()

    [line] = written.getvalue().splitlines()
    assert json.loads(line)["event"] == "start-up failed"
    assert json.loads(line)["function_request_id"] == "one"


def unusable() -> Settings:
    raise SettingsError("HANDRAIL_AWS_POOL_SIZE: Input should be a number")


async def test_settings_are_read_once(stub: StepFunctionsStub) -> None:
    times: list[int] = []

    def read() -> Settings:
        times.append(1)
        return settings_of(**OPEN)

    one = Instance(function(stub.url, read))
    for _ in range(3):
        await one.ask(LISTED)
    await one.close()

    assert len(times) == 1


async def test_nobody_is_served_without_being_asked_who_they_are(cold: Cold) -> None:
    with structlog.testing.capture_logs() as lines:
        async with cold(allow_unauthenticated=False) as one:
            refused = await one.ask(LISTED)

    assert refused.status == 503
    assert any("HANDRAIL_AUTH" in line.get("why", "") for line in lines)


async def test_metrics_are_not_for_everybody(cold: Cold) -> None:
    key = '{"name": "shop", "sha256": "' + "0" * 64 + '", "scopes": ["read"]}'
    async with cold(auth="api-key", api_keys=key) as one:
        asked = await one.ask(events.http_v2("GET", "/metrics"))

    assert asked.status == 401


@pytest.mark.parametrize("name", [*events.WEBSOCKET, "sqs_batch", "schedule_rule", "logs"])
async def test_live_events_name_the_settings_they_lack(cold: Cold, name: str) -> None:
    async with cold(table="sockets") as one:
        with pytest.raises(SettingsError) as failed:
            await one(events.sample(name))

    assert "HANDRAIL_QUEUE_URL, HANDRAIL_SOCKET_ENDPOINT" in str(failed.value)
    assert "HANDRAIL_TABLE" not in str(failed.value)


async def test_a_function_may_be_given_both_kinds_of_events(cold: Cold) -> None:
    async with cold(**SOCKETS) as one:
        listed = await one.ask(LISTED)
        batch = await one(events.sqs_batch(["not for us"]))

    assert listed.status == 200
    assert batch == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}


@pytest.mark.parametrize(
    ("event", "hanging", "answer"),
    [
        (events.websocket_message("c1", {"type": "ping"}), TABLE_UPDATE, {"statusCode": 504}),
        (events.status_change("order:one", "RUNNING"), "AmazonSQS.SendMessage", None),
    ],
    ids=["socket", "news"],
)
async def test_a_live_event_that_hangs_ends_before_the_invocation(
    cold: Cold, stub: StepFunctionsStub, event: events.Event, hanging: str, answer: Any
) -> None:
    """What can be brought again fails; a socket's route is told."""
    async with cold(**SOCKETS, aws_read_timeout_s=60) as one:
        await one(events.sqs_batch(["not for us"]))
        stub.hang_next(hanging)
        got, left_ms = await one.timed(event, left_ms=1_200)
        left = left_over(one)
        stub.release()

    assert got == answer if answer else isinstance(got, DeadlineExceeded)
    assert left_ms > 0
    assert left == set()


@pytest.mark.parametrize("odd", [{"secret": SECRET}, [SECRET], SECRET, None])
async def test_an_event_nobody_knows_fails_and_is_not_logged(warm: Instance, odd: Any) -> None:
    with structlog.testing.capture_logs() as lines, pytest.raises(UnknownEvent) as failed:
        await warm(odd)

    assert [line["event"] for line in lines] == ["event of an unknown kind"]
    assert SECRET not in str(lines) + str(failed.value)


def fds() -> int:
    return len(list(Path("/dev/fd").iterdir()))


async def test_hundreds_of_invocations_leave_nothing_behind(
    cold: Cold, stub: StepFunctionsStub, running: str
) -> None:
    asked = [
        SHOWN,
        LISTED,
        events.http_v1("GET", "/v1/executions/order:nobody"),
        events.alb("GET", "/v1/executions/order:one/events", query={"limit": "10"}),
        events.http_v2("GET", "/v1/executions/order:one/stream"),
        events.http_v2("GET", "/static/page/main.js"),
        events.http_v2("POST", "/v1/state-machines/order/executions", body='{"name": "again"}'),
    ]
    async with cold(live_linger_s=0.01) as one:

        async def invoke(times: int) -> tuple[int, int, int, int]:
            for turn in range(times):
                await one(asked[turn % len(asked)])
            async with asyncio.timeout(10):
                while left_over(one):  # what lingers ends when its time is over, and it is asked
                    await asyncio.sleep(0.02)
                    await one(events.http_v2("GET", "/healthz"))
            stub.requests.clear()
            gc.collect()
            return len(left_over(one)), fds(), threading.active_count(), sys.getallocatedblocks()

        tasks, files, threads, blocks = await invoke(100)
        tasks_later, files_later, threads_later, blocks_later = await invoke(INVOCATIONS)

    assert tasks_later <= tasks
    assert files_later <= files
    assert threads_later <= threads + POOL
    assert blocks_later - blocks < 10 * INVOCATIONS  # one request alone is hundreds
    assert len(stub.peers) == 1
