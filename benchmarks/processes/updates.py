"""What the fan-out sends: a history that goes on as long as somebody asks, two events an update.

One state is left and the next is entered, so an update shows two states and has some 600 bytes.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, cycle, islice, pairwise

from handrail.core.history.events import details_key
from handrail.core.models import ExecutionId, HistoryEvent, Json, to_ms
from handrail.core.protocol.client_messages import ONLY
from handrail.usecases.live import Feed, Level
from handrail.usecases.live.event_log import EventLog

EXECUTION = ExecutionId("benchmark", "fanout")
STARTED_AT = datetime(2026, 1, 1, tzinfo=UTC)
STATES = ("ReserveStock", "ChargeCard", "PackParcel", "BookCourier", "PrintLabel", "NotifyBuyer")
LOG_BYTES = 1024 * 1024


def first_events() -> list[HistoryEvent]:
    """Those that stand before anybody looks."""
    return [
        _event(1, "ExecutionStarted", {"input": '{"order": 1}'}),
        _event(2, "TaskStateEntered", {"name": STATES[0], "input": "{}"}),
    ]


def next_events() -> Iterator[list[HistoryEvent]]:
    """Endless: the events of one update after the other."""
    ids = count(3)
    for left, entered in pairwise(cycle(STATES)):
        yield [
            _event(next(ids), "TaskStateExited", {"name": left, "output": "{}"}),
            _event(next(ids), "TaskStateEntered", {"name": entered, "input": "{}"}),
        ]


def texts(number: int) -> list[str]:
    """The updates a socket of the service gets from these events, as JSON texts."""
    feed = Feed(EXECUTION, to_ms(STARTED_AT), log=EventLog(LOG_BYTES))
    feed.fold(first_events())
    drawn = []
    for events in islice(next_events(), number):
        since = feed.position
        feed.fold(events)
        _, message = feed.update(ONLY, Level.STATES, since)
        assert message is not None
        drawn.append(message.text.decode())
    return drawn


def _event(id: int, type: str, details: dict[str, Json]) -> HistoryEvent:
    at = STARTED_AT + timedelta(milliseconds=100 * id)
    return HistoryEvent(id, max(0, id - 1), type, at, details, details_key(type))
