"""The stub with a few machines, and the service in front of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.environment import made_up
from tests.stubs.stepfunctions import StepFunctionsStub

from .served import Served, serving

Serving = Callable[..., AbstractAsyncContextManager[Served]]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A made-up key in us-east-1, and nothing of the machine's own set-up."""
    return made_up(monkeypatch, tmp_path, "AWS_", "HANDRAIL_")


@pytest.fixture
async def stub() -> AsyncIterator[StepFunctionsStub]:
    async with StepFunctionsStub() as stub:
        stub.add_machine("order")
        stub.add_machine("price", type="EXPRESS")
        yield stub


@pytest.fixture
async def serve(stub: StepFunctionsStub) -> AsyncIterator[Serving]:
    """Start the service with settings of the test's own: `async with serve(ws_heartbeat_s=1)`."""
    async with AsyncExitStack():
        yield partial(serving, stub)


@pytest.fixture
async def served(serve: Serving) -> AsyncIterator[Served]:
    async with serve() as served:
        yield served
