"""How many handlers may run at once, all activities together."""

import asyncio


class Slots:
    """First come, first served. Closed, it gives out no more."""

    def __init__(self, limit: int) -> None:
        self._free = asyncio.Semaphore(limit)
        self._closed = False

    async def take(self) -> bool:
        """Wait for a slot; False where there will be none."""
        if not self._closed:
            await self._free.acquire()
            if not self._closed:
                return True
            self._free.release()  # wakes the next, who is told the same
        return False

    def give_back(self) -> None:
        """One slot is free again: the longest waiting gets it."""
        self._free.release()

    def close(self) -> None:
        """Nobody waits any longer, and nobody will get one."""
        self._closed = True
        self._free.release()
