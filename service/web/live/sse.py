"""Sends the socket's messages as server-sent events (WHATWG HTML standard, 9.2), cursors as `id`. A
client that has everything is answered 204, which tells EventSource to stop coming back."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from math import inf
from typing import ClassVar

from handrail.clock import Clock
from handrail.core.apigateway import SubscriptionRequest
from handrail.core.errors import CredentialExpired
from handrail.core.protocol.client_messages import ONLY, Level
from handrail.core.protocol.close_codes import CloseCode
from handrail.core.protocol.encoded_messages import Message
from handrail.core.protocol.server_messages import error_message, with_time
from handrail.core.protocol.session import CloseSocket, Effect, Phase, Send, Session, SessionLimits
from handrail.usecases.lag import REQUEST_S
from handrail.usecases.live import Hub

RETRY_MS = 2000
KEEP_ALIVE = b": still here\n\n"
LIMITS = SessionLimits(
    heartbeat_s=inf, max_subscriptions=1, max_messages_per_s=1, max_message_bytes=0, pings=False
)
"""A stream's client says nothing."""


class EventStream:
    """A `LiveClient`: drives a session with one subscription, pulled by the response."""

    transport: ClassVar[str] = "sse"
    keep_alive_s = 15.0

    def __init__(
        self, hub: Hub, only: SubscriptionRequest, clock: Clock, principal: str | None = None
    ) -> None:
        """Raises what `Hub.subscribe` raises."""
        self._clock = clock
        self._changed = asyncio.Event()
        self._first: Message | None = None
        self._last: list[Message] = []
        self._ended: CloseSocket | None = None
        self._told = 0
        self._session = Session("", LIMITS, 0.0, only, phase=Phase.OPEN)
        self._session.open(clock.now())  # `ready` isn't sent: the first message tells the time
        after, level, wake = only.after, Level(only.level), self._changed.set
        self._subscription = hub.subscribe(
            only.execution, id=only.id, after=after, level=level, wake=wake, principal=principal
        )

    async def opened(self) -> bool:
        """Until there is something to say. Raises the failure where there never will be."""
        while (message := self._subscription.next_message()) is None:
            if self._subscription.failure is not None:
                raise self._subscription.failure
            if self._ended is not None:
                return False
            await self._woken(None)
        self._first = message
        return True

    async def nothing_left(self, last_event_id: str) -> bool:
        """Whether the client, with this cursor, has seen the execution end, and no redrive shows
        for a while: one may be seconds old, at any replica."""
        if self._first is None or self._first.cursor != last_event_id:
            return False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REQUEST_S):
                while self._subscription.finished and self._ended is None:
                    await self._woken(None)
        return self._subscription.finished and self._ended is None

    async def frames(self) -> AsyncGenerator[bytes]:
        """Until the session ends; an error says why where the client may not simply come back."""
        yield b"retry: %d\n\n" % RETRY_MS
        if self._first is not None:
            self._told += 1
            yield frame(with_time(self._first, self._clock.now()))
        while self._ended is None:
            if (message := self._subscription.next_message()) is not None:
                self._told += 1
                yield frame(message)
            elif (failure := self._subscription.failure) is not None:
                self._perform(self._session.subscription_failed(ONLY, failure))
            elif self._subscription.completed:
                self._perform(self._session.subscription_completed())
            elif not await self._woken(self.keep_alive_s):
                yield KEEP_ALIVE
        for message in self._last:
            yield frame(message)
        if self._ended.code is CloseCode.CREDENTIAL_EXPIRED:
            yield frame(error_message(ONLY, CredentialExpired(self._ended.reason)))

    def told(self) -> int:
        """How many messages were sent, what ends the stream left out."""
        return self._told

    def sweep(self, now: float) -> None:
        """The keep-alive is the stream's own: a comment when nothing was said for a while."""

    def restart(self) -> None:
        self._perform(self._session.close(CloseCode.RESTARTING))

    def expire(self) -> None:
        self._perform(self._session.expire())

    def close(self) -> None:
        self._subscription.close()

    def _perform(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                self._last.append(effect.message)
            elif isinstance(effect, CloseSocket):
                self._ended = effect
                self._changed.set()

    async def _woken(self, timeout_s: float | None) -> bool:
        self._changed.clear()
        try:
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True


def frame(message: Message) -> bytes:
    """JSON has no raw line breaks, so one data line holds it."""
    id = f"id: {message.cursor}\n".encode() if message.cursor else b""
    return b"%bdata: %b\n\n" % (id, message.text)
