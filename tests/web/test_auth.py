"""Signing in: challenges, tickets, expiring credentials, tokens of an issuer, and cross-origin."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import websockets
from aiohttp import web

from handrail.auth.api_keys import digest_of
from handrail.core.access.principals import ANYBODY
from handrail.core.errors import Forbidden
from handrail.web.app import create_app
from handrail.web.auth import caller
from tests.usecases.issuer import AUDIENCE, key_set, rsa_key, token

from .conftest import Serving
from .keys import bearer, configured, key
from .served import DEADLINE_S, Served, by_hypercorn, by_uvicorn, eventually
from .stories import running

ONE = "/v1/executions/order:one"
WS = f"{ONE}/ws"
TICKETS = "/v1/ws-tickets"
KEY = rsa_key()
BRIEF_S = (1.5, 9.0)
"""How long a credential holds, from before the service starts: where that was too short for a busy
machine, it is tried again."""


@pytest.fixture(params=[by_hypercorn, by_uvicorn], ids=["hypercorn", "uvicorn"])
async def served(request: pytest.FixtureRequest, serve: Serving) -> AsyncIterator[Served]:
    async with serve(server=request.param, **configured()) as served:
        running(served.stub)
        yield served


@pytest.mark.parametrize(
    ("headers", "code", "challenge"),
    [
        ({}, "unauthenticated", 'Bearer realm="handrail"'),
        ({"Authorization": "Bearer nobody's"}, "unauthenticated", 'Bearer realm="handrail"'),
        ({"Authorization": "Basic dTpw"}, "unauthenticated", 'Bearer realm="handrail"'),
        ({"Authorization": "Bearer"}, "unauthenticated", 'Bearer realm="handrail"'),
        (bearer("expired"), "credential_expired", 'error="invalid_token"'),
    ],
)
async def test_who_isnt_known_is_challenged(
    served: Served, headers: dict[str, str], code: str, challenge: str
) -> None:
    answer = await served.get(ONE, headers=headers)
    assert (answer.status, answer.body["code"], answer.body["retryable"]) == (401, code, False)
    assert challenge in answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Api-Key": key("read")},
        {"Authorization": f"bearer  {key('read')} "},
        {"Authorization": f"Bearer {key('read')}", "X-Api-Key": "another"},
        {"Authorization": "Basic dTpw", "X-Api-Key": key("read")},
    ],
)
async def test_a_key_comes_in_either_header(served: Served, headers: dict[str, str]) -> None:
    assert (await served.get(ONE, headers=headers)).status == 200


async def test_a_key_in_the_address_is_none(served: Served) -> None:
    for name in ("token", "api_key", "access_token", "ticket"):
        assert (await served.get(f"{ONE}?{name}={key('read')}")).status == 401


async def test_what_is_said_right_behind_the_init_is_all_answered_in_turn(served: Served) -> None:
    async with served.socket() as socket:
        await socket.say("init", token=key("read"))
        for number in range(90):
            await socket.say("unsubscribe", id=str(number))
        assert (await socket.hear())["type"] == "ready"
        assert [(await socket.hear())["id"] for _ in range(90)] == list(map(str, range(90)))


async def test_a_missing_scope_is_named(served: Served) -> None:
    answer = await served.post(f"{ONE}/stop", headers=bearer("read"))
    assert (answer.status, answer.body["code"], answer.body["scope"]) == (
        403,
        "forbidden",
        "operate",
    )
    assert served.stub.calls["StopExecution"] == 0


async def test_nothing_reaches_aws_for_who_isnt_let_in(served: Served) -> None:
    before = dict(served.stub.calls)
    for who in (None, "bad", "expired", "elsewhere"):
        for path in ("/v1/state-machines/order/executions", f"{ONE}/stop", f"{ONE}/redrive"):
            assert (await served.post(path, {}, headers=bearer(who))).status in {401, 404}
        assert (await served.get(ONE, headers=bearer(who))).status in {401, 404}
    assert dict(served.stub.calls) == before


async def test_an_init_opens_a_socket(served: Served) -> None:
    async with served.socket(WS) as socket:
        await socket.say("init", token=key("read"))
        assert [(await socket.hear())["type"] for _ in range(2)] == ["ready", "subscribed"]


async def test_what_follows_an_init_at_once_is_heard(served: Served) -> None:
    async with served.socket() as socket:
        await socket.say("init", token=key("read"))
        await socket.say("subscribe", id="a", execution="order:one")
        assert [(await socket.hear())["type"] for _ in range(2)] == ["ready", "subscribed"]


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ('{"type":"init","token":"bad"}', 4401),
        ('{"type":"init","token":""}', 4401),
        ('{"type":"init","token":"' + key("expired") + '"}', 4002),
        ('{"type":"ping"}', 4401),
        ('{"type":"init"}', 4400),
        ("nonsense", 4400),
        (b"\x00", 4400),
    ],
)
async def test_another_first_message_ends_a_socket(
    served: Served, first: str | bytes, code: int
) -> None:
    async with served.socket() as socket:
        await socket.raw.send(first)
        assert await socket.closed() == code
    await eventually(lambda: len(served.services.sockets) == 0)


async def test_a_flood_before_the_init_ends_a_socket(served: Served) -> None:
    async with served.socket() as socket:
        with_init = [json.dumps({"type": "init", "token": key("read")}), *["{}"] * 2000]
        for message in with_init:
            await socket.raw.send(message)
        assert await socket.closed() in {4400, 4429}


async def test_a_silent_socket_is_closed_after_five_seconds(serve: Serving) -> None:
    async with serve(**configured()) as served, served.socket() as socket:
        began_at = time.monotonic()
        assert await socket.closed() == 4408
        assert time.monotonic() - began_at > 4.5


async def test_a_waiting_socket_counts_and_is_told_of_a_restart(served: Served) -> None:
    async with served.socket() as socket:
        await eventually(lambda: len(served.services.sockets) == 1)
        served.services.hub.drain()
        await served.services.sockets.drain(0)
        assert await socket.closed() == 1012


async def test_waiting_sockets_are_bounded_too(serve: Serving) -> None:
    async with serve(ws_max_sockets=1, **configured()) as served, served.socket():
        await eventually(lambda: len(served.services.sockets) == 1)
        async with served.socket() as second:
            assert await second.closed() == 1013


async def test_a_client_that_leaves_before_its_init_leaves_nothing(served: Served) -> None:
    async with served.socket():
        await eventually(lambda: len(served.services.sockets) == 1)
    await eventually(lambda: len(served.services.sockets) == 0)


async def test_a_ticket_opens_one_socket(served: Served) -> None:
    given = await served.post(TICKETS, headers=bearer("read"))
    assert (given.status, given.headers["cache-control"]) == (201, "no-store")
    path = f"{WS}?ticket={given.body['ticket']}"
    async with served.ready(path) as socket:
        assert (await socket.hear())["type"] == "subscribed"
    async with served.socket(path) as socket:
        assert await socket.closed() == 4401
    async with served.socket(f"{WS}?ticket=made-up") as socket:
        assert await socket.closed() == 4401


async def test_a_ticket_is_its_principals(served: Served) -> None:
    given = await served.post(TICKETS, headers=bearer("elsewhere"))
    async with served.ready(f"{WS}?ticket={given.body['ticket']}") as socket:
        assert await socket.closed() == 4404


async def test_a_ticket_is_good_for_no_request(served: Served) -> None:
    ticket = (await served.post(TICKETS, headers=bearer("read"))).body["ticket"]
    headers = {"Authorization": f"Bearer {ticket}"}
    assert (await served.get(ONE, headers=headers)).status == 401
    assert (await served.get(f"{ONE}?ticket={ticket}")).status == 401


async def test_where_nobody_is_asked_other_services_credentials_will_do(serve: Serving) -> None:
    """What is no ticket or token of this service's is somebody else's affair."""
    async with serve() as served:
        running(served.stub)
        given = await served.post(TICKETS)
        assert given.status == 201
        for path in (f"{WS}?ticket={given.body['ticket']}", f"{WS}?token=a.b.c", WS):
            async with served.ready(path, additional_headers=bearer("bad")) as socket:
                await socket.say("init", token="whatever")
                assert (await socket.hear())["type"] == "subscribed"
        assert (await served.get(ONE, headers=bearer("bad"))).status == 200


async def test_where_nobody_is_asked_a_ticket_is_good_once_too(serve: Serving) -> None:
    async with serve() as served:
        running(served.stub)
        ticket = (await served.post(TICKETS)).body["ticket"]
        async with served.ready(f"{WS}?ticket={ticket}"):
            pass
        for text in (ticket, "made-up"):
            async with served.socket(f"{WS}?ticket={text}") as socket:
                assert await socket.closed() == 4401


async def ends_with_its_credential(
    serve: Serving, watched: Callable[[Served], Awaitable[bool]]
) -> None:
    """`watched` answers whether anything was heard before the credential's end."""
    for left_s in BRIEF_S:
        async with serve(**configured(brief=left_s)) as served:
            running(served.stub)
            if await watched(served):
                answer = await served.get(ONE, headers=bearer("brief"))
                assert answer.body["code"] == "credential_expired"
                await eventually(lambda: len(served.services.sockets) == 0)
                return
    pytest.fail("It had ended before anything was heard.")


