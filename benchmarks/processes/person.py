"""People who ask while the service is busy: each request on a schedule, whatever became of the
last one, so that a slow answer hides none behind it."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import aiohttp

PATIENCE_S = 60.0
REFUSED = "no answer"


@dataclass(slots=True)
class Asked:
    """What became of one kind of request. `took_s` is of those that were answered with a 2xx."""

    took_s: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Person:
    """Sends requests to the service at `url`."""

    http: aiohttp.ClientSession
    url: str
    asked: dict[str, Asked] = field(default_factory=dict)

    async def look(self, execution: str) -> int:
        """Ask for a snapshot; the answer's status, 0 where none came."""
        return await self._ask("GET", "look", f"/v1/executions/{execution}")

    async def settle(self, execution: str, event_id: int) -> int:
        path = f"/v1/executions/{execution}/tasks/{event_id}/success"
        return await self._ask("POST", "settle", path, json={"output": "yes"})

    async def stop(self, execution: str) -> int:
        return await self._ask("POST", "stop", f"/v1/executions/{execution}/stop", json={})

    async def health(self) -> int:
        return await self._ask("GET", "health", "/healthz")

    async def _ask(self, method: str, kind: str, path: str, json: object = None) -> int:
        began_at, status = time.perf_counter(), 0
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with self.http.request(method, self.url + path, json=json) as answer:
                await answer.read()
                status = answer.status
        asked = self.asked.setdefault(kind, Asked())
        if 200 <= status < 300:
            asked.took_s.append(time.perf_counter() - began_at)
        asked.statuses[str(status or REFUSED)] += 1
        return status


async def every(seconds: float, ask: Callable[[int], Coroutine[Any, Any, object]]) -> None:
    """Ask again and again, until cancelled; what is under way then is still waited for."""
    asking = set[asyncio.Task[object]]()
    try:
        for number in count():
            asking.add(asyncio.create_task(ask(number)))
            await asyncio.sleep(seconds)
    finally:
        await asyncio.gather(*asking)


def session() -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=0)
    return aiohttp.ClientSession(
        connector=connector, timeout=aiohttp.ClientTimeout(total=PATIENCE_S)
    )
