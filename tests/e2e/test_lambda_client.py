"""The project's own client in front of the Lambda deployment: it finds the socket by the links,
comes back by itself, and fetches what no message could hold.
"""

import asyncio
import json
from collections.abc import Callable

import pytest

from handrail.client import Client
from handrail.client.view import Message, View, apply

from .browser import rendered, shown
from .lambda_deployment import Deployment, until
from .test_lambda_live import finish, go_on, started

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Follower:
    """What follows an execution holds, and all it was told."""

    def __init__(self) -> None:
        self.view = View()
        self.told: list[Message] = []

    async def follow(self, client: Client, execution: str, **options: str) -> None:
        async for message in client.follow(execution, **options):
            self.told.append(message)
            self.view = apply(self.view, message)

    async def holds(self, shows: Callable[[View], bool]) -> None:
        async def look() -> bool:
            return shows(self.view)

        await until(look)


def waits_in(state: str) -> Callable[[View], bool]:
    return lambda view: state in {task["state"] for task in view.tasks}


async def hurried(_delay_s: float) -> None:
    """No time between two attempts."""


async def test_it_follows_across_a_cut_and_a_planned_end(deployment: Deployment) -> None:
    execution = await started(deployment)
    follower = Follower()
    async with Client(deployment.url, sleep=hurried) as client, asyncio.TaskGroup() as tasks:
        tasks.create_task(follower.follow(client, execution))
        await follower.holds(waits_in("First"))
        first = await deployment.connection()
        await deployment.sockets.cut(first)
        await go_on(deployment, execution)
        await follower.holds(waits_in("Second"))
        second = await deployment.connection()
        assert second != first
        deployment.fall_due(second)
        await deployment.tick()
        await finish(deployment, execution)
    assert follower.told[-1]["type"] == "complete"
    assert [m["recovered"] for m in follower.told if m["type"] == "subscribed"] == [
        False,
        True,
        True,
    ]
    assert shown(follower.view) == rendered(await deployment.snapshot(execution))


async def test_it_fetches_what_no_message_could_hold(deployment: Deployment) -> None:
    blob = {"blob": "y" * 200_000}
    execution = await started(deployment, blob)
    follower = Follower()
    async with Client(deployment.url, sleep=hurried) as client, asyncio.TaskGroup() as tasks:
        tasks.create_task(follower.follow(client, execution))
        await follower.holds(waits_in("First"))
        await go_on(deployment, execution)
        await finish(deployment, execution)
    assert follower.view.execution["input"] == blob
    assert shown(follower.view) == rendered(await deployment.snapshot(execution))


async def test_it_fetches_the_events_that_no_message_could_hold(deployment: Deployment) -> None:
    execution = await started(deployment, {"blob": "y" * 200_000})
    epoch = (await deployment.snapshot(execution))["cursor"].partition(":")[0]
    first = {"after": f"{epoch}:0", "level": "events"}
    follower = Follower()
    async with Client(deployment.url, sleep=hurried) as client, asyncio.TaskGroup() as tasks:
        tasks.create_task(follower.follow(client, execution, **first))
        await follower.holds(waits_in("First"))
        await go_on(deployment, execution)
        await finish(deployment, execution)
    events = [event for message in follower.told for event in message.get("events", ())]
    assert [event["id"] for event in events] == [*range(1, len(events) + 1)]
    assert "y" * 200_000 in json.dumps(events[0])
    assert events[-1]["type"] == "ExecutionSucceeded"
    assert shown(follower.view) == rendered(await deployment.snapshot(execution))
