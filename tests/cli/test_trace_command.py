"""`handrail trace`: printed, as JSON, and sent to a collector."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from handrail.core.history.span_log import SpanLog
from handrail.core.models import Account, ExecutionId
from handrail.core.protocol.trace_document import trace_document
from tests.client.fake_service import EXECUTION, FakeService
from tests.core.histories import History
from tests.otlp_receiver import OtlpReceiver, otlp_receiver

from .commands import handrail
from .conftest import Serving

VARIABLE = "OTEL_EXPORTER_OTLP"


@pytest.fixture
def collector() -> Iterator[OtlpReceiver]:
    with otlp_receiver() as receiver:
        yield receiver


@pytest.fixture
def document() -> dict[str, Any]:
    history = History()
    history.main.task("Charge").then("ExecutionSucceeded")
    log = SpanLog(ExecutionId.parse(EXECUTION), Account("aws", "eu-west-1", "123456789012"))
    log.fold(history.events)
    shown: dict[str, Any] = json.loads(json.dumps(trace_document(log.trace())))
    return shown


@pytest.fixture
async def url(serving: Serving, document: dict[str, Any]) -> str:
    return await serving(FakeService(answers=[(200, document)]))


async def test_it_is_printed_as_a_tree_or_as_json(url: str, document: dict[str, Any]) -> None:
    printed = await handrail("trace", EXECUTION, url=url)
    assert [line.partition("+")[0].rstrip() for line in printed.stdout.splitlines()[1:]] == [
        "execution order",
        "└─ Charge",
        "   └─ lambda:invoke",
    ]
    printed = await handrail("trace", EXECUTION, "--json", url=url)
    assert json.loads(printed.stdout) == document


async def test_it_is_sent_to_a_collector(
    url: str, collector: OtlpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where OpenTelemetry's variables say, or to the one that is named."""
    monkeypatch.setenv(f"{VARIABLE}_HEADERS", "api-key=secret%20key")
    named = await handrail("trace", EXECUTION, "--endpoint", f"{collector.url}/", url=url)
    monkeypatch.setenv(f"{VARIABLE}_ENDPOINT", collector.url)
    by_variable = await handrail("trace", EXECUTION, "--export", url=url)
    monkeypatch.setenv(f"{VARIABLE}_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv(f"{VARIABLE}_TRACES_ENDPOINT", f"{collector.url}/v1/traces")
    for_traces = await handrail("trace", EXECUTION, "--export", url=url)
    shown = await handrail("trace", EXECUTION, url=url)
    assert [each.exit_code for each in (named, by_variable, for_traces, shown)] == [0] * 4
    assert named.stderr == f"Sent to {collector.url}\n"
    assert [span.name for span in collector.spans] == 3 * [
        "execution order",
        "Charge",
        "lambda:invoke",
    ]
    assert len({span.span_id for span in collector.spans}) == 3
    assert {headers["api-key"] for headers in collector.headers} == {"secret key"}


async def test_a_collector_that_isn_t_there_or_refuses_is_said(
    url: str, collector: OtlpReceiver
) -> None:
    collector.status = 401
    address = collector.url.replace("//", "//user:password@")
    refused = await handrail("trace", EXECUTION, "--endpoint", address, url=url)
    assert (refused.exit_code, refused.stderr) == (
        2,
        f"Error: The collector at {collector.url} refuses it: 401\n",
    )
    collector.status = 503
    down = await handrail("trace", EXECUTION, "--endpoint", collector.url, url=url)
    assert (down.exit_code, down.stderr) == (
        3,
        f"Error: The collector at {collector.url} takes nothing now: 503\n",
    )
    away = await handrail("trace", EXECUTION, "--endpoint", "http://127.0.0.1:9", url=url)
    assert away.exit_code == 3
    assert away.stderr.startswith("Error: The collector at http://127.0.0.1:9 can't be reached")
    wrong = await handrail("trace", EXECUTION, "--endpoint", "collector:4318", url=url)
    assert wrong.exit_code == 2