@pytest.mark.parametrize("by", ["header", "init", "ticket"])
async def test_a_socket_ends_with_its_credential(serve: Serving, by: str) -> None:
    async def watched(served: Served) -> bool:
        path, headers = WS, bearer("brief") if by == "header" else {}
        if by == "ticket":
            given = await served.post(TICKETS, headers=bearer("brief"))
            path = f"{WS}?ticket={given.body.get('ticket')}"
        with contextlib.suppress(websockets.ConnectionClosed):  # before it was subscribed
            async with served.socket(path, additional_headers=headers) as socket:
                if by == "init":
                    await socket.say("init", token=key("brief"))
                assert (await socket.hear("subscribed"))["id"] == "0"
                assert await socket.closed() == 4002
                return True
        return False

    await ends_with_its_credential(serve, watched)


async def test_a_stream_ends_with_its_credential(serve: Serving) -> None:
    async def watched(served: Served) -> bool:
        async with served.http.get(f"{ONE}/stream", headers=bearer("brief")) as stream:
            async with asyncio.timeout(DEADLINE_S):
                text = (await stream.read()).decode()
        if stream.status == 401:
            return False
        last = json.loads(text.strip().rpartition("data: ")[2])
        served.messages.check(last)
        assert (last["type"], last["code"]) == ("error", "credential_expired")
        return True

    await ends_with_its_credential(serve, watched)


