"""The implementations of the outbox: in one process's memory, in the table, and on a bus.
`replica()` makes one more of the same news."""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from inspect import iscoroutinefunction
from typing import Any, cast

import pytest
import pytest_asyncio

from handrail.aws.calls import AwsCalls
from handrail.bus import Bus, open_bus
from handrail.bus.shared_outbox import SharedOutbox
from handrail.clock import SystemClock
from handrail.core.bus_address import BusAddress
from handrail.core.models import ExecutionId
from handrail.core.news.deliveries import Delivery
from handrail.core.news.news_outbox import Followed, Outbox
from handrail.usecases.news.in_memory_outbox import InMemoryOutbox
from tests.bus_server import BusServer, new_namespace
from tests.environment import made_up
from tests.fakes import BEGIN, FakeClock
from tests.gateway_table import Storage

PATIENCE_S = 5.0
ORDER = ExecutionId("orders", "7f3c")
SUBSCRIPTION = "0123456789ab"


class HastyClock(FakeClock):
    """Sleeping takes no time."""

    async def sleep(self, delay_s: float) -> None:
        """Whoever waits for a busy table goes on."""


class ServersClock(HastyClock):
    """A bus's lease grows older with it."""

    def __init__(self, server: BusServer, key: str) -> None:
        super().__init__()
        self._server, self._key = server, key

    async def advance(self, seconds: float) -> None:
        await super().advance(seconds)
        with self._server.blocking() as client:
            if cast(int, left_ms := client.pttl(self._key)) > 0:
                client.pexpire(self._key, cast(int, left_ms) - int(seconds * 1000))


PassBy = Callable[[], Awaitable[None]]
"""Awaited before each call to a store. Where it raises, the call isn't made."""


@dataclass(frozen=True, slots=True)
class Outboxes:
    """`replica(pass_by)` makes one more process's."""

    kind: str
    clock: FakeClock
    replica: Callable[..., Outbox]


async def go_on() -> None:
    """Nothing stops it."""


WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"})


class CallsPassing(AwsCalls):
    """Whoever dies before a read leaves behind what they would before the next write: so only
    those are passed."""

    def __init__(self, pass_by: PassBy) -> None:
        super().__init__()
        self._pass_by = pass_by

    async def call(
        self, operation: str, call: Coroutine[Any, Any, Any], *, resource: str | None = None
    ) -> Any:
        if operation in WRITES:
            try:
                await self._pass_by()
            except BaseException:
                call.close()
                raise
        return await super().call(operation, call, resource=resource)


@dataclass(frozen=True, slots=True)
class Passing:
    """Whatever is behind it, whose coroutines are calls to a store."""

    behind: Any
    pass_by: PassBy

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.behind, name)
        if not iscoroutinefunction(found):
            return found

        async def passing(*arguments: Any, **options: Any) -> Any:
            await self.pass_by()
            return await found(*arguments, **options)

        return passing


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def outbox_clients(
    storage: Storage, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Any]:
    from handrail.aws.clients import AwsConfig, open_clients  # noqa: PLC0415 botocore: 0.3 s

    with pytest.MonkeyPatch.context() as patch:
        made_up(patch, tmp_path_factory.mktemp("aws"), "AWS_")
        async with open_clients(AwsConfig(endpoint_url=storage.url, max_attempts=1)) as clients:
            await clients.client("dynamodb")
            yield clients


@pytest.fixture(params=["memory", "table", "bus"])
def outboxes(request: pytest.FixtureRequest) -> Outboxes:
    return cast(Outboxes, request.getfixturevalue(f"{request.param}_outboxes"))


@pytest.fixture
def memory_outboxes() -> Outboxes:
    clock = HastyClock()
    outbox = InMemoryOutbox(clock)
    return Outboxes("memory", clock, lambda pass_by=go_on: Passing(outbox, pass_by))


@pytest.fixture
def table_outboxes(outbox_clients: Any, table_name: str) -> Outboxes:
    from handrail.aws.dynamodb.stored_outbox import AwsOutbox  # noqa: PLC0415 see above
    from handrail.aws.dynamodb.table import Table  # noqa: PLC0415 see above

    clock = HastyClock()

    def replica(pass_by: PassBy = go_on) -> Outbox:
        table = Table(outbox_clients, CallsPassing(pass_by), table_name, clock)
        return AwsOutbox(table, clock)

    return Outboxes("table", clock, replica)


@pytest_asyncio.fixture(loop_scope="session")
async def bus_outboxes(bus_server: BusServer) -> AsyncIterator[Outboxes]:
    async with _on_a_bus("bus", bus_server) as outboxes:
        yield outboxes


@pytest_asyncio.fixture(loop_scope="session")
async def cluster_outboxes(bus_cluster: BusServer) -> AsyncIterator[Outboxes]:
    async with _on_a_bus("cluster", bus_cluster) as outboxes:
        yield outboxes


@asynccontextmanager
async def _on_a_bus(kind: str, server: BusServer) -> AsyncIterator[Outboxes]:
    namespace, address = new_namespace(), BusAddress.parse(server.url)
    clock = ServersClock(server, f"handrail:{namespace}:{{news}}:lease")
    opening = open_bus(address, SystemClock(), namespace=namespace, answer_s=PATIENCE_S)
    async with opening as bus:

        def replica(pass_by: PassBy = go_on) -> Outbox:
            return SharedOutbox(cast(Bus, Passing(bus, pass_by)), clock)

        yield Outboxes(kind, clock, replica)


def news_of(
    event_id: int,
    execution: ExecutionId = ORDER,
    *,
    subscription: str = SUBSCRIPTION,
    body: str = "{}",
    begun_s: float = 0,
) -> Delivery:
    """Due at once."""
    at = BEGIN + timedelta(seconds=begun_s + event_id)
    return Delivery(subscription, execution, event_id, at, ("failed",), body, BEGIN, BEGIN)


def up_to(position: int, execution: ExecutionId = ORDER, *, ended: bool = False) -> Followed:
    return Followed(execution, BEGIN, position, ended)
