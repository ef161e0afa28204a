"""Spans as OTLP's JSON: what its own readers read. (What a collector gets is compared with it in
tests/telemetry/test_execution_exporter.py.)"""

from handrail.core.history.span_log import SpanLog
from handrail.core.json_text import json_bytes
from handrail.core.models import Account, ExecutionId
from handrail.core.protocol.trace_document import trace_document
from tests.core.histories import BEGIN, History
from tests.otlp_receiver import of_json, read


def test_opentelemetry_reads_it() -> None:
    history = History()
    history.main.enter("Task", "Charge").schedule().fails("Busy").then("ExecutionAborted")
    log = SpanLog(ExecutionId("order", "one"), Account("aws", "eu-west-1", "123456789012"))
    log.fold(history.events)
    trace = log.trace()
    root, charge, attempt = read(of_json(json_bytes(trace_document(trace))))
    assert [root.kind, charge.kind, attempt.kind] == ["server", "internal", "client"]
    assert (root.trace_id, root.parent_id) == (trace.context.trace_id, "")
    assert (attempt.parent_id, charge.parent_id) == (charge.span_id, root.span_id)
    assert root.began_ns == (round(BEGIN.timestamp() * 1000) + 100) * 1_000_000
    assert (root.failed, charge.failed, attempt.failed) == (True, False, True)
    assert attempt.attributes == {
        "handrail.attempt": 1,
        "handrail.event_id": 3,
        "error.type": "Busy",
    }
    assert root.resource == {
        "service.name": "order",
        "cloud.provider": "aws",
        "cloud.region": "eu-west-1",
        "cloud.account.id": "123456789012",
    }
