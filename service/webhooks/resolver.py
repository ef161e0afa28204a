"""Looks names up, each in a thread of its own: the loop's few threads serve the whole process, and
a name whose servers don't answer would keep them for as long as the system tries."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

LookUp = Callable[..., list[Any]]
"""As `socket.getaddrinfo`."""


class ThreadPerLookUp(AbstractResolver):
    """A look-up that nobody waits for any more goes on by itself, and doesn't keep the process from
    ending."""

    def __init__(self, look_up: LookUp = socket.getaddrinfo) -> None:
        self._look_up = look_up

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises OSError."""
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[list[Any]] = loop.create_future()

        def answer(found: list[Any] | OSError) -> None:
            if answered.done():  # nobody waits any more
                return
            if isinstance(found, OSError):
                answered.set_exception(found)
            else:
                answered.set_result(found)

        def look_up() -> None:
            found: list[Any] | OSError
            try:
                found = self._look_up(host, port, family=family, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError) as error:
                found = OSError(type(error).__name__)
            with suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(answer, found)

        Thread(target=look_up, name="look-up", daemon=True).start()
        return [
            ResolveResult(
                hostname=host, host=at[0], port=port, family=family, proto=proto, flags=NUMERIC
            )
            for family, _, proto, _, at in await answered
        ]

    async def close(self) -> None:
        """Nothing is open."""


NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
