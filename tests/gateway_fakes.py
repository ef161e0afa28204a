"""Fakes of the ports of stored sockets: a table, API Gateway, and a queue, in memory."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from handrail.core.access.principals import Principal
from handrail.core.apigateway import (
    GatewayConnection,
    GatewaySubscription,
    Nudge,
    SubscriptionRequest,
)
from handrail.core.errors import (
    ConnectionGone,
    PayloadTooLarge,
    SubscriptionExists,
    TooManySubscriptions,
)
from handrail.core.models import Cursor
from tests.fakes import FakeClock, Port

SETTLING = timedelta(seconds=60)
Told = dict[str, Any]


class FakeConnections(Port):
    """Implements `apigateway.Connections`. `page` subscriptions come at a time."""

    def __init__(self, *, page: int = 100) -> None:
        super().__init__()
        self.open_now: dict[str, GatewayConnection] = {}
        self.kept: dict[tuple[str, str], GatewaySubscription] = {}
        self._page = page

    async def open(self, connection: GatewayConnection) -> None:
        await self._called("open")
        self.open_now.setdefault(connection.id, connection)

    async def find(self, id: str) -> GatewayConnection | None:
        await self._called("find")
        return self.open_now.get(id)

    async def greeted(self, id: str) -> None:
        await self._called("greeted")
        if (connection := self.open_now.get(id)) is not None:
            self.open_now[id] = replace(connection, greeted=True)

    async def identified(self, id: str, principal: Principal, due_at: datetime) -> bool:
        await self._called("identified")
        connection = self.open_now.get(id)
        if connection is None or not connection.awaits_init:
            return False
        self.open_now[id] = replace(
            connection, principal=principal, awaits_init=False, due_at=due_at
        )
        return True

    async def spend(self, id: str, cost_s: float, *, now: datetime) -> GatewayConnection | None:
        await self._called("spend")
        was = self.open_now.get(id)
        if was is not None:
            full_at = max(now, was.full_at or now) + timedelta(seconds=cost_s)
            self.open_now[id] = replace(was, full_at=full_at)
        return was

    async def close(self, id: str) -> None:
        await self._called("close")
        self.open_now.pop(id, None)
        self.kept = {key: kept for key, kept in self.kept.items() if key[0] != id}

    async def subscribe(self, connection: str, request: SubscriptionRequest, *, most: int) -> None:
        await self._called("subscribe")
        if connection not in self.open_now:
            raise ConnectionGone("The socket was closed meanwhile.")
        if (connection, request.id) in self.kept:
            raise SubscriptionExists("This id is in use.")
        if sum(key[0] == connection for key in self.kept) >= most:
            raise TooManySubscriptions("There are enough.")
        self.kept[connection, request.id] = GatewaySubscription(connection, request)

    async def unsubscribe(self, connection: str, id: str) -> None:
        await self._called("unsubscribe")
        self.kept.pop((connection, id), None)

    async def subscriptions(self, execution: str) -> AsyncIterator[Sequence[GatewaySubscription]]:
        await self._called("subscriptions")
        found = [kept for kept in self.kept.values() if kept.request.execution == execution]
        for begin in range(0, len(found), self._page):
            yield found[begin : begin + self._page]

    async def delivered(
        self, subscription: GatewaySubscription, cursor: Cursor, *, completed_at: int | None
    ) -> bool:
        await self._called("delivered")
        key = subscription.connection, subscription.request.id
        if self.kept.get(key) != subscription:
            return False
        self.kept[key] = replace(subscription, cursor=cursor, completed_at=completed_at)
        return True

    async def due(self, now: datetime, *, limit: int) -> Sequence[GatewayConnection]:
        await self._called("due")
        due = [connection for connection in self.open_now.values() if connection.due_at <= now]
        return sorted(due, key=lambda connection: connection.due_at)[:limit]


@dataclass
class Watch:
    due_at: datetime
    watched_at: datetime
    owner: str | None = None
    until: datetime | None = None
    word: bool = False


class FakeWatches:
    """Implements `apigateway.Watches`."""

    def __init__(self, clock: FakeClock) -> None:
        self.calls: list[str] = []
        self.watches: dict[str, Watch] = {}
        self._clock = clock

    def count(self, operation: str) -> int:
        return self.calls.count(operation)

    async def take(self, execution: str, *, owner: str, until: datetime, now: datetime) -> bool:
        self.calls.append("take")
        watch = self.watches.get(execution)
        if watch is None:
            return False
        if watch.owner is not None and watch.until is not None and watch.until > now:
            watch.word = True
            return False
        watch.owner, watch.until, watch.due_at, watch.word = owner, until, until, False
        return True

    async def watch(self, execution: str) -> None:
        self.calls.append("watch")
        now = self._clock.now()
        watch = self.watches.setdefault(execution, Watch(now, now))
        watch.watched_at, watch.word = now, True

    async def extend(self, execution: str, *, owner: str, until: datetime) -> bool:
        self.calls.append("extend")
        watch = self.watches.get(execution)
        if watch is None or watch.owner != owner:
            return False
        watch.until = watch.due_at = until
        return True

    async def release(self, execution: str, *, owner: str, due_at: datetime | None) -> bool:
        self.calls.append("release")
        watch = self.watches.get(execution)
        if watch is None or watch.owner != owner:
            return True
        if watch.word:
            watch.word = False
            return False
        watch.owner = watch.until = None
        settles_at = watch.watched_at + SETTLING
        if due_at is None and settles_at <= self._clock.now():
            del self.watches[execution]
        else:
            watch.due_at = due_at or settles_at
        return True

    async def due(self, now: datetime, *, limit: int) -> Sequence[str]:
        self.calls.append("due")
        due = [(watch.due_at, name) for name, watch in self.watches.items() if watch.due_at <= now]
        return [name for _, name in sorted(due)][:limit]


@dataclass
class Socket:
    """A client's end of one: what it was sent, and whether it was cut."""

    said: list[Told] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    cut: bool = False

    @property
    def kinds(self) -> list[str]:
        return [message["type"] for message in self.said]

    @property
    def closed_with(self) -> int | None:
        """The close code, where it was told one and then cut."""
        last = self.said[-1] if self.said else {}
        return last["code"] if last.get("type") == "closing" and self.cut else None


