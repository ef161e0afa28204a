"""Credentials for browsers: tokens, tickets, and what a caller is told of its own."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets import ConnectionClosed

from handrail.core.access.principals import AccessScope, Grant, Principal
from tests.web.conftest import Serving
from tests.web.keys import bearer, configured, key
from tests.web.served import DEADLINE_S, Answer, Served, eventually
from tests.web.stories import running

ONE = "/v1/executions/order:one"
START = "/v1/state-machines/order/executions"
KEYS = f"k:{'x' * 32}"
BRIEF_S = (1.5, 9.0)
"""How long a credential holds: where that was too short for a busy machine, it is tried again."""
FOR_ONE = {"executions": ["order:one"], "scopes": ["read"], "expires_in": 600}


@pytest.fixture
async def served(serve: Serving) -> AsyncIterator[Served]:
    async with serve(**configured(), link_keys=KEYS) as served:
        for name in ("one", "two"):
            running(served.stub, name)
        yield served


@pytest.fixture
async def nobody_asked(serve: Serving) -> AsyncIterator[Served]:
    async with serve(link_keys=KEYS) as served:
        for name in ("one", "two"):
            running(served.stub, name)
        yield served


async def made(served: Served, who: str | None = "all", **changed: Any) -> Answer:
    return await served.post("/v1/tokens", {**FOR_ONE, **changed}, headers=bearer(who))


async def token(served: Served, who: str | None = "all", **changed: Any) -> str:
    answer = await made(served, who, **changed)
    assert answer.status == 201, answer.body
    return str(answer.body["token"])


def with_token(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


async def first_of_stream(served: Served, query: str, **headers: str) -> tuple[int, Any]:
    """The status, and the first message or the problem."""
    async with served.http.get(f"{ONE}/stream?{query}", headers=headers) as stream:
        async with asyncio.timeout(DEADLINE_S):
            if stream.status != 200:
                return stream.status, await stream.json()
            async for line in stream.content:
                if line.startswith(b"data: "):
                    return stream.status, json.loads(line.removeprefix(b"data: "))
    raise AssertionError


async def test_a_token_says_what_it_opens_and_until_when(served: Served) -> None:
    answer = await made(served, "here", machines=["*"], scopes=["read", "start:order"])
    assert answer.headers["cache-control"] == "no-store"
    ends_at = datetime.fromisoformat(answer.body.pop("expires_at"))
    assert timedelta(minutes=9) < ends_at - datetime.now(UTC) < timedelta(minutes=10, seconds=1)
    assert answer.body.pop("token").startswith("hrt_")
    assert answer.body == {
        "executions": ["order:one"],
        "machines": ["order"],
        "scopes": ["read", "start:order"],
    }


async def test_a_token_opens_one_execution_on_every_transport(served: Served) -> None:
    text = await token(served)
    for headers, query in ((with_token(text), ""), ({}, f"?token={text}")):
        async with served.ready(f"{ONE}/ws{query}", additional_headers=headers) as socket:
            assert (await socket.hear())["type"] == "subscribed"
        other = f"/v1/executions/order:two/ws{query}"
        async with served.socket(other, additional_headers=headers) as socket:
            assert await socket.closed() == 4404
        status, message = await first_of_stream(served, query.removeprefix("?"), **headers)
        assert (status, message["type"]) == (200, "subscribed")
    async with served.socket(f"{ONE}/ws") as socket:
        await socket.say("init", token=text)
        assert (await socket.hear("subscribed"))["id"] == "0"
    headers = with_token(text)
    for path in (ONE, f"{ONE}/events", f"{ONE}/tasks"):
        assert (await served.get(path, headers=headers)).status == 200
    for path in ("/v1/executions/order:two", "/v1/executions?state_machine=order"):
        assert (await served.get(path, headers=headers)).status == 404
    assert (await served.get(f"/v1/executions/order:two/stream?token={text}")).status == 404


async def test_what_is_asked_for_twice_opens_no_more(served: Served) -> None:
    """One value of a repeated parameter counts, whichever; a header beside it doesn't."""
    text = await token(served)
    query = f"token=made-up&token={text}"
    assert (await first_of_stream(served, query))[0] == 401
    assert (await first_of_stream(served, "token=made-up", **bearer("all")))[0] == 401
    assert (await first_of_stream(served, f"token={text}&ticket=made-up"))[0] == 401


