"""Everything that says an execution changed, as AWS sends it."""

import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from handrail.aws_lambda.invocation import UnknownEvent
from handrail.aws_lambda.live_events import answer_nudges
from handrail.core.apigateway import Nudge, greet_text, nudge_text
from handrail.core.errors import Unavailable
from tests.events import SCHEDULES, log_line, logs_event, sample, sqs_batch
from tests.events import status_change as status_change_event
from tests.fakes import run_until_idle
from tests.usecases.apigateway.stage import ID, GatewayStage, arn_of


async def answered(stage: GatewayStage, event: dict[str, Any]) -> Any:
    return await answer_nudges(stage.sockets, event, deadline=stage.deadline)


def failures(*ids: str) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": id} for id in ids]}


async def test_a_status_change_is_told(stage: GatewayStage) -> None:
    history = stage.execution()
    socket = await stage.watching()
    history.main.then("ExecutionSucceeded")
    assert await answered(stage, status_change_event(ID, "SUCCEEDED")) is None
    assert socket.kinds[2:] == ["update", "complete", "closing"]


async def test_log_lines_are_told(stage: GatewayStage) -> None:
    history = stage.execution()
    socket = await stage.watching()
    history.main.enter("Task", "Charge")
    assert await answered(stage, logs_event([log_line(ID, 2)])) is None
    assert socket.kinds[2:] == ["update"]


async def test_log_lines_that_say_it_all_are_told_without_a_read(stage: GatewayStage) -> None:
    history = stage.execution()
    socket = await stage.watching()
    history.main.enter("Task", "Charge")
    reads = stage.live.read_count
    arn = arn_of(ID)
    line = log_line(arn, 2, name="Charge", input="{}")
    assert await answered(stage, logs_event([line])) is None
    assert socket.kinds[2:] == ["update"]
    assert stage.live.read_count == reads


@pytest.mark.parametrize("name", SCHEDULES)
async def test_a_schedule_ticks(stage: GatewayStage, name: str) -> None:
    history = stage.execution()
    socket = await stage.watching()
    history.main.enter("Task", "Charge")
    await stage.clock.advance(60)
    assert await answered(stage, sample(name)) is None
    assert socket.kinds[2:] == ["update"]


async def test_a_batch_of_news_and_reminders_is_served(stage: GatewayStage) -> None:
    history = stage.execution()
    socket = await stage.watching()
    await stage.connect("new")
    history.main.enter("Task", "Charge")
    bodies: list[str | dict[str, Any]] = [
        status_change_event("orders:unwatched", "RUNNING"),
        nudge_text(Nudge(ID, 2)),
        greet_text("new"),
        greet_text("gone"),
    ]
    assert await answered(stage, sqs_batch(bodies)) == failures()
    assert socket.kinds[2:] == ["update"]
    assert stage.socket("new").kinds == ["ready"]


async def test_an_execution_named_several_times_is_told_once(stage: GatewayStage) -> None:
    history = stage.execution()
    await stage.watching()
    takes, reads = stage.watches.count("take"), stage.live.read_count
    history.main.then("ExecutionSucceeded")
    bodies: list[str | dict[str, Any]] = [
        status_change_event(ID, "RUNNING"),
        status_change_event(ID, "SUCCEEDED"),
        nudge_text(Nudge(ID, 1)),
    ]
    assert await answered(stage, sqs_batch(bodies)) == failures()
    assert stage.watches.count("take") == takes + 1
    assert stage.live.read_count == reads + 1


@pytest.mark.parametrize(
    "body",
    [
        "",
        "secret",
        "[]",
        "7",
        '{"type": "secret"}',
        '{"type": "nudge", "execution": 7}',
        '{"detail-type": "Step Functions Execution Status Change", "source": "secret"}',
        json.dumps(sample("status_change_failed") | {"detail": {"executionArn": "arn:secret"}}),
        json.dumps(sample("schedule_rule")),
    ],
)
async def test_a_message_that_cant_be_read_fails_alone_and_is_logged_without_it(
    stage: GatewayStage, body: str
) -> None:
    history = stage.execution()
    socket = await stage.watching()
    history.main.enter("Task", "Charge")
    with capture_logs() as logs:
        answer = await answered(stage, sqs_batch([body, nudge_text(Nudge(ID))]))
    assert answer == failures("message-0")
    assert socket.kinds[2:] == ["update"]
    assert [(log["event"], log["message_id"]) for log in logs] == [
        ("message can't be read", "message-0")
    ]
    assert "secret" not in str(logs)


