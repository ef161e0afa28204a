"""Handlers for the engine's own tests."""

import asyncio
import os
import sys
import threading
from typing import Any

HELD = threading.Semaphore(0)


class Refused(Exception):
    pass


def echo(event: Any) -> Any:
    return event


async def echo_async(event: Any, _context: object) -> Any:
    await asyncio.sleep(0)
    return event


def about(_event: Any, context: Any) -> dict[str, Any]:
    return {
        "name": context.function_name,
        "arn": context.invoked_function_arn,
        "time_left": context.get_remaining_time_in_millis() > 0,
    }


def in_trace(_event: Any) -> str | None:
    return os.environ.get("_X_AMZN_TRACE_ID")


async def in_trace_async(_event: Any) -> str | None:
    await asyncio.sleep(0)
    return os.environ.get("_X_AMZN_TRACE_ID")


def fail(event: Any) -> None:
    raise Refused(f"not {event['what']}")


def fail_as(event: Any) -> None:
    """With an error of the name."""
    raise type(event["name"], (Exception,), {})("as asked")


class Wordless(Exception):
    def __str__(self) -> str:
        raise ValueError


def fail_wordlessly(_event: Any) -> None:
    raise Wordless


def leave(_event: Any) -> None:
    sys.exit(3)


async def leave_async(_event: Any) -> None:
    sys.exit(3)


def bottomless(_event: Any) -> list[Any]:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    return value


def too_long(_event: Any) -> str:
    return "x" * 300_000


def unserialisable(_event: Any) -> object:
    return {1, 2}


async def hold(event: Any) -> Any:
    """Answers when the test says so, through `release`."""
    while not HELD.acquire(blocking=False):  # noqa: ASYNC110 released from another thread
        await asyncio.sleep(0.01)
    return event


def release(_event: Any) -> None:
    HELD.release()