async def test_requests_take_neither_token_nor_ticket_from_an_address(served: Served) -> None:
    text = await token(served)
    ticket = (await served.post("/v1/ws-tickets", headers=bearer("all"))).body["ticket"]
    for query in (f"token={text}", f"ticket={ticket}"):
        assert (await served.get(f"{ONE}?{query}")).status == 401


@pytest.mark.parametrize("kind", ["all", "bad"])
async def test_no_key_is_taken_from_an_address(served: Served, kind: str) -> None:
    assert (await first_of_stream(served, f"token={key(kind)}"))[0] == 401
    async with served.socket(f"{ONE}/ws?token={key(kind)}") as socket:
        assert await socket.closed() == 4401


async def test_a_token_for_a_machine_opens_its_executions(served: Served) -> None:
    scopes = ["read", "start"]
    text = await token(served, executions=[], machines=["ord*"], scopes=scopes)
    headers = with_token(text)
    for path in (ONE, "/v1/executions?state_machine=order", "/v1/state-machines/order"):
        assert (await served.get(path, headers=headers)).status == 200
    assert (await served.post(START, {"name": "new"}, headers=headers)).status == 202
    assert (await served.post(f"{ONE}/stop", headers=headers)).status == 403
    assert (await served.get("/v1/state-machines/price", headers=headers)).status == 404


@pytest.mark.parametrize(
    "reference",
    [
        "order:live",
        "order:3",
        "arn:aws:states:us-east-1:123456789012:stateMachine:order",
        "arn:aws:states:us-east-1:123456789012:stateMachine:order:live",
    ],
)
async def test_a_version_or_an_alias_is_its_machine_to_a_pattern(
    served: Served, reference: str
) -> None:
    """What may be named otherwise is seen or not by the machine's name alone."""
    path = f"/v1/state-machines/{reference}"
    assert (await served.get(path, headers=bearer("elsewhere"))).body[
        "detail"
    ] == "No state machine of this name in this account and region."
    narrow = await token(served, executions=[], machines=["order"], scopes=["start"])
    assert (await served.get(path, headers=with_token(narrow))).status == 403
    other = await token(served, executions=[], machines=["price"])
    assert (await served.get(path, headers=with_token(other))).status == 404


async def test_a_token_makes_narrower_tokens_alone(served: Served) -> None:
    first = with_token(await token(served, executions=["order:one", "order:two"]))
    body = {"executions": ["order:two"], "scopes": ["read", "stop"], "expires_in": 86_400}
    refused = await served.post("/v1/tokens", body, headers=first)
    assert (refused.status, refused.body["errors"][0]["path"]) == (422, "scopes.1")
    second = await served.post("/v1/tokens", {**body, "scopes": ["read"]}, headers=first)
    assert second.body["executions"] == ["order:two"]
    assert second.body["expires_at"] == (await me(served, first))["expires_at"]
    narrow = with_token(second.body["token"])
    assert (await served.get(ONE, headers=narrow)).status == 404
    wider = await served.post("/v1/tokens", FOR_ONE, headers=narrow)
    assert (wider.status, wider.body["code"]) == (404, "execution_not_found")
    machines = {"machines": ["*"], "scopes": ["read"], "expires_in": 60}
    kept = await served.post("/v1/tokens", machines, headers=narrow)
    assert (kept.body["machines"], kept.body["executions"]) == ([], ["order:two"])


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"executions": []}, "executions"),
        ({"executions": ["nonsense"]}, "executions.0"),
        ({"executions": "order:one"}, "executions"),
        ({"executions": ["order:one"] * 51}, "executions"),
        ({"executions": [""]}, "executions.0"),
        ({"executions": [], "machines": []}, "executions"),
        ({"machines": ["order:live"]}, "machines.0"),
        ({"machines": ["x" * 2049]}, "machines.0"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["admin"]}, "scopes.0"),
        ({"scopes": "read"}, "scopes"),
        ({"expires_in": 86_401}, "expires_in"),
        ({"expires_in": 0}, "expires_in"),
        ({"expires_in": -1}, "expires_in"),
        ({"expires_in": None}, "expires_in"),
        ({"executions": None, "machines": ["order"]}, "executions"),
        ({"machines": None}, "machines"),
        ({"expires_in": "soon"}, "expires_in"),
        ({"expires_in": "600"}, "expires_in"),
        ({"expires_in": True}, "expires_in"),
        ({"execution": "order:one"}, "execution"),
        ({"name": "me"}, "name"),
    ],
)
async def test_what_cant_be_meant_is_refused(
    served: Served, changed: dict[str, Any], path: str
) -> None:
    answer = await made(served, **changed)
    assert (answer.status, answer.body["code"]) == (422, "invalid_request")
    assert [error["path"] for error in answer.body["errors"]] == [path]


