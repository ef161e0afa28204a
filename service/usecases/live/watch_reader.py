"""Declares what a watch among replicas needs of its watcher."""

from collections.abc import Callable
from typing import Protocol

from handrail.core.models import ExecutionId

from .feed import Feed
from .followed_history import FollowedHistory
from .read_budget import ReadRequests
from .read_schedule import Rhythm


class Reader(Protocol):
    """A watcher, as far as it is shared."""

    id: ExecutionId
    history: FollowedHistory
    rhythm: Rhythm
    requests: ReadRequests

    @property
    def wake(self) -> Callable[[], None]:
        """A step may be due."""

    @property
    def in_use(self) -> bool: ...

    def nudge(self) -> None: ...

    async def fresh(self) -> Feed: ...