@pytest.mark.parametrize("public", [None, True, False])
async def test_metrics_are_read_by_who_may_read_everything(
    serve: Serving, *, public: bool | None
) -> None:
    async with serve(metrics_public=public, **configured()) as served:
        statuses = {
            who: (await served.get("/metrics", headers=bearer(who))).status
            for who in (None, "read", "here", "start")
        }
    if public:
        assert set(statuses.values()) == {200}
    else:
        assert statuses == {None: 401, "read": 200, "here": 403, "start": 403}


async def test_a_path_that_isnt_there_needs_no_credential(served: Served) -> None:
    assert (await served.get("/v1/nothing")).status == 404
    assert (await served.call("DELETE", ONE)).status == 405
    assert (await served.call("OPTIONS", ONE)).status == 204


@pytest.fixture
async def issuer() -> AsyncIterator[dict[str, Any]]:
    """Shows its keys over HTTP; settings to trust it."""
    asked: list[str] = []
    shown = {"keys": key_set(KEY), "url": ""}

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        if request.path.endswith("openid-configuration"):
            url = shown["url"]
            return web.json_response({"issuer": url, "jwks_uri": f"{url}/keys"})
        return web.Response(body=shown["keys"])

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    shown["url"] = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield {"url": shown["url"], "asked": asked}
    await runner.cleanup()


