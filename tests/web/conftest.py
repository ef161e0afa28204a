"""The stub with a few machines, and the service in front of it."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.stubs.stepfunctions import StepFunctionsStub

from .served import Served, serving

Serving = Callable[..., AbstractAsyncContextManager[Served]]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A made-up key in us-east-1, and nothing of the machine's own set-up."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "HANDRAIL_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    return monkeypatch


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
