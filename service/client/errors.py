"""What can go wrong between a client and the service.

ClientError
├── RequestRefused       the service answered, and the answer is no: a 4xx or its close code
├── ServiceUnreachable   nobody answers, or AWS behind the service doesn't, after all retries
└── StreamClosed         the service ended the stream before the execution ended
"""

from collections.abc import Mapping, Sequence
from typing import Self

from service.core.errors import FieldError
from service.core.models import Json


class ClientError(Exception):
    """The root. `str(error)` is one line for a person."""


class RequestRefused(ClientError):
    """`status` is the HTTP status, or the WebSocket's 44xx close code less 4000."""

    def __init__(
        self, status: int, code: str, detail: str, errors: Sequence[FieldError] = ()
    ) -> None:
        fields = "; ".join(f"{error.path}: {error.message}" for error in errors)
        super().__init__(f"{detail} ({fields})" if fields else detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)

    @classmethod
    def of_problem(cls, status: int, problem: Mapping[str, Json]) -> Self:
        """Read an RFC 9457 problem; what is missing falls back to the status alone."""
        detail = problem.get("detail") or problem.get("title") or f"The service answered {status}."
        errors = problem.get("errors")
        named = [
            FieldError(str(error.get("path", "")), str(error.get("message", "")))
            for error in (errors if isinstance(errors, list) else ())
            if isinstance(error, dict)
        ]
        return cls(status, str(problem.get("code") or "http_error"), str(detail), named)


class ServiceUnreachable(ClientError):
    """The retries are used up."""


class StreamClosed(ClientError):
    """`code` is the WebSocket's close code."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code
