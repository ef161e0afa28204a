"""Builds problem documents (RFC 9457)."""

from dataclasses import dataclass
from math import ceil
from typing import Annotated, Literal, NotRequired

from pydantic import Field

from handrail.core.errors import ServiceError
from handrail.core.typed_dict import TypedDict

from .document_shapes import Time

CONTENT_TYPE = "application/problem+json"
NOT_KEPT = "no-store"
"""The Cache-Control of every problem, as of every answer that shows what is now (RFC 9111, 5.2)."""


class FieldProblem(TypedDict):
    path: str
    message: str


class Problem(TypedDict):
    """RFC 9457. Clients switch on `code`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    retryable: bool
    request_id: str
    errors: NotRequired[list[FieldProblem]]
    outcome: Annotated[
        NotRequired[Literal["success", "failure", "timed_out", "stopped"]],
        Field(description="How the task ended that takes no other answer, and `at` when."),
    ]
    at: NotRequired[Time]
    events: Annotated[
        NotRequired[str],
        Field(description="Where nothing is streamed: the long-poll to ask instead."),
    ]
    ws: Annotated[
        NotRequired[str],
        Field(description="Where sockets are served elsewhere: the WebSocket's address."),
    ]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A problem that no ServiceError stands for."""

    status: int
    code: str
    title: str
    detail: str
    retryable: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    """What its answer says besides."""


Failure = Refusal | ServiceError


def problem_document(failure: Failure, *, request_id: str) -> Problem:
    return {
        "type": f"urn:handrail:problem:{failure.code}",
        "title": failure.title,
        "status": failure.status,
        "detail": failure.detail,
        "code": failure.code,
        "retryable": failure.retryable,
        "request_id": request_id,
    }


def retry_after(seconds: float | None) -> str:
    """The header's text (RFC 9110, section 10.2.3): whole seconds, rounded up, 1 at least."""
    return str(max(1, ceil(seconds or 0)))
