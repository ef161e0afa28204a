"""Buses of several replicas, on one server."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from handrail.bus import Bus, BusMeter, open_bus
from handrail.bus.link import BusLink, open_link
from handrail.clock import Clock, SystemClock
from handrail.core.bus_address import BusAddress
from tests.bus_server import BusServer, new_namespace

PATIENCE_S = 5.0  # with a server that is busy
OpenBus = Callable[..., Awaitable[Bus]]
OpenLink = Callable[[BusServer | str], Awaitable[BusLink]]


@pytest.fixture
def namespace() -> str:
    return new_namespace()


@pytest.fixture
async def replica(namespace: str) -> AsyncIterator[OpenBus]:
    """Opens the bus of one more replica at a server; all of a test share a namespace."""
    async with AsyncExitStack() as stack:

        async def opened(
            server: BusServer | str,
            *,
            meter: BusMeter | None = None,
            clock: Clock | None = None,
            answer_s: float = PATIENCE_S,
        ) -> Bus:
            address = BusAddress.parse(server if isinstance(server, str) else server.url)
            opening = open_bus(
                address,
                clock or SystemClock(),
                namespace=namespace,
                meter=meter,
                answer_s=answer_s,
            )
            return await stack.enter_async_context(opening)

        yield opened


@pytest.fixture
async def linked(namespace: str) -> AsyncIterator[OpenLink]:
    """Links one more replica to the others at a server."""
    async with AsyncExitStack() as stack:

        async def opened(server: BusServer | str) -> BusLink:
            address = BusAddress.parse(server if isinstance(server, str) else server.url)
            return await stack.enter_async_context(
                open_link(address, SystemClock(), namespace=namespace, answer_s=PATIENCE_S)
            )

        yield opened
