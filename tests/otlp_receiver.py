"""A collector of OpenTelemetry's: takes spans by OTLP over HTTP, in protobuf or JSON, and keeps
them."""

import gzip
import re
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf.json_format import Parse  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

PATIENCE_S = 30.0
KINDS = {1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}


@dataclass(frozen=True, slots=True)
class ReceivedSpan:
    """Ids in hexadecimal digits, `parent_id` empty for a root; times in nanoseconds since 1970."""

    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    began_ns: int
    ended_ns: int
    failed: bool
    attributes: Mapping[str, Any]
    resource: Mapping[str, Any]
    links: Sequence[tuple[str, str]] = ()
    """The trace and the span of each."""


@dataclass
class OtlpReceiver:
    """`status` is what it answers next; while `hangs` is set it answers nothing."""

    url: str = ""
    status: int = 200
    headers: list[Mapping[str, str]] = field(default_factory=list)
    hangs: threading.Event = field(default_factory=threading.Event)
    asked: int = 0
    _spans: list[ReceivedSpan] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _closing: threading.Event = field(default_factory=threading.Event)

    @property
    def spans(self) -> list[ReceivedSpan]:
        with self._changed:
            return list(self._spans)

    def wait_for(self, *names: str, patience_s: float = PATIENCE_S) -> list[ReceivedSpan]:
        """All spans so far, once there is one of each of these names. Blocks its thread; fails
        where they don't come."""
        with self._changed:
            came = self._changed.wait_for(
                lambda: {*names} <= {span.name for span in self._spans}, patience_s
            )
            found = list(self._spans)
        assert came, f"wanted {names}, came {[span.name for span in found]}"
        return found

    def wait_asked(self, times: int = 1, patience_s: float = PATIENCE_S) -> None:
        """Until it was called so often, whatever it answered."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.asked >= times, patience_s)

    def take(self, body: bytes, headers: Mapping[str, str]) -> int:
        """The status to answer."""
        with self._changed:
            self.asked += 1
            self.headers.append(dict(headers))
            if self.status == 200 and not self.hangs.is_set():
                json_body = headers.get("Content-Type") == "application/json"
                self._spans += read(of_json(body) if json_body else body)
            self._changed.notify_all()
            status = self.status
        while self.hangs.is_set() and not self._closing.wait(0.02):
            continue
        return status


@contextmanager
def otlp_receiver() -> Iterator[OtlpReceiver]:
    """Listens on a port of its own; `url` is for OTEL_EXPORTER_OTLP_ENDPOINT."""
    receiver = OtlpReceiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            status = receiver.take(body, dict(self.headers))
            self.send_response(status if self.path == "/v1/traces" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver._closing.set()
            server.shutdown()
            thread.join()


def of_json(body: bytes) -> bytes:
    """In protobuf. OTLP has ids in hexadecimal digits where protobuf's own JSON has base64. Raises
    ParseError for what is no such request.
    https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding"""
    hexadecimal = re.compile(r'"(traceId|spanId|parentSpanId)":\s*"([0-9a-f]+)"')
    text = hexadecimal.sub(
        lambda id: f'"{id[1]}":"{b64encode(bytes.fromhex(id[2])).decode()}"', body.decode()
    )
    request = ExportTraceServiceRequest()
    Parse(text, request)
    sent: bytes = request.SerializeToString()
    return sent


def read(body: bytes) -> list[ReceivedSpan]:
    request = ExportTraceServiceRequest.FromString(body)
    return [
        ReceivedSpan(
            name=span.name,
            kind=KINDS[span.kind],
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent_id=span.parent_span_id.hex(),
            began_ns=span.start_time_unix_nano,
            ended_ns=span.end_time_unix_nano,
            failed=span.status.code == 2,
            attributes=_plain(span.attributes),
            resource=_plain(group.resource.attributes),
            links=[(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
        )
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def _plain(attributes: Any) -> dict[str, Any]:
    return {each.key: _value(each) for each in attributes}


def _value(each: KeyValue) -> Any:
    return getattr(each.value, str(each.value.WhichOneof("value")))
