"""How many calls to AWS one execution costs, from its start to its end, whoever looks on.

The scripted history goes on by two events whenever its end is read, so the number of reads doesn't
hang on timing; and it stands still until every socket is there.
"""

import asyncio
import contextlib
import json
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from websockets.asyncio.client import connect

from tests.stubs.stepfunctions import Event, StepFunctionsStub, event

from .children import handrail, running
from .figures import Figure, Options, Report, Target

AUDIENCES = (1, 100, 1000)
MACHINE = "benchmark"
STATES = ("ReserveStock", "ChargeCard", "PackParcel", "BookCourier", "PrintLabel", "NotifyBuyer")
EVENTS_A_READ = 2
AT_ONCE = 50
DEADLINE_S = 90.0
ENVIRONMENT = {"HANDRAIL_LIVE_POLL_MIN_S": "0.05", "HANDRAIL_AWS_READ_TIMEOUT_S": "60"}
WHAT_RAN = """\
`handrail serve` against a scripted endpoint that counts calls: POST a start, that many sockets on
the execution until each was told `complete`. Every read of the history's end brings two more
events; one task waits for a callback, so its definition is read too."""


async def run(options: Options) -> Report:
    """The counts are exact: neither rounds nor `quick` would change them."""
    found = {size: await calls_for(size) for size in AUDIENCES}
    least = found[AUDIENCES[0]].total()
    figures = [
        *(Figure(f"calls, {size:,} sockets", [found[size].total()], "") for size in AUDIENCES),
        *(
            Figure(
                f"calls, {size:,} sockets / {AUDIENCES[0]}",
                [found[size].total() / least],
                "x",
                Target(at_least=1, at_most=1),
            )
            for size in AUDIENCES[1:]
        ),
    ]
    return Report("calls to AWS an execution", WHAT_RAN, figures, [_by_operation(found)])


async def calls_for(size: int) -> Counter[str]:
    """The calls by operation, from the start's to the read that shows the end.

    Raises RuntimeError where a socket wasn't told of the end."""
    async with (
        StepFunctionsStub() as stub,
        running(
            handrail("serve", "--port=0"), {"AWS_ENDPOINT_URL": stub.url, **ENVIRONMENT}, quiet=True
        ) as service,
        asyncio.timeout(DEADLINE_S),
    ):
        stub.add_machine(MACHINE)
        counted = _script(stub)
        stub.hang_next("GetExecutionHistory")
        execution = await asyncio.to_thread(_start, service.url)
        url = service.url.replace("http", "ws", 1) + f"/v1/executions/{execution}/ws"
        everybody, turn = asyncio.Barrier(size + 1), asyncio.Semaphore(AT_ONCE)
        audience = [asyncio.create_task(_watch(url, everybody, turn)) for _ in range(size)]
        await everybody.wait()
        stub.release()
        if set(await asyncio.gather(*audience)) != {"complete"}:
            raise RuntimeError("A socket wasn't told of the end.")
        return counted


def _script(stub: StepFunctionsStub) -> Counter[str]:
    """Let reads of the end bring the next events; answers where calls up to the end are counted."""
    account, script, counted = stub.account, _events(), Counter[str]()
    read = account.operations["GetExecutionHistory"]

    def read_on(body: Mapping[str, Any]) -> dict[str, Any]:
        if body.get("reverseOrder"):
            for _, each in zip(range(EVENTS_A_READ), script, strict=False):
                stub.append(body["executionArn"], each)
        if account.runs[body["executionArn"]].status != "RUNNING" and not counted:
            counted.update(stub.calls)
        return read(body)

    stub.answer("GetExecutionHistory", read_on)
    return counted


def _events() -> Iterator[Event]:
    for state in STATES:
        yield event("TaskStateEntered", details={"name": state, "input": "{}"})
        task = {"resourceType": "sqs", "resource": "sendMessage", "parameters": "{}"}
        if state == STATES[2]:
            task["resource"] += ".waitForTaskToken"
        yield event("TaskScheduled", details=task)
        yield event("TaskSucceeded", details={k: task[k] for k in ("resourceType", "resource")})
        yield event("TaskStateExited", details={"name": state, "output": "{}"})
    yield event("ExecutionSucceeded", details={"output": "{}"})


async def _watch(url: str, everybody: asyncio.Barrier, turn: asyncio.Semaphore) -> str:
    """The type of the last message but for the close. The first says that the subscription is
    made."""
    async with contextlib.AsyncExitStack() as stack:
        async with turn:
            socket = await stack.enter_async_context(connect(url, open_timeout=DEADLINE_S))
            last = await socket.recv()
        await everybody.wait()
        async for message in socket:
            last = message
        kind: str = json.loads(last)["type"]
        return kind


def _start(url: str) -> str:
    request = urllib.request.Request(  # noqa: S310 - the service's own URL
        f"{url}/v1/state-machines/{MACHINE}/executions",
        data=b'{"input": {"order": 1}}',
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        execution: str = json.load(answer)["execution"]
    return execution


def _by_operation(found: Mapping[int, Counter[str]]) -> str:
    operations = sorted(set().union(*found.values()))
    width = max(map(len, operations))
    lines = ["", f"{'sockets':<{width}}" + "".join(f"{size:>8,}" for size in found)]
    for operation in operations:
        counts = "".join(f"{calls[operation]:>8}" for calls in found.values())
        lines.append(f"{operation:<{width}}{counts}")
    return "\n".join(lines)
