"""Declares who wants to be told that an execution ended."""

from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import datetime
from typing import Protocol

from handrail.core.models import Account, ExecutionId, HistoryEvent


class WholeHistory(Protocol):
    """One execution's, as far as it was read; it may be read again when its watcher has gone."""

    @property
    def id(self) -> ExecutionId: ...

    @property
    def started_at(self) -> datetime:
        """The date of its first event. Raises Unavailable before that was read."""

    @property
    def redrives(self) -> int:
        """As `started_at`."""

    def whole(self, due_at: Callable[[], float]) -> AsyncGenerator[Sequence[HistoryEvent]]:
        """As `FollowedHistory.whole`."""


class EndListener(Protocol):
    """Is told of ends; each method returns at once."""

    def saw_end(self, history: WholeHistory, account: Account) -> None:
        """Its execution ended, in the eyes of a watcher, which tells it once an end."""

    def pushed_end(self, id: ExecutionId, redrives: int) -> None:
        """One that nobody here watches ended, as was pushed; perhaps more than once."""
