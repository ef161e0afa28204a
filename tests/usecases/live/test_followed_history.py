"""How events that come otherwise than by AWS's reads are folded beside those."""

import asyncio
import json
from dataclasses import replace

from handrail.core.models import ExecutionId
from handrail.core.task_tokens.redaction import REDACTED
from handrail.usecases.live import Level, Watcher
from tests.core.definitions import SQS_WAIT, UUID_TOKEN
from tests.core.histories import History
from tests.fakes import run_until_idle

from .stage import ID, Client, Stage, cursor, truth

WAITS = {
    "StartAt": "Approve",
    "States": {
        "Approve": {
            "Type": "Task",
            "Resource": SQS_WAIT,
            "Parameters": {"MessageBody": {"ticket.$": "$$.Task.Token"}},
            "End": True,
        }
    },
}


def watcher_of(stage: Stage, id: str = ID) -> Watcher:
    return next(each for each in stage.hub.read_watchers if each.id == ExecutionId.parse(id))


def waits(history: History) -> History:
    """Up to a task that waits for a callback, whose token the state machine put there."""
    parameters = json.dumps({"MessageBody": {"ticket": UUID_TOKEN}})
    scheduled = {"resourceType": "sqs", "resource": "sendMessage.waitForTaskToken"}
    history.main.enter("Task", "Approve").then("TaskScheduled", parameters=parameters, **scheduled)
    return history


async def test_what_comes_next_is_folded_in_any_order_and_overlap(stage: Stage) -> None:
    history = stage.execution()
    subscription, client = await stage.subscribed(), Client()
    client.take_all(subscription)
    history.main.visit("Pass", "Look").visit("Pass", "Leap")
    with stage.no_reads():
        taken = await watcher_of(stage).take(reversed(history.events), raw=True)
    client.take_all(subscription)
    assert taken
    assert client.holds == truth(history.events)


async def test_what_lies_behind_a_hole_is_left_out(stage: Stage) -> None:
    history = stage.execution()
    subscription, client = await stage.subscribed(level=Level.EVENTS, after=cursor(0)), Client()
    history.main.visit("Pass", "Look").visit("Pass", "Leap")
    one, two, _, *later = history.events
    assert await watcher_of(stage).take([one, two, *later], raw=True)
    assert not await watcher_of(stage).take(later, raw=True)
    client.take_all(subscription)
    assert client.events == [1, 2]


async def test_a_first_event_begins_a_feed_and_the_read_that_waits_is_withdrawn() -> None:
    stage = Stage(reads_per_s=0.001, burst=1)
    stage.execution("orders:before")
    await stage.subscribed("orders:before")  # the one read there is
    history = stage.execution()
    subscription, client = await stage.subscribed(), Client()
    (watcher,) = (each for each in stage.hub.all_watchers if str(each.id) == ID)
    assert subscription.next_message() is None
    history.main.visit("Pass", "Look")
    assert await watcher.take(history.events, raw=True)
    client.take_all(subscription)
    await run_until_idle()
    assert client.holds == truth(history.events)
    assert len(stage.budget.histories.queue) == 0
    await stage.hub.close()


async def test_whoever_waits_for_the_first_read_still_gets_it() -> None:
    stage = Stage(reads_per_s=0.1, burst=1)
    stage.execution("orders:before")
    await stage.subscribed("orders:before")  # the one read there is for now
    history = stage.execution()
    await stage.subscribed()
    (watcher,) = (each for each in stage.hub.all_watchers if str(each.id) == ID)
    asked = asyncio.ensure_future(watcher.fresh())
    await run_until_idle()
    with stage.no_reads():
        await watcher.take(history.events, raw=True)
        await run_until_idle()
    assert not asked.done()
    await stage.clock.advance(10)
    assert (await asked).position == 1
    await stage.hub.close()


async def test_tokens_are_taken_out_of_raw_events(stage: Stage) -> None:
    stage.machines.definitions["orders"] = json.dumps(WAITS)
    history = stage.execution()
    subscription = await stage.subscribed(level=Level.EVENTS, after=cursor(0))
    waits(history).main.then("TaskSucceeded", output=json.dumps({"was": UUID_TOKEN}))
    watcher = watcher_of(stage)
    for event in history.events:
        await watcher.take([event], raw=True)
    said = ""
    while (message := subscription.next_message()) is not None:
        said += message.text.decode()
    assert UUID_TOKEN not in said
    assert REDACTED in said
    (scheduled,) = [event.id for event in history.events if event.type == "TaskScheduled"]
    assert scheduled in watcher.require_feed().projection.settled


async def test_tokens_that_others_redacted_are_learned_by_the_next_read(stage: Stage) -> None:
    stage.machines.definitions["orders"] = json.dumps(WAITS)
    history = stage.execution()
    await stage.subscribed()
    waits(history)
    *_, scheduled = history.events
    bare = json.dumps({"MessageBody": {"ticket": REDACTED}})
    clean = {**scheduled.details, "parameters": bare}
    watcher = watcher_of(stage)
    redacted = [*history.events[:-1], replace(scheduled, details=clean)]
    assert await watcher.take(redacted, raw=False)
    (task,) = watcher.require_feed().projection.tasks
    assert watcher.history.token(task) is None
    history.main.then("TaskSucceeded", output=json.dumps({"was": UUID_TOKEN}))
    assert not await watcher.take(history.events, raw=True)  # the token isn't known yet
    await watcher.fresh()
    assert UUID_TOKEN not in repr(await watcher.history.events(0, limit=100))
    history.main.then("TaskStateExited", name="Approve")
    assert await watcher.take(history.events, raw=True)


async def test_a_token_is_known_again_after_one_read(stage: Stage) -> None:
    stage.machines.definitions["orders"] = json.dumps(WAITS)
    history = stage.execution()
    await stage.subscribed()
    waits(history)
    *_, scheduled = history.events
    clean = {**scheduled.details, "parameters": "{}"}
    watcher = watcher_of(stage)
    await watcher.take([*history.events[:-1], replace(scheduled, details=clean)], raw=False)
    await watcher.fresh()
    (task,) = watcher.require_feed().projection.tasks
    assert watcher.history.token(task) == UUID_TOKEN
