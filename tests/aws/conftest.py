"""The stub and clients opened on it; nothing of the machine's own AWS set-up shows through."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import AwsConfig, Clients, open_clients
from handrail.aws.dynamodb.table import Table
from tests.environment import made_up
from tests.fakes import FakeClock
from tests.gateway_table import Storage
from tests.stubs.faults import Faults, faults_before
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


@dataclass(frozen=True, slots=True)
class GatewayClients:
    """Clients to the storage: straight, and by a faulty way, tried once and twice."""

    straight: Clients
    faulty: Clients
    forgetful: Clients


class HastyClock(FakeClock):
    """Sleeping takes no time; `slept` says how long it would have been."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    async def sleep(self, delay_s: float) -> None:
        self.slept.append(delay_s)


@pytest.fixture
def clock() -> HastyClock:
    return HastyClock()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def way(storage: Storage) -> AsyncIterator[Faults]:
    async with faults_before(storage.url) as way:
        yield way


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stored_clients(
    storage: Storage, way: Faults, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[GatewayClients]:
    """Opened once: that takes longer than most of the tests that use them."""
    async with AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            made_up(patch, tmp_path_factory.mktemp("aws"), "AWS_")
            opened = []
            for url, attempts in ((storage.url, 1), (way.url, 1), (way.url, 2)):
                config = AwsConfig(endpoint_url=url, max_attempts=attempts)
                clients = await stack.enter_async_context(open_clients(config))
                await clients.client("dynamodb")
                opened.append(clients)
        yield GatewayClients(*opened)


@pytest.fixture
def faults(way: Faults) -> Faults:
    """A way to DynamoDB on which things may go wrong."""
    way.forget()
    return way


@pytest.fixture
def table(
    stored_clients: GatewayClients, table_name: str, clock: HastyClock, calls: AwsCalls
) -> Table:
    """A new, empty table."""
    return Table(stored_clients.straight, calls, table_name, clock)


@pytest.fixture
def faulty(
    stored_clients: GatewayClients,
    faults: Faults,
    table_name: str,
    clock: HastyClock,
    calls: AwsCalls,
) -> Table:
    """The same table by that way."""
    return Table(stored_clients.faulty, calls, table_name, clock, random=lambda: 0.5)


@pytest.fixture
def forgetful(
    stored_clients: GatewayClients,
    faults: Faults,
    table_name: str,
    clock: HastyClock,
    calls: AwsCalls,
) -> Table:
    """The same, asked once more where an answer is lost."""
    return Table(stored_clients.forgetful, calls, table_name, clock)
