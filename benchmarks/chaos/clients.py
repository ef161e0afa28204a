"""Clients that follow one execution to its end, whatever happens, each over one transport."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from .judge import ClientView

AGAIN_S = 0.3
QUIET_S = 40.0
"""A connection that brings nothing for so long is given up: there are pings in between."""

ANSWER_S = 15.0
POLL_S = 5
PASSING = {429, 502, 503, 504}
Transport = Callable[["Client"], AsyncIterator[dict[str, Any]]]


class CameApart(Exception):
    """The connection, or the answer, is to be tried again."""


@dataclass(slots=True)
class Client:
    """One of them. `replicas` are all there may be, in any state."""

    http: aiohttp.ClientSession
    replicas: Sequence[str]
    execution: str
    transport: str
    events: bool
    chance: random.Random
    comes_at: float
    view: ClientView = field(default_factory=ClientView)
    texts: list[str] = field(default_factory=list)
    """All that it was ever told."""

    resumptions: int = -1

    @property
    def name(self) -> str:
        return f"{self.transport}{' events' if self.events else ''} of {self.execution}"

    async def follow(self) -> None:
        """Until the execution is complete."""
        await asyncio.sleep(self.comes_at - time.time())
        while self.view.complete is None:
            self.resumptions += 1
            try:
                async for message in TRANSPORTS[self.transport](self):
                    self._take(message)
            except (CameApart, aiohttp.ClientError, OSError, TimeoutError):
                await asyncio.sleep(AGAIN_S * self.chance.uniform(0.5, 1.5))

    def _take(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case None:
                self._take_page(message)
            case "error":
                if not message["retryable"]:
                    self.view.faults.append(f"an error: {message['code']}")
                raise CameApart
            case "ready" | "ping" | "pong":
                pass
            case _:
                self.view.hear(message, events=self.events)

    def _take_page(self, page: dict[str, Any]) -> None:
        self.view.hear_events(page["events"], page["cursor"])
        self.view.cursor = page["cursor"]
        if page["complete"]:
            ended = page["events"][-1] if page["events"] else self.view.events[-1]
            self.view.complete = _end(ended)

    @property
    def url(self) -> str:
        return f"{self.chance.choice(self.replicas)}/v1/executions/{self.execution}"

    @property
    def level(self) -> str:
        return "events" if self.events else "states"

    def heard(self, text: str) -> dict[str, Any]:
        self.texts.append(text)
        told: dict[str, Any] = json.loads(text)
        return told


async def _socket(client: Client) -> AsyncIterator[dict[str, Any]]:
    after = {"after": client.view.cursor} if client.view.cursor else {}
    asked = {"level": client.level, **after}
    async with asyncio.timeout(ANSWER_S):
        opened = await client.http.ws_connect(client.url + "/ws", params=asked)
    async with opened as socket:
        while True:
            got = await socket.receive(timeout=QUIET_S)
            if got.type is not aiohttp.WSMsgType.TEXT:
                raise CameApart
            message = client.heard(got.data)
            yield message
            if message["type"] == "ping":
                await socket.send_str('{"type":"pong"}')
            if message["type"] == "complete":
                return


async def _event_stream(client: Client) -> AsyncIterator[dict[str, Any]]:
    headers = {"Last-Event-ID": client.view.cursor} if client.view.cursor else {}
    async with client.http.get(
        client.url + "/stream", params={"level": client.level}, headers=headers
    ) as answer:
        if answer.status == 204:  # there is nothing behind what the client holds
            client.view.nothing_left()
            return
        _passed(client, answer)
        while line := await asyncio.wait_for(answer.content.readline(), QUIET_S):
            if line.startswith(b"data:"):
                yield client.heard(line.removeprefix(b"data:").decode())
    if client.view.complete is None:
        raise CameApart


async def _long_poll(client: Client) -> AsyncIterator[dict[str, Any]]:
    after = {"after": client.view.cursor} if client.view.cursor else {}
    asked = {"wait": str(POLL_S), **after}
    async with (
        asyncio.timeout(ANSWER_S),
        client.http.get(client.url + "/events", params=asked) as answer,
    ):
        _passed(client, answer)
        page = client.heard(await answer.text())
    yield page


def _passed(client: Client, answer: aiohttp.ClientResponse) -> None:
    if answer.status in PASSING:
        raise CameApart
    if answer.status != 200:
        client.view.faults.append(f"was answered {answer.status}")
        raise CameApart


def _end(event: Mapping[str, Any]) -> dict[str, Any]:
    kind = event["type"].removeprefix("Execution")
    status = {"TimedOut": "TIMED_OUT"}.get(kind, kind.upper())
    (details,) = [value for key, value in event.items() if key.endswith("_event_details")] or [{}]
    output = details.get("output")
    return {"status": status, "output": None if output is None else json.loads(output)}


TRANSPORTS: dict[str, Transport] = {
    "socket": _socket,
    "event stream": _event_stream,
    "long-poll": _long_poll,
}
