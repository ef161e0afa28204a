"""The load: a number of keep-alive connections, each sending its next request once it has the whole
answer to the last. Prints what was answered, and the CPU time some processes took meanwhile.
"""

import argparse
import asyncio
import json
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import uvloop

from .endpoint import HEAD_END, content_length
from .usage import cpu_s

WARM_UP_S = 0.5


@dataclass(slots=True)
class Tally:
    """What came back so far."""

    answered: int = 0
    failed: int = 0
    over: bool = False


class Caller(asyncio.Protocol):
    """One connection."""

    def __init__(self, request: bytes, tally: Tally, lost: asyncio.Event) -> None:
        self._request = request
        self._tally = tally
        self._lost = lost
        self._pending = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._pending += data
        head, ended, body = self._pending.partition(HEAD_END)
        if not ended or len(body) < content_length(head):
            return
        self._pending = b""
        if head[9:10] == b"2":
            self._tally.answered += 1
        else:
            self._tally.failed += 1
        if self._transport is None:
            return
        if self._tally.over or b"connection: close" in head.lower():
            self._transport.close()
        else:
            self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost.set()


async def calling(host: str, port: int, request: bytes, tally: Tally) -> None:
    """Keep one connection open, a new one for each that the server closes."""
    loop = asyncio.get_running_loop()
    while not tally.over:
        lost = asyncio.Event()
        await loop.create_connection(partial(Caller, request, tally, lost), host, port)
        await lost.wait()


async def load(url: str, body: bytes, connections: int, seconds: float, pids: list[int]) -> None:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    request = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: application/json\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    tally = Tally()
    callers = [asyncio.create_task(calling(host, port, request, tally)) for _ in range(connections)]
    await asyncio.sleep(WARM_UP_S)
    before, began_at, used = tally.answered, time.perf_counter(), [cpu_s(pid) for pid in pids]
    own = time.process_time()
    await asyncio.sleep(seconds)
    found = {
        "answered": tally.answered - before,
        "failed": tally.failed,
        "elapsed_s": time.perf_counter() - began_at,
        "cpu_s": [cpu_s(pid) - was for pid, was in zip(pids, used, strict=True)],
        "own_cpu_s": time.process_time() - own,
    }
    tally.over = True
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    print(json.dumps(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("body", type=Path, help="a file with the request's body")
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--pid", type=int, action="append", default=[])
    given = parser.parse_args()
    body = given.body.read_bytes()
    uvloop.run(load(given.url, body, given.connections, given.seconds, given.pid))


if __name__ == "__main__":
    main()