@pytest.mark.parametrize("missing", ["executions", "scopes", "expires_in"])
async def test_what_must_be_said_is_asked_for(served: Served, missing: str) -> None:
    body = {name: FOR_ONE[name] for name in FOR_ONE if name != missing}
    answer = await served.post("/v1/tokens", body, headers=bearer("all"))
    assert (answer.status, answer.body["errors"][0]["path"]) == (422, missing)


async def test_a_token_that_no_address_takes_is_refused(served: Served) -> None:
    named = [f"order:{'n' * 78}{n}" for n in range(10, 60)]
    answer = await made(served, executions=named, machines=[f"order{'*' * 500}"])
    assert (answer.status, answer.body["code"]) == (422, "invalid_request")
    assert "6,144" in answer.body["detail"]


async def test_a_maker_gives_no_more_than_it_has(served: Served) -> None:
    assert (await made(served, "read", scopes=["operate"])).status == 403
    assert (await made(served, "read", scopes=["read", "operate"])).body["scopes"] == ["read"]
    assert (await made(served, "elsewhere")).body["code"] == "execution_not_found"
    machines = await made(served, "elsewhere", executions=[], machines=["order"])
    assert (machines.status, machines.body["code"]) == (404, "state_machine_not_found")
    for who in (None, "bad", "expired"):
        assert (await made(served, who)).status == 401


async def test_a_token_never_outlives_its_maker(serve: Serving) -> None:
    async with serve(**configured(brief=30), link_keys=KEYS) as served:
        answer = await made(served, "brief", expires_in=86_400)
        assert answer.body["expires_at"] == (await me(served, bearer("brief")))["expires_at"]


async def test_without_link_keys_there_are_none(serve: Serving) -> None:
    async with serve(**configured()) as served:
        answer = await made(served)
        assert (answer.status, answer.body["code"]) == (501, "tokens_unavailable")
        started = await served.post(f"{START}?credential=1", {}, headers=bearer("all"))
        assert (started.status, started.body["code"]) == (501, "tokens_unavailable")
        assert served.stub.calls["StartExecution"] == 0


async def test_a_token_is_good_at_any_replica_until_its_key_is_taken_away(serve: Serving) -> None:
    async with serve(**configured(), link_keys=KEYS) as served:
        text = await token(served)
    new = f"n:{'y' * 32}"
    for keys, status in ((KEYS, 200), (f"{new},{KEYS}", 200), (new, 401), (None, 401)):
        async with serve(**configured(), link_keys=keys) as served:
            running(served.stub)
            assert (await served.get(ONE, headers=with_token(text))).status == status


async def socket_ends(served: Served, query: str) -> bool:
    """With 4002, once it was subscribed; False where it was over before that."""
    with contextlib.suppress(ConnectionClosed):
        async with served.socket(f"{ONE}/ws?{query}") as socket:
            await socket.hear("subscribed")
            assert await socket.closed() == 4002
            return True
    return False


