"""The two tasks of the chain. They take the time of a real call: HANDLER_PACE=0 takes none."""

import asyncio
import os
from datetime import UTC, datetime
from typing import Any


async def first_task(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The input, stamped with when the first task saw it."""
    await _work(0.8)
    return event | {"first_task": {"done": True, "at": _now()}}


async def second_task(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """What the first task made of it, stamped again."""
    await _work(0.8)
    return event | {"second_task": {"done": True, "at": _now()}}


async def _work(seconds: float) -> None:
    await asyncio.sleep(seconds * float(os.environ.get("HANDLER_PACE", "1")))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
