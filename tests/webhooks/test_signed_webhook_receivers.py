"""The receiver that docs/in-and-out.md shows without a library verifies what is sent."""

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from handrail.clock import Clock, SystemClock
from handrail.core.models import ExecutionId
from handrail.core.news.deliveries import Delivery, DeliveryFailed
from handrail.core.news.targets import WebhookTarget
from handrail.webhooks.signed_webhook import SignedWebhook
from handrail.webhooks.webhook_client import WebhookClient
from tests.e2e.documents import blocks
from tests.fakes import FakeClock
from tests.page.test_page_scripts import NODE, needs_node

SECRET = "whsec_c2VjcmV0LW9mLW15LW93bi1yZWNlaXZlcg=="
OTHER = "whsec_" + "b2xk" * 8
AT = datetime(2026, 11, 1, tzinfo=UTC)
BODY = (
    '{"type":"execution.failed","id":"orders:7f3c:7",'
    '"data":{"execution":"orders:7f3c","cause":"größer"}}'
)
DELIVERY = Delivery("0123456789ab", ExecutionId("orders", "7f3c"), 7, AT, ("failed",), BODY, AT, AT)


async def deliver(
    client: WebhookClient, url: str, secret: str, *, clock: Clock | None = None
) -> None:
    async with asyncio.timeout(30):
        target = WebhookTarget(url, secret)
        await SignedWebhook(target, client, clock or SystemClock()).deliver(DELIVERY)


@dataclass(frozen=True, slots=True)
class NodeReceiver:
    url: str
    process: asyncio.subprocess.Process

    async def line(self) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(30):
            return (await self.process.stdout.readline()).decode().strip()


@asynccontextmanager
async def in_node(code: str) -> AsyncIterator[NodeReceiver]:
    """It writes its port first."""
    assert NODE is not None
    listening = '.listen(0, "127.0.0.1", function () { console.log(this.address().port); })'
    assert ".listen(9000)" in code
    code = code.replace(".listen(9000)", listening)
    process = await asyncio.create_subprocess_exec(
        NODE, "--input-type=module", "--eval", code, stdout=PIPE
    )
    try:
        port = await NodeReceiver("", process).line()
        yield NodeReceiver(f"http://127.0.0.1:{port}/", process)
    finally:
        process.kill()
        await process.wait()


@needs_node
async def test_one_in_node(client: WebhookClient) -> None:
    (block,) = (each for each in blocks() if each.text.startswith("// receiver.mjs"))
    async with in_node(block.text) as node:
        with pytest.raises(DeliveryFailed, match="answered 401"):
            await deliver(client, node.url, OTHER)
        long_ago = FakeClock(datetime.now(UTC) - timedelta(minutes=6))
        with pytest.raises(DeliveryFailed, match="answered 401"):
            await deliver(client, node.url, SECRET, clock=long_ago)
        await deliver(client, node.url, SECRET)
        await deliver(client, node.url, f"{OTHER},{SECRET}")
        assert await node.line() == "orders:7f3c:7 execution.failed"
