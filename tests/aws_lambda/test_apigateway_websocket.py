"""API Gateway's WebSocket routes, as it sends them, and what they are answered."""

from typing import Any

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from handrail.aws_lambda.apigateway_websocket import answer_socket
from handrail.core.access.principals import Principal
from handrail.core.errors import Unavailable
from handrail.telemetry.request_log import RequestLog
from tests.events import sample, websocket_connect, websocket_disconnect, websocket_message
from tests.usecases.apigateway.stage import ID, ORIGIN, PUBLIC, READER, GatewayStage

HANDRAIL = {"Sec-WebSocket-Protocol": "handrail.v1"}


async def answered(stage: GatewayStage, event: dict[str, Any]) -> dict[str, Any]:
    return await answer_socket(stage.sockets, event, RequestLog(), deadline=stage.deadline)


async def test_a_socket_is_let_in_greeted_and_told(stage: GatewayStage) -> None:
    history = stage.execution()
    connect = websocket_connect("c1", query={"execution": ID, "level": "status"})
    assert await answered(stage, connect) == {"statusCode": 200}
    await stage.greet()
    history.main.then("ExecutionFailed")
    await stage.deliver()
    assert stage.socket().kinds == ["ready", "subscribed", "update", "complete", "closing"]


async def test_a_message_is_answered_over_the_socket(stage: GatewayStage) -> None:
    await answered(stage, websocket_connect("c1"))
    answer = await answered(stage, websocket_message("c1", {"type": "ping"}))
    assert answer == {"statusCode": 200}
    assert stage.socket().kinds == ["ready", "pong"]


async def test_a_closed_socket_is_forgotten(stage: GatewayStage) -> None:
    await answered(stage, websocket_connect("c1"))
    assert await answered(stage, websocket_disconnect("c1")) == {"statusCode": 200}
    assert stage.connections.open_now == {}


@pytest.mark.parametrize("offered", ["handrail.v1", "soap, handrail.v1", "handrail.v1,other"])
async def test_the_subprotocol_is_chosen_where_it_is_offered(
    stage: GatewayStage, offered: str
) -> None:
    connect = websocket_connect("c1", headers={"sec-websocket-protocol": offered})
    assert await answered(stage, connect) == {"statusCode": 200, "headers": HANDRAIL}


async def test_no_other_subprotocol_is_chosen(stage: GatewayStage) -> None:
    connect = websocket_connect("c1", headers={"Sec-WebSocket-Protocol": "soap"})
    assert await answered(stage, connect) == {"statusCode": 200}


async def test_a_repeated_header_counts_with_all_its_values(stage: GatewayStage) -> None:
    connect = websocket_connect("c1", headers={"Sec-WebSocket-Protocol": "soap"})
    connect["multiValueHeaders"]["Sec-WebSocket-Protocol"] = ["soap", "handrail.v1"]
    assert (await answered(stage, connect))["headers"] == HANDRAIL


async def test_the_documented_handshake_of_another_site_is_refused(stage: GatewayStage) -> None:
    assert await answered(stage, sample("websocket_connect")) == {
        "statusCode": 200,
        "headers": HANDRAIL,
    }
    elsewhere = websocket_connect("c2", headers={"Origin": "https://evil.example"})
    assert await answered(stage, elsewhere) == {"statusCode": 403}
    assert len(stage.connections.open_now) == 1


async def test_this_very_site_and_the_listed_ones_may_connect(stage: GatewayStage) -> None:
    host = sample("websocket_connect")["headers"]["Host"]
    for number, origin in enumerate((f"https://{host}", ORIGIN, f"{ORIGIN}/", PUBLIC)):
        connect = websocket_connect(f"c{number}", headers={"origin": origin})
        assert (await answered(stage, connect))["statusCode"] == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"execution": "nothing"}, 404),
        ({"execution": "orders:one:run"}, 409),
        ({"execution": ID, "level": "all"}, 422),
        ({"execution": ID, "afetr": "1:2"}, 422),
    ],
)
async def test_a_handshake_for_what_cant_be_watched_is_refused(
    stage: GatewayStage, query: dict[str, str], status: int
) -> None:
    assert await answered(stage, websocket_connect("c1", query=query)) == {"statusCode": status}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer reader"}, 200),
        ({"authorization": "bearer reader"}, 200),
        ({"X-API-KEY": "reader"}, 200),
        ({"Authorization": "Basic reader"}, 200),
        ({"Authorization": "Bearer nobody"}, 401),
        ({"X-Api-Key": "starter"}, 403),
        ({"X-Api-Key": "other"}, 404),
    ],
)
async def test_the_credential_is_checked_at_the_handshake(
    guarded: GatewayStage, headers: dict[str, str], status: int
) -> None:
    """What is no credential at all is asked for by an init."""
    connect = websocket_connect("c1", query={"execution": ID}, headers=headers)
    assert await answered(guarded, connect) == {"statusCode": status}


async def test_a_ticket_in_the_query_is_a_credential(guarded: GatewayStage) -> None:
    ticket = await guarded.tickets.issue(READER)
    for id, status in (("c1", 200), ("c2", 401)):
        connect = websocket_connect(id, query={"ticket": ticket.text})
        assert await answered(guarded, connect) == {"statusCode": status}


