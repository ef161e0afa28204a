"""Asks AWS one thing at a time within limits of its own, and says what came of it: nothing here
raises for what AWS answers, or doesn't."""

import asyncio
import math
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from botocore import exceptions as boto
from botocore import xform_name
from botocore.parsers import ResponseParserError

from handrail.aws.calls import answered_at
from handrail.aws.clients import STEPFUNCTIONS, Clients
from handrail.aws.errors import translated
from handrail.core import errors as ours
from handrail.core.diagnosis.call_outcomes import CallOutcome, CallResult, Obstacle
from handrail.core.errors import ServiceError

AT_ONCE = 6
LIMIT_S = 10.0
_DENIALS = ("AccessDenied", "KmsAccessDenied", "KMSAccessDenied", "UnauthorizedOperation")
_FORBIDDEN = frozenset({"AuthorizationError", "Forbidden", "ForbiddenException", "403"})
_NO_QUEUE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
_NO_MODEL = (boto.UnknownServiceError, boto.DataNotFoundError)


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a call, and what it answered: `{}` where it didn't."""

    outcome: CallOutcome
    answer: Any = field(default_factory=dict)


@dataclass(slots=True)
class Asking:
    """A few calls at once, each within `limit_s`. `wall` is this machine's clock, seconds since
    1970, which is held against the dates of AWS's answers."""

    clients: Clients
    limit_s: float = LIMIT_S
    wall: Callable[[], float] = time.time
    _turns: asyncio.Semaphore = field(init=False)
    _ahead_s: tuple[float, float] = field(init=False, default=(-math.inf, math.inf))

    def __post_init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)

    @property
    def ahead_s(self) -> tuple[float, float] | None:
        """The least and the most that AWS's clock is ahead of this machine's, by its answers' Date
        headers, which are cut to seconds (RFC 9110, section 5.6.7); None where none was dated."""
        return None if math.isinf(self._ahead_s[0]) else self._ahead_s

    async def ask(
        self,
        service: str,
        operation: str,
        asked: dict[str, Any] | None = None,
        *,
        region: str | None = None,
        endpoint_url: str | None = None,
    ) -> Answered:
        """`service` and `operation` are botocore's names."""

        async def call() -> Any:
            client = await self._client(service, region, endpoint_url)
            where.append(client.meta.endpoint_url)
            answer = await getattr(client, xform_name(operation))(**asked or {})
            if hasattr(body := answer.get("Payload"), "read"):  # gives the connection back
                await body.read()
            return answer

        where: list[str] = []
        async with self._turns:
            return await self._made(operation, call, where)

    async def _made(
        self, operation: str, call: Callable[[], Awaitable[Any]], where: list[str]
    ) -> Answered:
        asked_at = self.wall()
        try:
            with translated(operation):
                async with asyncio.timeout(self.limit_s):
                    answer = await call()
        except ServiceError as error:
            cause = error.__cause__
            if isinstance(cause, _NO_MODEL):
                return Answered(CallOutcome(operation, CallResult.UNOFFERED, "no description"))
            if isinstance(cause, boto.ClientError):
                self._dated(cause.response, asked_at)
            host = urlsplit(where[0]).netloc.rpartition("@")[2] if where else ""
            return Answered(outcome_of(operation, error, host))
        self._dated(answer, asked_at)
        return Answered(CallOutcome(operation, CallResult.ANSWERED), answer)

    async def _client(self, service: str, region: str | None, endpoint_url: str | None) -> Any:
        if service == STEPFUNCTIONS:
            return self.clients.sfn
        if service == "kinesis":
            return await self.clients.stream(region)
        return await self.clients.client(service, endpoint_url)

    def _dated(self, answer: Any, asked_at: float) -> None:
        date: datetime | None = answered_at(answer)
        if date is not None:
            least, most = date.timestamp() - self.wall(), date.timestamp() + 1 - asked_at
            self._ahead_s = max(self._ahead_s[0], least), min(self._ahead_s[1], most)


def outcome_of(operation: str, error: ServiceError, host: str) -> CallOutcome:
    """What a failure of ours, and AWS's or the client's behind it, say of a call."""
    cause = error.__cause__
    code, answered = type(cause).__name__ if cause else error.code, False
    if isinstance(cause, boto.ClientError):
        answered, code = True, str(cause.response.get("Error", {}).get("Code", ""))
        if cause.operation_name != operation:  # botocore's own, for the credentials
            code = f"{cause.operation_name}: {code}"
    result = _result(error, code, answered=answered)
    obstacle = _obstacle(cause) if result is CallResult.UNREACHABLE else None
    return CallOutcome(operation, result, code, host, obstacle)


_RESULTS: Sequence[tuple[type[ServiceError], CallResult]] = (
    (ours.NotFound, CallResult.ABSENT),
    (ours.Throttled, CallResult.THROTTLED),
    (ours.UnsupportedByEndpoint, CallResult.UNOFFERED),
    (ours.UpstreamRefused, CallResult.CREDENTIALS),
    (ours.Unavailable, CallResult.UNREACHABLE),
)
_SLOW = (TimeoutError, boto.ConnectTimeoutError, boto.ReadTimeoutError)


def _result(error: ServiceError, code: str, *, answered: bool) -> CallResult:
    kinds = (result for kind, result in _RESULTS if isinstance(error, kind))
    result = next(kinds, CallResult.REFUSED)
    if code in _NO_QUEUE:
        result = CallResult.ABSENT
    if result is CallResult.CREDENTIALS and (code.startswith(_DENIALS) or code in _FORBIDDEN):
        result = CallResult.DENIED
    if result is CallResult.UNREACHABLE and (answered or code == ResponseParserError.__name__):
        result = CallResult.FAILED
    if result is CallResult.UNREACHABLE and isinstance(error.__cause__, _SLOW):
        result = CallResult.SLOW
    return result


def _obstacle(error: BaseException | None) -> Obstacle:
    chain = list(_causes(error))
    if any(isinstance(each, boto.ProxyConnectionError) for each in chain):
        return Obstacle.PROXY
    if any(isinstance(each, socket.gaierror) or "DNS" in type(each).__name__ for each in chain):
        return Obstacle.NAME
    if any(isinstance(each, ssl.SSLError | boto.SSLError) for each in chain):
        return Obstacle.TLS
    if any(isinstance(each, ConnectionRefusedError) for each in chain):
        return Obstacle.CLOSED
    return Obstacle.BROKEN


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and all that stand behind it; botocore keeps one in its own way."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        kept = (
            getattr(each, "kwargs", {}).get("error")
            if isinstance(each, boto.BotoCoreError)
            else None
        )
        os_error = getattr(each, "os_error", None)
        more = (each.__cause__, each.__context__, kept, os_error)
        waiting += [one for one in more if isinstance(one, BaseException)]
