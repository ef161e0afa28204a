"""One trace of a request and of the execution it started, as a collector of OpenTelemetry's gets
it from `handrail serve`, of which nothing is lost when that is told to end."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace

import aiohttp
import pytest

from tests.otlp_receiver import OtlpReceiver, otlp_receiver
from tests.stubs.operations import machine_arn
from tests.stubs.stepfunctions import StepFunctionsStub
from tests.web.stories import ran, succeeded, waiting

from .clients import hear, watching
from .processes import log_lines, outcome, serving

CALLER = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
HELD = {"OTEL_BSP_SCHEDULE_DELAY": "600000"}
"""What isn't flushed at the end never comes."""


@pytest.fixture
def collector() -> Iterator[OtlpReceiver]:
    with otlp_receiver() as receiver:
        yield receiver


async def test_one_trace_leads_from_the_caller_to_the_states_and_survives_sigterm(
    collector: OtlpReceiver,
) -> None:
    async with StepFunctionsStub() as stub, AsyncExitStack() as stack:
        stub.add_machine("order")
        to = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "HANDRAIL_TRACES": "1", **HELD}
        context = serving(stub.url, **to)
        process = await asyncio.to_thread(context.__enter__)
        stack.push(context.__exit__)
        http = await stack.enter_async_context(aiohttp.ClientSession(process.url))
        for number in range(3):
            headers = {"traceparent": "-".join(("00", *CALLER, "01"))} if number == 0 else {}
            path, body = "/v1/state-machines/order/executions", {"name": str(number)}
            async with http.post(path, json=body, headers=headers) as answer:
                assert answer.status == 202
            arn = f"{machine_arn('order').replace('stateMachine', 'execution')}:{number}"
            async with watching(process.port, f"order:{number}") as socket:
                await hear(socket, "subscribed")
                stub.append(arn, *ran("Charge"), *waiting("Approve"), succeeded())
                await hear(socket, "complete")
        told = ("trace", "order:0", "--url", process.url, "--endpoint", collector.url)
        by_command = await asyncio.to_thread(outcome, *told)
        assert (by_command.returncode, by_command.stderr) == (0, f"Sent to {collector.url}\n")
        assert await asyncio.to_thread(process.end, signal.SIGTERM) == 0
        assert [line for line in log_lines(process.errors) if line["level"] != "info"] == []
        spans = {span.span_id: span for span in collector.spans}
        assert len(collector.spans) == len(spans) + 6  # those of the one that came twice
        for span in collector.spans:
            assert replace(span, resource={}) == replace(spans[span.span_id], resource={})
        executions = [span for span in spans.values() if span.name == "execution order"]
        assert len({span.trace_id for span in executions}) == 3
        (root,) = (span for span in executions if span.trace_id == CALLER[0])
        started = spans[root.parent_id]
        served = spans[started.parent_id]
        assert started.name == "SFN.StartExecution"
        assert (served.kind, served.parent_id) == ("server", CALLER[1])
        assert (root.resource["service.name"], served.resource["service.name"]) == (
            "order",
            "handrail",
        )
        for execution in executions:
            inside = [s for s in spans.values() if s.trace_id == execution.trace_id]
            assert {"Charge", "lambda:invoke", "Approve", "wait for callback"} <= {
                span.name for span in inside
            }
            assert spans[execution.parent_id].name == "SFN.StartExecution"
