"""A receiver, and a client that may call it."""

from collections.abc import AsyncIterator

import pytest

from handrail.core.access.outbound_addresses import PrivateAllowance
from handrail.webhooks.webhook_client import WebhookClient, open_webhooks

from .receiver import Receiver, receiving

LOOPBACK = PrivateAllowance.parse("127.0.0.1")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def client() -> AsyncIterator[WebhookClient]:
    async with open_webhooks(LOOPBACK, total_s=20, drain_s=20) as client:
        yield client