async def test_a_token_in_the_query_is_a_credential_and_in_no_log(guarded: GatewayStage) -> None:
    who = Principal("shop", READER.grants, (), guarded.in_s(60), (ID,))
    token = guarded.narrowed.issue(who)
    shown = {"token": token, "execution": ID}
    statuses = []
    with capture_logs() as logs:
        for number, query in enumerate(
            ({"token": token}, shown, {**shown, "execution": "orders:two"}, {"token": "reader"})
        ):
            connect = websocket_connect(f"c{number}", query=query)
            statuses.append((await answered(guarded, connect))["statusCode"])
        await guarded.clock.advance(60)
        statuses.append(
            (await answered(guarded, websocket_connect("c9", query=shown)))["statusCode"]
        )
    assert statuses == [200, 200, 404, 401, 401]
    assert [(log["event"], log.get("code", log.get("outcome"))) for log in logs] == [
        ("socket opened", None),
        ("socket opened", None),
        ("socket event refused", "execution_not_found"),
        ("access refused", "unauthenticated"),
        ("access refused", "credential_expired"),
    ]
    assert token not in str(logs)


async def test_a_binary_frame_ends_the_socket(stage: GatewayStage) -> None:
    await stage.opened()
    event = websocket_message("c1", "eyJ0eXBlIjoicGluZyJ9") | {"isBase64Encoded": True}
    assert await answered(stage, event) == {"statusCode": 200}
    assert stage.socket().closed_with == 4400


async def test_half_of_a_character_ends_the_socket(stage: GatewayStage) -> None:
    await stage.opened()
    answer = await answered(stage, websocket_message("c1", '{"type": "ping"}\ud800'))
    assert answer == {"statusCode": 200}
    assert stage.socket().closed_with == 4400


async def test_a_message_without_a_body_ends_the_socket(stage: GatewayStage) -> None:
    await stage.opened()
    event = websocket_message("c1", "")
    del event["body"]
    await answered(stage, event)
    assert stage.socket().closed_with == 4400


async def test_what_may_pass_is_answered_503_and_logged(stage: GatewayStage) -> None:
    stage.connections.fail("open", Unavailable("the table is gone"))
    with capture_logs() as logs:
        assert await answered(stage, websocket_connect("c1")) == {"statusCode": 503}
    assert [(log["event"], log["code"]) for log in logs] == [
        ("socket event refused", "unavailable")
    ]


async def test_a_fault_is_answered_500_and_says_nothing_of_itself(stage: GatewayStage) -> None:
    stage.connections.fail("spend", ZeroDivisionError("secret"))
    with capture_logs() as logs:
        answer = await answered(stage, websocket_message("c1", '{"type": "ping"}'))
    assert answer == {"statusCode": 500}
    assert [log["event"] for log in logs] == ["socket event failed"]


@pytest.mark.parametrize("context", [{}, {"routeKey": "$connect"}, {"connectionId": "c1"}])
async def test_what_is_no_route_event_is_answered_400(
    stage: GatewayStage, context: dict[str, str]
) -> None:
    with capture_logs() as logs:
        answer = await answered(stage, {"requestContext": context, "body": "secret"})
    assert answer == {"statusCode": 400}
    assert "secret" not in str(logs)


async def test_credentials_reach_no_log(guarded: GatewayStage) -> None:
    with capture_logs() as logs:
        headers = {"Authorization": "Bearer hr_secret"}
        await answered(guarded, websocket_connect("c1", headers=headers))
        await answered(guarded, websocket_connect("c2", query={"ticket": "tt_secret"}))
        await answered(guarded, websocket_connect("c3"))
        await answered(guarded, websocket_message("c3", {"type": "init", "token": "in_secret"}))
    assert logs
    assert "secret" not in str(logs)
    assert "secret" not in str(guarded.socket("c3").said)


async def test_a_socket_leaves_a_line_as_it_opens_and_one_as_it_closes(
    guarded: GatewayStage,
) -> None:
    with capture_logs([merge_contextvars]) as logs:
        headers = {"Authorization": "Bearer reader"}
        await answered(guarded, websocket_connect("c1", headers=headers))
        event = websocket_disconnect("c1")
        event["requestContext"] |= {"connectedAt": 1_000, "requestTimeEpoch": 3_500}
        await answered(guarded, event)
    about = {"connection": "c1", "remote": "203.0.113.17"}
    opened, closed = logs
    assert (about | {"event": "socket opened", "principal": "reader"}).items() <= opened.items()
    assert (about | {"code": 1001, "seconds": 2.5}).items() <= closed.items()


@pytest.mark.parametrize(
    ("init", "outcome"),
    [("nobody", "unauthenticated"), ("starter", "forbidden"), (None, "forbidden")],
    ids=["unknown", "without the scope", "another site"],
)
async def test_who_isnt_let_in_leaves_an_audit_line(
    guarded: GatewayStage, init: str | None, outcome: str
) -> None:
    with capture_logs([merge_contextvars]) as logs:
        origin = {} if init is not None else {"Origin": "https://evil.example"}
        await answered(guarded, websocket_connect("c1", headers=origin))
        if init is not None:
            await answered(guarded, websocket_message("c1", {"type": "init", "token": init}))
    (refused,) = [log for log in logs if log.get("audit")]
    assert (refused["event"], refused["outcome"], refused["action"]) == (
        "access refused",
        outcome,
        "read",
    )
    assert (refused["connection"], refused["remote"]) == ("c1", "203.0.113.17")
    assert refused.get("principal") == ("starter" if init == "starter" else None)
