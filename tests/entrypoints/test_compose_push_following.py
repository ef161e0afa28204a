"""What the service shows of an execution whose events come by moto's Kinesis."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from handrail.aws.clients import AwsConfig
from handrail.entrypoints.compose_http import open_services
from handrail.settings import Settings
from handrail.usecases.live import Level
from handrail.web.services import Services
from tests.gateway_table import Storage, blocking_client
from tests.stubs.stepfunctions import StepFunctionsStub
from tests.usecases.live.stage import Client
from tests.usecases.live.stream_stage import record
from tests.web.served import eventually
from tests.web.stories import ran, running, succeeded

STREAM = "watched"


@pytest.fixture
def kinesis(storage: Storage) -> Iterator[Any]:
    with closing(blocking_client(storage.url, "kinesis")) as client:
        client.create_stream(StreamName=STREAM, ShardCount=2)
        yield client
        client.delete_stream(StreamName=STREAM)


def lines(stub: StepFunctionsStub, arn: str) -> list[str]:
    """What the execution's events look like in a log."""
    found = []
    for event in stub.account.runs[arn].events:
        key = next((name for name in event if name.endswith("EventDetails")), None)
        line = {
            "id": str(event["id"]),
            "type": event["type"],
            "details": event[key] if key else {},
            "previous_event_id": str(event.get("previousEventId", 0)),
            "event_timestamp": str(round(float(event["timestamp"]) * 1000)),
            "execution_arn": arn,
            "redrive_count": "0",
        }
        found.append(json.dumps(line))
    return found


def put(kinesis: Any, *pushed: str) -> None:
    """A record for each line, over the shards."""
    for line in pushed:
        kinesis.put_record(StreamName=STREAM, Data=record(line), PartitionKey=str(hash(line)))


def reads(stub: StepFunctionsStub) -> int:
    return stub.calls["GetExecutionHistory"]


async def test_what_is_pushed_is_shown_and_the_history_isnt_read_again(
    kinesis: Any, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with StepFunctionsStub() as stub:
        stub.add_machine("order")
        monkeypatch.setenv("AWS_ENDPOINT_URL_SFN", stub.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_KINESIS", storage.url)
        async with open_services(Settings(events_stream=STREAM), AwsConfig()) as services:
            await eventually(services.pushes_arrive)
            await follow(services, kinesis, stub)


async def follow(services: Services, kinesis: Any, stub: StepFunctionsStub) -> None:
    arn = running(stub)
    options: dict[str, Any] = {"id": "s1", "after": None, "level": Level.STATES}
    subscription = services.hub.subscribe("order:one", wake=lambda: None, **options)
    client = Client()

    def told(of: str) -> bool:
        client.take_all(subscription)
        return any(message["type"] == of for message in client.messages)

    def shown(status: str) -> bool:
        client.take_all(subscription)
        return {name: state["status"] for name, state in client.states.items()} == {"Pay": status}

    await eventually(lambda: told("subscribed"))
    put(kinesis, *lines(stub, arn))
    stub.append(arn, *ran("Pay")[:3])
    put(kinesis, *reversed(lines(stub, arn)))
    await eventually(lambda: shown("RUNNING"))
    (watcher,) = services.hub.all_watchers
    await eventually(lambda: watcher._next_at > services.clock.monotonic() + 20)
    before = reads(stub)
    stub.append(arn, *ran("Pay")[3:])
    put(kinesis, *lines(stub, arn)[4:])
    await eventually(lambda: shown("SUCCEEDED"))
    stub.append(arn, succeeded({"paid": True}))
    put(kinesis, lines(stub, arn)[-1])
    await eventually(lambda: told("complete"))
    assert client.messages[-1]["output"] == {"paid": True}
    assert reads(stub) == before
