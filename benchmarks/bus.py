"""A Valkey or Redis of its own for a benchmark, at a free port, which keeps nothing on a disk."""

import asyncio
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import redis.asyncio

READS: Mapping[bytes, Callable[[bytes], tuple[str | bytes | int, ...]]] = {
    b"string": lambda key: ("GET", key),
    b"hash": lambda key: ("HGETALL", key),
    b"stream": lambda key: ("XRANGE", key, "-", "+"),
    b"set": lambda key: ("SMEMBERS", key),
    b"zset": lambda key: ("ZRANGE", key, 0, -1),
    b"list": lambda key: ("LRANGE", key, 0, -1),
}
NAMES = ("valkey-server", "redis-server")
HOST = "127.0.0.1"
STARTING_S = 20.0
LOOK_S = 0.02


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        port: int = taken.getsockname()[1]
        return port


@dataclass(slots=True)
class BusProcess:
    """It comes back at the same port, and empty."""

    port: int = field(default_factory=free_port)
    _process: asyncio.subprocess.Process | None = None

    @classmethod
    @asynccontextmanager
    async def running(cls) -> "AsyncIterator[BusProcess]":
        """Raises RuntimeError where neither is installed, TimeoutError."""
        bus = cls()
        await bus.start()
        try:
            yield bus
        finally:
            await bus.kill()

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}"

    async def start(self) -> None:
        """Where it doesn't run."""
        if self._process is not None:
            return
        executable = next(filter(None, map(shutil.which, NAMES)), None)
        if executable is None:
            raise RuntimeError(f"none of {', '.join(NAMES)} is installed")
        options = ["--bind", HOST, "--port", str(self.port), "--save", "", "--loglevel", "warning"]
        self._process = await asyncio.create_subprocess_exec(
            executable, *options, stdout=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(STARTING_S):
            while await self.ask("PING") != b"+PONG\r\n":  # noqa: ASYNC110 - nobody tells when
                await asyncio.sleep(LOOK_S)

    async def kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            await process.wait()

    def pause(self) -> None:
        """From now on it takes connections and answers nothing."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    async def ask(self, command: str) -> bytes:
        """The first line of its answer; nothing where nobody listens."""
        try:
            reader, writer = await asyncio.open_connection(HOST, self.port)
        except OSError:
            return b""
        try:
            writer.write(command.encode() + b"\r\n")
            return await reader.readline()
        finally:
            writer.close()

    async def kept(self) -> list[bytes]:
        """All that it holds."""
        client: Any = redis.asyncio.Redis(port=self.port, protocol=2)
        async with client:
            found = list[bytes]()
            async for key in client.scan_iter(count=1000):
                if (read := READS.get(await client.type(key))) is not None:  # else it has expired
                    found.append(repr((key, await client.execute_command(*read(key)))).encode())
            return found
