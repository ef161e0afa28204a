"""What goes wrong around the Lambda deployment costs no page a change."""

import json
from contextlib import AsyncExitStack

import pytest

from tests import events

from .browser import browsing, rendered
from .lambda_deployment import Deployment, until
from .lambda_machines import STORY, rejected
from .test_lambda_live import agrees, finish, forgotten, go_on, started

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGES = 3
LARGE = 6
POST_BYTES = 128 * 1024


async def test_an_instance_killed_half_way_through_telling_loses_nothing(
    deployment: Deployment,
) -> None:
    execution = await started(deployment)
    killed: list[int] = []

    def kill_once(connection: str, text: str) -> None:
        if not killed and json.loads(text)["type"] == "update":
            killed.append(deployment.live.kill_busy())

    async with AsyncExitStack() as stack:
        pages = [
            await stack.enter_async_context(browsing(deployment.sockets.url)) for _ in range(PAGES)
        ]
        for page in pages:
            await page.subscribe(execution)
            await page.see_task("First")
        deployment.sockets.after_post = kill_once
        await go_on(deployment, execution)
        await finish(deployment, execution)
        await until(lambda: happened(killed))
        deployment.fall_due(execution)
        await deployment.tick()
        for page in pages:
            await page.hear("complete", id="s1")
            await agrees(deployment, page, execution)
    assert sum(killed) > 0


async def happened(killed: list[int]) -> bool:
    return bool(killed)


async def test_a_refused_post_is_made_good(deployment: Deployment) -> None:
    execution = await started(deployment)
    async with browsing(deployment.sockets.url) as page:
        await page.subscribe(execution)
        await page.see_task("First")
        deployment.management.refuse = [(429, "LimitExceededException"), (500, "InternalFailure")]
        await go_on(deployment, execution)
        await finish(deployment, execution)
        await page.hear("complete", id="s1")
        await agrees(deployment, page, execution)
        assert deployment.management.refuse == []


async def test_a_tick_tells_what_nobody_nudged_for(deployment: Deployment) -> None:
    execution = await started(deployment)
    async with browsing(deployment.sockets.url) as page:
        await page.subscribe(execution)
        await go_on(deployment, execution)
        deployment.fall_due(execution)
        await deployment.tick()
        await page.see("WAITING", state="Second")
        await agrees(deployment, page, execution)


async def test_a_poisoned_message_ends_among_the_dead_and_holds_nothing_up(
    deployment: Deployment,
) -> None:
    execution = await started(deployment)
    async with browsing(deployment.sockets.url) as page:
        await page.subscribe(execution)
        await deployment.send("no JSON at all")
        await go_on(deployment, execution)
        await finish(deployment, execution)
        await page.hear("complete", id="s1")
    assert list(await until(lambda: dead(deployment))) == ["no JSON at all"]


async def dead(deployment: Deployment) -> list[str] | None:
    return list(await deployment.dead_letters()) or None


async def test_a_message_that_is_none_ends_the_socket(deployment: Deployment) -> None:
    async with browsing(deployment.sockets.url) as page:
        await page.hear("ready")
        connection = await deployment.connection()
        await page.send("shout")
        assert await page.ended() == 4400
    await forgotten(deployment, connection)


async def test_a_socket_is_sent_away_before_its_two_hours(deployment: Deployment) -> None:
    execution = await started(deployment)
    async with browsing(deployment.sockets.url) as page:
        await page.subscribe(execution)
        await page.see_task("First")
        connection = await deployment.connection()
        deployment.fall_due(connection)
        await deployment.tick()
        assert await page.ended() == 1012
    assert deployment.rows_about(connection) == []
    await go_on(deployment, execution)
    async with browsing(deployment.sockets.url, before=page) as back:
        assert (await back.subscribe(execution))["recovered"]
        await back.see("WAITING", state="Second")
        await agrees(deployment, back, execution)


async def test_what_is_too_large_for_a_message_is_fetched(deployment: Deployment) -> None:
    execution = await deployment.start(await deployment.create(rejected(LARGE)))
    for number in range(LARGE):
        await deployment.waits(execution, f"Ask{number}")
        await deployment.fail(execution, cause=f"{number}" * 30_000)
    await deployment.waits(execution, "Ask")
    async with browsing(deployment.sockets.url, fetch=deployment.get) as page:
        subscribed = await page.subscribe(execution)
        assert subscribed.keys() == {"type", "id", "recovered", "cursor", "omitted", "links"}
        assert subscribed["omitted"] == ["*"]
        await page.see_task("Ask")
        await agrees(deployment, page, execution)
        await deployment.settle(execution)
        await deployment.calls.ended(events.execution_arn(execution))
        await deployment.tell_status(execution)
        await page.hear("complete", id="s1")
        await agrees(deployment, page, execution)
        assert len(json.dumps(rendered(await deployment.snapshot(execution)))) > POST_BYTES
        assert max(len(json.dumps(message)) for message in page.heard) < POST_BYTES


async def test_news_of_a_large_execution_come_by_themselves(deployment: Deployment) -> None:
    machine = await deployment.create(STORY)
    execution = await deployment.start(machine, {"blob": "y" * 200_000})
    await deployment.waits(execution, "First")
    async with browsing(deployment.sockets.url, fetch=deployment.get) as page:
        assert (await page.subscribe(execution))["omitted"] == ["*"]
        await page.see_task("First")
        await agrees(deployment, page, execution)
        await go_on(deployment, execution)
        await deployment.tell_logs(execution)
        await page.see("WAITING", state="Second")
        assert "omitted" not in page.heard[-1]
        await agrees(deployment, page, execution)
