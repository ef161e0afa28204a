"""Pages of other sites: those on the list may call, the others can't read an answer."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.server.wire import wired

from .conftest import Serving
from .keys import bearer, configured
from .served import Answer, Served

ORIGIN = "https://shop.example"
START = "/v1/state-machines/order/executions"
ASKING = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}


@pytest.fixture
async def served(serve: Serving) -> AsyncIterator[Served]:
    async with serve(allowed_origins=ORIGIN, **configured()) as served:
        yield served


async def test_a_preflight_needs_no_credential(served: Served) -> None:
    answer = await served.call("OPTIONS", START, headers=ASKING)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "POST" in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].lower().split(", ")
    assert {"authorization", "idempotency-key", "last-event-id", "content-type"} <= set(allowed)
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize(
    "header",
    [
        *("cache-control", "pragma", "if-none-match", "x-requested-with", "prefer", "x-api-key"),
        *("traceparent", "tracestate", "baggage", "sentry-trace", "b3", "x-amzn-trace-id"),
        *("x-datadog-trace-id", "x-datadog-parent-id", "request-id", "x-cloud-trace-context"),
    ],
)
async def test_what_libraries_of_pages_add_by_themselves_may_be_sent(
    served: Served, header: str
) -> None:
    asking = {**ASKING, "Access-Control-Request-Headers": header}
    answer = await served.call("OPTIONS", START, headers=asking)
    assert header in answer.headers["access-control-allow-headers"].lower().split(", ")


async def test_more_headers_are_allowed_by_the_setting(serve: Serving) -> None:
    async with serve(allowed_origins=ORIGIN, allowed_headers="X-Tenant,\n X-Shop ") as served:
        answer = await served.call("OPTIONS", START, headers=ASKING)
    allowed = answer.headers["access-control-allow-headers"].split(", ")
    assert {"X-Tenant", "X-Shop", "Authorization"} <= set(allowed)


async def test_a_page_of_the_internet_may_call_a_service_in_a_private_network(
    served: Served,
) -> None:
    """Where it is on the list: https://wicg.github.io/private-network-access/."""
    asking = {**ASKING, "Access-Control-Request-Private-Network": "true"}
    other = {**asking, "Origin": "https://evil.example"}
    answers = [await served.call("OPTIONS", START, headers=each) for each in (asking, other)]
    told = [each.headers.get("access-control-allow-private-network") for each in answers]
    assert told == ["true", None]


async def test_every_preview_deployment_may_read_and_no_other(serve: Serving) -> None:
    async with serve(allowed_origins="https://*.preview.example") as served:
        for origin, may in (
            ("https://pr-7.preview.example", True),
            ("https://a.pr-7.preview.example", False),
            ("https://*.preview.example", False),
        ):
            answer = await served.get("/v1/nothing", headers={"Origin": origin})
            shared = answer.headers.get("access-control-allow-origin")
            assert shared == (origin if may else None)


async def test_an_answer_may_be_read_and_so_may_its_headers(served: Served) -> None:
    answer = await served.post(START, {}, headers={"Origin": ORIGIN, **bearer("all")})
    assert answer.status == 202
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    exposed = answer.headers["access-control-expose-headers"]
    assert {"Date", "Location", "X-Request-Id", "Retry-After"} <= set(exposed.split(", "))


