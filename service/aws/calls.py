"""One way to call AWS: every call is counted, timed and has its errors in our terms."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from service.aws.errors import translated
from service.core.errors import ServiceError
from service.core.ports import Meter

Answer = TypeVar("Answer")


class AwsCalls:
    """Wraps calls. Without a meter nothing is counted; errors are translated all the same."""

    def __init__(
        self, meter: Meter | None = None, *, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._meter = meter
        self._clock = clock

    async def call(self, operation: str, call: Awaitable[Answer]) -> Answer:
        """Await an AWS call. `operation` is AWS's name (`StartExecution`).

        The outcome counted is `ok`, the `code` of the ServiceError raised, or `cancelled`.
        """
        started, outcome = self._clock(), "cancelled"
        try:
            with translated(operation):
                answer = await call
        except ServiceError as error:
            outcome = error.code
            raise
        else:
            outcome = "ok"
            return answer
        finally:
            if self._meter:
                self._meter.aws_call(operation, outcome, self._clock() - started)
