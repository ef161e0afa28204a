"""Builds problems in the form each sender of HTTP events takes. No web framework is needed, so that
there is an answer too where the app can't be set up."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from pydantic_core import to_json

from handrail.core.errors import ServiceError
from handrail.core.protocol.problem import CONTENT_TYPE, NOT_KEPT, problem_document, retry_after

from .invocation import Event, Kind

LambdaAnswer = dict[str, Any]
log = structlog.get_logger(__name__)

MOST_BYTES, MOST_BYTES_TO_LOAD_BALANCER = 6_291_556, 1_048_576
"""Of a synchronous answer, by Lambda's quotas, and by Elastic Load Balancing's, "Lambda functions
as targets": 1 MB of JSON."""

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
    """Takes the answer: with all values of a header or one, and so many bytes of JSON at most."""

    multi_value: bool = False
    most_bytes: int = MOST_BYTES

    @classmethod
    def of(cls, event: Event, kind: Kind) -> "Sender":
        if kind is not Kind.LOAD_BALANCER:
            return cls()
        return cls("multiValueHeaders" in event, MOST_BYTES_TO_LOAD_BALANCER)


def refusal(
    error: ServiceError, sender: Sender, *, request_id: str, headers: Mapping[str, str] = {}
) -> LambdaAnswer:
    """Writes the error as problem+json (RFC 9457)."""
    body = problem_document(error, request_id=request_id)
    sent = {
        **headers,
        "content-type": CONTENT_TYPE,
        "cache-control": NOT_KEPT,
        "x-request-id": request_id,
    }
    if error.retry_after_s:
        sent["retry-after"] = retry_after(error.retry_after_s)
    answer = {"statusCode": error.status, "body": to_json(body).decode(), "isBase64Encoded": False}
    if sender.multi_value:
        return {**answer, "multiValueHeaders": {name: [text] for name, text in sent.items()}}
    return {**answer, "headers": sent}


def fitting(answer: LambdaAnswer, sender: Sender, *, request_id: str) -> LambdaAnswer:
    """Answers the answer, or the problem that it is too large: Lambda would drop it, and the client
    get an internal error."""
    surely = LONGEST_ESCAPE * len(answer["body"]) < sender.most_bytes // 2
    if surely or len(json.dumps(answer)) <= sender.most_bytes:
        return answer
    most = f"{sender.most_bytes // 1_000_000} MB that can be sent from here"
    log.warning("answer too large", most_bytes=sender.most_bytes)
    error = AnswerTooLarge(f"The answer is longer than the {most}. A list is shorter with ?limit=.")
    sent = {name: values[-1] for name, values in answer.get("multiValueHeaders", {}).items()}
    sent.update(answer.get("headers") or {})
    kept = {name: text for name, text in sent.items() if name.lower().startswith(KEPT)}
    return refusal(error, sender, request_id=kept.get("x-request-id", request_id), headers=kept)
