"""The live hub: one watcher per execution, however many look at it."""

from .feed import Feed, Level
from .hub import Hub, LiveLimits
from .subscription import Subscription
from .watcher import Watcher

__all__ = ["Feed", "Hub", "Level", "LiveLimits", "Subscription", "Watcher"]
