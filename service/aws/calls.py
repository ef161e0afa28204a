"""One way to call AWS: every call is counted, timed, bounded, guarded by its operation's breaker,
and has its errors in our terms."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from botocore.exceptions import ClientError

from service.aws.breaker import Breakers
from service.aws.errors import RETRY_AFTER_S, translated
from service.core.errors import ServiceError, Unavailable, UpstreamRefused
from service.core.ports import Meter

Answer = TypeVar("Answer")

log = structlog.get_logger(__name__)

LONG_CALLS_S = {"StartSyncExecution": 305.0, "GetActivityTask": 75.0}
"""Calls that take their time by right: an Express execution five minutes, a worker's poll one."""


class AwsCalls:
    """Wraps calls. Without a meter nothing is counted, without breakers every call is made; errors
    are translated all the same.

    `limit_s` bounds each call as a whole: attempts, backoff, and waiting for a connection of the
    pool, for which the client has no timeout of its own. `quiet` is for callers who tell of an AWS
    that is away themselves.
    """

    def __init__(
        self,
        meter: Meter | None = None,
        *,
        breakers: Breakers | None = None,
        limit_s: float | None = None,
        quiet: bool = False,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._meter = meter
        self._breakers = breakers
        self._limit_s = limit_s
        self._quiet = quiet
        self._clock = clock
        self._answered_at = -math.inf

    @property
    def quiet_s(self) -> float:
        """For how long AWS has answered nothing; refusing our credentials is no answer."""
        return self._clock() - self._answered_at

    async def call(
        self, operation: str, call: Awaitable[Answer], *, resource: str | None = None
    ) -> Answer:
        """Await an AWS call. `operation` is AWS's name (`StartExecution`), `resource` the ARN a
        failure is logged with.

        The outcome counted is `ok`, the `code` of the ServiceError raised, or `cancelled`. Raises
        Unavailable at once, and makes no call, while the operation's breaker is open.
        """
        started = self._clock()
        era = self._admit(operation, call, started)
        outcome, failure = "cancelled", None
        try:
            with translated(operation):
                answer = await _within(self._limit_of(operation), call)
        except ServiceError as error:
            outcome, failure = error.code, error
            raise
        else:
            outcome = "ok"
            return answer
        finally:
            ended = self._clock()
            if self._meter:
                self._meter.aws_call(operation, outcome, ended - started)
            if outcome == "ok":
                self._answered_at = ended
            if self._breakers:
                self._report(operation, era, ended, outcome=outcome, error=failure)
            if failure is not None:
                self._failed(operation, failure, resource, ended)

    def _limit_of(self, operation: str) -> float | None:
        return self._limit_s and LONG_CALLS_S.get(operation, self._limit_s)

    def _admit(self, operation: str, call: Awaitable[object], now: float) -> int:
        if self._breakers is None:
            return 0
        try:
            return self._breakers.admit(operation, now)
        except Unavailable:
            if asyncio.iscoroutine(call):
                call.close()  # it is never awaited
            raise

    def _report(
        self, operation: str, era: int, now: float, *, outcome: str, error: ServiceError | None
    ) -> None:
        assert self._breakers is not None  # noqa: S101 - asked by the caller
        if outcome == "cancelled":
            self._breakers.abandoned(operation, era, now)
        else:
            self._breakers.ended(operation, era, now, error=error)

    def _failed(
        self, operation: str, error: ServiceError, resource: str | None, now: float
    ) -> None:
        """AWS's own request id, where it answered, is what its support asks for; ours is bound to
        the line."""
        if not isinstance(error, Unavailable | UpstreamRefused):
            self._answered_at = now
            return
        if self._quiet and isinstance(error, Unavailable):
            return
        log.warning(
            "aws call failed",
            operation=operation,
            code=error.code,
            resource=resource,
            **_aws_request_id(error),
        )


async def _within(limit_s: float | None, call: Awaitable[Answer]) -> Answer:
    """Raises Unavailable where the call takes longer."""
    try:
        async with asyncio.timeout(limit_s):
            return await call
    except TimeoutError as error:
        raise Unavailable("AWS didn't answer in time.", retry_after_s=RETRY_AFTER_S) from error


def _aws_request_id(error: ServiceError) -> dict[str, str]:
    """The log field; none where AWS didn't answer."""
    cause = error.__cause__
    if not isinstance(cause, ClientError):
        return {}
    found = cause.response.get("ResponseMetadata", {}).get("RequestId")
    return {} if found is None else {"aws_request_id": str(found)}
