"""Calls AWS: every call is counted, timed, bounded, guarded by its operation's breaker, and raises
errors of our own."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from botocore.exceptions import ClientError

from handrail.aws.breaker import Breakers
from handrail.aws.clients import Clients
from handrail.aws.errors import translated
from handrail.core import errors as ours
from handrail.core.errors import ServiceError, Unavailable, UpstreamRefused
from handrail.core.ports import Meter
from handrail.core.remote_clock import RemoteClock
from handrail.core.trace_context import TraceContext
from handrail.core.trace_ports import CallTracer

if TYPE_CHECKING:
    from types_aiobotocore_stepfunctions import SFNClient

T = TypeVar("T")

log = structlog.get_logger(__name__)

UNUSABLE = "An AWS resource of this service isn't there as configured; its operator has been told."
LONG_CALLS_S = {"StartSyncExecution": 305.0, "GetActivityTask": 75.0, "ReceiveMessage": 35.0}
"""Calls that take their time by right: an Express execution five minutes, a worker's poll one, a
queue's twenty seconds."""


@dataclass(slots=True)
class AwsCalls:
    """Wraps calls. `limit_s` bounds each as a whole: attempts, backoff, and the wait for one of the
    pool's connections, which the client doesn't bound itself. `quiet` is for callers who log
    themselves that AWS is away."""

    meter: Meter | None = None
    breakers: Breakers | None = None
    limit_s: float | None = None
    quiet: bool = False
    tracer: CallTracer | None = None
    clock: Callable[[], float] = time.perf_counter
    _answered_at: float = field(default=-math.inf, init=False)

    @property
    def quiet_s(self) -> float:
        """For how long AWS has answered nothing; refusing our credentials is no answer."""
        return self.clock() - self._answered_at

    async def call(
        self, operation: str, call: Coroutine[Any, Any, T], *, resource: str | None = None
    ) -> T:
        """Awaits a call. `operation` is AWS's name (`StartExecution`), `resource` the ARN a failure
        is logged with. Raises ServiceError: Unavailable at once, and without a call, while the
        operation's breaker is open."""
        if self.tracer is None or not self.tracer.recording:
            return await self._made(operation, call, resource)
        with self.tracer.call(operation, resource):
            return await self._made(operation, call, resource)

    def trace(self, came: TraceContext | None) -> TraceContext | None:
        """Where the running call is in its trace: where it came from, unless it has a span here."""
        if self.tracer is None or not self.tracer.recording:
            return came
        return self.tracer.current() or came

    async def _made(self, operation: str, call: Coroutine[Any, Any, T], resource: str | None) -> T:
        started = self.clock()
        era = self._admit(operation, call, started)
        outcome = "cancelled"
        failure: ServiceError | None = None
        limit_s = self.limit_s and LONG_CALLS_S.get(operation, self.limit_s)
        try:
            with translated(operation):
                async with asyncio.timeout(limit_s):
                    answer = await call
            outcome = "ok"
            return answer
        except ServiceError as error:
            failure = error
            raise
        finally:
            ended, outcome = self.clock(), failure.code if failure else outcome
            if self.meter:
                self.meter.aws_call(operation, outcome, ended - started)
            if self.breakers and outcome == "cancelled":
                self.breakers.abandoned(operation, era, ended)
            elif self.breakers:
                self.breakers.ended(operation, era, ended, error=failure)
            if isinstance(failure, Unavailable | UpstreamRefused):
                self._log_failure(operation, failure, resource)
            elif outcome != "cancelled":
                self._answered_at = ended

    async def call_configured(
        self, operation: str, target: str, call: Callable[[], Awaitable[T]]
    ) -> T:
        """Makes a call to a `target` that the settings name: a table, a queue's or an endpoint's
        URL. Raises UpstreamRefused, and logs it for the operator, where it doesn't exist or isn't
        what this service needs: no caller can do anything about that."""

        async def checked() -> T:
            try:
                with translated(operation):
                    return await call()
            except ours.ConnectionGone:
                raise
            except (ours.NotFound, ours.InvalidRequest, ours.Conflict) as error:
                code = error.code
                log.error("aws resource unusable", target=target, operation=operation, code=code)
                raise UpstreamRefused(UNUSABLE) from error.__cause__

        return await self.call(operation, checked(), resource=target)

    def _admit(self, operation: str, call: Coroutine[Any, Any, object], now: float) -> int:
        try:
            return self.breakers.admit(operation, now) if self.breakers else 0
        except Unavailable:
            call.close()  # it is never awaited
            raise

    def _log_failure(self, operation: str, error: ServiceError, resource: str | None) -> None:
        """Logs AWS's own request id too, where it answered: its support asks for it."""
        if self.quiet and isinstance(error, Unavailable):
            return
        fields = {"operation": operation, "code": error.code, "resource": resource}
        if isinstance(error.__cause__, ClientError):
            answered = error.__cause__.response.get("ResponseMetadata", {})
            if (id := answered.get("RequestId")) is not None:
                fields["aws_request_id"] = str(id)
        log.warning("aws call failed", **fields)


class AwsAdapter:
    """Calls AWS by the clients of one account and region."""

    def __init__(self, clients: Clients, calls: AwsCalls) -> None:
        self._clients = clients
        self._sfn = clients.sfn
        self._calls = calls


def answered_at(answer: Mapping[str, Any]) -> datetime | None:
    """Reads the Date header of a botocore answer: AWS's own time, aware and cut to seconds."""
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return _http_date(headers.get("date", ""))


def hear_dates(sfn: "SFNClient", remote: RemoteClock) -> None:
    """Tells `remote` of every answer of this client from now on, errors too."""

    def asked(context: dict[str, Any], **_: Any) -> None:
        context.setdefault("handrail_asked_at", time.monotonic())

    def answered(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        if (date := answered_at(parsed)) is not None:
            now = time.monotonic()
            remote.heard(date, asked_at=context["handrail_asked_at"], answered_at=now)

    sfn.meta.events.register("before-call.sfn", asked)
    sfn.meta.events.register("after-call.sfn", answered)


@lru_cache(maxsize=8)  # thousands of answers share one a second
def _http_date(text: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else None