async def test_half_of_a_character_fails_its_message_alone(stage: GatewayStage) -> None:
    history = stage.execution()
    socket = await stage.watching()
    history.main.enter("Task", "Charge")
    batch = sqs_batch(["", nudge_text(Nudge(ID))])
    batch["Records"][0]["body"] = '{"type": "nudge\ud800"}'
    assert await answered(stage, batch) == failures("message-0")
    assert socket.kinds[2:] == ["update"]


@pytest.mark.parametrize("trouble", [Unavailable("gone"), ZeroDivisionError()])
async def test_every_message_of_what_cant_be_told_now_is_brought_again(
    stage: GatewayStage, trouble: Exception
) -> None:
    for name in ("a", "b"):
        stage.execution(f"orders:{name}")
        await stage.watching(name, f"orders:{name}")
    stage.connections.fail("subscriptions", trouble)
    bodies = [nudge_text(Nudge(f"orders:{name}")) for name in ("a", "b", "a")]
    assert await answered(stage, sqs_batch(bodies)) == failures("message-0", "message-2")
    assert await answered(stage, sqs_batch(bodies)) == failures()


async def test_what_any_of_several_messages_knows_is_waited_for(stage: GatewayStage) -> None:
    history = stage.execution()
    socket = await stage.watching()
    bodies = [nudge_text(Nudge(ID, 2)), nudge_text(Nudge(ID, 1)), nudge_text(Nudge(ID))]
    answering = stage.begun(answered(stage, sqs_batch(bodies)))
    await stage.clock.advance(1)
    assert not answering.done()
    history.main.enter("Task", "Charge")
    await stage.clock.advance(1)
    assert await answering == failures()
    assert socket.kinds[2:] == ["update"]


async def test_a_greeting_that_fails_is_brought_again(stage: GatewayStage) -> None:
    await stage.connect()
    stage.connections.fail("find", Unavailable("gone"))
    batch = sqs_batch([greet_text("c1"), greet_text("c1")])
    assert await answered(stage, batch) == failures("message-0", "message-1")
    assert await answered(stage, batch) == failures()
    assert stage.socket().kinds == ["ready"]


async def test_what_finds_no_time_is_brought_again(stage: GatewayStage) -> None:
    stage.execution()
    await stage.watching()
    takes = stage.watches.count("take")
    deadline = stage.clock.monotonic() + 4
    answer = await answer_nudges(
        stage.sockets, sqs_batch([nudge_text(Nudge(ID))]), deadline=deadline
    )
    assert answer == failures("message-0")
    assert stage.watches.count("take") == takes


@pytest.mark.parametrize("kind", ["bus", "logs"])
async def test_news_nobody_brings_again_is_put_into_the_queue_where_it_fails(
    stage: GatewayStage, kind: str
) -> None:
    stage.execution()
    await stage.watching()
    stage.live.histories.fail("read_page", Unavailable("gone"))
    events = {"bus": status_change_event(ID, "RUNNING"), "logs": logs_event([log_line(ID, 1)])}
    assert await answered(stage, events[kind]) is None
    assert [nudge.execution for nudge in stage.nudges.nudged] == [ID]


@pytest.mark.parametrize(
    "event",
    [
        {"awslogs": {"data": "c2VjcmV0"}},
        {"awslogs": {"data": 7}},
        {"detail-type": "secret", "detail": {}},
    ],
)
async def test_news_that_cant_be_read_is_logged_without_it(
    stage: GatewayStage, event: dict[str, Any]
) -> None:
    with capture_logs() as logs:
        assert await answered(stage, event) is None
    assert [log["event"] for log in logs] == ["event can't be read"]
    assert "secret" not in str(logs)


async def test_a_tick_that_fails_is_left_to_the_next(stage: GatewayStage) -> None:
    stage.connections.fail("due", Unavailable("gone"))
    with capture_logs() as logs:
        assert await answered(stage, sample("tick")) is None
    assert [log["code"] for log in logs] == ["unavailable"]


async def test_another_event_is_not_served(stage: GatewayStage) -> None:
    with pytest.raises(UnknownEvent):
        await answered(stage, {"hello": "world"})


async def test_no_more_than_so_many_executions_are_told_side_by_side(stage: GatewayStage) -> None:
    for number in range(15):
        stage.execution(f"orders:{number}")
        await stage.watching(f"c{number}", f"orders:{number}")
    takes = stage.watches.count("take")
    stage.live.histories.hold()
    bodies = [nudge_text(Nudge(f"orders:{number}")) for number in range(15)]
    answering = stage.begun(answered(stage, sqs_batch(bodies)))
    await run_until_idle()
    assert stage.watches.count("take") == takes + 10
    stage.live.histories.release()
    assert await answering == failures()
