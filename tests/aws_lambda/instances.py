"""Instances of the Lambda function over the stub, each in a thread of its own as Lambda has them.

A thread, because Mangum runs the instance's loop, and the stub lives in the test's.
"""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from handrail.aws_lambda.runtime import Function
from tests.environment import settings_of
from tests.web.served import QUICK

PLENTY_MS = 20_000
ID = "0b4bf0e0-1a2b-4c3d-8e9f-000000000001"
OPEN = {**QUICK, "allow_unauthenticated": True}


@dataclass(frozen=True, slots=True)
class Context:
    """Lambda's context object; a clock that stands still is enough for most."""

    left_ms: int = PLENTY_MS
    aws_request_id: str = ID

    def get_remaining_time_in_millis(self) -> int:
        return self.left_ms


@dataclass(frozen=True, slots=True)
class Ending:
    """The same with a clock that runs, as Lambda's does."""

    ends_at: float
    """By the monotonic clock."""

    aws_request_id: str = ID

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.ends_at - time.monotonic()) * 1000))


@dataclass(frozen=True, slots=True)
class Answered:
    """An HTTP answer as its sender would send it on."""

    status: int
    headers: Mapping[str, str]
    data: bytes
    raw: Mapping[str, Any]

    @property
    def body(self) -> Any:
        return json.loads(self.data)


class Instance:
    """One instance: call it with events."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self._thread = ThreadPoolExecutor(1)

    async def __call__(self, event: Any, *, left_ms: int = PLENTY_MS) -> Any:
        """Whatever the function answers or raises."""
        return await self._invoke(event, Context(left_ms))

    async def ask(self, event: Any, *, left_ms: int = PLENTY_MS) -> Answered:
        """An HTTP event's answer."""
        return answered(await self(event, left_ms=left_ms))

    async def timed(self, event: Any, *, left_ms: int) -> tuple[Any, int]:
        """What it answers, or the error it raises; and what is left of the time then, in ms."""
        context = Ending(time.monotonic() + left_ms / 1000)
        try:
            answer = await self._invoke(event, context)
        except Exception as error:
            answer = error
        return answer, context.get_remaining_time_in_millis()

    async def close(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self.function.close)
        self._thread.shutdown()

    async def _invoke(self, event: Any, context: Context | Ending) -> Any:
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, self.function, event, context
        )


def answered(raw: Mapping[str, Any]) -> Answered:
    assert isinstance(raw["body"], str)
    body = raw["body"].encode()
    lists = {name: ", ".join(values) for name, values in raw.get("multiValueHeaders", {}).items()}
    headers = {name.lower(): text for name, text in {**lists, **raw.get("headers", {})}.items()}
    data = base64.b64decode(body, validate=True) if raw["isBase64Encoded"] else body
    return Answered(raw["statusCode"], headers, data, raw)


@asynccontextmanager
async def instance(url: str, **settings: Any) -> AsyncIterator[Instance]:
    """A cold one; settings over quick ones that let everybody in."""
    made = Instance(
        Function(
            settings=lambda: settings_of(**{**OPEN, **settings}),
            endpoint_url=url,
            logs=_as_they_are,
        )
    )
    try:
        yield made
    finally:
        await made.close()


def _as_they_are(level: str, format: str) -> None:
    """Tests look at log lines where structlog puts them."""
