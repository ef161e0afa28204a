"""How the clients pace a server: each byte on the control connection asks for one more update."""

import asyncio


class Demand(asyncio.Protocol):
    """What is asked for and not delivered yet."""

    def __init__(self) -> None:
        self._asked = asyncio.Semaphore(0)

    def data_received(self, data: bytes) -> None:
        for _ in data:
            self._asked.release()

    async def one(self) -> None:
        """Until an update is asked for. Lets the loop turn once even where one already is, as
        reading from AWS would."""
        await self._asked.acquire()
        await asyncio.sleep(0)

    async def listen(self) -> int:
        """The control port."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: self, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        return port
