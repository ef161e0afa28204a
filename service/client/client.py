"""The service's REST calls and its stream, behind one object."""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Self
from urllib.parse import quote

import aiohttp
from yarl import URL

from service.core.models import Json

from .errors import ClientError
from .follower import follow
from .reconnection import Backoff
from .request import Pause, Requester
from .view import Message

_SYNC_S = 330.0  # an Express execution lives five minutes
_TO_RESUME = Backoff(attempts=8)

Sleep = Callable[[float], Awaitable[object]]


class Client:
    """An `async with` client of the service at `url`.

    `token` is asked before every request and handshake, so a refreshed one is used at once. Each
    call raises RequestRefused or ServiceUnreachable. `on_pause(delay_s, why)` hears of each retry.
    """

    def __init__(
        self,
        url: str,
        *,
        token: Callable[[], str | None] = lambda: None,
        on_pause: Callable[[float, str], None] = lambda _delay_s, _why: None,
        sleep: Sleep = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._base = url.rstrip("/")
        if URL(self._base).scheme not in {"http", "https"} or not URL(self._base).host:
            raise ClientError(f"Not an http:// or https:// URL: {url}")
        self._token = token
        self._pause = Pause(sleep, jitter, on_pause)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def machines(self) -> list[Message]:
        """The catalogue's lines."""
        return list((await self._service.call("GET", "state-machines"))["state_machines"])

    async def start(self, machine: str, input: Json, *, name: str | None = None) -> Message:
        """Start an execution and answer it, without states. A retry can't start a second one."""
        path, body = f"state-machines/{_segment(machine)}/executions", _start(input, name)
        return await self._service.call("POST", path, body, key=str(uuid.uuid4()))

    async def start_sync(self, machine: str, input: Json, *, name: str | None = None) -> Message:
        """Run an Express execution and answer its outcome. Tried once: it is not repeatable."""
        path, body = f"state-machines/{_segment(machine)}/sync-executions", _start(input, name)
        return await self._service.call("POST", path, body, timeout_s=_SYNC_S)

    async def execution(self, execution: str) -> Message:
        """The snapshot."""
        return await self._service.call("GET", f"executions/{_segment(execution)}")

    async def stop(
        self, execution: str, *, error: str | None = None, cause: str | None = None
    ) -> Message:
        """Abort an execution and answer how it ended. A repetition is harmless."""
        path, body = f"executions/{_segment(execution)}/stop", _given(error=error, cause=cause)
        return await self._service.call("POST", path, body, repeatable=True)

    async def redrive(self, execution: str) -> Message:
        """Run a failed execution again and answer its snapshot, RUNNING. Whoever holds that and
        follows `after` its cursor never sees it as it was before. Tried once: it may be applied."""
        return await self._service.call("POST", f"executions/{_segment(execution)}/redrive", {})

    async def tasks(self, execution: str) -> list[Message]:
        """The pending tasks."""
        answer = await self._service.call("GET", f"executions/{_segment(execution)}/tasks")
        return list(answer["tasks"])

    async def settle(
        self, execution: str, event_id: int, outcome: str, body: dict[str, Json]
    ) -> Message:
        """Settle a pending task: `outcome` is `success` or `failure`. A repetition is harmless."""
        path = f"executions/{_segment(execution)}/tasks/{event_id}/{outcome}"
        return await self._service.call("POST", path, body, repeatable=True)

    async def link(
        self,
        execution: str,
        event_id: int,
        *,
        actions: Sequence[str] = (),
        expires_in_s: int | None = None,
    ) -> Message:
        """A signed link to a pending task: `url`, `expires_at`, `actions`. No `actions` means all
        there are. The URL is a credential. Nothing is stored by making one, so it is retried."""
        body = _given(actions=list(actions) or None, expires_in=expires_in_s)
        path = f"executions/{_segment(execution)}/tasks/{event_id}/links"
        return await self._service.call("POST", path, body, repeatable=True)

    def follow(
        self, execution: str, *, after: str | None = None, level: str = "states"
    ) -> AsyncIterator[Message]:
        """Every message of the execution's stream until `complete`, across reconnections.

        Raises RequestRefused, ServiceUnreachable, and StreamClosed where the service ends the
        stream before the execution ends.
        """
        return follow(self._service, _segment(execution), after, level, _TO_RESUME)

    @property
    def _service(self) -> Requester:
        if self._session is None:
            raise RuntimeError("A Client is used inside `async with`.")
        return Requester(self._session, self._base, self._token, self._pause)


def _given(**values: Json) -> Message:
    """Those that aren't None."""
    return {name: value for name, value in values.items() if value is not None}


def _start(input: Json, name: str | None) -> Message:
    return {"input": input, **_given(name=name)}


def _segment(text: str) -> str:
    return quote(text, safe=":")
