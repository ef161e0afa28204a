"""Composes the part of a process in telling other systems of executions."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from handrail.core.news.news_outbox import Outbox
from handrail.entrypoints.compose_base import Base
from handrail.entrypoints.compose_news_targets import TargetsOf, open_news_targets
from handrail.entrypoints.compose_outbox import account_on
from handrail.entrypoints.notified import allowance, refuse_incomplete, subscriptions_by
from handrail.usecases.news.execution_news import NewsMaking
from handrail.usecases.news.leader import Leader
from handrail.usecases.news.news_follower import NewsFollower
from handrail.usecases.news.news_sending import NewsSending
from handrail.usecases.news.news_work import NewsWork
from handrail.usecases.news.sender import NewsSender
from handrail.usecases.news.subscribers import Subscribers
from handrail.usecases.news.sweep import NewsSweep
from handrail.usecases.news.watermarks import Watermarks
from handrail.web.services import Services

NEWS_SHARE = 0.5
"""Of the executions that may be watched at once: so many are followed for news, as a rule those
that nobody looks at. The other half is for people."""


@asynccontextmanager
async def sending_news(base: Base, services: Services) -> AsyncIterator[NewsSending]:
    """Takes part in sending what is asked for. Raises SettingsError with what is missing."""
    settings, folders, local = base.settings, base.folders, base.catalogue.local is not None
    asked = subscriptions_by(settings, folders, account_on(base))
    refuse_incomplete(settings, asked, folders, local=local)
    outbox = services.news.outbox
    assert outbox is not None  # noqa: S101 - it was refused otherwise
    private = allowance(settings, local=local)
    targets = open_news_targets(base, services.executions, services.links, private)
    async with targets as targets_of:
        sending = news_sending(base, outbox, targets_of)
        sending.start()
        try:
            yield sending
        finally:
            await sending.close()


def news_sending(base: Base, outbox: Outbox, targets_of: TargetsOf) -> NewsSending:
    settings, clock, catalogue = base.settings, base.clock, base.catalogue
    subscribers = Subscribers(settings.served_machines)
    marks = Watermarks(outbox, clock)
    push = settings.events_stream is not None
    making = NewsMaking(
        outbox,
        subscribers,
        clock,
        catalogue.known_account,
        deepest=settings.then_depth,
        told=lambda: work.wake(),  # noqa: PLW0108 it is made below
    )
    most = int(NEWS_SHARE * settings.live_max_watchers)
    follower = NewsFollower(making, base.hub, marks, push=push, most=most)
    base.push_listeners.append(follower.pushed)
    sweep = NewsSweep(follower, subscribers, marks, catalogue, base.list_pages, clock, push)

    def new_sender() -> NewsSender:
        asked = tuple(subscribers.by_id.values())
        targets = targets_of(asked)
        return NewsSender(outbox, targets, asked, clock, base.metrics, leads=lambda: leader.leads)

    work = NewsWork(outbox, follower, sweep, new_sender, base.metrics, clock)
    leader = Leader(outbox, work.run, clock, secrets.token_hex(8))
    asked_by = partial(subscriptions_by, settings, base.folders)
    return NewsSending(subscribers, leader, work, catalogue.account, asked_by, clock)
