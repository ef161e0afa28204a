"""The trace that a request came with, where this service records none of its own."""

import json
from io import StringIO

import pytest
import structlog

from handrail.core.trace_context import TraceContext
from handrail.telemetry.logs import configure_logs
from handrail.web.quart_patches.trace_headers import came_with, tracestate
from tests.web.served import Served

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
W3C = {"traceparent": f"00-{TRACE}-{SPAN}-01"}
BALANCED = {"X-Amzn-Trace-Id": "Self=1-6-7;Root=1-5759e988-bd862e3fe1be46a994272793"}
STARTS = "/v1/state-machines/order/executions"


def started_with(served: Served) -> list[str | None]:
    """The `traceHeader` of each start so far."""
    asked = [each for each in served.stub.requests if each.operation == "StartExecution"]
    return [each.body.get("traceHeader") for each in asked]


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        (W3C, f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={SPAN};Sampled=1"),
        (BALANCED, "Root=1-5759e988-bd862e3fe1be46a994272793"),
        (W3C | BALANCED, f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={SPAN};Sampled=1"),
        ({"traceparent": "garbage", "X-Amzn-Trace-Id": "Root=garbage;Parent=;;="}, None),
        ({}, None),
    ],
)
async def test_a_start_is_in_the_trace_that_its_request_came_with(
    served: Served, headers: dict[str, str], told: str | None
) -> None:
    answer = await served.post(STARTS, {"input": {}}, headers=headers)
    assert started_with(served) == [told]
    found = TraceContext.of_xray(told or "")
    assert answer.body.get("trace_id") == (found and found.trace_id)
    shown = await served.get(answer.body["links"]["self"])
    assert shown.body.get("trace_id") == answer.body.get("trace_id")


async def test_a_start_that_is_repeated_tells_the_trace_of_the_first(served: Served) -> None:
    first = await served.post(STARTS, {"input": {}, "name": "one"}, headers=W3C)
    again = await served.post(STARTS, {"input": {}, "name": "one"}, headers=BALANCED)
    assert again.body["replayed"]
    assert first.body["trace_id"] == again.body["trace_id"] == TRACE


async def test_synchronous_starts_replays_and_the_tutorial_s_are_in_it_too(served: Served) -> None:
    served.stub.add_machine("orchestration-dev")
    await served.post("/v1/state-machines/price/sync-executions", {"input": {}}, headers=W3C)
    await served.post("/trigger-workflow", {}, headers=W3C)
    old = served.stub.add_execution("order", "old")
    await served.post(f"/v1/executions/{old}/replay", {}, headers=W3C)
    told = [each.body["traceHeader"] for each in served.stub.requests if "Start" in each.operation]
    assert len(told) == 3
    assert {TraceContext.of_xray(each) for each in told} == {TraceContext(TRACE, SPAN, True)}


async def test_the_log_lines_of_a_request_tell_its_trace(served: Served) -> None:
    stream = StringIO()
    configure_logs("info", "json", stream=stream)
    await served.post(STARTS, {"input": {}}, headers=W3C)
    await served.post(STARTS, {"input": {}})
    structlog.reset_defaults()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    told = [line.get("trace_id") for line in lines if line["event"] == "execution started"]
    assert told == [TRACE, None]


def test_a_tracestate_is_joined_and_an_endless_one_left_out() -> None:
    assert tracestate([(b"tracestate", b"a=1"), (b"host", b"h"), (b"tracestate", b"b=2")])
    assert tracestate([(b"tracestate", b"a=1"), (b"tracestate", b"b=2")]) == "a=1,b=2"
    assert tracestate([(b"tracestate", b"a" * 513)]) == ""


@pytest.mark.parametrize("name", [b"traceparent", b"x-amzn-trace-id"])
def test_bytes_of_any_kind_are_no_trace(name: bytes) -> None:
    assert came_with([(name, bytes(range(256)))]) is None
