"""The account that a stub plays, and clients of it."""

from collections.abc import AsyncIterator

import pytest

from handrail.aws.clients import AwsConfig, Clients, open_clients
from handrail.aws.diagnosis.asking import Asking
from tests.stubs.whole_account import WholeAccount, whole_account


@pytest.fixture
async def account() -> AsyncIterator[WholeAccount]:
    async with whole_account() as account:
        yield account


@pytest.fixture
async def clients(account: WholeAccount) -> AsyncIterator[Clients]:
    async with open_clients(AwsConfig(endpoint_url=account.url, max_attempts=1)) as clients:
        yield clients


@pytest.fixture
def asking(clients: Clients) -> Asking:
    return Asking(clients)
