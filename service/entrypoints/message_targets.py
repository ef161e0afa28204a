"""Says what the settings name of queues, topics and event buses, for `handrail doctor`."""

from handrail.aws.diagnosis.asking import Asking
from handrail.aws.diagnosis.resource_facts import find_callback_queue
from handrail.core.diagnosis.aws_uses import ResourceKind
from handrail.core.diagnosis.callback_queue_facts import CallbackQueueFacts
from handrail.core.errors import InvalidDefinition, SettingsError
from handrail.core.models import Account
from handrail.core.news.targets import Target
from handrail.core.queue_reference import QueueReference
from handrail.entrypoints.notified import subscriptions_by
from handrail.settings import Settings
from handrail.usecases import machine_sources

MESSAGES = frozenset(
    {
        ResourceKind.CALLBACKS,
        ResourceKind.DEAD_CALLBACKS,
        ResourceKind.NEWS_TOPIC,
        ResourceKind.NEWS_BUS,
        ResourceKind.NEWS_QUEUE,
    }
)
"""The kinds of resources of which there is what the settings name."""


def callbacks_of(settings: Settings) -> QueueReference | None:
    named = settings.callbacks_queue
    return None if named is None else QueueReference.parse(named)


async def found_callbacks(settings: Settings, asking: Asking) -> CallbackQueueFacts | None:
    queue = callbacks_of(settings)
    return None if queue is None else await find_callback_queue(asking, queue)


def news_targets(settings: Settings, account: Account) -> list[Target]:
    """What news goes to; what can't be read of that `judge_settings` says."""
    if settings.news == "off":
        return []
    try:
        folders = machine_sources.load(settings.state_machines_dir)
        return [each.target for each in subscriptions_by(settings, folders, account)]
    except (SettingsError, InvalidDefinition):
        return []
