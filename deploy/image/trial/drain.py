"""SIGTERM while 200 sockets, long-polls and requests are under way: nobody is cut off unheard."""

import asyncio
import json
import time
from collections import Counter
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial

import aiohttp

from .alive import URL
from .findings import expect, found
from .load import Outcomes, Request, close_code, keep_asking
from .processes import Running

SOCKETS = 200
POLLS = 20
WORKERS = 16
ANSWERED_BEFORE = 300
RESTARTING = 1012
UNREADY = 503
NOT_READY = ("/readyz", UNREADY)
"""The one line that it logs as a warning, of the check itself."""

WAITING = "/v1/state-machines/document-review/executions"
SYNC = "/v1/state-machines/price-check/sync-executions"
HELD_S = "25"


async def check(service: Running, key: str) -> None:
    """Raises CheckFailed."""
    async with asyncio.timeout(90), AsyncExitStack() as stack:
        headers = {"Authorization": f"Bearer {key}"}
        http = await stack.enter_async_context(
            aiohttp.ClientSession(URL, headers=headers, connector=aiohttp.TCPConnector(limit=0))
        )
        execution, cursor = await waiting_execution(http)
        sockets = await asyncio.gather(*(subscribed(http, execution) for _ in range(SOCKETS)))
        codes = asyncio.gather(*map(close_code, sockets))
        polls, requests = Outcomes(), Outcomes()
        readiness = asyncio.create_task(until_unready(http))
        busy = asyncio.gather(
            *(polls.ask(partial(long_poll, http, execution, cursor)) for _ in range(POLLS)),
            *(keep_asking(requests, *mixture(http, execution)) for _ in range(WORKERS)),
        )
        await requests.reach(ANSWERED_BEFORE)
        before, began_at = requests.answered, time.monotonic()
        service.process.terminate()
        exit_code = await service.ended()
        took_s = time.monotonic() - began_at
        expect(await readiness, "/readyz didn't turn 503 before the port was closed")
        judge_sockets(await codes)
        await busy
        judge_requests(requests, polls, before)
        judge_end(service, exit_code, took_s)


async def until_unready(http: aiohttp.ClientSession) -> bool:
    """Whether /readyz turned 503 while connections were still taken."""
    try:
        while True:
            async with http.get("/readyz", headers={"Connection": "close"}) as answer:
                if answer.status == UNREADY:
                    return True
    except aiohttp.ClientError:
        return False


async def waiting_execution(http: aiohttp.ClientSession) -> tuple[str, str]:
    """An execution that nobody will complete, and the cursor up to which it is known."""
    document = {"input": {"title": "On handrails", "text": "It is there in the dark."}}
    async with http.post(f"{WAITING}?wait=20", json=document) as answer:
        execution = str((await answer.json())["execution"])
    async with http.get(f"/v1/executions/{execution}") as answer:
        return execution, str((await answer.json())["cursor"])


async def subscribed(
    http: aiohttp.ClientSession, execution: str
) -> aiohttp.ClientWebSocketResponse:
    socket = await http.ws_connect(f"/v1/executions/{execution}/ws")
    while json.loads(await socket.receive_str())["type"] != "subscribed":
        pass
    return socket


def long_poll(
    http: aiohttp.ClientSession, execution: str, cursor: str
) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
    query = {"after": cursor, "wait": HELD_S}
    return http.get(f"/v1/executions/{execution}/events", params=query)


def mixture(http: aiohttp.ClientSession, execution: str) -> list[Request]:
    """Quick reads, a write, and an execution that the answer waits for."""
    article = {"input": {"article": "lamp"}}
    return [
        partial(http.get, f"/v1/executions/{execution}"),
        partial(http.get, "/v1/state-machines"),
        partial(http.post, SYNC, json=article),
        partial(http.get, "/healthz", headers={"Connection": "close"}),
    ]


def judge_sockets(codes: list[int | None]) -> None:
    counted = dict(Counter(codes))
    expect(counted == {RESTARTING: SOCKETS}, f"sockets closed with {counted}")
    found("SIGTERM", f"/readyz 503, then {SOCKETS} sockets closed with {RESTARTING}")


def judge_requests(requests: Outcomes, polls: Outcomes, before: int) -> None:
    failed = requests.failed + polls.failed
    expect(not failed, f"{len(failed)} requests failed: {failed[:5]}")
    expect(polls.answered == POLLS, f"{polls.answered} of {POLLS} long-polls were answered")
    after = requests.answered - before
    found(
        "requests", f"{before} answered before it, {after} after it, {POLLS} long-polls, 0 failed"
    )


def judge_end(service: Running, exit_code: int, took_s: float) -> None:
    expect(exit_code == 0, f"exit code {exit_code}: {service.errors}")
    lines = [json.loads(line) for line in service.errors.splitlines()]
    loud = [line for line in lines if line["level"] in {"warning", "error", "critical"}]
    others = [line for line in loud if (line.get("route"), line.get("status")) != NOT_READY]
    expect(not others, f"it complained: {others[:3]}")
    found("end", f"exit code 0 after {took_s:.1f} s, no warning logged but of /readyz")
