"""Chooses where news waits to be sent, and shows it: the table where there is one, else the bus;
this process's memory where the embedded engine is in it, whose executions live no longer."""

from handrail.core.models import Account
from handrail.core.news.news_outbox import Outbox
from handrail.core.partitions import partition_of
from handrail.entrypoints.compose_base import Base
from handrail.entrypoints.notified import ANY_ACCOUNT, subscriptions_shown
from handrail.usecases.news.news_service import NewsService


def news_service_on(base: Base) -> NewsService:
    """`sends` is whether this process takes part; who does has its own subscriptions."""
    asked = subscriptions_shown(base.settings, base.folders, account_on(base))
    sends = base.settings.news == "on" and base.lasting
    return NewsService(outbox_on(base), {each.id: each for each in asked}, sends)


def account_on(base: Base) -> Account:
    """Where executions live; with a number made up as long as no state machine tells it."""
    region = base.clients.sfn.meta.region_name
    made_up = Account(partition_of(region), region, ANY_ACCOUNT)
    return base.catalogue.known_account() or made_up


def outbox_on(base: Base) -> Outbox | None:
    settings, clock, link = base.settings, base.clock, base.shared.link
    if not base.lasting:  # a function sends none, and its table holds none
        return None
    if base.catalogue.local is not None:
        from handrail.usecases.news.in_memory_outbox import InMemoryOutbox  # noqa: PLC0415 of dev

        return InMemoryOutbox(clock)
    if settings.table is not None:
        from handrail.aws.dynamodb.stored_outbox import AwsOutbox  # noqa: PLC0415 where it is
        from handrail.aws.dynamodb.table import Table  # noqa: PLC0415 see above

        return AwsOutbox(Table(base.clients, base.calls, settings.table, clock), clock)
    if link is not None:
        from handrail.bus.shared_outbox import SharedOutbox  # noqa: PLC0415 redis

        return SharedOutbox(link.bus, clock)
    return None
