"""Clients that keep a service busy until it is gone, and remember how each request ended."""

import asyncio
import itertools
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import aiohttp

ERROR = 400
Request = Callable[[], AbstractAsyncContextManager[aiohttp.ClientResponse]]


@dataclass(slots=True)
class Outcomes:
    """What became of the requests. Each that was sent was answered, refused or failed.

    `refused` found nobody listening: it was never accepted. Whatever was accepted and not answered
    well is in `failed`."""

    answered: int = 0
    refused: int = 0
    failed: list[str] = field(default_factory=list)
    _enough: dict[int, asyncio.Event] = field(default_factory=dict)

    async def reach(self, answered: int) -> None:
        """Until so many requests were answered."""
        if self.answered < answered:
            await self._enough.setdefault(answered, asyncio.Event()).wait()

    async def ask(self, request: Request) -> bool:
        """Send it and note its outcome; whether to go on."""
        try:
            async with request() as answer:
                await answer.read()
        except aiohttp.ClientConnectorError:
            self.refused += 1
            return False
        except (aiohttp.ClientError, TimeoutError) as error:
            self.failed.append(repr(error))
            return False
        self._note(answer)
        return True

    def _note(self, answer: aiohttp.ClientResponse) -> None:
        if answer.status >= ERROR:
            self.failed.append(f"{answer.method} {answer.url.path}: {answer.status}")
            return
        self.answered += 1
        if (enough := self._enough.get(self.answered)) is not None:
            enough.set()


async def keep_asking(outcomes: Outcomes, *requests: Request) -> None:
    """One after the other, over and over, until the service is gone."""
    for request in itertools.cycle(requests):
        if not await outcomes.ask(request):
            return


async def close_code(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    """How the service closes it; what it says before is passed over. None where it only broke."""
    async for _ in socket:
        pass
    return socket.close_code
