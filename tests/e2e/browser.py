"""A page at the end of a socket, as the contract has it: it holds what it was told, never derives a
status, and comes back with its cursor.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from handrail.client.omitted import filled
from handrail.client.view import View, apply
from handrail.core.models import Cursor

DEADLINE_S = 60.0
NOT_COMPARED = {"links", "cursor", "states", "tasks"}

Message = dict[str, Any]
Fetch = Callable[[str], Awaitable[Message]]


@dataclass(slots=True)
class Browser:
    """`views` and `cursors` are by subscription id, and outlive the socket; `heard` is everything,
    as it came. `fetch` gets a path over REST; without it what a message omits isn't held."""

    socket: ClientConnection
    views: dict[str, View] = field(default_factory=dict)
    cursors: dict[str, str] = field(default_factory=dict)
    heard: list[Message] = field(default_factory=list)
    fetch: Fetch | None = None

    async def hear(self, *types: str, id: str | None = None) -> Message:
        """The next message of these types (or at all), about this subscription (or any). All that
        come before are applied too; the deadline is a cold start's."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                message = await self._take(str(await self.socket.recv()))
                if types and message.get("type") not in types:
                    continue
                if id is None or message.get("id") == id:
                    return message

    async def ended(self) -> int:
        """How it ends: the code `closing` names, else the socket's own."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                while True:
                    await self._take(str(await self.socket.recv()))
        except ConnectionClosed:
            closing = [message for message in self.heard if message.get("type") == "closing"]
            return int(closing[-1]["code"]) if closing else self.socket.close_code or 1006

    async def send(self, type: str, **members: Any) -> None:
        await self.socket.send(json.dumps({"type": type, **members}))

    async def subscribe(self, execution: str, id: str = "s1", **members: Any) -> Message:
        """Subscribe, from the cursor it has where it has one, and hear that it is."""
        after = self.cursors.get(id)
        await self.send("subscribe", id=id, execution=execution, after=after, **members)
        return await self.hear("subscribed", id=id)

    async def see(self, *statuses: str, state: str, id: str = "s1") -> None:
        """Listen until the state is shown with one of these statuses."""
        while self.views[id].states.get(state, {}).get("status") not in statuses:
            await self.hear(id=id)

    async def see_task(self, state: str, id: str = "s1") -> None:
        """Listen until a pending task of the state is shown."""
        while state not in {task["state"] for task in self.views[id].tasks}:
            await self.hear(id=id)

    def types(self, id: str = "s1") -> list[str]:
        return [message["type"] for message in self.heard if message.get("id") == id]

    async def _take(self, text: str) -> Message:
        message: Message = json.loads(text)
        self.heard.append(message)
        if id := message.get("id"):
            self._follow(id, message)
            whole = message
            if self.fetch is not None and message.get("omitted"):
                path = f"{message['links']['self']}?after={message['cursor']}"
                whole = filled(message, await self.fetch(path))
            self.views[id] = apply(self.views.get(id, View()), whole)
        return message

    def _follow(self, id: str, message: Message) -> None:
        """A subscription's cursor never goes back, but where the client is told to start over."""
        if not (cursor := message.get("cursor")):
            return
        before = self.cursors.get(id)
        starts_over = message["type"] == "reset" or message.get("recovered") is False
        if before and not starts_over:
            assert position(before) <= position(cursor), (before, message)
        self.cursors[id] = cursor


def position(cursor: str) -> tuple[int, int]:
    parsed = Cursor.parse(cursor)
    return parsed.epoch, parsed.event_id


@asynccontextmanager
async def browsing(
    url: str,
    *,
    before: Browser | None = None,
    headers: Mapping[str, str] | None = None,
    fetch: Fetch | None = None,
    **query: str,
) -> AsyncIterator[Browser]:
    """A page with an open socket; one that comes back holds what it held before. Raises
    websockets.InvalidStatus where the handshake is refused."""
    asked = f"{url}?{urlencode(query)}" if query else url
    async with connect(
        asked,
        proxy=None,
        subprotocols=["handrail.v1"],  # type: ignore[list-item] # a NewType of str
        additional_headers=headers,
        open_timeout=DEADLINE_S,
        close_timeout=2,
    ) as socket:
        assert socket.subprotocol == "handrail.v1"
        held = before or Browser(socket)
        yield Browser(socket, dict(held.views), dict(held.cursors), fetch=fetch)


def shown(view: View) -> Message:
    """What a page shows, comparable with `rendered`."""
    return {
        "execution": {k: v for k, v in view.execution.items() if k not in NOT_COMPARED},
        "states": dict(view.states),
        "tasks": [without_links(task) for task in view.tasks],
    }


def rendered(snapshot: Message) -> Message:
    """The same of REST's snapshot."""
    return {
        "execution": {k: v for k, v in snapshot.items() if k not in NOT_COMPARED},
        "states": {state["state"]: state for state in snapshot["states"]},
        "tasks": [without_links(task) for task in snapshot["tasks"]],
    }


def without_links(task: Mapping[str, Any]) -> Message:
    return {name: value for name, value in task.items() if name != "links"}