async def stream_ends(served: Served, query: str) -> bool:
    async with served.http.get(f"{ONE}/stream?{query}") as stream, asyncio.timeout(DEADLINE_S):
        heard = (await stream.read()).decode()
    if stream.status == 401:
        return False
    last = json.loads(heard.strip().rpartition("data: ")[2])
    assert (last["type"], last["code"]) == ("error", "credential_expired")
    return True


@pytest.mark.parametrize("ends", [socket_ends, stream_ends])
@pytest.mark.parametrize("kind", ["token", "ticket"])
async def test_what_was_opened_ends_when_it_was_to(
    served: Served, kind: str, ends: Callable[[Served, str], Awaitable[bool]]
) -> None:
    give = {"token": token, "ticket": ticket}[kind]
    for left_s in BRIEF_S:
        text = await give(served, expires_in=left_s)
        if await ends(served, f"{kind}={text}"):
            break
    else:
        pytest.fail("It was over before anything was heard.")
    await eventually(lambda: len(served.services.sockets) == 0)


async def test_a_token_that_is_over_is_told_from_an_unknown_one(served: Served) -> None:
    over = Principal("all", (Grant(AccessScope.READ),), expires_at=datetime.now(UTC))
    text = served.services.narrowed.issue(over)
    for answer in (
        await served.get(ONE, headers=with_token(text)),
        await served.get(f"{ONE}/stream?token={text}"),
    ):
        assert (answer.status, answer.body["code"]) == (401, "credential_expired")
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    async with served.socket(f"{ONE}/ws?token={text}") as socket:
        assert await socket.closed() == 4002
    async with served.socket(f"{ONE}/ws") as socket:
        await socket.say("init", token=text)
        assert await socket.closed() == 4002


async def test_a_start_hands_out_a_token_that_reads_what_was_started(served: Served) -> None:
    answer = await served.post(f"{START}?credential=1", {"name": "new"}, headers=bearer("start"))
    assert (answer.status, answer.headers["cache-control"]) == (202, "no-store")
    credential = answer.body["credential"]
    headers = with_token(credential["token"])
    told = await me(served, headers)
    assert told == {
        "principal": "start",
        "scopes": ["read"],
        "machines": [],
        "executions": ["order:new"],
        "expires_at": credential["expires_at"],
    }
    running(served.stub, "new")
    assert (await served.get("/v1/executions/order:new", headers=headers)).status == 200
    assert (await served.get(ONE, headers=headers)).status == 404
    stop = await served.post("/v1/executions/order:new/stop", headers=headers)
    assert stop.status == 403
    assert (await served.post(START, {}, headers=headers)).status == 404


async def test_a_replayed_start_hands_one_out_too(served: Served) -> None:
    headers = {**bearer("start"), "Idempotency-Key": "one"}
    for status in (202, 200):
        answer = await served.post(f"{START}?credential=1", {"input": 1}, headers=headers)
        assert (answer.status, "replayed" in answer.body) == (status, status == 200)
        told = await me(served, with_token(answer.body["credential"]["token"]))
        assert told["executions"] == [answer.body["execution"]]


@pytest.mark.parametrize("query", ["", "?credential=0"])
async def test_a_start_hands_none_out_unasked(served: Served, query: str) -> None:
    answer = await served.post(f"{START}{query}", {}, headers=bearer("all"))
    assert (answer.status, "credential" in answer.body) == (202, False)


async def me(served: Served, headers: dict[str, str]) -> dict[str, Any]:
    answer = await served.get("/v1/me", headers=headers)
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    body: dict[str, Any] = answer.body
    return body


async def test_a_caller_is_told_what_its_credential_opens(served: Served) -> None:
    assert await me(served, bearer("here")) == {
        "principal": "here",
        "scopes": ["read", "start", "operate", "complete"],
        "machines": ["order"],
        "executions": [],
        "expires_at": None,
    }
    narrow = await made(served)
    assert await me(served, with_token(narrow.body["token"])) == {
        "principal": "all",
        "scopes": ["read"],
        "machines": [],
        "executions": ["order:one"],
        "expires_at": narrow.body["expires_at"],
    }
    for who in (None, "bad", "expired"):
        assert (await served.get("/v1/me", headers=bearer(who))).status == 401


