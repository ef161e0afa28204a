"""Sockets that API Gateway holds, on fakes: everything that invocations share, and any number of
instances that serve them."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

from handrail.auth.api_keys import ApiKey, ApiKeys, digest_of
from handrail.auth.authentication import Authentication
from handrail.auth.narrowed_tokens import NarrowedTokens
from handrail.auth.tickets import Tickets
from handrail.core.access.origins import Origins
from handrail.core.access.principals import AccessScope, Credential, Grant, Principal
from handrail.core.access.signed_links import Keyring
from handrail.core.apigateway import GatewayPorts, Nudge
from handrail.core.models import HistoryEvent
from handrail.usecases.apigateway.admission import Handshake
from handrail.usecases.apigateway.gateway_sockets import GatewaySockets
from handrail.usecases.apigateway.limits import GatewayLimits
from handrail.usecases.live import Hub
from tests.core.histories import History
from tests.fakes import FakeClock
from tests.gateway_fakes import FakeConnections, FakeNudges, FakePosts, FakeWatches, Socket
from tests.usecases.live.stage import EPOCH, ID, MIDDLE, Client, Stage, arn_of, cursor, truth

__all__ = ["EPOCH", "ID", "arn_of", "cursor"]

Answer = TypeVar("Answer")
INVOCATION_S = 30.0
ORIGIN = "https://app.example.com"
PUBLIC = "https://handrail.example.com"
READER = Principal("reader", (Grant(AccessScope.READ, "orders*"),))


class GatewayStage:
    """One table, one API Gateway, one queue, and the instance the next invocation comes to."""

    def __init__(
        self,
        *,
        auth: bool = False,
        limits: GatewayLimits | None = None,
        page: int = 100,
        post_bytes: int = 128 * 1024,
        random: Callable[[], float] = lambda: MIDDLE,
    ) -> None:
        self.live = Stage(linger_s=3600, promises=False, looked_for_s=3.0)
        self.hubs: list[Hub] = [self.live.hub]
        self.clock: FakeClock = self.live.clock
        self.connections = FakeConnections(page=page)
        self.watches = FakeWatches(self.clock)
        self.posts = FakePosts(limit=post_bytes)
        self.nudges = FakeNudges()
        self.tickets = Tickets(self.clock)
        self.random = random
        self.limits = limits or GatewayLimits()
        self.narrowed = NarrowedTokens(Keyring.parse(f"k:{'x' * 32}"), self.clock)
        self.auth = Authentication(
            keys=api_keys(self.clock) if auth else None,
            narrowed=self.narrowed,
            tickets=self.tickets,
        )
        self.sockets = self._sockets(self.live.hub)

    def colder(self) -> GatewaySockets:
        """Another instance, which has read nothing yet."""
        hub = self.live.another_hub()
        self.hubs.append(hub)
        return self._sockets(hub)

    @property
    def deadline(self) -> float:
        """Of an invocation that begins now."""
        return self.clock.monotonic() + INVOCATION_S

    def in_s(self, seconds: float) -> datetime:
        return self.clock.now() + timedelta(seconds=seconds)

    def execution(self, id: str = ID) -> History:
        return self.live.execution(id)

    def socket(self, id: str = "c1") -> Socket:
        return self.posts.sockets[id]

    async def connect(self, id: str = "c1", **handshake: Any) -> None:
        await self.sockets.conversation.connect(id, Handshake(**handshake))

    async def greet(self, id: str = "c1") -> None:
        await self.sockets.conversation.greet(id, deadline=self.deadline)

    async def says(self, text: str | bytes, id: str = "c1") -> None:
        await self.sockets.conversation.receive(id, text, deadline=self.deadline)

    async def opened(self, id: str = "c1", **handshake: Any) -> Socket:
        """A socket that was greeted."""
        await self.connect(id, **handshake)
        await self.greet(id)
        return self.socket(id)

    async def watching(self, id: str = "c1", execution: str = ID, **wanted: Any) -> Socket:
        """A socket for one execution, told so far."""
        return await self.opened(id, execution=execution, **wanted)

    async def deliver(
        self, execution: str = ID, *, event_id: int | None = None, ended: bool = False
    ) -> None:
        nudge = Nudge(execution, event_id, ended)
        await self.sockets.fan_out.deliver(nudge, deadline=self.deadline)

    async def tick(self) -> None:
        await self.sockets.schedule.tick(deadline=self.deadline)

    def begun(self, work: Coroutine[Any, Any, Answer]) -> asyncio.Task[Answer]:
        """An invocation that goes on while the test looks."""
        return asyncio.get_running_loop().create_task(work)

    async def close(self) -> None:
        for hub in self.hubs:
            await hub.close()

    def _sockets(self, hub: Hub) -> GatewaySockets:
        return GatewaySockets(
            hub,
            GatewayPorts(self.connections, self.watches, self.posts, self.nudges),
            self.clock,
            authentication=self.auth,
            limits=self.limits,
            origins=Origins.parse(ORIGIN, f"{PUBLIC}/base"),
            random=self.random,
        )


def api_keys(clock: FakeClock) -> ApiKeys:
    """`reader` reads orders for an hour, `other` reads something else, `starter` reads nothing."""
    ends_at = clock.now() + timedelta(hours=1)
    scopes = {"reader": "read:orders*", "other": "read:other", "starter": "start"}
    keys = [
        ApiKey(
            name=name,
            sha256=digest_of(name).hex(),
            scopes=(scope,),
            expires_at=ends_at if name == "reader" else None,
        )
        for name, scope in scopes.items()
    ]
    return ApiKeys(keys, clock)


def key(name: str) -> Credential:
    return Credential(key=name)


def holds(socket: Socket) -> dict[str, Any]:
    """What a client holds that was told this."""
    client = Client()
    for message in socket.said:
        if message["type"] in {"subscribed", "update", "reset", "complete"}:
            client.take_document(message)
    return client.holds


def whole(events: list[HistoryEvent]) -> dict[str, Any]:
    return truth(events)
