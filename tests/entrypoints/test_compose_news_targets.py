"""Each subscription's target is made of its kind, and sends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from handrail.aws.clients import AwsConfig
from handrail.core.access.outbound_addresses import PrivateAllowance
from handrail.core.machine_patterns import EVERY_MACHINE
from handrail.core.models import ExecutionId, ExecutionStatus
from handrail.core.news.deliveries import Delivery, DeliveryFailed
from handrail.core.news.news import News
from handrail.core.news.news_documents import deliveries
from handrail.core.news.subscriptions import NewsFilter, NewsSubscription
from handrail.core.news.targets import StartTarget, Target, WebhookTarget, parse_target
from handrail.entrypoints.compose_base import open_base
from handrail.entrypoints.compose_http import execution_service, link_service
from handrail.entrypoints.compose_news_targets import TargetsOf, open_news_targets
from handrail.entrypoints.compose_tasks import task_service
from tests.environment import settings_of
from tests.fakes import ACCOUNT, BEGIN
from tests.stubs.stepfunctions import StepFunctionsStub
from tests.webhooks.receiver import Receiver, receiving

SECRET = "whsec_" + "bmV3" * 8
KINDS = ("failed",)
NEWS = News(
    ExecutionId("order", "7f3c"), BEGIN, 9, BEGIN, KINDS, ExecutionStatus.FAILED, input="{}"
)


@dataclass(frozen=True, slots=True)
class Composed:
    stub: StepFunctionsStub
    receiver: Receiver
    targets_of: TargetsOf

    async def deliver(self, target: Target) -> None:
        subscription = NewsSubscription("a" * 12, EVERY_MACHINE, NewsFilter(KINDS), target)
        (delivery,) = _deliveries(subscription)
        async with asyncio.timeout(20):
            await self.targets_of([subscription])[subscription.id].deliver(delivery)


def _deliveries(subscription: NewsSubscription) -> list[Delivery]:
    return deliveries(NEWS, [subscription], now=BEGIN, account=ACCOUNT, deepest=5)


@asynccontextmanager
async def composed(private: str = "127.0.0.1", **settings: Any) -> AsyncIterator[Composed]:
    async with AsyncExitStack() as stack:
        stub = await stack.enter_async_context(StepFunctionsStub())
        stub.add_machine("order")
        config = AwsConfig(endpoint_url=stub.url, max_attempts=1)
        base = await stack.enter_async_context(open_base(settings_of(**settings), config))
        parts = base, execution_service(base), link_service(base, task_service(base))
        opening = open_news_targets(*parts, PrivateAllowance.parse(private))
        targets_of = await stack.enter_async_context(opening)
        yield Composed(stub, await stack.enter_async_context(receiving()), targets_of)


async def test_webhooks_lead_to_the_execution_at_the_public_url() -> None:
    async with composed(public_url="https://steps.example.com/handrail") as here:
        await here.deliver(WebhookTarget(here.receiver.url, SECRET))
        (_, body), *_ = here.receiver.requests
        assert b'"https://steps.example.com/handrail/v1/executions/order:7f3c"' in body


async def test_webhooks_go_where_the_operator_allows() -> None:
    async with composed(private="") as here:
        with pytest.raises(DeliveryFailed, match="HANDRAIL_NEWS_PRIVATE"):
            await here.deliver(WebhookTarget(here.receiver.url, SECRET))
        assert here.receiver.requests == []


async def test_an_execution_is_started() -> None:
    async with composed() as here:
        await here.deliver(StartTarget("order", {"a": 1}))
        (arn,) = here.stub.account.runs
        assert ":order:7f3c-then1-" in arn


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sns:arn:aws:sns:eu-west-1:123456789012:orders", "sns:Publish"),
        ("sqs:arn:aws:sqs:eu-west-1:123456789012:orders", "sqs:SendMessage"),
        ("eventbridge:default", "events:PutEvents"),
    ],
)
async def test_aws_s_services_are_called(url: str, told: str) -> None:
    """Which the stub doesn't have: each says what it wanted."""
    async with composed() as here:
        with pytest.raises(DeliveryFailed, match=f"^{told}"):
            await here.deliver(parse_target(url, None))
