"""Events as AWS sends them: the documented samples, and builders that vary them.

What is built starts from a sample, so a test that names two fields still hands over a whole event.
"""

import base64
import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

Event = dict[str, Any]

ACCOUNT = "123456789012"
REGION = "us-east-1"
STATES = f"arn:aws:states:{REGION}:{ACCOUNT}"
QUEUE_ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:handrail-nudges"

STATUSES = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
HTTP = ("http_v1", "http_v2", "function_url", "alb", "alb_multi_value")
WEBSOCKET = ("websocket_connect", "websocket_message", "websocket_disconnect")
STATUS_CHANGES = tuple(f"status_change_{status.lower()}" for status in STATUSES)
SCHEDULES = ("schedule_rule", "scheduler", "tick")
LOGS = (
    "logs_standard",
    "logs_standard_without_data",
    "logs_express",
    "logs_express_without_data",
)
"""What is inside of `awslogs.data`; `logs_event` wraps it."""


def names() -> tuple[str, ...]:
    """Every sample's."""
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.json")))


def sample(name: str) -> Event:
    """A copy of the sample for the caller to change."""
    return deepcopy(_read(name))


def execution_arn(execution: str) -> str:
    """The ARN of `machine:name` (Standard), in the samples' account and region."""
    return f"{STATES}:execution:{execution}"


