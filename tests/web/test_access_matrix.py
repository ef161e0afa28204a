"""Every route and message, asked by every kind of principal."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from handrail.core.access.principals import AccessScope, Grant, Principal
from handrail.usecases.machine_folder import FolderProblem
from handrail.web.access import ACCESS, Access, Reach
from handrail.web.app import create_app
from tests.web.conftest import Serving
from tests.web.keys import KINDS, bearer, configured
from tests.web.served import Served
from tests.web.stories import WITH_APPROVAL, running, waiting

EVERY_SCOPE = ["read", "start", "operate", "complete"]
TOKENS: dict[str, dict[str, list[str]]] = {
    "token for it": {"executions": ["order:one"], "scopes": EVERY_SCOPE},
    "token to read it": {"executions": ["order:one"], "scopes": ["read"]},
    "token for another": {"executions": ["order:two", "order/one:one"], "scopes": EVERY_SCOPE},
    "token for its machine": {"machines": ["order"], "scopes": EVERY_SCOPE},
}
"""Narrowed by `all`, who may everything."""
SPENT = "token that is over"
WHO = [None, "bad", *KINDS, *TOKENS, SPENT]
OWN_CREDENTIAL = ("/v1/callbacks/", "/v1/webhooks/", "/v1/events/aws")
PLACES = {
    "machine": "order",
    "execution": "order:one",
    "event_id": "3",
    "signed": "made-up",
    "filename": "app.js",
    "key": "0123456789ab:1767225605000:order:one:5",
}


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    rule: str
    access: Access

    def path(self, **places: str) -> str:
        return re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda m: {**PLACES, **places}[m[1]], self.rule)


@pytest.fixture
async def served(serve: Serving) -> AsyncIterator[Served]:
    async with serve(**configured(), link_keys=f"k:{'x' * 32}") as served:
        served.stub.add_machine("order", definition=WITH_APPROVAL)
        served.stub.add_machine("orchestration-dev")
        served.stub.append(running(served.stub), *waiting())
        yield served


async def shown(served: Served, who: str | None) -> dict[str, str]:
    """The credential of every kind, as a header."""
    if who == SPENT:
        over = Principal("all", (Grant(AccessScope.READ),), expires_at=datetime.now(UTC))
        return {"Authorization": f"Bearer {served.services.narrowed.issue(over)}"}
    if who not in TOKENS:
        return bearer(who)
    body = {"expires_in": 600, **TOKENS[who]}
    made = await served.post("/v1/tokens", body, headers=bearer("all"))
    return {"Authorization": f"Bearer {made.body['token']}"}


def routes_of(served: Served, *, websocket: bool = False) -> list[Route]:
    """What the app really serves; a route that the table doesn't name fails here."""
    return [
        Route(method, rule.rule, ACCESS[rule.rule])
        for rule in create_app(served.services).url_map.iter_rules()
        if bool(rule.websocket) is websocket
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def expected(access: Access, who: str | None, *, machine: str = "order") -> int | None:
    """The refusal's status, None where there is none."""
    if access.reach is Reach.PUBLIC:
        return None
    if who is None or who in {"bad", "expired", SPENT}:
        return 401
    if access.reach is Reach.SIGNED_IN:
        return None
    of_kind = expected_of_token if who in TOKENS else expected_of_key
    return of_kind(access, who, machine=machine)


def expected_of_key(access: Access, who: str, *, machine: str) -> int | None:
    scopes, limited = KINDS[who]["scopes"], who in {"elsewhere", "here"}
    if access.reach is Reach.EVERYWHERE:
        return None if access.scope in scopes and not limited else 403
    if access.reach is Reach.SOMEWHERE:
        return None if access.scope in scopes else 403
    if who == "elsewhere" or (who == "here" and machine != "order"):
        return 404
    needed = {access.scope, *([AccessScope.READ] if access.reach is Reach.REPLAYED else [])}
    return None if needed <= set(scopes) else 403


def expected_of_token(access: Access, who: str, *, machine: str) -> int | None:
    opens = TOKENS[who]
    if access.reach is Reach.EVERYWHERE:
        return 403
    if access.reach is not Reach.SOMEWHERE and machine not in opens.get("machines", []):
        seen = access.reach in {Reach.EXECUTION, Reach.REPLAYED} and "order:one" in opens.get(
            "executions", []
        )
        if not seen:
            return 404
        if access.scope is AccessScope.START:
            return 403
    return None if access.scope in opens["scopes"] else 403


def machine_in(route: Route) -> str:
    return "orchestration-dev" if route.access.reach is Reach.TRIGGERED else "order"


@pytest.mark.parametrize("who", WHO, ids=str)
async def test_every_route_answers_each_principal_by_its_row(
    served: Served, who: str | None
) -> None:
    headers = await shown(served, who)
    for route in routes_of(served):
        query = "?state_machine=order" if route.access.reach is Reach.QUERY else ""
        wanted = expected(route.access, who, machine=machine_in(route))
        async with served.http.request(
            route.method, route.path() + query, json={}, headers=headers
        ) as answer:
            place = f"{who}: {route.method} {route.rule} answers {answer.status}"
            if answer.content_type != "text/event-stream":
                await answer.read()
            if route.rule.startswith(OWN_CREDENTIAL):
                assert "WWW-Authenticate" not in answer.headers, place
            elif wanted is None:
                assert answer.status not in {401, 403, 500}, place
            else:
                assert answer.status == wanted, place
                assert answer.content_type == "application/problem+json", place
                assert ("WWW-Authenticate" in answer.headers) is (wanted == 401), place


async def test_the_table_names_no_route_that_isnt_there(served: Served) -> None:
    found = {
        route.rule
        for websocket in (False, True)
        for route in routes_of(served, websocket=websocket)
    }
    assert found == set(ACCESS)


async def test_a_route_without_a_row_is_shut(served: Served) -> None:
    app = create_app(served.services)

    async def forgotten() -> str:
        return "secret"

    app.add_url_rule("/forgotten", "forgotten", forgotten)
    for who in ("all", None):
        answer = await app.test_client().get("/forgotten", headers=bearer(who))
        assert answer.status_code == 403


async def test_what_isnt_seen_is_answered_like_what_isnt_there(served: Served) -> None:
    """`elsewhere` sees other-*: what is hidden from it, and what it may see but isn't there."""
    for route in routes_of(served):
        if route.access.reach not in {
            Reach.MACHINE,
            Reach.EXECUTION,
            Reach.REPLAYED,
            Reach.QUERY,
        }:
            continue
        answers = []
        for machine in ("order", "other-1"):
            query = f"?state_machine={machine}" if route.access.reach is Reach.QUERY else ""
            query = "?state=Go" if route.rule.endswith(("/visits", "/items")) else query
            path = route.path(machine=machine, execution=f"{machine}:one") + query
            body = {"output": 1} if route.rule.endswith("/success") else {}
            answer = await served.call(route.method, path, json=body, headers=bearer("elsewhere"))
            told = {name: answer.body[name] for name in answer.body if name != "request_id"}
            shown = {
                name: value
                for name, value in answer.headers.items()
                if name not in {"date", "x-request-id"}
            }
            answers.append((answer.status, told, shown))
        assert answers[0] == answers[1], route
        assert answers[0][0] == 404, route


async def test_lists_hold_what_may_be_read(served: Served) -> None:
    async def names(who: str) -> set[str]:
        answer = await served.get("/v1/state-machines", headers=await shown(served, who))
        return {machine["name"] for machine in answer.body["state_machines"]}

    assert await names("all") == {"order", "price", "orchestration-dev"}
    assert await names("here") == {"order"}
    assert await names("elsewhere") == set()
    assert await names("token for its machine") == {"order"}
    assert await names("token for it") == set()


async def test_problems_are_told_to_who_may_read_the_machine(served: Served) -> None:
    served.services.catalogue.problems = (
        FolderProblem(Path("machines/orders"), "Nothing of the kind.", "order", "Pay"),
        FolderProblem(Path("machines/other-one"), "is missing."),
    )
    for kind, folders in [("here", ["orders"]), ("elsewhere", ["other-one"])]:
        answer = await served.get("/v1/state-machines", headers=bearer(kind))
        assert [problem["folder"] for problem in answer.body["problems"]] == folders
    answer = await served.get("/v1/state-machines", headers=bearer("read"))
    assert answer.body["problems"] == [
        {"folder": "orders", "name": "order", "state": "Pay", "reason": "Nothing of the kind."},
        {"folder": "other-one", "name": None, "state": None, "reason": "is missing."},
    ]


async def test_a_repeated_query_cant_name_two_machines(served: Served) -> None:
    for query in (
        "state_machine=order&state_machine=price",
        "state_machine=price&state_machine=order",
    ):
        answer = await served.get(f"/v1/executions?{query}", headers=bearer("here"))
        assert answer.status == 404


async def test_an_arn_says_no_more_than_a_name(served: Served) -> None:
    for arn in ("stateMachine:price", "stateMachine:order:price", "stateMachine:price:order"):
        path = f"/v1/state-machines/arn:aws:states:us-east-1:123456789012:{arn}"
        assert (await served.get(path, headers=bearer("here"))).status == 404


@pytest.mark.parametrize("who", WHO, ids=str)
async def test_a_socket_of_one_closes_each_principal_by_its_row(
    served: Served, who: str | None
) -> None:
    codes = {None: 4408, "bad": 4401, "expired": 4002, "elsewhere": 4404}
    codes |= {SPENT: 4002, "token for another": 4404}
    async with served.socket(
        "/v1/executions/order:one/ws", additional_headers=await shown(served, who)
    ) as socket:
        if who in {"all", "read", "here", *TOKENS} - codes.keys():
            assert [(await socket.hear())["type"] for _ in range(2)] == ["ready", "subscribed"]
            return
        if who is None:
            await socket.say("init", token="made-up")
            assert await socket.closed() == 4401
            return
        assert await socket.closed() == codes.get(who, 4403)


@pytest.mark.parametrize("who", WHO, ids=str)
async def test_a_socket_of_many_hears_each_principal_by_its_row(
    served: Served, who: str | None
) -> None:
    codes = {"bad": 4401, "expired": 4002, "start": 4403, "operate": 4403, "complete": 4403}
    codes[SPENT] = 4002
    async with served.socket(additional_headers=await shown(served, who)) as socket:
        if who is None:
            await socket.say("subscribe", id="a", execution="order:one")
            assert await socket.closed() == 4401
            return
        if who in codes:
            assert await socket.closed() == codes[who]
            return
        assert (await socket.hear())["type"] == "ready"
        await socket.say("subscribe", id="a", execution="order:one")
        heard = await socket.hear()
        if who in {"elsewhere", "token for another"}:
            await socket.say("subscribe", id="a", execution="other-1:one")
            missing = await socket.hear()
            assert heard == missing
            assert heard["code"] == "execution_not_found"
        else:
            assert heard["type"] == "subscribed"
            if who in {"token for it", "token to read it"}:
                for other in ("order:two", "order/one:one", "price:one", "order:one:run"):
                    await socket.say("subscribe", id="b", execution=other)
                    assert (await socket.hear("error"))["code"] == "execution_not_found"
        for message in ("ping", "unsubscribe"):
            await socket.say(message, id="a")
            assert (await socket.hear())["type"] in {"pong", "unsubscribed"}


async def test_a_hidden_execution_closes_like_a_missing_one(served: Served) -> None:
    endings = []
    for execution in ("order:one", "other-1:one"):
        path = f"/v1/executions/{execution}/ws"
        async with served.ready(path, additional_headers=bearer("elsewhere")) as socket:
            error = await socket.hear()
            endings.append((error, await socket.closed(), socket.raw.close_reason))
    assert endings[0] == endings[1]
    assert endings[0][1] == 4404
