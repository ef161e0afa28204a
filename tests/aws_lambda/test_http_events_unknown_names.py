"""Whatever a stranger sends through API Gateway or a load balancer: never a 5xx, never a traceback,
never a redirect."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from handrail.aws_lambda.invocation import UnknownEvent
from tests import events
from tests.web.odd_requests import HOSTS, PATHS, failures, hold, requests

from .conftest import Cold
from .instances import Instance


def by_load_balancer(
    method: str, path: str, headers: dict[str, str], body: str = ""
) -> events.Event:
    event = events.alb(method, path, body=body)
    event["headers"] |= headers
    return event


@pytest.mark.parametrize("host", [host for host in HOSTS if host.strip()])
async def test_a_host_that_can_be_none_is_answered_400(warm: Instance, host: str) -> None:
    for event in (
        events.http_v2("GET", "/v1/state-machines", headers={"host": host}),
        events.http_v1("GET", "/v1/state-machines", headers={"Host": host}),
        by_load_balancer("GET", "/v1/state-machines", {"host": host}),
    ):
        answered = await warm.ask(event)
        assert (answered.status, answered.body["code"]) == (400, "bad_host")


@pytest.mark.parametrize("path", [path for path in PATHS if path.startswith("/")])
async def test_an_odd_path_is_never_sent_elsewhere(warm: Instance, path: str) -> None:
    answered = await warm.ask(events.http_v2("GET", path))
    assert answered.status in {404, 405, 422}
    assert "location" not in answered.headers
    assert answered.body["request_id"]


async def test_what_can_t_be_read_is_a_problem_that_an_allowed_page_can_read(cold: Cold) -> None:
    origin = "https://shop.example"
    async with cold(allowed_origins=origin) as one:
        event = events.http_v2("POST", "/v1/ws-tickets", headers={"origin": origin})
        event |= {"body": "é!", "isBase64Encoded": True}
        answered = await one.ask(event)
    assert (answered.status, answered.body["code"]) == (400, "bad_request")
    assert answered.headers["access-control-allow-origin"] == origin


async def test_a_preflight_is_answered_and_a_refusal_can_be_read(cold: Cold) -> None:
    origin = "https://shop.example"
    asking = {"origin": origin, "access-control-request-method": "POST"}
    async with cold(allowed_origins=origin) as one:
        preflight = await one.ask(events.http_v2("OPTIONS", "/v1/ws-tickets", headers=asking))
        missing = await one.ask(events.http_v2("GET", "/v1/nothing", headers={"origin": origin}))
    assert (preflight.status, missing.status) == (204, 404)
    for answered in (preflight, missing):
        assert answered.headers["access-control-allow-origin"] == origin
        assert "Origin" in answered.headers["vary"]


def event_of(sent: dict[str, Any], sender: str) -> events.Event:
    """The same request as this sender hands it over."""
    path, headers = sent["path"], dict(sent["headers"])
    text = sent["body"].decode("latin1")
    match sender:
        case "http_v2":
            query = sent["query"].decode("latin1")
            return events.http_v2(
                sent["method"], path, query=query, headers=headers, body=sent["body"]
            )
        case "http_v1":
            return events.http_v1(sent["method"], path, headers=headers, body=text)
        case _:
            return by_load_balancer(sent["method"], path, headers, text)


async def test_nothing_a_stranger_sends_makes_a_5xx(warm: Instance) -> None:
    """Any head, any query and any body, by any sender."""
    loop = asyncio.get_running_loop()

    @settings(
        max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(requests, st.sampled_from(["http_v2", "http_v1", "alb"]))
    def holds(sent: dict[str, Any], sender: str) -> None:
        asked = warm.ask(event_of(sent, sender))
        answered = asyncio.run_coroutine_threadsafe(asked, loop).result(30)
        hold(answered.status, dict(answered.headers), answered.data, sent)

    with capture_logs() as logs:
        await asyncio.to_thread(holds)
    assert not failures(logs)


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "zstd", "x"])
async def test_a_compressed_body_is_refused_and_says_how_it_is_taken(
    cold: Cold, coding: str
) -> None:
    path, origin = "/v1/state-machines/order/executions", "https://shop.example"
    sent = {"content-encoding": coding, "origin": origin}
    async with cold(allowed_origins=origin) as one:
        for event in (
            events.http_v2("POST", path, headers=sent, body=b"\x1f\x8b"),
            events.http_v1("POST", path, headers=sent, body="x"),
            by_load_balancer("POST", path, sent, "x"),
        ):
            answered = await one.ask(event)
            assert (answered.status, answered.body["code"]) == (415, "unsupported_content_encoding")
            assert answered.headers["accept-encoding"] == "identity"
            assert answered.headers["access-control-allow-origin"] == origin
            assert answered.headers["cache-control"] == "no-store"


ODD = [..., None, 7, "\ud800", {"Host": 5}]
"""The first stands for nothing at all."""

PLACES = [
    *("httpMethod", "path", "rawPath", "rawQueryString", "headers", "multiValueHeaders", "cookies"),
    *("queryStringParameters", "multiValueQueryStringParameters", "body", "isBase64Encoded"),
    *("version", "requestContext.http", "requestContext.identity", "requestContext.stage"),
    *("requestContext.path", "requestContext.domainName", "requestContext.requestId"),
    *("requestContext.http.method", "requestContext.http.path", "requestContext.http.sourceIp"),
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("place", PLACES)
async def test_an_event_of_another_shape_is_no_request(warm: Instance, place: str) -> None:
    """Of a kind that can be told by its shape, but with a member missing or of another type."""
    asked: list[events.Event] = []
    for sent in (events.http_v1, events.http_v2, by_load_balancer, None):
        for odd in ODD:
            event = lists() if sent is None else sent("GET", "/healthz", headers={})
            if changed(event, place.split("."), odd):
                asked.append(event)
    assert asked
    for event in asked:
        try:
            answered = await warm.ask(event)
        except UnknownEvent:
            continue
        assert answered.status < 500, event
        if answered.status >= 400:
            assert answered.headers["content-type"] == "application/problem+json"
            assert answered.body["code"]


def lists() -> events.Event:
    event = events.sample("alb_multi_value")
    event |= {"httpMethod": "GET", "path": "/healthz", "body": ""}
    return event


def changed(event: events.Event, place: list[str], odd: object) -> bool:
    """Puts `odd` at that place of the event; False where there is no such place."""
    found: Any = event
    for part in place[:-1]:
        if part not in found:
            return False
        found = found[part]
    found[place[-1]] = odd
    if odd is ...:
        del found[place[-1]]
    return True