class FakePosts(Port):
    """Implements `apigateway.Posts`: every connection is there that isn't in `gone`.
    `troubles` are raised by the posts to one connection, one after another, once so many as are
    `fine` went well; posts wait for `gates`. `crossed` are the connections that were posted to
    while another post to them was on its way."""

    def __init__(self, *, limit: int = 128 * 1024) -> None:
        super().__init__()
        self.sockets: defaultdict[str, Socket] = defaultdict(Socket)
        self.gone: set[str] = set()
        self.troubles: defaultdict[str, list[Exception]] = defaultdict(list)
        self.fine: defaultdict[str, int] = defaultdict(int)
        self.gates: dict[str, asyncio.Event] = {}
        self.crossed: set[str] = set()
        self._posting: list[str] = []
        self.at_once = 0
        self.most_at_once = 0
        self._limit = limit

    async def post(self, connection: str, text: bytes) -> None:
        self.at_once += 1
        if connection in self._posting:
            self.crossed.add(connection)
        self._posting.append(connection)
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self._called("post")
            if gate := self.gates.get(connection):
                await gate.wait()
            await asyncio.sleep(0)
        finally:
            self.at_once -= 1
            self._posting.remove(connection)
        socket = self.sockets[connection]
        if connection in self.gone or socket.cut:
            raise ConnectionGone("It is gone.")
        if self.troubles[connection] and self.fine[connection] == 0:
            raise self.troubles[connection].pop(0)
        self.fine[connection] = max(0, self.fine[connection] - 1)
        if len(text) > self._limit:
            raise PayloadTooLarge("This is too large.")
        socket.texts.append(text.decode())
        socket.said.append(json.loads(text))

    async def disconnect(self, connection: str) -> None:
        await self._called("disconnect")
        self.sockets[connection].cut = True


class FakeNudges(Port):
    """Implements `apigateway.Nudges`. `delays` are those of what was `nudged`."""

    def __init__(self) -> None:
        super().__init__()
        self.nudged: list[Nudge] = []
        self.delays: list[int] = []
        self.to_greet: list[tuple[str, int]] = []

    async def send(self, nudge: Nudge, *, delay_s: int = 0) -> None:
        await self._called("send")
        self.nudged.append(nudge)
        self.delays.append(delay_s)

    async def greet(self, connection: str, *, delay_s: int = 0) -> None:
        await self._called("greet")
        self.to_greet.append((connection, delay_s))
