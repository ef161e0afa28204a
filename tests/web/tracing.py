"""The service with its traces recorded, and the collector they go to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.otlp_receiver import OtlpReceiver, ReceivedSpan, otlp_receiver

from .conftest import Serving
from .served import Served


class Traced:
    """`served` while it runs; `spans` once it has ended."""

    def __init__(self, served: Served, receiver: OtlpReceiver) -> None:
        self.served, self.receiver = served, receiver

    async def came(self, *names: str) -> list[ReceivedSpan]:
        """All spans so far, once there is one of each of these names."""
        tracer = self.served.services.tracer
        assert tracer is not None
        await asyncio.to_thread(tracer.flush)
        return await asyncio.to_thread(self.receiver.wait_for, *names)


@asynccontextmanager
async def traced(
    serve: Serving, environment: pytest.MonkeyPatch, **settings: Any
) -> AsyncIterator[Traced]:
    with otlp_receiver() as receiver:
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        environment.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
        async with serve(traces=True, **settings) as served:
            yield Traced(served, receiver)
