"""Asks the bus: every call is bounded, counted and timed, and fails at once while the bus is away.

A heartbeat asks each second, so that a bus that went is noticed without anybody's request waiting
for it, and one that came back is used again.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar
from uuid import uuid4

import structlog
from redis.exceptions import NoScriptError, ReadOnlyError

from handrail.clock import Clock
from handrail.core.bus_address import BusAddress
from handrail.core.errors import Unavailable

from .redis_clients import BUS_ERRORS, Client, Node, connected, other_nodes, reason

BEAT_S = 1.0
ANSWER_S = 0.25  # to connect, and as much to be answered
CONNECT_S = 2.0  # of the heartbeat: a cluster is asked for its slots
FAILURES = 3  # in a row, and the bus is away
CALLS_AT_ONCE = 32
RETRY_AFTER_S = 1.0

T = TypeVar("T")

log = structlog.get_logger(__name__)


class BusMeter(Protocol):
    def bus_call(self, operation: str, outcome: str, elapsed_s: float) -> None:
        """`outcome` is `ok`, `failed` or `cancelled`."""

    def bus_up(self, up: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class BusScript:
    """Lua that the server runs in one step, on keys of one execution or one other tag."""

    name: str
    text: str
    sha: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()
        object.__setattr__(self, "sha", digest)  # how EVALSHA names it


class Bus:
    """`replica` is this process's own random name. `namespace` tells deployments apart that share
    a server: keys and channels begin with it. `answer_s` is how long the server may take."""

    def __init__(
        self,
        address: BusAddress,
        clock: Clock,
        *,
        namespace: str,
        meter: BusMeter | None = None,
        answer_s: float = ANSWER_S,
    ) -> None:
        self.address = address
        self.clock = clock
        self.replica = uuid4().hex[:12]
        self.answer_s = answer_s
        self._prefix = f"handrail:{namespace}:"
        self._meter = meter
        self._client: Client | None = None
        self._nodes: Sequence[Node] = ()
        self._turns = asyncio.Semaphore(CALLS_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures = 0
        self._up: bool | None = None

    @property
    def up(self) -> bool:
        """False while calls aren't made because the last ones failed."""
        return bool(self._up)

    @property
    def nodes(self) -> Sequence[Node]:
        """Where channels may be listened to: any node of a cluster."""
        return [(self.address.host, self.address.port), *(other_nodes(self._client) or self._nodes)]

    def key(self, tag: str, *parts: str) -> str:
        """Keys of one tag live on one node of a cluster, so that one script may take them all. What
        is secret, or may hold a brace, comes as a digest."""
        return ":".join((f"{self._prefix}{{{tag}}}", *parts))

    def channel(self, name: str) -> str:
        return f"{self._prefix}{name}"

    async def call(self, operation: str, ask: Callable[[Client], Awaitable[T]]) -> T:
        """Raises Unavailable: at once while the bus is away, and where it is too slow to have a
        turn soon. What was asked may have happened all the same."""
        try:
            async with asyncio.timeout(self.answer_s):
                await self._turns.acquire()
        except TimeoutError:
            raise away() from None
        try:
            if not self._up or self._client is None:
                raise away()
            return await self._ask(operation, self._client, ask)
        finally:
            self._turns.release()

    async def command(self, *words: str | bytes | int | float) -> Any:
        """One command, named by its first word. Raises Unavailable."""
        return await self.call(str(words[0]), lambda client: client.execute_command(*words))

    async def run(self, script: BusScript, keys: list[str], *arguments: str | bytes | float) -> Any:
        """Raises Unavailable."""

        async def evaluate(client: Client) -> Any:
            words = (len(keys), *keys, *arguments)
            try:
                return await client.execute_command("EVALSHA", script.sha, *words)
            except NoScriptError:  # a new server, or one that was emptied
                return await client.execute_command("EVAL", script.text, *words)

        return await self.call(script.name, evaluate)

    def spawn_forever(self, work: Callable[[], Awaitable[None]]) -> None:
        """Does this again and again in the background, also where it failed."""

        async def again_and_again() -> None:
            while True:
                try:
                    await work()
                except Exception:
                    log.exception("bus task failed")
                    await self.clock.sleep(BEAT_S)

        self.spawn(again_and_again())

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Does this in the background; nobody waits for it, and it ends with the bus. It handles
        Unavailable itself."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def beat(self) -> bool:
        """Asks the bus to keep something, whatever calls before came to. Whether it did."""
        try:
            if self._client is None or not self._up:
                self._nodes = other_nodes(self._client) or self._nodes
                await self._drop_client()  # names and slots may lead elsewhere now
                async with asyncio.timeout(CONNECT_S):
                    self._client = await connected(self.address, self.answer_s, self._nodes)
            key = self.key(self.replica, "beat")
            await self._ask(
                "SET", self._client, lambda client: client.execute_command("SET", key, 1, "EX", 10)
            )
        except Unavailable:
            return False
        except Exception as error:
            self._failed(error, "connect")
            return False
        if not self._up:
            self._turn(True)
        return True

    async def close(self) -> None:
        while tasks := tuple(self._tasks):
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=BEAT_S)  # then again: see `_raise_if_cancelled`
        await self._drop_client()

    async def _ask(
        self, operation: str, client: Client, ask: Callable[[Client], Awaitable[T]]
    ) -> T:
        started, outcome, before = self.clock.monotonic(), "cancelled", _cancellations()
        try:
            async with asyncio.timeout(2 * self.answer_s):
                answer = await ask(client)
            self._failures = 0
            _raise_if_cancelled(before)
            outcome = "ok"
            return answer
        except Exception as error:
            _raise_if_cancelled(before)
            outcome = "failed"
            self._failed(error, operation)
            if isinstance(error, ReadOnlyError):  # a replica now: the name leads to another server
                self.spawn(self._drop_client())
            raise away() from error
        finally:
            if self._meter is not None:
                self._meter.bus_call(operation, outcome, self.clock.monotonic() - started)

    def _failed(self, error: Exception, operation: str) -> None:
        self._failures += 1
        if not isinstance(error, BUS_ERRORS):  # a fault of redis-py's, or ours
            log.error("bus call failed", operation=operation, exc_info=error)
        if self._up is None or (self._up and self._failures >= FAILURES):
            self._turn(False, reason=reason(error))

    def _turn(self, up: bool, **fields: object) -> None:
        """One line each way."""
        self._up, first = up, self._up is None
        if self._meter is not None:
            self._meter.bus_up(up)
        where = {"host": self.address.host, "port": self.address.port}
        if up and first:
            log.info("bus connected", **where)
        elif up:  # whoever is told that it was away, like `handrail dev`'s terminal, is told this
            log.warning("bus back", **where)
        else:
            log.warning("bus away", **where, **fields)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("bus task failed", exc_info=error)

    async def _drop_client(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


@asynccontextmanager
async def open_bus(
    address: BusAddress,
    clock: Clock,
    *,
    namespace: str,
    meter: BusMeter | None = None,
    answer_s: float = ANSWER_S,
) -> AsyncIterator[Bus]:
    """Asks the bus once, and goes on without it where it is away: the heartbeat finds it later."""
    bus = Bus(address, clock, namespace=namespace, meter=meter, answer_s=answer_s)
    try:
        await bus.beat()
        bus.spawn_forever(partial(_beat_later, bus))
        yield bus
    finally:
        await bus.close()


def _cancellations() -> int:
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()


def _raise_if_cancelled(before: int) -> None:
    """redis-py awaits with asyncio.wait_for, which before Python 3.12 forgets to be cancelled where
    what it waits for has just come."""
    if _cancellations() > before:
        raise asyncio.CancelledError


def away() -> Unavailable:
    return Unavailable("The bus between replicas doesn't answer.", retry_after_s=RETRY_AFTER_S)


async def _beat_later(bus: Bus) -> None:
    await bus.clock.sleep(BEAT_S)
    await bus.beat()
