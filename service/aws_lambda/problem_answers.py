"""Builds problems without the app, in the form each sender of HTTP events takes.

So no web framework is needed to answer where the app can't be set up. Which sites' pages may read
them is for the caller to say, where it is known: not while the settings can't be used.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from service.core.errors import ServiceError
from service.core.protocol.problem import CONTENT_TYPE, problem_document, retry_after

from .event_kinds import Event, Kind

LambdaAnswer = dict[str, Any]

MOST_BYTES = 6_291_556
"""Of a synchronous answer, by Lambda's quotas."""

MOST_BYTES_TO_LOAD_BALANCER = 1_048_576
"""Elastic Load Balancing, "Lambda functions as targets": 1 MB of JSON."""

LONGEST_ESCAPE = 6
"""Characters that one byte of a body becomes at most, inside of a JSON text (`\\u0001`)."""

KEPT = ("access-control-", "vary", "x-request-id")
"""The headers a too large answer keeps: its caller needs them to see the problem at all."""


class AnswerTooLarge(ServiceError):
    """The answer is longer than its sender takes."""

    code, title, status = "answer_too_large", "Answer too large", 413


class NotSetUp(ServiceError):
    """The function's own settings can't be used."""

    code, title, status, retryable = "not_set_up", "Service is not set up", 503, True


class UnreadableRequest(ServiceError):
    """The event is of a known kind, but its request can't be read."""

    code, title, status = "bad_request", "Bad request", 400


@dataclass(frozen=True, slots=True)
class Sender:
    """Who takes the answer."""

    kind: Kind
    multi_value: bool

    @classmethod
    def of(cls, event: Event, kind: Kind) -> "Sender":
        return cls(kind, kind is Kind.LOAD_BALANCER and "multiValueHeaders" in event)

    @property
    def most_bytes(self) -> int:
        """How long the answer may be, written as JSON."""
        to_balancer = self.kind is Kind.LOAD_BALANCER
        return MOST_BYTES_TO_LOAD_BALANCER if to_balancer else MOST_BYTES


def refusal(
    error: ServiceError,
    sender: Sender,
    *,
    request_id: str,
    headers: Mapping[str, str] | None = None,
) -> LambdaAnswer:
    """Writes the error as problem+json (RFC 9457)."""
    body = problem_document(error, request_id=request_id)
    sent = {**(headers or {}), "content-type": CONTENT_TYPE, "x-request-id": request_id}
    if error.retry_after_s:
        sent["retry-after"] = retry_after(error.retry_after_s)
    shown: LambdaAnswer = {"headers": sent}
    if sender.multi_value:
        shown = {"multiValueHeaders": {name: [text] for name, text in sent.items()}}
    text = to_json(body).decode()
    return {"statusCode": error.status, **shown, "body": text, "isBase64Encoded": False}


def fitting(answer: LambdaAnswer, sender: Sender, *, request_id: str) -> LambdaAnswer:
    """Answers the answer, or the problem that it is too large: Lambda would drop it, and the client
    get an internal error."""
    if LONGEST_ESCAPE * len(answer["body"]) < sender.most_bytes // 2:
        return answer
    if len(json.dumps(answer)) <= sender.most_bytes:
        return answer
    error = AnswerTooLarge(
        f"The answer is longer than the {sender.most_bytes // 1_000_000} MB that can be sent from"
        " here. A list is shorter with ?limit=."
    )
    sent = {name: values[-1] for name, values in answer.get("multiValueHeaders", {}).items()}
    sent.update(answer.get("headers") or {})
    kept = {name: text for name, text in sent.items() if name.lower().startswith(KEPT)}
    return refusal(error, sender, request_id=kept.get("x-request-id", request_id), headers=kept)
