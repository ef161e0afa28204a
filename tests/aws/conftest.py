"""The stub and clients opened on it; nothing of the machine's own AWS set-up shows through."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from service.aws.calls import AwsCalls
from service.aws.clients import AwsConfig, Clients, open_clients
from tests.environment import made_up
from tests.stubs.stepfunctions import StepFunctionsStub


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A made-up key in us-east-1 and no other AWS variable, file or metadata service."""
    return made_up(monkeypatch, tmp_path, "AWS_")


@pytest.fixture
async def stub() -> AsyncIterator[StepFunctionsStub]:
    async with StepFunctionsStub() as stub:
        yield stub


@pytest.fixture
async def clients(stub: StepFunctionsStub) -> AsyncIterator[Clients]:
    """Clients that try once, so that no test waits for a backoff."""
    config = AwsConfig(endpoint_url=stub.url, max_attempts=1, read_timeout_s=5)
    async with open_clients(config) as clients:
        yield clients


@pytest.fixture
def calls() -> AwsCalls:
    return AwsCalls()
