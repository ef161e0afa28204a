"""Plays rounds, each with executions, clients and faults of its own, and gathers what was wrong."""

import asyncio
import contextlib
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import aiohttp

from benchmarks.processes import asking
from benchmarks.processes.account import Account, Execution
from benchmarks.processes.asking import add
from benchmarks.processes.plans import APPROVAL, ITEM

from .clients import TRANSPORTS, Client
from .faults import MOST_S, Fault, drawn
from .fleet import Fleet
from .judge import Truth

SPAN_S = 4.0
PLANS = ("steps:4:4", "steps:10:3", "steps:2:5", "waits")
END_S = 90.0
"""After the last fault is mended everybody has the end within this time, or never will."""

FAULTS = 3
AGAIN_S = 0.5
ASKED = 60
"""So often, at most, until a replica shows an execution that has ended."""


@dataclass(slots=True)
class Played:
    """What came of the rounds. `wrong` says which round, who, and what."""

    rounds: int = 0
    clients: int = 0
    messages: int = 0
    resumptions: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    longest_s: float = 0.0
    """From the last fault's end to the last client's."""


@dataclass(slots=True)
class Round:
    """One of them. All that is drawn comes from its seed."""

    fleet: Fleet
    seed: int
    executions: int
    played: Played
    span_s: float = SPAN_S
    most_s: float = MOST_S
    _chance: random.Random = field(init=False)
    _clients: list[Client] = field(init=False, default_factory=list)
    _faults: Sequence[Fault] = ()
    _account: Account = field(init=False, default_factory=Account)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 - repeatable, no secret

    async def play(self) -> None:
        pushed, shared = self.fleet.pushed, self.fleet.shared
        self._faults = faults = drawn(
            self._chance, self.span_s, FAULTS, most_s=self.most_s, pushed=pushed, shared=shared
        )
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5)
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
            await self._begin(http)
            following = [asyncio.create_task(client.follow()) for client in self._clients]
            settling = [asyncio.create_task(self._settle(http, each)) for each in self._waiting()]
            await asyncio.gather(*(fault.happen(self.fleet) for fault in faults))
            mended_at = time.monotonic()
            await asyncio.wait([*following, *settling], timeout=END_S)
            for task in following + settling:
                task.cancel()
            raised = await asyncio.gather(*following, *settling, return_exceptions=True)
            self._note(faults, time.monotonic() - mended_at, raised)
            await self._judge(http)

    async def _begin(self, http: aiohttp.ClientSession) -> None:
        """Executions that start over a second, and clients that come before, at and after that."""
        now = time.time()
        for number in range(self.executions):
            plan, name = self._chance.choice(PLANS), f"r{self.seed}-{number}"
            first_at = round(now + self._chance.random(), 3)
            told: dict[str, Any] = {"plan": plan, "first_at": first_at}
            await asyncio.to_thread(partial(add, self.fleet.endpoint.url, [name], **told))
            self._account.add([name], plan, first_at, 0)
        for execution in self._account.executions:
            for transport in TRANSPORTS:
                self._clients.append(self._client(http, execution, transport))

    def _client(self, http: aiohttp.ClientSession, execution: Execution, transport: str) -> Client:
        events = transport == "long-poll" or self._chance.random() < 0.5
        chance = random.Random(self._chance.random())  # noqa: S311
        name = f"{execution.plan.machine}:{execution.name}"
        comes_s = chance.uniform(0.05, self.span_s) if chance.random() < 0.5 else 0.05
        comes_at = execution.started_at + comes_s
        client = Client(http, self.fleet.urls, name, transport, events, chance, comes_at)
        if events:  # the cursor vouches for it: it may come before
            client.view.since(execution.started_at)
            client.comes_at -= 1.0
        return client

    def _waiting(self) -> Sequence[Execution]:
        return [each for each in self._account.executions if each.plan.machine == "waits"]

    async def _settle(self, http: aiohttp.ClientSession, execution: Execution) -> None:
        """By way of any replica, until it is done."""
        await asyncio.sleep(self._chance.uniform(1.0, self.span_s))
        path = f"/v1/executions/waits:{execution.name}/tasks/{APPROVAL}/success"
        while True:
            url = self._chance.choice(self.fleet.urls) + path
            try:
                async with (
                    asyncio.timeout(15),
                    http.post(url, json={"output": json.loads(ITEM)}) as answer,
                ):
                    if answer.status == 200:
                        return
                    if answer.status in {404, 409, 410}:
                        said = await answer.text()
                        self._wrong(f"settling {execution.name}", f"{answer.status} {said}")
                        return
            except (aiohttp.ClientError, OSError, TimeoutError):
                pass
            await asyncio.sleep(AGAIN_S)

    def _note(self, faults: Sequence[Fault], took_s: float, raised: Sequence[object]) -> None:
        played = self.played
        played.rounds += 1
        played.clients += len(self._clients)
        played.messages += sum(len(client.texts) for client in self._clients)
        played.resumptions += sum(client.resumptions for client in self._clients)
        played.longest_s = max(played.longest_s, took_s)
        played.faults.update(fault.kind for fault in faults)
        for error in raised:
            if isinstance(error, Exception):
                self._wrong("the round", repr(error))

    async def _judge(self, http: aiohttp.ClientSession) -> None:
        """Once all is over: what clients were told, and what each replica shows now."""
        for execution in self._account.executions:
            history = await asyncio.to_thread(
                asking.history, self.fleet.endpoint.url, execution.arn
            )
            truth = Truth.of(execution, history)
            for client in (each for each in self._clients if each.execution == truth.execution):
                for wrong in client.view.judged(truth, events=client.events):
                    self._wrong(client.name, wrong)
                if any(truth.token in text for text in client.texts):
                    self._wrong(client.name, "was told a task token")
            await asyncio.gather(*(self._ask(http, url, truth) for url in self.fleet.urls))
        kept = await self.fleet.bus.kept()
        if any(each.token.encode() in text for each in self._account.executions for text in kept):
            self._wrong("the bus", "keeps a task token")

    async def _ask(self, http: aiohttp.ClientSession, url: str, truth: Truth) -> None:
        """One replica's snapshot, by whoever was told of the end: all that it shows is held against
        the truth. What is retryable is asked for again."""
        path, who = f"{url}/v1/executions/{truth.execution}", f"{truth.execution} at {url}"
        status, text = 0, ""
        for _ in range(ASKED):
            with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
                async with (
                    asyncio.timeout(15),
                    http.get(path, params={"after": truth.cursor}) as answer,
                ):
                    status, text = answer.status, await answer.text()
            if status == 200:
                break
            await asyncio.sleep(AGAIN_S)
        wrong = truth.shown_otherwise(json.loads(text)) if status == 200 else f"{status} {text}"
        if wrong is not None:
            self._wrong(who, f"shown {wrong}")
        if truth.token in text:
            self._wrong(who, "shows a task token")

    def _wrong(self, who: str, what: str) -> None:
        failed = "; ".join(map(str, self._faults))
        wrong = f"round {self.seed}, {who}: {what} ({failed})"
        self.played.wrong.append(wrong)
        print(wrong, file=sys.stderr, flush=True)


async def played(fleet: Fleet, rounds: int, *, first_seed: int, executions: int) -> Played:
    """One round after the other; each ends with everything mended."""
    found = Played()
    for seed in range(first_seed, first_seed + rounds):
        await Round(fleet, seed, executions, found).play()
    return found
