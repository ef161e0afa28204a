"""The service reads the stream that its settings name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any

import pytest

from handrail.aws.clients import AwsConfig
from handrail.entrypoints.compose_http import open_services
from handrail.settings import Settings
from handrail.web.app import create_app
from handrail.web.services import Services
from tests.gateway_table import Storage, blocking_client
from tests.usecases.live.stream_stage import line, record
from tests.web.served import eventually


@asynccontextmanager
async def opened(storage: Storage, stream: str | None) -> AsyncIterator[Services]:
    config = AwsConfig(endpoint_url=storage.url, max_attempts=1)
    async with open_services(Settings(events_stream=stream), config) as services:
        yield services


def counted(services: Services, kind: str) -> float:
    registry = services.metrics.registry
    return registry.get_sample_value("handrail_push_total", {"kind": kind}) or 0.0


async def readiness(services: Services) -> tuple[int, Any]:
    answer = await create_app(services).test_client().get("/readyz")
    return answer.status_code, await answer.get_json()


async def test_what_is_written_into_the_stream_comes_to_the_hub(storage: Storage) -> None:
    with closing(blocking_client(storage.url, "kinesis")) as kinesis:
        kinesis.create_stream(StreamName="pushes", ShardCount=1)
        async with opened(storage, "pushes") as services:
            await eventually(services.pushes_arrive)
            kinesis.put_record(StreamName="pushes", Data=record(line(1)), PartitionKey="k")
            await eventually(lambda: counted(services, "events") == 1)
            assert counted(services, "records") == 1
            assert await readiness(services) == (200, {"status": "ok", "push": "ok"})


async def test_without_its_stream_the_service_is_there_and_says_so(storage: Storage) -> None:
    async with opened(storage, "missing") as services:
        assert await readiness(services) == (200, {"status": "degraded", "push": "degraded"})
    async with opened(storage, None) as services:
        assert await readiness(services) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    "name", ["a stream", "arn:aws:sqs:us-east-1:123456789012:queue", "x" * 129]
)
def test_what_names_no_stream_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="events_stream"):
        Settings(events_stream=name)
