"""Pushes events to a stage's hub as a stream brings them."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from handrail.core.history.events import details_key
from handrail.core.models import Account, ExecutionId, ExecutionStatus, HistoryEvent
from handrail.core.pushes import PushedEvent, PushedStatus
from handrail.usecases.live import Watcher
from tests.fakes import ACCOUNT, BEGIN, run_until_idle

from .stage import ID, Stage

PAYLOADS = frozenset({"input", "output", "parameters", "error", "cause"})


def pushed(
    event: HistoryEvent, id: str = ID, *, truncated: bool = False, account: Account = ACCOUNT
) -> PushedEvent:
    return PushedEvent(ExecutionId.parse(id), account, event, truncated, 0)


def without_data(event: HistoryEvent, id: str = ID) -> PushedEvent:
    """As logged without execution data."""
    details = {name: value for name, value in event.details.items() if name not in PAYLOADS}
    bare = replace(event, details=details, details_key=event.details_key if details else None)
    return pushed(bare, id, truncated=len(details) < len(event.details))


def status(
    status: ExecutionStatus, id: str = ID, *, redrives: int = 0, **options: Any
) -> PushedStatus:
    stopped_at = BEGIN if status.terminal else None
    options = {"started_at": BEGIN, "stopped_at": stopped_at, **options}
    return PushedStatus(ExecutionId.parse(id), ACCOUNT, status, redrives, **options)


async def push(stage: Stage, events: Iterable[HistoryEvent], id: str = ID) -> None:
    """And time enough to fold them."""
    for event in events:
        stage.hub.pushed(pushed(event, id))
    await run_until_idle()


def watcher_of(stage: Stage, id: str = ID) -> Watcher:
    (found,) = (each for each in stage.hub.all_watchers if each.id == ExecutionId.parse(id))
    return found


def event_at(history_events: list[HistoryEvent], type_: str) -> HistoryEvent:
    assert details_key(type_)
    return next(event for event in history_events if event.type == type_)
