"""Where watchers read from: what is located, and that no task token gets any further."""

import json

import pytest

from handrail.core.errors import (
    ExecutionNotFound,
    ServiceError,
    StateMachineNotFound,
    Throttled,
    UnsupportedByEndpoint,
    UnsupportedByType,
    UpstreamRefused,
)
from handrail.core.machine_patterns import MachinePatterns
from handrail.core.models import ExecutionId
from handrail.core.task_tokens.redaction import REDACTED
from handrail.usecases.live import Level
from tests.core.definitions import AWS_TOKEN, SQS_WAIT, UUID_TOKEN
from tests.core.histories import Track
from tests.fakes import FakeStateMachines, machine_arn, run_until_idle

from .stage import ID, Stage, arn_of, cursor

DEFINITION = json.dumps(
    {
        "StartAt": "Approve",
        "States": {
            "Approve": {
                "Type": "Task",
                "Resource": SQS_WAIT,
                "Parameters": {"MessageBody": {"ticket.$": "$$.Task.Token", "order": 7}},
                "End": True,
            }
        },
    }
)


def wait_for(track: Track, body: dict[str, str]) -> Track:
    parameters = json.dumps({"MessageBody": {**body, "order": 7}})
    return track.enter("Task", "Approve").then(
        "TaskScheduled",
        resourceType="sqs",
        resource="sendMessage.waitForTaskToken",
        parameters=parameters,
    )


def echo(track: Track, token: str) -> Track:
    """The token comes back in what follows."""
    done = json.dumps({"approved_by": "eve", "token_was": token})
    track.then("TaskSucceeded", output=done).then("TaskStateExited", name="Approve", output=done)
    return track.then("ExecutionSucceeded", output=done)


async def everything_said(stage: Stage) -> str:
    """Every message of every level, the snapshot and the events, as texts."""
    said = []
    for level in Level:
        for after in (None, cursor(0)):
            subscription = await stage.subscribed(level=level, after=after)
            while (message := subscription.next_message()) is not None:
                said.append(message.text.decode())
    async with stage.hub.watching(ID) as watcher:
        events = await watcher.history.events(0, limit=1000)
        said += [repr(events), repr(watcher.require_feed().snapshot())]
    assert len(said) > 8
    return "\n".join(said)


async def test_a_token_is_in_nothing_that_leaves(stage: Stage) -> None:
    stage.machines.definitions["orders"] = DEFINITION
    history = stage.execution()
    echo(wait_for(history.main, {"ticket": UUID_TOKEN}), UUID_TOKEN)
    said = await everything_said(stage)
    assert UUID_TOKEN not in said
    assert REDACTED in said


async def test_a_token_is_in_nothing_that_is_read_again_from_aws() -> None:
    stage = Stage(log_bytes=0)
    stage.machines.definitions["orders"] = DEFINITION
    echo(wait_for(stage.execution().main, {"ticket": UUID_TOKEN}), UUID_TOKEN)
    said = await everything_said(stage)
    assert UUID_TOKEN not in said
    assert REDACTED in said
    await stage.hub.close()


async def test_a_token_scheduled_while_somebody_watches_isnt_told_either(stage: Stage) -> None:
    stage.machines.definitions["orders"] = DEFINITION
    history = stage.execution()
    subscription = await stage.subscribed(level=Level.EVENTS)
    wait_for(history.main, {"ticket": UUID_TOKEN})
    await stage.nudged()
    echo(history.main, UUID_TOKEN)
    await stage.nudged()
    texts = []
    while (message := subscription.next_message()) is not None:
        texts.append(message.text.decode())
    assert UUID_TOKEN not in "".join(texts)
    assert REDACTED in "".join(texts)


@pytest.mark.parametrize(
    "error",
    [
        UpstreamRefused("no right to"),
        UnsupportedByEndpoint("not here"),
        StateMachineNotFound("deleted"),
    ],
)
async def test_without_a_definition_tokens_are_known_by_their_looks(
    stage: Stage, error: ServiceError
) -> None:
    history = stage.execution()
    stage.machines.fail("describe_for_execution", *[error] * 9)
    wait_for(history.main, {"ticket": AWS_TOKEN, "taskToken": UUID_TOKEN})
    echo(history.main, AWS_TOKEN)
    echo(history.main, UUID_TOKEN)
    said = await everything_said(stage)
    assert AWS_TOKEN not in said
    assert UUID_TOKEN not in said
    assert REDACTED in said


async def test_a_definition_that_cant_be_parsed_is_none(stage: Stage) -> None:
    stage.machines.definitions["orders"] = "{"
    wait_for(stage.execution().main, {"ticket": AWS_TOKEN})
    assert AWS_TOKEN not in await everything_said(stage)


async def test_a_definition_throttled_now_is_asked_for_again_before_anything_is_shown(
    stage: Stage,
) -> None:
    stage.machines.definitions["orders"] = DEFINITION
    wait_for(stage.execution().main, {"ticket": UUID_TOKEN})
    stage.machines.fail("describe_for_execution", Throttled("slow down"))
    subscription = await stage.subscribed()
    notice = subscription.next_message()
    assert notice is not None
    assert b'"throttled"' in notice.text
    assert subscription.next_message() is None
    await stage.clock.advance(5)
    assert subscription.next_message() is not None
    assert stage.machines.count("describe_for_execution") == 2


async def test_the_definition_is_only_asked_for_where_a_task_waits_for_a_callback(
    stage: Stage,
) -> None:
    history = stage.execution()
    await stage.subscribed()
    history.main.task("Charge").task("Ship")
    await stage.nudged()
    assert stage.machines.count("describe_for_execution") == 0


async def test_the_definition_is_asked_for_once(stage: Stage) -> None:
    stage.machines.definitions["orders"] = DEFINITION
    history = stage.execution()
    await stage.subscribed()
    for _ in range(3):
        wait_for(history.main, {"ticket": UUID_TOKEN})
        await stage.nudged()
    assert stage.machines.count("describe_for_execution") == 1


async def test_nobody_is_asked_where_an_execution_is(stage: Stage) -> None:
    located = await stage.source.locate(ExecutionId.parse(ID))
    assert located.reader.arn == arn_of(ID)
    assert located.machine_arn == machine_arn("orders")
    assert stage.executions.calls == []


async def test_a_map_runs_child_belongs_to_the_machine_of_its_map(stage: Stage) -> None:
    located = await stage.source.locate(ExecutionId.parse("orders/Ship:one"))
    assert located.machine_arn == machine_arn("orders")


async def test_without_any_state_machine_there_is_no_execution(stage: Stage) -> None:
    machines: FakeStateMachines = stage.machines
    machines.machines.clear()
    with pytest.raises(ExecutionNotFound):
        await stage.source.locate(ExecutionId.parse(ID))


async def test_an_execution_of_a_machine_that_is_not_served_is_none(stage: Stage) -> None:
    stage.catalogue.served = MachinePatterns.parse("billing")
    with pytest.raises(ExecutionNotFound):
        await stage.source.locate(ExecutionId.parse(ID))
    assert stage.executions.calls == []


async def test_express_executions_have_no_history(stage: Stage) -> None:
    with pytest.raises(UnsupportedByType):
        await stage.source.locate(ExecutionId.parse("orders:one:run"))
    await run_until_idle()
    assert stage.executions.calls == []