def websocket_connect(
    connection: str,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Event:
    """The handshake; header names as the client spelt them. Without a query or a header of the
    caller's none of the sample's are left but Host."""
    event = _of_connection("websocket_connect", connection)
    host = {"Host": event["headers"]["Host"]}
    _set_lists(event, "headers", "multiValueHeaders", {**host, **(headers or {})})
    del event["queryStringParameters"], event["multiValueQueryStringParameters"]
    if query:
        _set_lists(event, "queryStringParameters", "multiValueQueryStringParameters", query)
    return event


def websocket_message(connection: str, body: str | Mapping[str, Any]) -> Event:
    """One text frame, as text or as what is to be JSON."""
    event = _of_connection("websocket_message", connection)
    event["body"] = _text(body)
    return event


def websocket_disconnect(connection: str, *, code: int = 1001, reason: str = "") -> Event:
    event = _of_connection("websocket_disconnect", connection)
    event["requestContext"] |= {"disconnectStatusCode": code, "disconnectReason": reason}
    return event


def http_v2(
    method: str,
    path: str,
    *,
    query: str = "",
    headers: Mapping[str, str] | None = None,
    body: str | bytes | None = None,
) -> Event:
    """An HTTP API's event (also a function URL's shape). `query` is the raw query string. Bytes
    are handed over in base64, text as it is."""
    event = sample("http_v2")
    event |= {"rawPath": path, "rawQueryString": query}
    del event["cookies"], event["body"], event["queryStringParameters"]
    if query:
        event["queryStringParameters"] = _joined(parse_qsl(query, keep_blank_values=True))
    event["headers"] = {"host": event["headers"]["host"], **_lower(headers or {})}
    if cookie := event["headers"].pop("cookie", ""):
        event["cookies"] = [part.strip() for part in cookie.split(";")]
    event["requestContext"]["http"] |= {"method": method, "path": path}
    if body is not None:
        event["isBase64Encoded"] = isinstance(body, bytes)
        event["body"] = base64.b64encode(body).decode() if isinstance(body, bytes) else body
    return event


def http_v1(
    method: str,
    path: str,
    *,
    query: Mapping[str, Sequence[str]] | None = None,
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
) -> Event:
    """A REST API's event at stage `prod`."""
    event = sample("http_v1")
    event |= {"httpMethod": method, "path": path, "body": body}
    event["pathParameters"] = {"proxy": path.lstrip("/")}
    event["requestContext"] |= {"httpMethod": method, "path": f"/prod{path}"}
    host = {"Host": event["headers"]["Host"]}
    _set_lists(event, "headers", "multiValueHeaders", {**host, **(headers or {})})
    lists = {name: list(values) for name, values in (query or {}).items()}
    event["multiValueQueryStringParameters"] = lists or None
    event["queryStringParameters"] = {name: values[-1] for name, values in lists.items()} or None
    return event


def alb(method: str, path: str, *, query: Mapping[str, str] | None = None, body: str = "") -> Event:
    """A load balancer's event: it hands over the query as it came, still encoded."""
    event = sample("alb")
    encoded = dict(pair.split("=", 1) for pair in urlencode(query or {}).split("&") if pair)
    event |= {"httpMethod": method, "path": path, "queryStringParameters": encoded, "body": body}
    return event


def status_change(execution: str, status: str, **detail: Any) -> Event:
    """EventBridge's of `machine:name`; `detail` are fields of the event's detail."""
    event = sample(f"status_change_{status.lower()}")
    machine, _, name = execution.partition(":")
    arn = execution_arn(execution)
    event["resources"] = [arn]
    event["detail"] |= {
        "executionArn": arn,
        "stateMachineArn": f"{STATES}:stateMachine:{machine}",
        "name": name,
        **detail,
    }
    return event


def sqs_batch(bodies: Iterable[str | Mapping[str, Any]], *, received: int = 1) -> Event:
    """A batch of messages with these bodies, ids `message-0`, `message-1` …"""
    return {"Records": [_record(n, _text(body), received) for n, body in enumerate(bodies)]}


def log_line(execution: str, event_id: int, type: str = "TaskStateEntered", **details: Any) -> str:
    """What Step Functions logs of one history event. `execution` is `machine:name`, or an ARN."""
    return json.dumps(
        {
            "id": str(event_id),
            "type": type,
            "details": details,
            "previous_event_id": str(event_id - 1),
            "event_timestamp": str(1795341603123 + event_id),
            "execution_arn": execution
            if execution.startswith("arn:")
            else execution_arn(execution),
            "redrive_count": "0",
        },
        separators=(",", ":"),
    )


def logs_event(lines: Sequence[str] | Event, **members: Any) -> Event:
    """A subscription's event holding these log lines, or a whole document such as
    `sample("logs_express")`; `members` are changed in the document."""
    document = lines if isinstance(lines, dict) else _of_lines(lines)
    data = gzip.compress(json.dumps(document | members).encode(), mtime=0)
    return {"awslogs": {"data": base64.b64encode(data).decode()}}


def _of_lines(lines: Sequence[str]) -> Event:
    document = sample("logs_standard")
    document["logEvents"] = [
        {"id": f"{371997735955811541 + n}", "timestamp": 1795341603123 + n, "message": line}
        for n, line in enumerate(lines)
    ]
    return document


@cache
def _read(name: str) -> Event:
    path = Path(__file__).with_name(f"{name}.json")
    event: Event = json.loads(path.read_text(encoding="utf-8"))
    return event


def _of_connection(name: str, connection: str) -> Event:
    event = sample(name)
    event["requestContext"]["connectionId"] = connection
    return event


def _record(number: int, body: str, received: int) -> Event:
    record: Event = sample("sqs_batch")["Records"][0]
    record |= {"messageId": f"message-{number}", "receiptHandle": f"receipt-{number}", "body": body}
    record["md5OfBody"] = hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
    record["attributes"]["ApproximateReceiveCount"] = str(received)
    return record


def _set_lists(event: Event, name: str, lists: str, values: Mapping[str, str]) -> None:
    event[name] = dict(values)
    event[lists] = {key: [value] for key, value in values.items()}


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Repeated parameters, separated by commas, as payload format 2.0 has them."""
    found: dict[str, str] = {}
    for name, value in pairs:
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _text(body: str | Mapping[str, Any]) -> str:
    return body if isinstance(body, str) else json.dumps(body, separators=(",", ":"))
