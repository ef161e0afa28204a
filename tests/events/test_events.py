"""The samples and their builders agree on every event's shape."""

import base64
import gzip
import json
from typing import Any

import pytest

from tests import events


def members(event: events.Event) -> set[str]:
    """Every member's path, through nested objects."""
    found: set[str] = set()
    for name, value in event.items():
        found |= {name}
        if isinstance(value, dict) and name not in {"headers", "multiValueHeaders"}:
            found |= {f"{name}.{inner}" for inner in members(value)}
    return found


@pytest.mark.parametrize("name", events.names())
def test_a_sample_holds_no_account_but_the_documents(name: str) -> None:
    text = json.dumps(events.sample(name))
    assert "arn:aws:" not in text or f":{events.ACCOUNT}:" in text


def test_a_sample_is_the_callers_own() -> None:
    events.sample("alb")["path"] = "/changed"
    assert events.sample("alb")["path"] == "/v1/executions"


@pytest.mark.parametrize("status", events.STATUSES)
def test_a_status_change_is_its_samples_shape(status: str) -> None:
    event = events.status_change("price-check:n1", status, redriveCount=1)
    assert members(event) == members(events.sample(f"status_change_{status.lower()}"))
    assert event["detail"]["status"] == status
    assert event["detail"]["stateMachineArn"].endswith(":stateMachine:price-check")
    assert event["resources"] == [event["detail"]["executionArn"]]


@pytest.mark.parametrize(
    ("built", "name"),
    [
        (events.websocket_connect("c=", query={"ticket": "t"}), "websocket_connect"),
        (events.websocket_message("c=", {"type": "ping"}), "websocket_message"),
        (events.websocket_disconnect("c=", code=1006), "websocket_disconnect"),
    ],
)
def test_a_sockets_event_is_its_samples_shape(built: events.Event, name: str) -> None:
    sample = events.sample(name)
    assert built["requestContext"].keys() == sample["requestContext"].keys()
    assert built.keys() == sample.keys()
    assert built["requestContext"]["connectionId"] == "c="


def test_a_connect_without_query_has_none() -> None:
    assert "queryStringParameters" not in events.websocket_connect("c")


def test_an_http_event_carries_bytes_in_base64() -> None:
    event = events.http_v2("PUT", "/x", query="a=1&a=2&b=", body=b"\xff")
    assert base64.b64decode(event["body"]) == b"\xff"
    assert event["isBase64Encoded"]
    assert event["queryStringParameters"] == {"a": "1,2", "b": ""}


def test_a_rest_event_keeps_every_value() -> None:
    event = events.http_v1("GET", "/x", query={"a": ["1", "2"]})
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"]}
    assert event["queryStringParameters"] == {"a": "2"}
    assert event["requestContext"]["path"] == "/prod/x"


def test_a_load_balancer_leaves_the_query_encoded() -> None:
    assert events.alb("GET", "/x", query={"q": "a b"})["queryStringParameters"] == {"q": "a+b"}


def inside(event: events.Event) -> Any:
    return json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))


def test_log_lines_come_out_as_they_went_in() -> None:
    lines = [events.log_line("m:n", 1, "ExecutionStarted"), events.log_line("m:n", 2)]
    assert [event["message"] for event in inside(events.logs_event(lines))["logEvents"]] == lines


@pytest.mark.parametrize("name", events.LOGS)
def test_logged_lines_have_the_members_step_functions_logs(name: str) -> None:
    for event in inside(events.logs_event(events.sample(name)))["logEvents"]:
        line = json.loads(event["message"])
        assert line.keys() == json.loads(events.log_line("m:n", 1)).keys()
        assert str(event["timestamp"]) == line["event_timestamp"]
        assert ("input" in line["details"]) <= ("without_data" not in name)


def test_the_encoded_sample_is_the_standard_one() -> None:
    assert inside(events.sample("logs")) == events.sample("logs_standard")


def test_a_batch_holds_its_bodies() -> None:
    batch = events.sqs_batch([events.status_change("m:n", "FAILED"), "poison"], received=3)
    first, second = batch["Records"]
    assert json.loads(first["body"])["detail"]["status"] == "FAILED"
    assert second["body"] == "poison"
    assert second["attributes"]["ApproximateReceiveCount"] == "3"
    assert first["messageId"] != second["messageId"]
