"""Server-sent events: the socket's messages as `data`, their cursors as `id`.

Source: the WHATWG HTML standard, section 9.2. A client that has everything is answered 204, which
tells EventSource to stop coming back.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from service.core.errors import CredentialExpired
from service.core.messages import Message
from service.core.notices import error_message
from service.core.protocol import ONLY, Level
from service.usecases.live import Hub

RETRY_MS = 2000
KEEP_ALIVE_S = 15.0
LAG_S = 2.0
"""How long a redrive may be seen late: nobody is sent away for good before that."""

KEEP_ALIVE = b": still here\n\n"


class EventStream:
    """One subscription, pulled by the response: what the client doesn't take is never drawn."""

    def __init__(
        self,
        hub: Hub,
        execution: str,
        *,
        after: str | None,
        level: Level,
        principal: str | None = None,
        keep_alive_s: float = KEEP_ALIVE_S,
        lag_s: float = LAG_S,
    ) -> None:
        """Raises what `Hub.subscribe` raises."""
        self._keep_alive_s = keep_alive_s
        self._lag_s = lag_s
        self._changed = asyncio.Event()
        self._restarting = False
        self._expired = False
        self._first: Message | None = None
        self._subscription = hub.subscribe(
            execution,
            id=ONLY,
            after=after,
            level=level,
            wake=self._changed.set,
            principal=principal,
        )

    async def opened(self) -> bool:
        """Until there is something to say. Raises the failure where there never will be."""
        while (message := self._subscription.next_message()) is None:
            if self._subscription.failure is not None:
                raise self._subscription.failure
            if self._restarting:
                return False
            self._changed.clear()
            await self._changed.wait()
        self._first = message
        return True

    async def nothing_left(self, last_event_id: str) -> bool:
        """Whether the client, with this cursor, has seen the execution end, and no redrive shows
        for a while either: one may be seconds old, at any replica."""
        first = self._first
        if first is None or first.cursor != last_event_id:
            return False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._lag_s):
                while self._subscription.finished and not self._restarting:
                    self._changed.clear()
                    await self._changed.wait()
        return self._subscription.finished and not self._restarting

    async def frames(self) -> AsyncGenerator[bytes]:
        """Until the execution is complete, the credential expires, or this process goes away."""
        yield b"retry: %d\n\n" % RETRY_MS
        if self._first is not None:
            yield frame(self._first)
        while not self._restarting:
            if (message := self._subscription.next_message()) is not None:
                yield frame(message)
            elif self._subscription.completed or self._subscription.failure is not None:
                return
            elif not await self._woken():
                yield KEEP_ALIVE
        if self._expired:
            yield frame(error_message(ONLY, CredentialExpired("The credential has expired.")))

    def sweep(self, now: float) -> None:
        """The keep-alive is the stream's own: a comment when nothing was said for a while."""

    def restart(self) -> None:
        self._restarting = True
        self._changed.set()

    def expire(self) -> None:
        """The client's credential is over: say so, and end."""
        self._expired = True
        self.restart()

    def close(self) -> None:
        self._subscription.close()

    async def _woken(self) -> bool:
        self._changed.clear()
        try:
            async with asyncio.timeout(self._keep_alive_s):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True


def frame(message: Message) -> bytes:
    """JSON has no raw line breaks, so one data line holds it."""
    id = f"id: {message.cursor}\n".encode() if message.cursor else b""
    return b"%bdata: %b\n\n" % (id, message.text)
