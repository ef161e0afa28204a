"""The live hub: one watcher per execution, however many look at it."""

from service.core.protocol.client_messages import Level

from .feed import Feed
from .hub import Hub
from .read_schedule import LiveLimits
from .subscription import Subscription
from .watcher import Watcher

__all__ = ["Feed", "Hub", "Level", "LiveLimits", "Subscription", "Watcher"]