async def test_what_me_tells_makes_the_same_again(served: Served) -> None:
    first = with_token(await token(served, machines=["order"], scopes=["read", "start"]))
    told = await me(served, first)
    asked = {name: told[name] for name in ("executions", "machines", "scopes")}
    again = await served.post("/v1/tokens", {**asked, "expires_in": 86_400}, headers=first)
    assert await me(served, with_token(again.body["token"])) == told


async def test_where_nobody_is_asked_a_caller_may_everything(nobody_asked: Served) -> None:
    assert await me(nobody_asked, {}) == {
        "principal": None,
        "scopes": ["read", "start", "operate", "complete"],
        "machines": ["*"],
        "executions": [],
        "expires_at": None,
    }


async def test_where_nobody_is_asked_a_token_limits_all_the_same(nobody_asked: Served) -> None:
    served = nobody_asked
    text = await token(served, None)
    headers = with_token(text)
    assert (await me(served, headers))["principal"] is None
    assert (await served.get(ONE, headers=headers)).status == 200
    assert (await served.get("/v1/executions/order:two", headers=headers)).status == 404
    assert (await served.get("/v1/executions/order:two")).status == 200
    assert (await served.get("/metrics", headers=headers)).status == 403
    assert (await served.get(ONE, headers=with_token(f"{text}x"))).status == 401
    for path, code in ((f"{ONE}/ws", 1000), ("/v1/executions/order:two/ws", 4404)):
        if code == 4404:
            async with served.socket(f"{path}?token={text}") as socket:
                assert await socket.closed() == code
        else:
            async with served.ready(f"{path}?token={text}") as socket:
                assert (await socket.hear())["type"] == "subscribed"
    started = await served.post(f"{START}?credential=1", {"name": "new"})
    told = await me(served, with_token(started.body["credential"]["token"]))
    assert told["executions"] == ["order:new"]


async def test_where_nobody_is_asked_there_are_no_shares(serve: Serving) -> None:
    limits: dict[str, float] = {"principal_sockets": 1, "principal_tickets": 1}
    limits |= {"principal_watches": 1, "principal_starts_per_s": 0.1}
    async with serve(link_keys=KEYS, **limits) as served:
        running(served.stub)
        text = await token(
            served, None, executions=[], machines=["order"], scopes=["read", "start"]
        )
        path = f"{ONE}/ws?token={text}"
        async with served.ready(path) as one, served.ready(path) as other:
            for socket in (one, other):
                assert (await socket.hear())["type"] == "subscribed"
        for number in range(3):
            body = {"name": f"n{number}"}
            assert (await served.post(START, body, headers=with_token(text))).status == 202
            given = await served.post("/v1/ws-tickets", {}, headers=with_token(text))
            assert given.status == 201


async def test_what_is_opened_by_tokens_counts_as_their_makers(serve: Serving) -> None:
    async with serve(**configured(), link_keys=KEYS, principal_sockets=2) as served:
        running(served.stub)
        mine, other = await token(served, "all"), await token(served, "read")
        async with (
            served.ready(f"{ONE}/ws?token={mine}"),
            served.ready(f"{ONE}/ws", additional_headers=bearer("all")),
        ):
            async with served.socket(f"{ONE}/ws?token={await token(served)}") as third:
                assert await third.closed() == 1013
            assert (await first_of_stream(served, f"token={mine}"))[0] == 429
            async with served.ready(f"{ONE}/ws?token={other}") as socket:
                assert (await socket.hear())["type"] == "subscribed"


async def ticket(served: Served, who: str | None = "all", **body: Any) -> str:
    answer = await served.post("/v1/ws-tickets", body, headers=bearer(who))
    assert answer.status == 201, answer.body
    return str(answer.body["ticket"])


