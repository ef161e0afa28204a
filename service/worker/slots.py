"""How many handlers may run at once, all activities together."""

import asyncio
from collections import deque


class Slots:
    """First come, first served. Closed, it gives out no more."""

    def __init__(self, limit: int) -> None:
        self._free = limit
        self._closed = False
        self._queue: deque[asyncio.Future[bool]] = deque()

    async def take(self) -> bool:
        """Wait for a slot; False where there will be none."""
        if self._closed:
            return False
        if self._free and not self._queue:
            self._free -= 1
            return True
        waiting: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._queue.append(waiting)
        try:
            return await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled() and waiting.result():
                self.give_back()
            raise

    def give_back(self) -> None:
        """One slot is free again: the longest waiting gets it."""
        while self._queue:
            waiting = self._queue.popleft()
            if not waiting.done():
                waiting.set_result(True)
                return
        self._free += 1

    def close(self) -> None:
        """Nobody waits any longer, and nobody will get one."""
        self._closed = True
        while self._queue:
            waiting = self._queue.popleft()
            if not waiting.done():
                waiting.set_result(False)
