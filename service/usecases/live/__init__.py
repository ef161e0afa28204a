"""The live hub: one watcher per execution, however many look at it."""

from handrail.core.protocol.client_messages import Level

from .feed import Feed
from .hub import Hub
from .list_subscription import ListSubscription
from .live_lists import LiveLists
from .read_schedule import HubObservers, LiveLimits
from .subscription import Subscription
from .watcher import Watcher

__all__ = [
    "Feed",
    "Hub",
    "HubObservers",
    "Level",
    "ListSubscription",
    "LiveLimits",
    "LiveLists",
    "Subscription",
    "Watcher",
]
