"""The rival of the fan-out: `websockets.broadcast` to every open connection, the same texts.

On uvloop like the service. It declines permessage-deflate, as the service does: with it, every
socket would compress every update again.
"""

import argparse
import asyncio
from itertools import cycle

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

from .demand import Demand
from .updates import texts

DIFFERENT_TEXTS = 300
connections: set[ServerConnection] = set()


async def keep(connection: ServerConnection) -> None:
    connections.add(connection)
    try:
        await connection.wait_closed()
    finally:
        connections.discard(connection)


async def main() -> None:
    demand, updates = Demand(), cycle(texts(DIFFERENT_TEXTS))
    async with serve(keep, "127.0.0.1", 0, compression=None, backlog=4096) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        print(await demand.listen(), f"ws://127.0.0.1:{port}/", flush=True)
        for text in updates:
            await demand.one()
            broadcast(connections, text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--asyncio", action="store_true", help="asyncio's own loop")
    (asyncio if parser.parse_args().asyncio else uvloop).run(main())
