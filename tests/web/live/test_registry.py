"""The registry of sockets: its one timer belongs to nobody."""

import asyncio
import gc
import weakref
from contextvars import ContextVar, copy_context
from dataclasses import replace
from typing import ClassVar

import pytest

from handrail.core.access.principals import ANYBODY, Principal
from handrail.core.errors import TooManySockets
from handrail.core.shares import Shares
from handrail.telemetry.metrics import Metrics
from handrail.web.live.registry import SocketRegistry

current: ContextVar[object] = ContextVar("current")


class Silent:
    """Something held that never does anything."""

    transport: ClassVar[str] = "sse"

    def sweep(self, now: float) -> None:
        del now

    def restart(self) -> None:
        """It stays."""


async def test_the_timer_of_all_sockets_doesn_t_keep_the_first_one_s_request() -> None:
    registry = SocketRegistry(max_sockets=1, shares=Shares(1), heartbeat_s=60, metrics=Metrics())

    class Request:
        """What a socket's context holds."""

    def come_and_go() -> "weakref.ref[Request]":
        request, held = Request(), Silent()
        current.set(request)
        registry.add(held)
        registry.remove(held)
        return weakref.ref(request)

    seen = copy_context().run(come_and_go)
    await asyncio.sleep(0)
    gc.collect()
    assert seen() is None
    await registry.close()


async def test_a_process_about_to_end_still_takes_sockets_until_it_drains() -> None:
    registry = SocketRegistry(max_sockets=1, shares=Shares(1), heartbeat_s=60, metrics=Metrics())
    registry.leaving = True
    registry.add(held := Silent())
    registry.remove(held)
    await registry.drain(0)
    assert registry.draining
    await registry.close()


async def test_what_is_counted_is_put_in_a_share_once_it_is_known_whose_it_is() -> None:
    registry = SocketRegistry(max_sockets=2, shares=Shares(1), heartbeat_s=60, metrics=Metrics())
    first, second, who = Silent(), Silent(), Principal("shop", ())
    for held in (first, second):
        registry.add(held)
    registry.add(first, who)
    assert len(registry) == 2
    with pytest.raises(TooManySockets):
        registry.add(second, who)
    registry.remove(first)
    registry.add(second, who)
    assert len(registry) == 1
    await registry.close()


async def test_nobody_has_no_share() -> None:
    registry = SocketRegistry(max_sockets=9, shares=Shares(1), heartbeat_s=60, metrics=Metrics())
    held = [Silent() for _ in range(3)]
    for client in held:
        registry.add(client, replace(ANYBODY, machines=("order",)))
    assert len(registry) == 3
    for client in held:
        registry.remove(client)
    await registry.close()
