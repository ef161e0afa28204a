"""Recognises the kind of event an invocation brings, by its shape alone.

Source: AWS's guides to each sender: API Gateway (Lambda proxy integration, payload formats 1.0 and
2.0; WebSocket APIs), Lambda function URLs, Elastic Load Balancing (Lambda targets), SQS,
EventBridge, EventBridge Scheduler, and CloudWatch Logs subscriptions.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

Event = Mapping[str, Any]
"""An invocation's event as Lambda hands it over: JSON."""

OWN = "handrail"
TICK = "tick"
SCHEDULED = "Scheduled Event"


class Kind(StrEnum):
    """Who sent it."""

    REST_API = "rest api"
    """API Gateway, payload format 1.0."""

    HTTP_API = "http api"
    """API Gateway or a function URL, payload format 2.0."""

    LOAD_BALANCER = "load balancer"
    WEBSOCKET = "websocket"
    QUEUE = "queue"
    EVENT_BUS = "event bus"
    SCHEDULE = "schedule"
    """An EventBridge rule's, EventBridge Scheduler's, or a schedule's with our own input,
    `{"handrail": "tick"}`."""

    LOGS = "logs"


HTTP = frozenset({Kind.REST_API, Kind.HTTP_API, Kind.LOAD_BALANCER})
LIVE = frozenset(Kind) - HTTP


class UnknownEvent(Exception):
    """An event that this function doesn't serve. The text quotes nothing of it."""


def kind_of(event: object) -> Kind:
    """Raises UnknownEvent."""
    if isinstance(event, Mapping) and (kind := _of_request(event) or _of_news(event)) is not None:
        return kind
    raise UnknownEvent(f"No event of a kind that is served here: {', '.join(Kind)}.")


def _of_request(event: Event) -> Kind | None:
    """Somebody waits for the answer."""
    context = event.get("requestContext")
    if not isinstance(context, Mapping):
        return None
    if "elb" in context:
        return Kind.LOAD_BALANCER
    if "connectionId" in context and ("eventType" in context or "routeKey" in context):
        return Kind.WEBSOCKET
    if event.get("version") == "2.0" and "http" in context:
        return Kind.HTTP_API
    return Kind.REST_API if "httpMethod" in event and "resource" in event else None


def _of_news(event: Event) -> Kind | None:
    """Something happened."""
    if event.get(OWN) == TICK or event.get("detail-type") == SCHEDULED:
        return Kind.SCHEDULE
    if "detail-type" in event:
        return Kind.EVENT_BUS
    if "awslogs" in event:
        return Kind.LOGS
    match event.get("Records"):
        case [_, *_] as records if all(
            isinstance(record, Mapping) and record.get("eventSource") == "aws:sqs"
            for record in records
        ):
            return Kind.QUEUE
    return None
