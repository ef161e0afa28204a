"""The fleet that faults happen to: an endpoint, a bus, and replicas that each reach the bus through
a proxy of their own. All are processes, so that a death is a death."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from benchmarks.bus import HOST, BusProcess, free_port
from benchmarks.children import Child, python, running, selected_service
from benchmarks.processes.event_stream import STREAM

PIECE = 65_536


@dataclass(slots=True)
class BusProxy:
    """One replica's way to the bus: cut, it takes connections and passes nothing on."""

    bus_port: int
    port: int = field(default_factory=free_port)
    _through: asyncio.Event = field(default_factory=asyncio.Event)
    _ways: set[asyncio.Task[None]] = field(default_factory=set)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        self._through.set()
        server = await asyncio.start_server(self._passed, HOST, self.port)
        try:
            yield
        finally:
            server.close()
            self.drop()

    def cut(self) -> None:
        self._through.clear()

    def mend(self) -> None:
        self._through.set()

    def drop(self) -> None:
        """Every connection is gone."""
        for way in self._ways:
            way.cancel()

    async def _passed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        way = asyncio.current_task()
        assert way is not None
        self._ways.add(way)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await self._joined(reader, writer)
        finally:
            self._ways.discard(way)
            writer.transport.abort()

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_bus, to_bus = await asyncio.open_connection(HOST, self.bus_port)
        ways = [
            asyncio.create_task(self._copied(reader, to_bus)),
            asyncio.create_task(self._copied(from_bus, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            to_bus.transport.abort()

    async def _copied(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(PIECE):
            await self._through.wait()
            writer.write(piece)
            await writer.drain()


@dataclass(slots=True)
class Replica:
    """One of the service's. It comes back at the same port."""

    proxy: BusProxy
    environment: Mapping[str, str]
    port: int = field(default_factory=free_port)
    pid: int = 0
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    async def start(self) -> None:
        command, environment = selected_service("serve", f"--port={self.port}")
        told = {**environment, **self.environment}
        child = await self._stack.enter_async_context(running(command, told, quiet=True))
        self.pid = child.pid

    async def kill(self) -> None:
        self._signal(signal.SIGKILL)
        self.pid = 0
        await self.close()

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    async def close(self) -> None:
        await self._stack.aclose()
        self.pid = 0

    def _signal(self, number: signal.Signals) -> None:
        if self.pid:
            os.kill(self.pid, number)


@dataclass(frozen=True, slots=True)
class Fleet:
    """`pushed` is whether the replicas read the stream, `shared` whether they have the bus."""

    endpoint: Child
    bus: BusProcess
    replicas: tuple[Replica, ...]
    pushed: bool = True
    shared: bool = True

    @property
    def urls(self) -> list[str]:
        return [replica.url for replica in self.replicas]


@asynccontextmanager
async def fleet(size: int, *, pushed: bool = True, shared: bool = True) -> AsyncIterator[Fleet]:
    async with AsyncExitStack() as stack:
        command = python("quota_endpoint", "--quotas=large", "--push=0.3")
        endpoint = await stack.enter_async_context(running(command))
        bus = await stack.enter_async_context(BusProcess.running())
        told = {"AWS_ENDPOINT_URL": endpoint.url}
        told |= {"HANDRAIL_EVENTS_STREAM": STREAM} if pushed else {}
        replicas = []
        for _ in range(size):
            proxy = BusProxy(bus.port)
            await stack.enter_async_context(proxy.open())
            bus_url = {"HANDRAIL_BUS_URL": f"redis://{HOST}:{proxy.port}"} if shared else {}
            replica = Replica(proxy, told | bus_url)
            stack.push_async_callback(replica.close)
            replicas.append(replica)
        await asyncio.gather(*(replica.start() for replica in replicas))
        yield Fleet(endpoint, bus, tuple(replicas), pushed, shared)
