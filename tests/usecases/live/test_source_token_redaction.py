"""Taking tokens out of what a watcher reads, a slice at a time."""

import asyncio
import json

import pytest

from handrail.core.errors import UpstreamRefused
from handrail.core.history.facts import PendingTask
from handrail.core.models import HistoryEvent
from handrail.core.task_tokens.redaction import REDACTED
from handrail.usecases.live.definition_cache import Definitions
from handrail.usecases.live.source import SLICE, TokenRedaction
from tests.core.definitions import AT, SQS_WAIT, UUID_TOKEN, scheduled
from tests.core.made_up_tokens import SHAPES
from tests.fakes import machine_arn

from .stage import ID, Stage, arn_of

DEFINITION = {
    "StartAt": "Approve",
    "States": {
        "Approve": {
            "Type": "Task",
            "Resource": SQS_WAIT,
            "Parameters": {"Own.$": "$$.Task.Token", "TaskToken.$": "$.token"},
            "End": True,
        }
    },
}
WAITING = PendingTask(3, "Approve", "sqs:sendMessage.waitForTaskToken", AT)
"""The task of a `scheduled` event."""


async def redaction(stage: Stage) -> TokenRedaction:
    """Of an execution whose first event was read."""
    stage.machines.definitions["orders"] = json.dumps(DEFINITION)
    definitions = Definitions(stage.machines, stage.budget)
    cleaner = TokenRedaction(definitions, arn_of(ID))
    await cleaner.clean([HistoryEvent(1, 0, "ExecutionStarted", AT, {})])
    return cleaner


def told(text: str) -> HistoryEvent:
    return HistoryEvent(9, 8, "TaskSucceeded", AT, {"output": text})


@pytest.mark.parametrize("length", [100, 10_000, SLICE])
async def test_others_run_after_each_slice(stage: Stage, length: int) -> None:
    events = [told(f"{n}{'x' * length}") for n in range(max(4, 8 * SLICE // length))]
    cleaning = asyncio.ensure_future((await redaction(stage)).clean(events))
    turns = 0
    while not cleaning.done():
        await asyncio.sleep(0)
        turns += 1

    assert cleaning.result() == events
    assert turns >= sum(len(event.details["output"]) for event in events) // (SLICE + length + 9)


async def test_a_short_page_is_cleaned_in_one_go(stage: Stage) -> None:
    coroutine = (await redaction(stage)).clean([told("short")] * 1000)

    with pytest.raises(StopIteration):
        coroutine.send(None)


async def test_the_definition_is_believed_before_shape_and_key(stage: Stage) -> None:
    own, parent = UUID_TOKEN, SHAPES["today's"]
    event = scheduled({"Own": own, "TaskToken": parent, "Body": f"for {own}: {parent}"})
    cleaner = await redaction(stage)

    [cleaned] = await cleaner.clean([event])

    assert cleaner.token(WAITING) == own
    assert own not in repr(cleaner)
    assert json.loads(cleaned.details["parameters"]) == {
        "Own": REDACTED,
        "TaskToken": REDACTED,
        "Body": f"for {REDACTED}: {REDACTED}",
    }
    assert cleaner.text(f"{own} {parent}") == f"{REDACTED} {REDACTED}"


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
async def test_without_a_definition_shape_alone_is_believed(stage: Stage, shape: str) -> None:
    stage.machines.fail("describe_for_execution", UpstreamRefused("no right to"))
    event = scheduled({"token": UUID_TOKEN, "Body": f"https://x.test/?t={shape}"})
    cleaner = await redaction(stage)

    [cleaned, later] = await cleaner.clean([event, told(f"{shape} and {UUID_TOKEN}")])

    assert cleaner.token(WAITING) == shape
    assert json.loads(cleaned.details["parameters"])["token"] == UUID_TOKEN
    assert later.details["output"] == f"{REDACTED} and {UUID_TOKEN}"


async def test_two_that_may_be_it_settle_nothing(stage: Stage) -> None:
    stage.machines.fail("describe_for_execution", UpstreamRefused("no right to"))
    cleaner = await redaction(stage)

    await cleaner.clean([scheduled({"a": SHAPES["old"], "b": SHAPES["short"]})])

    assert cleaner.token(WAITING) is None


@pytest.mark.parametrize("version", [None, f"{machine_arn('orders')}:3"])
async def test_the_first_event_says_which_version_was_started(
    stage: Stage, version: str | None
) -> None:
    details = {"stateMachineVersionArn": version} if version else {}
    started = await redaction(stage)
    await started.clean([HistoryEvent(1, 0, "ExecutionStarted", AT, details)])
    assert started.started == (AT, version)