@pytest.mark.parametrize("asked", [True, False])
async def test_a_ticket_narrows_to_what_is_asked(serve: Serving, *, asked: bool) -> None:
    settings = configured() if asked else {}
    async with serve(**settings) as served:
        running(served.stub)
        running(served.stub, "two")
        who = "all" if asked else None
        for narrowing in ({"executions": ["order:one"]}, {"machines": ["order"]}, {}):
            async with served.ready(
                f"{ONE}/ws?ticket={await ticket(served, who, **narrowing)}"
            ) as socket:
                assert (await socket.hear())["type"] == "subscribed"
        for narrowing in ({"executions": ["order:two"]}, {"machines": ["price"]}):
            async with served.socket(
                f"{ONE}/ws?ticket={await ticket(served, who, **narrowing)}"
            ) as socket:
                assert await socket.closed() == 4404
        text = await ticket(served, who, executions=["order:one"])
        async with served.ready(f"/v1/ws?ticket={text}") as socket:
            await socket.say("subscribe", id="a", execution="order:two")
            assert (await socket.hear())["code"] == "execution_not_found"
        async with served.socket(f"{ONE}/ws?ticket={text}") as socket:
            assert await socket.closed() == 4401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"execution": "order:one"}, 422),
        ({"executions": []}, 422),
        ({"executions": [], "machines": []}, 422),
        ({"executions": None}, 422),
        ({"scopes": None}, 422),
        ({"executions": ["other:one"], "scopes": ["read"]}, 201),
        ({"scopes": ["read:order"]}, 201),
        ({"scopes": []}, 422),
        ({"expires_in": 0}, 422),
        ({"expires_in": 86_401}, 422),
    ],
)
async def test_a_ticket_says_what_it_cant_be_asked_for(
    served: Served, body: dict[str, Any], status: int
) -> None:
    answer = await served.post("/v1/ws-tickets", body, headers=bearer("all"))
    assert answer.status == status


async def test_a_ticket_is_over_with_what_it_opens(served: Served) -> None:
    answer = await served.post("/v1/ws-tickets", {"expires_in": 5}, headers=bearer("all"))
    left = datetime.fromisoformat(answer.body["expires_at"]) - datetime.now(UTC)
    assert left < timedelta(seconds=5.1)


async def test_a_ticket_is_good_for_one_stream(served: Served) -> None:
    text = await ticket(served, executions=["order:one"])
    status, message = await first_of_stream(served, f"ticket={text}")
    assert (status, message["type"]) == (200, "subscribed")
    assert (await first_of_stream(served, f"ticket={text}"))[0] == 401
    text = await ticket(served, executions=["order:two"])
    assert (await first_of_stream(served, f"ticket={text}"))[0] == 404


async def test_a_token_names_no_secret(served: Served) -> None:
    """Whoever holds one may read whom and what it is for, and nothing that opens more."""
    who = Principal("shop", (Grant(AccessScope.READ),), (), datetime.now(UTC), ("order:one",))
    text = served.services.narrowed.issue(who)
    assert "x" * 32 not in text
    assert key("all") not in text


@pytest.mark.parametrize("path", ["tokens", "ws-tickets"])
@pytest.mark.parametrize(
    ("named", "status"),
    [
        ({"executions": ["arn:aws:states:us-east-1:123456789012:execution:order:one"]}, 201),
        ({"machines": ["arn:aws:states:us-east-1:123456789012:stateMachine:order"]}, 201),
        ({"executions": ["arn:aws:states:us-east-1:210987654321:execution:order:one"]}, 404),
        ({"executions": ["arn:aws:states:eu-west-1:123456789012:execution:order:one"]}, 404),
        ({"machines": ["arn:aws:states:us-east-1:210987654321:stateMachine:order"]}, 404),
    ],
)
async def test_an_arn_opens_nothing_of_its_name_elsewhere(
    served: Served, path: str, named: dict[str, list[str]], status: int
) -> None:
    body = {**named, "scopes": ["read"], "expires_in": 600}
    answer = await served.post(f"/v1/{path}", body, headers=bearer("all"))
    assert answer.status == status
