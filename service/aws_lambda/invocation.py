"""Describes what Lambda hands over with each invocation: a context, and an event, of a kind that is
told by its shape alone. Source: AWS's guides to each sender."""

import os
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Protocol

from handrail.core.trace_context import TraceContext

Event = Mapping[str, Any]
"""An invocation's event as Lambda hands it over: JSON."""

ANSWERING_S = 0.5
"""Kept back of the invocation's time, to end what hangs and to build and hand over an answer."""


class Context(Protocol):
    @property
    def aws_request_id(self) -> str: ...

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation, whatever it is at."""
        ...


def left_s(context: Context) -> float:
    """How long the invocation may still take, in seconds."""
    return context.get_remaining_time_in_millis() / 1000


def time_for_work_s(context: Context) -> float:
    """How long its work may still take, in seconds; below zero where it should have ended."""
    return left_s(context) - ANSWERING_S


class Kind(StrEnum):
    """Tells who sent it. REST_API is API Gateway with payload format 1.0, HTTP_API API Gateway or a
    function URL with 2.0, SCHEDULE a rule or a schedule, with AWS's input or our own."""

    REST_API = "rest api"
    HTTP_API = "http api"
    LOAD_BALANCER = "load balancer"
    WEBSOCKET = "websocket"
    QUEUE = "queue"
    EVENT_BUS = "event bus"
    SCHEDULE = "schedule"
    LOGS = "logs"


HTTP = frozenset({Kind.REST_API, Kind.HTTP_API, Kind.LOAD_BALANCER})
LIVE = frozenset(Kind) - HTTP
TRIGGERS = {
    **dict.fromkeys(HTTP, "http"),
    Kind.WEBSOCKET: "other",
    Kind.QUEUE: "pubsub",
    Kind.EVENT_BUS: "pubsub",
    Kind.SCHEDULE: "timer",
    Kind.LOGS: "datasource",
}
"""OpenTelemetry's words for them: https://opentelemetry.io/docs/specs/semconv/faas/faas-spans/"""
TRACE = "_X_AMZN_TRACE_ID"


class UnknownEvent(Exception):
    """An event that this function doesn't serve. The text quotes nothing of it."""


def invocation_trace() -> TraceContext | None:
    """Where the running invocation is in its trace: Lambda's runtime sets it anew for each."""
    return TraceContext.of_xray(os.environ.get(TRACE, ""))


def kind_of(event: object) -> Kind:
    """Raises UnknownEvent."""
    match event:
        case {"requestContext": {"elb": _}}:
            kind = Kind.LOAD_BALANCER
        case {
            "requestContext": {"connectionId": _, "eventType": _}
            | {"connectionId": _, "routeKey": _}
        }:
            kind = Kind.WEBSOCKET
        case {"requestContext": {"http": _}, "version": "2.0"}:
            kind = Kind.HTTP_API
        case {"requestContext": {}, "httpMethod": _, "resource": _}:
            kind = Kind.REST_API
        case {"handrail": "tick"} | {"detail-type": "Scheduled Event"}:
            kind = Kind.SCHEDULE
        case {"detail-type": _}:
            kind = Kind.EVENT_BUS
        case {"awslogs": _}:
            kind = Kind.LOGS
        case {"Records": [_, *_] as records} if all(map(_queued, records)):
            kind = Kind.QUEUE
        case _:
            raise UnknownEvent(f"No event of a kind that is served here: {', '.join(Kind)}.")
    return kind


def _queued(record: object) -> bool:
    return isinstance(record, Mapping) and record.get("eventSource") == "aws:sqs"
