"""Whose socket it is, found out before it can do anything: by the handshake, or by a first message.

The handshake is accepted before anything is looked at (a server would leave it hanging else), so a
refusal is a close code, which is also all that a browser can tell its page.
"""

import asyncio
from collections import deque
from typing import Any

from service.core import protocol
from service.core.closing import CloseCode, close_code_for_authentication
from service.core.errors import ServiceError, Unauthenticated
from service.core.principals import Principal
from service.core.protocol import BadMessage
from service.usecases.authentication import Authentication, Credential
from service.usecases.tickets import Tickets

INIT_TIMEOUT_S = 5.0
EARLY = 256
"""Messages kept from before the socket is ready for them."""


class Refused(Exception):
    """The socket ends before it began."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Greeting:
    """Messages from before the connection is made. Implements `registry.Held`."""

    def __init__(self, *, init_timeout_s: float = INIT_TIMEOUT_S) -> None:
        self.early: deque[str | bytes] = deque()
        self._init_timeout_s = init_timeout_s
        self._heard = asyncio.Event()
        self._ended: asyncio.Future[Refused] = asyncio.get_running_loop().create_future()

    def received(self, data: str | bytes) -> None:
        if len(self.early) >= EARLY:
            self._end(CloseCode.TOO_MANY, "Too many messages.")
            return
        self.early.append(data)
        self._heard.set()

    @property
    def refused(self) -> Refused | None:
        """Why the socket must end although its principal is known, if it must."""
        return self._ended.result() if self._ended.done() else None

    def sweep(self, now: float) -> None:
        """A greeting has a timeout of its own."""

    def restart(self) -> None:
        self._end(CloseCode.RESTARTING, "The service is restarting.")

    async def principal(
        self, auth: Authentication, tickets: Tickets, credential: Credential, ticket: str | None
    ) -> Principal:
        """Whose socket it is. Raises Refused."""
        identifying = asyncio.ensure_future(self._identified(auth, tickets, credential, ticket))
        either: tuple[asyncio.Future[Any], ...] = (identifying, self._ended)
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if self._ended.done():
                raise self._ended.result()
            return identifying.result()
        except ServiceError as error:
            raise Refused(close_code_for_authentication(error), error.detail) from error
        finally:
            identifying.cancel()
            await asyncio.gather(identifying, return_exceptions=True)

    async def _identified(
        self, auth: Authentication, tickets: Tickets, credential: Credential, ticket: str | None
    ) -> Principal:
        if ticket is not None:
            return await tickets.redeem(ticket)
        if not credential.given:
            credential = Credential(bearer=await self._token())
        return await auth.principal_of(credential)

    async def _token(self) -> str:
        """The first message's, which must be an init."""
        try:
            async with asyncio.timeout(self._init_timeout_s):
                await self._heard.wait()
        except TimeoutError:
            raise Refused(CloseCode.INIT_TIMEOUT, "No init came in time.") from None
        try:
            message = protocol.parse(self.early.popleft())
        except BadMessage as error:
            raise Refused(CloseCode.BAD_MESSAGE, str(error)) from None
        if not isinstance(message, protocol.Init):
            raise Unauthenticated("Say who you are first, with an init.")
        return message.token

    def _end(self, code: CloseCode, reason: str) -> None:
        if not self._ended.done():
            self._ended.set_result(Refused(code, reason))
