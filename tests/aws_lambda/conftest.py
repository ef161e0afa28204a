"""The stub with a machine, and instances of the function in front of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest

from tests.environment import made_up
from tests.stubs.stepfunctions import StepFunctionsStub
from tests.usecases.apigateway.conftest import guarded, stage  # noqa: F401 - fixtures here too

from .instances import Instance, instance

Cold = Callable[..., AbstractAsyncContextManager[Instance]]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    return made_up(monkeypatch, tmp_path, "AWS_", "HANDRAIL_")


@pytest.fixture
async def stub() -> AsyncIterator[StepFunctionsStub]:
    async with StepFunctionsStub() as stub:
        stub.add_machine("order")
        stub.add_machine("price", type="EXPRESS")
        stub.add_machine("order-fulfilment")
        yield stub


@pytest.fixture
def cold(stub: StepFunctionsStub) -> Cold:
    """Start an instance with settings of the test's own: `async with cold(auth="api-key")`."""
    return partial(instance, stub.url)


@pytest.fixture
async def warm(cold: Cold) -> AsyncIterator[Instance]:
    async with cold() as one:
        yield one
