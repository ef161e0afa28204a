"""A watched execution's progress is foreseen beside its reads, and told within a second."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from handrail.core.errors import Unavailable
from handrail.core.models import ExecutionStatus
from handrail.usecases.live import Level
from handrail.usecases.live.forecasts import FORESEEN_S, Forecasts
from handrail.usecases.live.watched_execution import UNFORESEEN_S
from tests.core.definitions import task
from tests.fakes import BEGIN, run_until_idle

from .stage import ID, Client, Stage, arn_of

DEFINITION = json.dumps(
    {"StartAt": "A", "States": {"A": task(Next="B"), "B": task(Next="C"), "C": task()}}
)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    source, clock = stage.source, stage.clock
    forecasts = Forecasts(source.definitions, stage.executions, stage.budget.lists, clock)
    stage.source = replace(source, forecasts=forecasts)
    stage.hub = stage.another_hub(stage.nudges)
    stage.machines.definitions["orders"] = DEFINITION
    for number, seconds in enumerate((50, 60, 70)):
        id = f"orders:before-{number}"
        stage.executions.add(id, status=ExecutionStatus.SUCCEEDED)
        found = stage.executions.executions[arn_of(id)]
        stopped_at = BEGIN + timedelta(seconds=seconds)
        stage.executions.executions[arn_of(id)] = replace(found, stopped_at=stopped_at)
    yield stage
    await stage.hub.close()


async def shown(stage: Stage) -> dict[str, Any]:
    """What a request for the snapshot is answered."""
    async with stage.hub.watching(ID) as watcher:
        await watcher.foreseen()
        progress = watcher.require_feed().snapshot()["progress"]
        assert progress is not None
        return {**progress}


async def test_a_request_s_snapshot_has_all_of_it(stage: Stage) -> None:
    stage.execution().main.task("A")
    progress = await shown(stage)
    assert progress["fraction"] == 0.333
    assert progress["remaining_s"] == 60.0


@pytest.mark.parametrize("level", Level)
async def test_a_subscriber_is_told_within_seconds(stage: Stage, level: Level) -> None:
    history, client = stage.execution(), Client()
    history.main.task("A")
    subscription = await stage.subscribed(level=level)
    client.take_all(subscription)
    await stage.clock.advance(5)
    client.take_all(subscription)
    assert client.progress is not None
    assert client.progress["fraction"] == 0.333
    assert client.progress["remaining_s"] in {55.0, 60.0}
    history.main.task("B")
    await stage.nudged()
    await stage.clock.advance(5)
    client.take_all(subscription)
    assert client.progress["fraction"] == 0.666


async def test_the_first_snapshot_says_how_far_it_is(stage: Stage) -> None:
    stage.execution().main.task("A")
    client = Client()
    client.take_all(await stage.subscribed())
    assert client.messages[0]["snapshot"]["progress"]["fraction"] == 0.333


async def test_a_request_waits_but_a_moment(stage: Stage) -> None:
    stage.execution().main.task("A")
    await stage.catalogue.account("orders")
    stage.machines.hold()
    asking = asyncio.ensure_future(shown(stage))
    await stage.clock.advance(2 * FORESEEN_S + 0.1)
    progress = await asking
    stage.machines.release()
    assert progress["fraction"] is None
    assert progress["transitions"] == 1


async def test_what_wasn_t_to_be_had_is_asked_for_again_later(stage: Stage) -> None:
    stage.execution().main.task("A")
    failures = [Unavailable("Not now.")] * 2  # before the first snapshot, and beside it
    stage.machines.fail("describe_for_execution", *failures)
    subscription, client = await stage.subscribed(), Client()
    client.take_all(subscription)
    assert client.progress is not None
    assert client.progress["fraction"] is None
    await stage.clock.advance(UNFORESEEN_S - 1)
    assert stage.machines.count("describe_for_execution") == 2
    await stage.clock.advance(2)
    client.take_all(subscription)
    assert stage.machines.count("describe_for_execution") == 3
    assert client.progress["fraction"] == 0.333


async def test_of_one_that_has_ended_nothing_is_asked(stage: Stage) -> None:
    stage.execution().main.task("A").then("ExecutionSucceeded")
    assert (await shown(stage))["fraction"] == 1.0
    assert stage.machines.count("describe_for_execution") == 0
    assert stage.executions.count("list_page") == 0


async def test_a_hundred_executions_cost_one_list_and_one_definition(stage: Stage) -> None:
    for number in range(100):
        stage.execution(f"orders:{number}").main.task("A")
        stage.subscribe(f"orders:{number}")
    await run_until_idle()
    await stage.clock.advance(1)
    succeeded = [call for call in stage.executions.log if call.operation == "list_page"]
    assert sum(call.given["limit"] == "100" for call in succeeded) == 1
    assert stage.machines.count("describe_for_execution") == 1
