"""Composes where news goes: one target a subscription."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TypeAlias
from urllib.parse import urlsplit

from handrail.aws.calls import AwsCalls
from handrail.aws.news_targets import EventBusNews, QueueNews, TopicNews
from handrail.core.access.outbound_addresses import PrivateAllowance
from handrail.core.news.subscriptions import NewsSubscription
from handrail.core.news.targets import (
    EventBusTarget,
    QueueTarget,
    SentTarget,
    StartTarget,
    TopicTarget,
    WebhookTarget,
)
from handrail.entrypoints.compose_base import Base
from handrail.usecases.executions import ExecutionService
from handrail.usecases.news.following_start import FollowingStart
from handrail.usecases.news.linked_news import LinkedNews, NewsLinks
from handrail.usecases.news.sender import NewsTarget
from handrail.usecases.signed_links import LinkService
from handrail.webhooks.signed_webhook import SignedWebhook
from handrail.webhooks.webhook_client import WebhookClient, open_webhooks

CALL_S = 12.0
"""For a call to AWS, all its attempts: it ends before the sender gives the delivery up."""

TargetsOf: TypeAlias = Callable[[Iterable[NewsSubscription]], dict[str, NewsTarget]]
"""Of subscriptions, the target of each by its id."""


@asynccontextmanager
async def open_news_targets(
    base: Base, executions: ExecutionService, links: LinkService, allowance: PrivateAllowance
) -> AsyncIterator[TargetsOf]:
    """Opens no connection before something is sent, and closes what was opened."""
    # No breaker: one queue that is out of reach says nothing of the others.
    calls = AwsCalls(base.metrics, limit_s=CALL_S, tracer=base.tracer)
    put_links = NewsLinks(links, base.addresses, _origin(base.settings.public_url))
    async with open_webhooks(allowance) as client:

        def target_of(subscription: NewsSubscription) -> NewsTarget:
            if isinstance(subscription.target, StartTarget):
                return FollowingStart(subscription.target.machine, executions)
            sent = _sent_to(subscription.target, base, calls, client)
            return LinkedNews(sent, put_links, signs=subscription.links)

        yield lambda subscriptions: {each.id: target_of(each) for each in subscriptions}


def _sent_to(
    target: SentTarget,
    base: Base,
    calls: AwsCalls,
    client: WebhookClient,
) -> NewsTarget:
    match target:
        case WebhookTarget():
            return SignedWebhook(target, client, base.clock)
        case TopicTarget():
            return TopicNews(base.clients, calls, target)
        case QueueTarget():
            return QueueNews(base.clients, calls, target)
        case EventBusTarget():
            return EventBusNews(base.clients, calls, target, base.catalogue.account)


def _origin(public_url: str | None) -> str:
    parts = urlsplit(public_url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
