"""Requests that nobody should send, and what is true of every answer to them."""

import json
from typing import Any

from hypothesis import strategies as st

HOSTS = [
    "a..b",
    f"{'x' * 64}.example",
    ".example",
    ".",
    "x" * 300,
    "ä.example",
    "[::1",
    "[::1]]",
    "[::g]",
    "a:65536",
    "a:99999999",
    "a:-1",
    "a:b",
    "a b",
    "a/b",
    "user@a",
    "a,b",
    "a?b",
    "%61",
    "*",
]
CALLBACK = "/v1/callbacks/" + "a" * 60
PATHS = [
    "//evil.example",
    "/v1//callbacks/" + "a" * 60,
    "//v1/callbacks/" + "a" * 60,
    f"{CALLBACK}/",
    "/v1/executions/",
    "/docs/",
    "/healthz/",
    "/static//page/main.js",
    "/static/../../etc/passwd",
    "/static/%2e%2e/%2e%2e/etc/passwd",
    "/static/%00",
    "/static/" + "x" * 5_000,
    "/..",
    "/%00",
    "/%ff",
    "/%zz",
    "/%",
    "/v1/executions/%00",
    "/v1/executions/%ff%fe",
    "/v1/executions/order:%ed%a0%80",
    "/v1/executions/order:one/tasks/99999999999999999999999/success",
    "/v1/executions/order:one/tasks/-1/success",
    "/v1/state-machines/%0d%0aX:y",
    "/v1/state-machines/" + "x" * 20_000,
    "http://evil.example/v1/nothing",
    "*",
]


HEADERS = [
    ("content-type", "application/json; charset=nonsense"),
    ("content-type", "application/json; charset=utf-16"),
    ("content-type", ";;;"),
    ("content-type", "multipart/form-data"),
    ("content-type", "multipart/form-data; boundary=" + "x" * 300),
    ("content-type", "application/x-www-form-urlencoded; charset=\xff"),
    ("content-encoding", "gzip"),
    ("content-encoding", "nonsense"),
    ("content-length", "99"),
    ("accept", ";q=x,,*/;"),
    ("accept", "\xff"),
    ("accept-encoding", "\xff"),
    ("accept-language", "-;q=nan"),
    ("authorization", "Basic \xff"),
    ("authorization", "Bearer \xff\xfe"),
    ("authorization", "Digest a=b,,="),
    ("cookie", "=;=;\xff=\xff;a"),
    ("cookie", "a=b; " * 1000),
    ("idempotency-key", "\xff"),
    ("idempotency-key", "x" * 5_000),
    ("if-modified-since", "yesterday"),
    ("if-none-match", '"'),
    ("last-event-id", "\xff:\xff"),
    ("last-event-id", "9" * 5_000),
    ("origin", "\xff"),
    ("origin", "http://["),
    ("range", "bytes=9-1,-"),
    ("range", "bytes=99999999999999999999-"),
    ("referer", "\xff"),
    ("traceparent", "zz"),
    ("webhook-signature", "v1,\xff"),
    ("webhook-timestamp", "nan"),
    ("x-api-key", "\xff"),
    ("x-forwarded-for", ",,,"),
    ("x-forwarded-host", "a..b"),
    ("x-forwarded-proto", "\xff"),
    ("x-request-id", "\xff"),
    ("host", "a..b"),
    ("host", "[::1"),
    ("host", "ä".encode().decode("latin1")),
]
QUERIES = [
    b"",
    b"wait=nan",
    b"wait=1e999",
    b"wait=-0",
    b"limit=99999999999999999999999",
    b"limit=%00",
    b"page=%ff",
    b"page=" + b"x" * 3_000,
    b"after=%ed%a0%80",
    b"after=9:9:9",
    b"level=%00",
    b"status=FAILED&status=%ff",
    b"state_machine=%00",
    b"state_machine=..%2f",
    b"ticket=%ff",
    b"&&&==&%",
    b"\xff\xfe",
]
ROUTES = [
    "/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/docs",
    "/openapi.json",
    "/static/page/main.js",
    "/trigger-workflow",
    "/v1/state-machines",
    "/v1/state-machines/order",
    "/v1/state-machines/order/executions",
    "/v1/state-machines/price/sync-executions",
    "/v1/executions",
    "/v1/executions/order:one",
    "/v1/executions/order:one/events",
    "/v1/executions/order:one/stop",
    "/v1/executions/order:one/redrive",
    "/v1/executions/order:one/tasks",
    "/v1/executions/order:one/tasks/1/success",
    "/v1/executions/order:one/tasks/1/links",
    "/v1/executions/order:one/ws",
    "/v1/task-tokens/success",
    "/v1/task-tokens/failure",
    "/v1/ws-tickets",
    "/v1/webhooks/order:one/1",
    "/v1/events/aws",
    CALLBACK,
    *[path for path in PATHS if path.startswith("/")],
]
BODIES = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b'"',
    b"\xff\xfe",
    b"\x00",
    b'{"input": 1e999}',
    b'{"input": "\\ud800"}',
    b'{"input": {}, "name": "\\u0000"}',
    b'{"token": "\\ud800", "output": 1}',
    b'{"token": "", "error": [], "cause": {}}',
    b"[" * 5_000,
    b"--x\r\nContent-Disposition: form-data; name=\xff\r\n\r\n",
]
odd_headers = st.lists(
    st.one_of(
        st.sampled_from(HEADERS),
        st.tuples(
            st.sampled_from(sorted({name for name, _ in HEADERS})),
            st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=40),
        ),
    ),
    max_size=4,
    unique_by=lambda header: header[0],
)
requests = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE", "BREW"]),
        "path": st.one_of(
            st.sampled_from(ROUTES), st.text(max_size=30).map(lambda text: f"/{text}")
        ),
        "query": st.one_of(st.sampled_from(QUERIES), st.binary(max_size=20)),
        "headers": odd_headers,
        "body": st.one_of(st.sampled_from(BODIES), st.binary(max_size=50)),
    }
)
DOCUMENTED = {"overloaded", "draining", "unavailable", "throttled"}


def failures(logs: Any) -> list[Any]:
    """Lines of errors, and those with a traceback."""
    return [
        line for line in logs if line["log_level"] in {"error", "critical"} or "exc_info" in line
    ]


def hold(status: int, headers: dict[str, str], body: bytes, sent: dict[str, Any]) -> None:
    """What is true of every answer to a stranger."""
    assert status not in range(300, 400) or status == 304, sent
    if status < 400:
        return
    assert headers["x-request-id"], sent
    if sent["method"] == "HEAD" or headers["content-type"].startswith("text/html"):
        assert status < 500, sent  # a page, of a signed link that a browser follows
        return
    assert headers["content-type"] == "application/problem+json", sent
    problem = json.loads(body)
    assert problem["request_id"], sent
    assert status < 500 or problem["code"] in DOCUMENTED, (sent, problem)
