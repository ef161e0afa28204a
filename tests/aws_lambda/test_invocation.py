"""Every documented event is told from every other, and nothing else is taken for one."""

from typing import Any

import pytest

from handrail.aws_lambda.invocation import HTTP, LIVE, Kind, UnknownEvent, kind_of
from tests import events

KINDS = {
    "http_v1": Kind.REST_API,
    "http_v2": Kind.HTTP_API,
    "function_url": Kind.HTTP_API,
    "alb": Kind.LOAD_BALANCER,
    "alb_multi_value": Kind.LOAD_BALANCER,
    "schedule_rule": Kind.SCHEDULE,
    "scheduler": Kind.SCHEDULE,
    "tick": Kind.SCHEDULE,
    "sqs_batch": Kind.QUEUE,
    "logs": Kind.LOGS,
    **dict.fromkeys(events.WEBSOCKET, Kind.WEBSOCKET),
    **dict.fromkeys((*events.STATUS_CHANGES, "status_change_too_large"), Kind.EVENT_BUS),
}
INSIDE = frozenset(name for name in events.names() if name.startswith("logs_"))
"""What is inside of `awslogs.data`: no events by themselves."""


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_a_documented_event_is_told_by_its_shape(name: str, kind: Kind) -> None:
    assert kind_of(events.sample(name)) is kind


def test_no_documented_event_is_left_out() -> None:
    assert set(KINDS) == set(events.names()) - INSIDE


def test_a_schedule_may_send_our_own_input() -> None:
    assert kind_of({"handrail": "tick"}) is Kind.SCHEDULE


def test_a_rest_api_may_send_payload_format_1_with_its_version() -> None:
    assert kind_of({**events.sample("http_v1"), "version": "1.0"}) is Kind.REST_API


def test_every_kind_is_served_one_way_or_the_other() -> None:
    assert set(Kind) == HTTP | LIVE
    assert not HTTP & LIVE


@pytest.mark.parametrize(
    "event",
    [
        None,
        "text",
        [],
        {},
        {"key1": "secret-value"},
        {"Records": []},
        {"Records": [{"eventSource": "aws:s3", "body": "secret-value"}]},
        {"Records": [{"eventSource": "aws:sqs"}, {"eventSource": "aws:sns"}]},
        {"requestContext": "secret-value"},
        {"requestContext": {"connectionId": "secret-value"}},
        {"version": "2.0", "requestContext": {}},
        {"httpMethod": "GET"},
        {"handrail": "secret-value"},
    ],
)
def test_what_is_none_of_them_is_refused_without_being_repeated(event: Any) -> None:
    with pytest.raises(UnknownEvent) as refused:
        kind_of(event)

    assert "http api" in str(refused.value)
    assert "secret-value" not in str(refused.value)
