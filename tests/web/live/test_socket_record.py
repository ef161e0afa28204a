"""The lines that each socket leaves."""

import asyncio

import pytest

from tests.web.conftest import Serving
from tests.web.keys import bearer, configured
from tests.web.log_lines import line_of, logged
from tests.web.served import SERVERS
from tests.web.stories import ended, running

ONE = "/v1/executions/order:one/ws"
ONE_RULE = "/v1/executions/<execution:execution>/ws"
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize("server", SERVERS)
async def test_a_socket_leaves_a_line_as_it_opens_and_one_as_it_closes(
    serve: Serving, server: str
) -> None:
    headers = {**bearer("all"), "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    async with serve(server=SERVERS[server], **configured()) as served:
        running(served.stub)
        with logged() as lines:
            async with served.socket(additional_headers=headers) as socket:
                session = (await socket.hear())["session"]
                opened = await line_of(lines, "socket opened")
                await socket.say("subscribe", id="a", execution="order:one")
                await socket.hear("subscribed")
                await socket.say("ping")
                await socket.hear("pong")
            closed = await line_of(lines, "socket closed")
    about = {"session": session, "route": "/v1/ws", "principal": "all", "trace_id": TRACE}
    assert about.items() <= opened.items()
    assert about.items() <= closed.items()
    assert (closed["code"], closed["closed_by"], closed["subscriptions"]) == (1000, "client", 1)
    assert (closed["messages_in"], closed["messages_out"]) == (2, 3)
    assert closed["seconds"] >= 0
    assert [line["event"] for line in lines if line.get("session")] == [
        "socket opened",
        "socket closed",
    ]


async def test_one_that_the_service_ends_says_so(serve: Serving) -> None:
    async with serve() as served:
        ended(served.stub)
        with logged() as lines:
            async with served.socket(ONE) as socket:
                assert await socket.closed() == 1000
            closed = await line_of(lines, "socket closed")
        assert (closed["code"], closed["closed_by"], closed["route"]) == (1000, "service", ONE_RULE)
        events = [line["event"] for line in lines if line.get("session")]
        assert events == ["socket opened", "socket closed"]


async def test_one_that_the_server_cuts_off_is_closed_by_the_service(serve: Serving) -> None:
    async with serve() as served:
        with logged() as lines:
            async with served.ready() as socket:
                await socket.say("ping", padding="x" * 20_000)
                assert await socket.closed() == 1009
            closed = await line_of(lines, "socket closed")
        assert (closed["code"], closed["closed_by"]) == (1009, "service")


async def test_the_line_has_nothing_of_the_request_that_made_the_watcher(serve: Serving) -> None:
    """What ends a socket may be news of a watcher that another request began."""
    async with serve(live_linger_s=60) as served:
        arn = running(served.stub)
        await served.get("/v1/executions/order:one", headers={"X-Request-Id": "another's"})
        with logged() as lines:
            async with served.socket(ONE) as socket:
                await socket.hear("subscribed")
                served.stub.append(arn, {"type": "ExecutionSucceeded"})
                assert await socket.closed() == 1000
            closed = await line_of(lines, "socket closed")
        assert "request_id" not in closed


@pytest.mark.parametrize(
    ("headers", "init", "outcome"),
    [
        (bearer("bad"), None, (4401, "unauthenticated", None)),
        (bearer("start"), None, (4403, "forbidden", "start")),
        (bearer("expired"), None, (4002, "credential_expired", None)),
        ({**bearer("all"), "Origin": "https://evil.example"}, None, (4403, "forbidden", None)),
        ({}, "made-up", (4401, "unauthenticated", None)),
    ],
    ids=["unknown", "without the scope", "expired", "another site", "by init"],
)
async def test_who_isnt_let_in_leaves_an_audit_line(
    serve: Serving,
    headers: dict[str, str],
    init: str | None,
    outcome: tuple[int, str, str | None],
) -> None:
    async with serve(proxies=1, **configured()) as served:
        running(served.stub)
        forwarded = {"X-Forwarded-For": "198.51.100.1, 203.0.113.17"}
        with logged() as lines:
            async with served.socket(ONE, additional_headers={**headers, **forwarded}) as socket:
                if init is not None:
                    await socket.say("init", token=init)
                assert await socket.closed() == outcome[0]
            refused = await line_of(lines, "access refused", audit=True)
            await line_of(lines, "socket closed", code=outcome[0], closed_by="service")
        found = refused["code"], refused["outcome"], refused.get("principal")
        assert found == outcome
        assert (refused["action"], refused["route"]) == ("read", ONE_RULE)
        assert refused["remote"] == "203.0.113.17"


async def test_one_whose_credential_ends_later_isnt_refused(serve: Serving) -> None:
    async with serve(**configured(brief=600)) as served:
        with logged() as lines:
            async with served.ready(additional_headers=bearer("brief")) as socket:
                for client in tuple(served.services.sockets._clients):
                    client.expire()  # type: ignore[attr-defined]
                assert await socket.closed() == 4002
            await line_of(lines, "socket closed", code=4002)
        assert not [line for line in lines if line.get("audit")]
        await asyncio.sleep(0)
