"""Other systems are told of executions that nobody watches: by `handrail dev`, with a receiver of
webhooks beside it; and by one of two replicas of `handrail serve`, until that is killed."""

import asyncio
import json
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.bus_server import BusServer
from tests.news_receiver import SECRET, NewsReceiver, news_receiver
from tests.stubs.stepfunctions import StepFunctionsStub
from tests.web.approvals import KEY
from tests.web.stories import entered, failed, running

from .processes import Process, log_lines, serving

ANYWHERE = "http://handrail.test"
"""The public URL of a service on a port that isn't known yet."""

ASKS = {
    "StartAt": "Choose",
    "States": {
        "Choose": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.fails", "BooleanEquals": True, "Next": "Refuse"}],
            "Default": "Ask",
        },
        "Refuse": {"Type": "Fail", "Error": "Refused", "Cause": "As was asked."},
        "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {"QueueUrl": "${QUEUE}", "MessageBody": {"token.$": "$$.Task.Token"}},
            "End": True,
        },
    },
}
NEXT = {"StartAt": "Note", "States": {"Note": {"Type": "Pass", "End": True}}}
KINDS = ["failed", "waiting", "succeeded", "state:Refuse.failed"]


def write_machine(folder: Path, name: str, definition: Any, **file: Any) -> None:
    (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / name / "definition.asl.json").write_text(json.dumps(definition))
    (folder / name / "machine.json").write_text(json.dumps({"name": name, **file}))


@pytest.fixture
def receiver() -> Iterator[NewsReceiver]:
    with news_receiver() as receiver:
        yield receiver


async def asked(process: Process, method: str, path: str, body: Any = None) -> Any:
    async with (
        aiohttp.ClientSession(process.url) as http,
        http.request(method, path, json=body) as answer,
    ):
        assert answer.ok, await answer.text()
        return await answer.json(content_type=None)


async def started(process: Process, machine: str, **input: Any) -> str:
    path = f"/v1/state-machines/{machine}/executions"
    return str((await asked(process, "POST", path, {"input": input}))["execution"])


def _machines(folder: Path, receiver: NewsReceiver, *kinds: str) -> None:
    notify = [
        {"on": list(kinds), "url": receiver.url, "secret": SECRET, "links": True},
        {
            "on": ["succeeded"],
            "then": {"machine": "next", "input": {"of": "{% $states.context.Execution.Name %}"}},
        },
    ]
    queue = {"QUEUE": "https://sqs.${REGION}.amazonaws.com/${ACCOUNT_ID}/asks"}
    file = {"queues": ["asks"], "substitutions": queue, "notify": notify}
    write_machine(folder, "asks", ASKS, **file)
    write_machine(folder, "next", NEXT)


async def test_dev_tells_a_receiver_whose_link_settles_the_task_and_starts_what_follows(
    tmp_path: Path, receiver: NewsReceiver
) -> None:
    _machines(tmp_path, receiver, *KINDS)
    variables = {"HANDRAIL_PUBLIC_URL": ANYWHERE, "HANDRAIL_LINK_KEYS": KEY}
    with Process(["dev", "--port", "0", str(tmp_path)], dict(variables)) as dev:
        failing = await started(dev, "asks", fails=True)
        failed = await asyncio.to_thread(receiver.wait_for, "failed", failing)
        assert (failed.data["error"], failed.data["status"]) == ("Refused", "FAILED")
        kinds = dict.fromkeys(each.kinds for each in receiver.news)
        assert list(kinds) == [("state:Refuse.failed",), ("failed",)]

        asking = await started(dev, "asks", fails=False)
        waiting = await asyncio.to_thread(receiver.wait_for, "waiting", asking)
        link = waiting.data["task"]["link"]
        assert link.startswith(f"{ANYWHERE}/v1/callbacks/")
        await asked(dev, "POST", link.removeprefix(ANYWHERE), {"output": {"yes": True}})
        succeeded = await asyncio.to_thread(receiver.wait_for, "succeeded", asking)
        assert succeeded.data["output"] == {"yes": True}

        async with asyncio.timeout(30):
            while not (found := await _executions(dev, "next")):  # noqa: ASYNC110 it is only asked
                await asyncio.sleep(0.05)
        (following,) = found
        shown = await asked(dev, "GET", f"/v1/executions/{following}")
        assert shown["input"] == {"of": asking.partition(":")[2]}

        shown = await asked(dev, "GET", "/v1/news")
        assert (shown["sends"], shown["counts"]["dead"]) == (True, 0)

        # What is saved meanwhile is in force.
        _machines(tmp_path, receiver, "started", "waiting")
        async with asyncio.timeout(30):
            while "started" not in {kind for each in receiver.news for kind in each.kinds}:
                await started(dev, "asks", fails=True)
                await asyncio.sleep(0.2)

        assert await asyncio.to_thread(dev.end, signal.SIGINT) == 0
        assert "Traceback" not in dev.errors


async def _executions(process: Process, machine: str) -> list[str]:
    listed = await asked(process, "GET", f"/v1/executions?state_machine={machine}")
    return [each["execution"] for each in listed["executions"]]


@contextmanager
def replica(stub: StepFunctionsStub, bus: BusServer, receiver: NewsReceiver) -> Iterator[Process]:
    entry = {"on": ["failed"], "url": receiver.url, "secret": SECRET, "machines": "order"}
    with serving(
        stub.url,
        HANDRAIL_BUS_URL=bus.url,
        HANDRAIL_NOTIFY=json.dumps([entry]),
        HANDRAIL_NEWS_PRIVATE="127.0.0.0/8",
        HANDRAIL_LIVE_READS_PER_S="3000",
    ) as process:
        yield process


def leads(process: Process) -> bool:
    whole, _, _ = process.errors.rpartition("\n")
    told = [line["event"] for line in log_lines(whole)]
    return told.count("news are sent here") > told.count("news are no longer sent here")


async def one_of(processes: Sequence[Process]) -> Process:
    """The one that leads."""
    async with asyncio.timeout(30):
        while not (found := [each for each in processes if leads(each)]):  # noqa: ASYNC110 asks
            await asyncio.sleep(0.05)
    return found[0]


async def test_one_of_two_replicas_tells_and_the_other_goes_on_when_it_is_killed(
    new_bus_server: Callable[..., BusServer], receiver: NewsReceiver
) -> None:
    bus = new_bus_server()
    async with StepFunctionsStub() as stub, AsyncExitStack() as stack:
        stub.add_machine("order")
        processes = []
        for _ in range(2):
            context = replica(stub, bus, receiver)
            processes.append(await asyncio.to_thread(context.__enter__))
            stack.push(context.__exit__)
        leader = await one_of(processes)
        (other,) = (each for each in processes if each is not leader)

        stub.append(running(stub, "first"), entered("Charge"), failed())
        told = await asyncio.to_thread(receiver.wait_for, "failed", "order:first")
        assert told.id == "order:first:3"

        leader.child.kill()
        leader.child.wait()
        stub.append(running(stub, "second"), entered("Charge"), failed())
        with bus.blocking() as client:  # as if its lease had run out
            (lease,) = client.keys("*lease*")
            client.delete(lease)
        await asyncio.to_thread(receiver.wait_for, "failed", "order:second")
        ids = [each.id for each in receiver.news]  # one that was killed before it noted it: again
        assert list(dict.fromkeys(ids)) == ["order:first:3", "order:second:3"]
        assert await asyncio.to_thread(other.end, signal.SIGTERM) == 0
        with bus.blocking() as client:
            assert client.keys("*lease*") == []
