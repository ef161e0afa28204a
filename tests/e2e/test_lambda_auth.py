"""Who may open a socket in front of the Lambda deployment, and by what."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from websockets.exceptions import InvalidStatus

from tests.engine.engine_fixture import Calls
from tests.gateway_table import Storage
from tests.web.keys import bearer, configured, key

from .browser import Browser, browsing
from .lambda_deployment import Deployment, deployed
from .lambda_machines import STORY

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def guarded(calls: Calls, storage: Storage) -> AsyncIterator[Deployment]:
    settings = {f"HANDRAIL_{name.upper()}": value for name, value in configured().items()}
    settings |= {"HANDRAIL_LINK_KEYS": f"k:{'x' * 32}", "HANDRAIL_PUBLIC_URL": "https://h.example"}
    async with deployed(calls, storage, **settings) as deployment:
        yield deployment
        written = deployment.live.output + deployment.http.output
        assert key("all") not in written
        assert key("read") not in written


async def watched(deployment: Deployment, page: Browser) -> None:
    """An execution this page may see."""
    machine = await deployment.create(STORY)
    execution = await deployment.start(machine, key=key("all"))
    await deployment.waits(execution, "First", key=key("all"))
    await page.subscribe(execution)
    await page.see_task("First")


async def test_a_key_opens_the_handshake(guarded: Deployment) -> None:
    async with browsing(guarded.sockets.url, headers=bearer("read")) as page:
        await page.hear("ready")
        await watched(guarded, page)


@pytest.mark.parametrize(("kind", "status"), [("bad", 401), ("expired", 401), ("start", 403)])
async def test_another_key_is_refused_there(guarded: Deployment, kind: str, status: int) -> None:
    before = connections(guarded)
    with pytest.raises(InvalidStatus) as refused:
        async with browsing(guarded.sockets.url, headers=bearer(kind)):
            pass
    assert refused.value.response.status_code == status
    assert connections(guarded) <= before


def connections(deployment: Deployment) -> set[str]:
    """The keys of what is in the table of connections, closed ones gone or about to go."""
    return {row["pk"]["S"] for row in deployment.rows_about("connection")}


async def test_a_ticket_opens_it_once(guarded: Deployment) -> None:
    ticket = await tickets(guarded)
    async with browsing(guarded.sockets.url, ticket=ticket) as page:
        await page.hear("ready")
        await watched(guarded, page)
    with pytest.raises(InvalidStatus) as refused:
        async with browsing(guarded.sockets.url, ticket=ticket):
            pass
    assert refused.value.response.status_code == 401
    assert ticket not in guarded.live.output + guarded.http.output


async def tickets(deployment: Deployment) -> str:
    answer: Any = await deployment.fetch("POST", "/v1/ws-tickets", status=201, key=key("read"))
    return str(answer["ticket"])


@pytest.mark.parametrize("by", ["query", "init"])
async def test_a_token_of_a_start_opens_what_was_started_alone(
    guarded: Deployment, by: str
) -> None:
    machine = await guarded.create(STORY)
    path = f"/v1/state-machines/{machine}/executions?credential=1"
    started = await guarded.fetch("POST", path, status=202, key=key("start"), body={})
    token = started["credential"]["token"]
    await guarded.waits(started["execution"], "First", key=token)
    another = await guarded.start(machine, key=key("all"))
    await guarded.fetch("GET", f"/v1/executions/{another}", status=404, key=token)
    async with browsing(guarded.sockets.url, **({"token": token} if by == "query" else {})) as page:
        if by == "init":
            await page.send("init", token=token)
        await page.hear("ready")
        await page.send("subscribe", id="s1", execution=another)
        assert (await page.hear("error", id="s1"))["code"] == "execution_not_found"
        await page.subscribe(started["execution"])
        await page.see_task("First")
    assert token not in guarded.live.output + guarded.http.output
    assert token not in str(guarded.rows_about("connection"))


async def test_an_init_opens_it_after_the_handshake(guarded: Deployment) -> None:
    async with browsing(guarded.sockets.url) as page:
        await page.send("init", token=key("read"))
        await page.hear("ready")
        assert [message["type"] for message in page.heard] == ["ready"]
        await watched(guarded, page)


async def test_a_bad_init_ends_it(guarded: Deployment) -> None:
    async with browsing(guarded.sockets.url) as page:
        await page.send("init", token=key("bad"))
        assert await page.ended() == 4401


async def test_whoever_says_nothing_is_sent_away(guarded: Deployment) -> None:
    async with browsing(guarded.sockets.url) as page:
        assert await page.ended() == 4408
        assert [message["type"] for message in page.heard] == ["closing"]


async def test_a_subscription_beyond_the_principal_is_refused(guarded: Deployment) -> None:
    execution = await guarded.start(await guarded.create(STORY), key=key("all"))
    async with browsing(guarded.sockets.url, headers=bearer("elsewhere")) as page:
        await page.send("subscribe", id="s1", execution=execution)
        error = await page.hear("error", id="s1")
        assert not error["retryable"]
