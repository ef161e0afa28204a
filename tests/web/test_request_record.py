"""The line that each request leaves."""

import asyncio
from typing import Any

import pytest
from structlog.typing import EventDict

from handrail.web.app import create_app
from tests.server.wire import wired
from tests.web.conftest import Serving
from tests.web.keys import bearer, configured
from tests.web.log_lines import line_of, logged
from tests.web.served import SERVERS, Served
from tests.web.stories import ended, running

START = "/v1/state-machines/order/executions"
START_RULE = "/v1/state-machines/<machine>/executions"
ONE, ONE_RULE = "/v1/executions/order:one", "/v1/executions/<execution:execution>"
TRACE = "0af7651916cd43dd8448eb211c80319c"


def requests_in(lines: list[EventDict]) -> list[EventDict]:
    return [line for line in lines if line["event"] == "request"]


@pytest.mark.parametrize("server", SERVERS)
async def test_each_answer_leaves_one_line(serve: Serving, server: str) -> None:
    async with serve(server=SERVERS[server], **configured()) as served:
        running(served.stub)
        with logged() as lines:
            sent = {"X-Request-Id": "mine-1", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
            for method, path, body in (("POST", START, {}), ("GET", ONE, None)):
                await served.call(method, path, json=body, headers={**bearer("all"), **sent})
            started = await line_of(lines, "request", method="POST")
            shown = await line_of(lines, "request", route=ONE_RULE)
        probe = "/healthz"  # asked before: its line may come late
        assert len([line for line in requests_in(lines) if line["route"] != probe]) == 2
    assert {name: started[name] for name in ("route", "status", "principal", "request_id")} == {
        "route": START_RULE,
        "status": 202,
        "principal": "all",
        "request_id": "mine-1",
    }
    assert (shown["route"], shown["status"], shown["principal"]) == (ONE_RULE, 200, "all")
    assert {line["trace_id"] for line in (started, shown)} == {TRACE}
    assert {line["request_id"] for line in (started, shown)} == {"mine-1"}
    assert all(line["ms"] > 0 and line["bytes"] > 100 for line in (started, shown))
    assert "client_gone" not in started
    assert started["execution"].startswith("order:")
    assert shown["execution"] == "order:one"


async def test_a_problem_s_line_tells_its_code_and_no_path(served: Served) -> None:
    with logged() as lines:
        await served.get("/v1/executions/made-up:secret?after=1:1")
        await served.get("/nowhere/secret")
        await served.call("POST", START, data=b"{")
        found = [await line_of(lines, "request", code=c) for c in ("bad_json", "not_found")]
        missing = await line_of(lines, "request", route=ONE_RULE)
    assert [(line["route"], line["status"]) for line in found] == [(START_RULE, 400), (None, 404)]
    assert (missing["status"], missing["code"]) == (404, "execution_not_found")
    assert "secret" not in str(lines)


async def test_a_head_has_no_body_to_count(served: Served) -> None:
    with logged() as lines:
        async with served.http.head("/v1/me") as answer:
            assert int(answer.headers["Content-Length"]) > 0
        line = await line_of(lines, "request", method="HEAD")
    assert (line["status"], line["bytes"]) == (200, 0)


async def test_who_is_shed_leaves_one_too(serve: Serving) -> None:
    async with serve(max_concurrent_requests=1) as served:
        served.stub.hang_next("ListStateMachines")
        first = asyncio.create_task(served.get("/v1/state-machines"))
        await served.stub.called("ListStateMachines")
        with logged() as lines:
            await served.get(ONE)
            line = await line_of(lines, "request", code="overloaded")
        served.stub.release()
        await first
    assert (line["status"], line["route"], line["log_level"]) == (503, None, "warning")


async def test_a_client_that_leaves_has_no_status(served: Served) -> None:
    served.stub.hang_next("ListStateMachines")
    with logged() as lines:
        asked = asyncio.create_task(served.get("/v1/state-machines"))
        await served.stub.called("ListStateMachines")
        asked.cancel()
        line = await line_of(lines, "request", client_gone=True)
    assert (line["status"], line["route"], line["bytes"]) == (None, "/v1/state-machines", 0)


@pytest.mark.parametrize("server", SERVERS)
async def test_a_stream_leaves_one_at_its_end(serve: Serving, server: str) -> None:
    async with serve(server=SERVERS[server]) as served:
        ended(served.stub)
        with logged() as lines:
            async with served.http.get(f"{ONE}/stream") as stream:
                told = (await stream.read()).count(b"\ndata:")
            line = await line_of(lines, "request", route=f"{ONE_RULE}/stream")
        assert (line["status"], line["messages"], line["execution"]) == (200, told, "order:one")
        assert 0 <= line["waited_ms"] <= line["ms"]


async def test_a_long_poll_tells_how_long_it_only_waited(served: Served) -> None:
    running(served.stub)
    cursor = (await served.get(f"{ONE}/events")).body["cursor"]
    with logged() as lines:
        await served.get(f"{ONE}/events?wait=0.2&after={cursor}")
        line = await line_of(lines, "request", route=f"{ONE_RULE}/events")
    assert (line["status"], line["execution"]) == (200, "order:one")
    assert 0 < line["waited_ms"] <= line["ms"]
    assert "messages" not in line


async def test_what_the_server_refuses_leaves_one(served: Served) -> None:
    with logged() as lines:
        async with wired(served.port) as wire:
            wire.send("GET /secret HTTP/1.1\r\nHost: a\r\nbad\x00name: 1\r\n\r\n")
            answer = await wire.ended()
        line = await line_of(lines, "request", status=400)
    assert line["request_id"].encode() in answer
    assert line["route"] is None
    assert "secret" not in str(line)


async def test_a_handshake_that_is_refused_leaves_one_and_a_socket_none(served: Served) -> None:
    upgrade = {"Connection": "upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    upgrade["Sec-WebSocket-Key"] = "MDEyMzQ1Njc4OTAxMjM0NQ=="
    with logged() as lines:
        async with served.ready():
            pass
        async with served.http.get("/nowhere/secret", headers=upgrade) as refused:
            assert refused.status == 404
        async with served.http.get("/v1/ws", headers={**upgrade, "Sec-WebSocket-Key": "x"}) as bad:
            assert bad.status == 400
        await line_of(lines, "request", status=404, websocket=True)
        await line_of(lines, "request", status=400)
        await line_of(lines, "socket closed")
    assert len(requests_in(lines)) == 2
    assert "secret" not in str(lines)


async def test_requests_can_leave_no_line(serve: Serving) -> None:
    async with serve(request_log="none") as served:
        with logged() as lines:
            await served.post(START, {})
            await served.get("/nowhere")
            async with wired(served.port) as wire:
                wire.send("no HTTP\r\n\r\n")
                await wire.ended()
        assert [line["event"] for line in lines] == ["execution started"]


async def test_health_checks_are_sampled(serve: Serving) -> None:
    async with serve() as served:
        with logged() as lines:
            for _ in range(5):
                await served.get("/readyz")
            await served.get("/nowhere")
            await line_of(lines, "request", status=404)
        assert [line["route"] for line in requests_in(lines)] == ["/readyz", None]


async def test_a_failure_of_ours_is_a_warning_besides_its_traceback(served: Served) -> None:
    app = create_app(served.services)

    async def breaks() -> Any:
        raise ZeroDivisionError

    app.add_url_rule("/breaks", "breaks", breaks)
    with logged() as lines:
        assert (await app.test_client().get("/breaks")).status_code == 500
        line = await line_of(lines, "request", status=500)
    assert (line["log_level"], line["route"], line["code"]) == (
        "warning",
        "/breaks",
        "internal_error",
    )