@pytest.mark.parametrize("path", ["/v1/state-machines", "/v1/nothing", START])
async def test_a_refusal_may_be_read_too(served: Served, path: str) -> None:
    answer = await served.get(path, headers={"Origin": ORIGIN})
    assert answer.status in {401, 404, 405}
    assert answer.headers["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://shop.example",
        f"{ORIGIN}:8443",
        f"{ORIGIN}.evil.example",
        "null",
        "*",
        "",
    ],
)
async def test_an_origin_that_isnt_on_the_list_gets_nothing(served: Served, origin: str) -> None:
    headers = {"Origin": origin, **bearer("all")}
    for answer in (
        await served.call("OPTIONS", START, headers={**ASKING, **headers}),
        await served.get("/v1/state-machines", headers=headers),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-allow")]


async def test_credentials_mode_and_wildcards_are_never_allowed(served: Served) -> None:
    for answer in (
        await served.call("OPTIONS", START, headers=ASKING),
        await served.get("/v1/state-machines", headers={"Origin": ORIGIN, **bearer("all")}),
    ):
        assert "access-control-allow-credentials" not in answer.headers
        assert "*" not in str(answer.headers)


async def test_without_a_list_nothing_is_said(serve: Serving) -> None:
    async with serve() as served:
        answer = await served.get("/v1/state-machines", headers={"Origin": ORIGIN})
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert "vary" not in answer.headers


@pytest.fixture
async def strict(serve: Serving) -> AsyncIterator[Served]:
    """One with little patience and room."""
    async with serve(allowed_origins=ORIGIN, request_timeout_s=0.2, max_body_bytes=1024) as served:
        yield served


def readable(answer: Answer) -> bool:
    return (
        answer.headers.get("access-control-allow-origin") == ORIGIN
        and answer.headers.get("vary") == "Origin"
        and "Retry-After" in answer.headers["access-control-expose-headers"]
    )


async def test_being_shed_may_be_read_and_a_preflight_is_not_shed(serve: Serving) -> None:
    async with serve(allowed_origins=ORIGIN, max_concurrent_requests=1) as served:
        served.stub.hang_next("ListStateMachines")
        first = asyncio.create_task(served.get("/v1/state-machines"))
        await served.stub.called("ListStateMachines")
        shed = await served.get("/v1/state-machines", headers={"Origin": ORIGIN})
        preflight = await served.call("OPTIONS", START, headers=ASKING)
        served.stub.release()
        await first
    assert (shed.status, shed.body["code"], readable(shed)) == (503, "overloaded", True)
    assert (preflight.status, readable(preflight)) == (204, True)


async def test_while_draining_all_may_be_read_and_preflights_are_answered(served: Served) -> None:
    served.services.sockets.leaving = served.services.sockets.draining = True
    ready = await served.get("/readyz", headers={"Origin": ORIGIN})
    preflight = await served.call("OPTIONS", START, headers=ASKING)
    assert (ready.status, readable(ready)) == (503, True)
    assert (preflight.status, readable(preflight)) == (204, True)


@pytest.mark.parametrize(
    ("method", "path", "lines", "status"),
    [
        ("GET", "/v1/nothing", "", 404),
        ("PUT", "/v1/state-machines", "Content-Length: 0\r\n", 405),
        ("POST", "/v1/ws-tickets", "Content-Length: 5\r\n\r\n{", 408),
        ("POST", START, f"Content-Length: 2000\r\n\r\n{' ' * 2000}", 413),
        ("GET", "/v1/state-machines", "X Y: z\r\n", 400),
        ("GET", "/v1/state-machines", "Transfer-Encoding: nonsense\r\n", 400),
        ("GET", "/v1/state-machines", f"X: {'x' * 40_000}\r\n", 431),
    ],
)
async def test_a_refusal_by_whatever_part_may_be_read(
    strict: Served, method: str, path: str, lines: str, status: int
) -> None:
    async with wired(strict.port) as wire:
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nOrigin: {ORIGIN}\r\n"
        wire.send(f"{head}{lines}\r\n")
        answer = await wire.answered()
    assert answer.status == status
    assert {"vary: origin", f"access-control-allow-origin: {ORIGIN}"} <= answer.lines


async def test_a_host_that_can_be_none_is_refused_readably(strict: Served) -> None:
    async with wired(strict.port) as wire:
        wire.send(f"GET / HTTP/1.1\r\nHost: a..b\r\nOrigin: {ORIGIN}\r\n\r\n")
        assert f"access-control-allow-origin: {ORIGIN}" in (await wire.answered()).lines


async def test_an_answer_out_of_time_may_be_read(serve: Serving) -> None:
    async with serve(allowed_origins=ORIGIN, request_timeout_s=3, read_timeout_s=5) as served:
        for operation in ("ListStateMachines", "DescribeStateMachine"):
            served.stub.slow_next(operation, delay_s=1.8)  # within its limit; together too slow
        answer = await served.get("/v1/state-machines/order", headers={"Origin": ORIGIN})
    assert (answer.status, readable(answer)) == (504, True)
