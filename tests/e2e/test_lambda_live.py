"""A page in front of the Lambda deployment: it starts an execution, sees it change, and comes back
for what it missed.
"""

from typing import Any

import pytest

from tests import events

from .browser import Browser, browsing, rendered, shown
from .lambda_deployment import Deployment, until
from .lambda_machines import STORY

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def started(deployment: Deployment, input: Any = None) -> str:
    """An execution of the story that waits in its first task."""
    execution = await deployment.start(await deployment.create(STORY), input or {"order": 1})
    await deployment.waits(execution, "First")
    return execution


async def go_on(deployment: Deployment, execution: str) -> None:
    """From the first task to the second."""
    await deployment.settle(execution, {"by": "a person"})
    await deployment.waits(execution, "Second")


async def finish(deployment: Deployment, execution: str) -> None:
    """From the second task to the end; EventBridge says so."""
    await deployment.settle(execution, {"price": 7})
    await deployment.calls.ended(events.execution_arn(execution))
    await deployment.tell_status(execution)


async def agrees(deployment: Deployment, page: Browser, execution: str, id: str = "s1") -> None:
    assert shown(page.views[id]) == rendered(await deployment.snapshot(execution))


async def test_a_page_sees_an_execution_from_start_to_complete(deployment: Deployment) -> None:
    execution = await deployment.start(await deployment.create(STORY), {"order": 1})
    async with browsing(deployment.sockets.url) as page:
        ready = await page.hear("ready")
        assert ready["heartbeat"] == 240
        assert not (await page.subscribe(execution))["recovered"]
        await deployment.waits(execution, "First")
        await deployment.tell_logs(execution)
        await page.see("WAITING", state="First")
        await agrees(deployment, page, execution)
        await go_on(deployment, execution)
        await deployment.tell_logs(execution)
        await page.see("WAITING", state="Second")
        assert page.views["s1"].states["First"]["status"] == "SUCCEEDED"
        await agrees(deployment, page, execution)
        await finish(deployment, execution)
        complete = await page.hear("complete", id="s1")
        assert (complete["status"], complete["output"]) == ("SUCCEEDED", {"price": 7})
        await agrees(deployment, page, execution)
        assert set(page.types()) == {"subscribed", "update", "complete"}


async def test_a_page_that_comes_back_gets_what_it_missed(deployment: Deployment) -> None:
    execution = await started(deployment)
    async with browsing(deployment.sockets.url) as page:
        await page.subscribe(execution)
        await page.see_task("First")
    await go_on(deployment, execution)
    await finish(deployment, execution)
    async with browsing(deployment.sockets.url, before=page) as back:
        assert (await back.subscribe(execution))["recovered"]
        await back.hear("complete", id="s1")
        assert back.types()[:2] == ["subscribed", "update"]
        await agrees(deployment, back, execution)


async def test_a_socket_of_one_execution_ends_with_it(deployment: Deployment) -> None:
    execution = await started(deployment)
    async with browsing(deployment.sockets.url, execution=execution, level="states") as page:
        assert not (await page.hear("subscribed", id="0"))["recovered"]
        connection = await deployment.connection()
        await go_on(deployment, execution)
        await finish(deployment, execution)
        assert await page.ended() == 1000
        assert page.heard[0]["type"] == "ready"
        assert page.types("0")[-1] == "complete"
        await agrees(deployment, page, execution, "0")
    await forgotten(deployment, connection)


async def test_everybody_is_told_at_the_level_they_chose(deployment: Deployment) -> None:
    execution = await started(deployment)
    url = deployment.sockets.url
    async with browsing(url) as page, browsing(url) as other:
        await page.subscribe(execution)
        await page.subscribe(execution, "brief", level="status")
        await other.subscribe(execution, "full", level="events")
        await go_on(deployment, execution)
        await finish(deployment, execution)
        for browser, id in ((page, "s1"), (page, "brief"), (other, "full")):
            if "complete" not in browser.types(id):
                await browser.hear("complete", id=id)
        await agrees(deployment, page, execution)
        await agrees(deployment, other, execution, "full")
        told = [m for m in page.heard if m.get("id") == "brief" and m["type"] == "update"]
        assert not any("states" in message for message in told)
        seen = [m["events"] for m in other.heard if m.get("id") == "full" and "events" in m]
        ids = [event["id"] for each in seen for event in each]
        history = await deployment.calls.history(events.execution_arn(execution))
        assert sorted(set(ids))[-1] == history[-1]["id"]
        assert set(range(min(ids), max(ids) + 1)) == set(ids)


async def test_after_unsubscribe_nothing_more_is_told(deployment: Deployment) -> None:
    execution = await started(deployment)
    async with browsing(deployment.sockets.url) as page:
        await page.subscribe(execution)
        await page.subscribe(execution, "s2")
        await page.send("unsubscribe", id="s1")
        await page.hear("unsubscribed", id="s1")
        await go_on(deployment, execution)
        await finish(deployment, execution)
        await page.hear("complete", id="s2")
        assert page.types("s1")[-1] == "unsubscribed"
        await page.subscribe(execution, "s1")
        await page.hear("complete", id="s1")


async def test_pings_are_answered(deployment: Deployment) -> None:
    async with browsing(deployment.sockets.url) as page:
        await page.hear("ready")
        await page.send("ping")
        await page.hear("pong")


async def test_what_is_gone_is_forgotten(deployment: Deployment) -> None:
    """API Gateway said so when it closed."""
    execution = await started(deployment)
    async with browsing(deployment.sockets.url) as page:
        await page.subscribe(execution)
        connection = await deployment.connection()
        assert len(deployment.rows_about(connection)) == 3
    await forgotten(deployment, connection)


async def test_what_a_post_finds_gone_is_forgotten(deployment: Deployment) -> None:
    """API Gateway didn't say so: $disconnect is a best effort."""
    execution = await started(deployment)
    deployment.sockets.loses_disconnects = True
    try:
        async with browsing(deployment.sockets.url) as page:
            await page.subscribe(execution)
            connection = await deployment.connection()
    finally:
        await until(lambda: nobody(deployment, connection))
        deployment.sockets.loses_disconnects = False
    assert len(deployment.rows_about(connection)) == 3
    await go_on(deployment, execution)
    await deployment.tell_logs(execution)
    await forgotten(deployment, connection)


async def forgotten(deployment: Deployment, connection: str) -> None:
    async def look() -> bool | None:
        return None if deployment.rows_about(connection) else True

    await until(look)


async def nobody(deployment: Deployment, connection: str) -> bool | None:
    return None if deployment.sockets.find(connection) else True
