"""Problems that the app has no part in, in the form each sender of HTTP events takes.

No web framework is needed to say that there is none to answer with. Whose pages may read them is
for the caller to say, where it is known: not while the settings can't be used.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from service.core.errors import ServiceError
from service.core.problems import CONTENT_TYPE, problem_document, retry_after

from .shapes import Event, Kind

Answer = dict[str, Any]

MOST_BYTES = 6_291_556
"""Of a synchronous answer, by Lambda's quotas."""

MOST_BYTES_TO_LOAD_BALANCER = 1_048_576
"""Elastic Load Balancing, "Lambda functions as targets": 1 MB of JSON."""

LONGEST_ESCAPE = 6
"""Characters that one byte of a body becomes at most, inside of a JSON text (`\\u0001`)."""

KEPT = ("access-control-", "vary", "x-request-id")
"""The headers a too long answer keeps: what its caller needs to see the problem at all."""


class AnswerTooLarge(ServiceError):
    """The answer is longer than the way back takes."""

    code, title, status = "answer_too_large", "Answer too large", 413


class NotSetUp(ServiceError):
    """The function's own settings can't be used."""

    code, title, status, retryable = "not_set_up", "Service is not set up", 503, True


class UnreadableRequest(ServiceError):
    """The event is of a known kind, and what it says of the request can't be one."""

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
) -> Answer:
    """The error as problem+json (RFC 9457)."""
    body = problem_document(error, request_id=request_id)
    sent = {
        **(headers or {}),
        "content-type": CONTENT_TYPE,
        "x-request-id": request_id,
    }
    if error.retry_after_s:
        sent["retry-after"] = retry_after(error.retry_after_s)
    return {
        "statusCode": error.status,
        **(
            {"multiValueHeaders": {name: [text] for name, text in sent.items()}}
            if sender.multi_value
            else {"headers": sent}
        ),
        "body": to_json(body).decode(),
        "isBase64Encoded": False,
    }


def fitting(answer: Answer, sender: Sender, *, request_id: str) -> Answer:
    """The answer, or the problem that it doesn't fit: Lambda would drop it, and the client be
    told of an internal error."""
    if LONGEST_ESCAPE * len(answer["body"]) < sender.most_bytes // 2:
        return answer
    if len(json.dumps(answer)) <= sender.most_bytes:
        return answer
    error = AnswerTooLarge(
        f"The answer is longer than the {sender.most_bytes // 1_000_000} MB that can be sent from"
        " here. A list is shorter with ?limit=."
    )
    single = {name: values[-1] for name, values in answer.get("multiValueHeaders", {}).items()}
    kept = {
        name: text
        for name, text in {**single, **(answer.get("headers") or {})}.items()
        if name.lower().startswith(KEPT)
    }
    return refusal(error, sender, request_id=kept.get("x-request-id", request_id), headers=kept)
