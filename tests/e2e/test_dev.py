"""`handrail dev`: the whole product on a laptop, over the public API alone."""

import asyncio
import json
import re
import signal
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from .clients import hear, watching
from .processes import ROOT, Process, outcome

ORDER: dict[str, Any] = {
    "order_id": "A-1",
    "customer": "Ada",
    "amount": 120.5,
    "card": "tok_visa",
    "parcels": [{"id": "p1", "weight_kg": 2}, {"id": "p2"}],
}
MACHINES = {
    json.loads(file.read_text())["name"].replace("${ENVIRONMENT}", "dev").replace("${SUFFIX}", "")
    for file in (ROOT / "state_machines").glob("*/machine.json")
}
ORDERS = "/v1/state-machines/order-fulfilment/executions"


@pytest.fixture(scope="module")
def dev() -> Iterator[Process]:
    with Process(["dev", "--port", "0"], {"HANDLER_PACE": "0"}) as process:
        yield process


async def post(process: Process, path: str, body: Any = None) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession(process.url) as http,
        http.post(path, json=body) as answer,
    ):
        return answer.status, await answer.json(content_type=None)


async def get(process: Process, path: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession(process.url) as http, http.get(path) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_every_state_machine_of_the_project_is_there(dev: Process) -> None:
    _, body = await get(dev, "/v1/state-machines")
    assert {machine["name"] for machine in body["state_machines"]} == MACHINES
    assert (await get(dev, "/readyz"))[0] == 200


async def test_an_order_is_watched_from_start_to_complete(dev: Process) -> None:
    status, started = await post(dev, ORDERS, {"input": ORDER})
    assert status == 202
    seen: list[int] = []
    place = {"after": started["cursor"], "level": "events"}
    async with watching(dev.port, started["execution"], **place) as socket:
        while (message := await hear(socket, "update", "complete"))["type"] == "update":
            seen += [event["id"] for event in message["events"]]
    assert message["status"] == "SUCCEEDED"
    assert seen == [*range(1, len(seen) + 1)]
    _, snapshot = await get(dev, started["links"]["self"])
    assert {state["status"] for state in snapshot["states"]} == {"SUCCEEDED"}
    assert message["cursor"] == snapshot["cursor"]


async def test_a_large_order_waits_for_approval_and_can_be_stopped(dev: Process) -> None:
    status, started = await post(dev, f"{ORDERS}?wait=20", {"input": {**ORDER, "amount": 4200}})
    assert (status, started["status"]) == (202, "RUNNING")
    assert [task["state"] for task in started["tasks"]] == ["WaitForApproval"]
    async with watching(dev.port, started["execution"]) as socket:
        await hear(socket, "subscribed")
        status, stopped = await post(dev, started["links"]["stop"], {"error": "Mistaken"})
        assert (status, stopped["status"], stopped["error"]) == (200, "ABORTED", "Mistaken")
        assert (await hear(socket, "complete"))["status"] == "ABORTED"


async def test_what_happens_is_pushed_to_the_service(dev: Process) -> None:
    _, started = await post(dev, f"{ORDERS}?wait=20", {"input": ORDER})
    assert started["status"] == "SUCCEEDED"
    events = int(started["cursor"].partition(":")[2])

    async def pushed() -> bool:
        async with aiohttp.ClientSession(dev.url) as http, http.get("/metrics") as answer:
            found = re.search(r'handrail_push_total{kind="events"} (\S+)', await answer.text())
        return found is not None and float(found[1]) >= events

    async with asyncio.timeout(20):
        while not await pushed():  # noqa: ASYNC110 the service is only asked
            await asyncio.sleep(0.05)
    assert (await get(dev, "/readyz"))[1] == {"status": "ok", "push": "ok"}


async def test_the_same_start_twice_is_one_execution(dev: Process) -> None:
    body = {"input": ORDER, "name": "twice"}
    first, again = await post(dev, ORDERS, body), await post(dev, ORDERS, body)
    other = await post(dev, ORDERS, {**body, "input": {**ORDER, "amount": 1}})
    assert [first[0], again[0], other[0]] == [202, 200, 409]
    assert first[1]["execution"] == again[1]["execution"]


async def test_a_price_is_answered_at_once(dev: Process) -> None:
    path = "/v1/state-machines/price-check/sync-executions"
    good, bad = await asyncio.gather(
        post(dev, path, {"input": {"article": "lamp"}}),
        post(dev, path, {"input": {"article": "unicorn"}}),
    )
    assert (good[0], good[1]["status"]) == (200, "SUCCEEDED")
    assert (bad[0], bad[1]["status"], bad[1]["error"]) == (200, "FAILED", "UnknownArticle")


async def test_an_input_that_breaks_the_schema_never_starts(dev: Process) -> None:
    status, problem = await post(dev, ORDERS, {"input": {"amount": -1}})
    assert (status, problem["code"]) == (422, "invalid_input")


async def test_the_command_line_talks_to_it(dev: Process) -> None:
    result = await asyncio.to_thread(
        outcome, "start", "loan-quote", "--watch", "--url", dev.url, "--input",
        '{"applicant": "Ada", "income": 64000, "amount": 20000, "cooling_off_seconds": 0}',
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (0, "")
    assert "KeepBest" in result.stdout


async def test_ctrl_c_ends_it_at_once_and_without_a_word() -> None:
    with Process(["dev", "--port", "0"], {"HANDRAIL_GRACEFUL_TIMEOUT_S": "60"}) as process:
        _, started = await post(process, f"{ORDERS}?wait=20", {"input": {**ORDER, "amount": 4200}})
        async with watching(process.port, started["execution"]) as socket:
            await hear(socket, "subscribed")
            exit_code = await asyncio.to_thread(process.end, signal.SIGINT)
            assert (exit_code, process.errors) == (0, "")