async def test_an_issuers_token_opens_rest_and_sockets(
    serve: Serving, issuer: dict[str, Any]
) -> None:
    settings = {"auth": "jwt", "jwt_issuer": issuer["url"], "jwt_audience": AUDIENCE}
    good = token(KEY, iss=issuer["url"], exp=int(time.time()) + 60)
    headers = {"Authorization": f"Bearer {good}"}
    async with serve(**settings) as served:
        running(served.stub)
        assert (await served.get(ONE, headers=headers)).status == 200
        assert (await served.post(f"{ONE}/stop", headers=headers)).status == 403
        async with served.socket(WS) as socket:
            await socket.say("init", token=good)
            assert (await socket.hear())["type"] == "ready"
        forged = token(rsa_key("other"), iss=issuer["url"], exp=int(time.time()) + 60)
        for _ in range(20):
            answer = await served.get(ONE, headers={"Authorization": f"Bearer {forged}"})
            assert answer.status == 401
    assert len(issuer["asked"]) == 2


async def test_an_issuer_that_is_down_is_a_503_and_1013(serve: Serving) -> None:
    settings = {"auth": "jwt", "jwt_issuer": "http://127.0.0.1:9", "jwt_audience": AUDIENCE}
    headers = {"Authorization": f"Bearer {token(KEY)}"}
    async with serve(**settings) as served:
        answer = await served.get(ONE, headers=headers)
        assert (answer.status, answer.body["retryable"]) == (503, True)
        async with served.socket(additional_headers=headers) as socket:
            assert await socket.closed() == 1013


async def test_keys_and_tokens_may_be_used_side_by_side(
    serve: Serving, issuer: dict[str, Any]
) -> None:
    entry = {"name": "ci", "sha256": digest_of("k").hex(), "scopes": ["read"]}
    async with serve(
        auth="api-key,jwt",
        api_keys=json.dumps(entry),
        jwt_issuer=issuer["url"],
        jwt_audience=AUDIENCE,
    ) as served:
        running(served.stub)
        good = token(KEY, iss=issuer["url"], exp=int(time.time()) + 60)
        for credential in ("k", good):
            headers = {"Authorization": f"Bearer {credential}"}
            assert (await served.get(ONE, headers=headers)).status == 200


FOREIGN = [
    {"Host": "evil.com:8000"},
    {"Origin": "https://evil.com"},
    {"Host": "evil.com:8000", "Origin": "http://evil.com:8000"},
]


@pytest.mark.parametrize("headers", FOREIGN)
async def test_where_nobody_is_asked_another_sites_page_gets_nothing(
    serve: Serving, headers: dict[str, str]
) -> None:
    async with serve() as served:
        running(served.stub)
        before = dict(served.stub.calls)
        for path in ("/v1/state-machines", ONE, f"{ONE}/stream", "/", "/metrics"):
            answer = await served.get(path, headers=headers)
            assert answer.status == (200 if path == "/metrics" else 403)
        stopped = await served.post(f"{ONE}/stop", {}, headers=headers)
        assert (stopped.status, stopped.body["code"]) == (403, "forbidden")
        assert "HANDRAIL_AUTH" in stopped.body["detail"]
        assert dict(served.stub.calls) == before
        authority = headers.get("Host", "localhost").removesuffix(":8000")
        shown = {name: text for name, text in headers.items() if name != "Host"}
        for path in (WS, "/v1/ws"):
            async with websockets.connect(
                f"ws://{authority}:{served.port}{path}",
                host="127.0.0.1",
                proxy=None,
                additional_headers=shown,
            ) as socket:
                await socket.wait_closed()
                assert socket.close_code == 4403


async def test_where_nobody_is_asked_on_purpose_any_host_will_do(serve: Serving) -> None:
    async with serve(allow_unauthenticated=True) as served:
        for headers in FOREIGN:
            assert (await served.get(ONE, headers=headers)).status == 404


async def test_no_caller_is_anybody_where_somebody_is_asked(served: Served) -> None:
    """However a request came past the check."""
    async with create_app(served.services).test_request_context("/v1/me"):
        with pytest.raises(Forbidden):
            caller()


async def test_where_nobody_is_asked_the_caller_is_anybody(serve: Serving) -> None:
    async with serve() as served, create_app(served.services).test_request_context("/v1/me"):
        assert caller() is ANYBODY
