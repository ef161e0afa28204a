"""Fetches over REST what a message too large for its socket's transport came without (`omitted`),
before anybody sees the message."""

from collections.abc import Sequence
from urllib.parse import urlencode

from handrail.core.errors import ServiceError
from handrail.core.models import Cursor, Json

from .event_reader import EventReader
from .request import Requester
from .view import Message

_NOT_FIELDS = {"states", "tasks", "cursor", "links"}


async def whole(
    requester: Requester, execution: str, message: Message, *, since: str | None, level: str
) -> Message:
    """The message with its content; one that has it comes back as it is. `execution` comes quoted,
    `since` is the cursor held before the message. Raises RequestRefused and ServiceUnreachable."""
    if not message.get("omitted"):
        return message
    cursor = str(message["cursor"])
    path, failures = f"executions/{execution}?{urlencode({'after': cursor})}", 0
    snapshot = await requester.call("GET", path)
    while behind(snapshot.get("cursor"), cursor):
        failures += 1
        await requester.pause(failures, "The service's snapshot is behind its stream")
        snapshot = await requester.call("GET", path)
    if level != "events" or message["type"] != "update":
        return filled(message, snapshot, level=level)
    events = await _events(requester, execution, since or f"{cursor.partition(':')[0]}:0", cursor)
    return filled(message, snapshot, level=level, events=events)


def filled(
    message: Message, snapshot: Message, *, level: str = "states", events: Sequence[Json] = ()
) -> Message:
    """The message with its content taken from a snapshot at least as new: an update with all fields
    and states instead of the changed ones. `events` are those of an update at level events."""
    rest = {name: value for name, value in message.items() if name not in {"omitted", "links"}}
    match message["type"]:
        case "update":
            fields = {name: snapshot[name] for name in snapshot if name not in _NOT_FIELDS}
            content: Message = {"execution": fields}
            if level != "status":
                content |= {name: snapshot.get(name) or [] for name in ("states", "tasks")}
            return {**rest, **content, **({"events": list(events)} if level == "events" else {})}
        case "complete":
            return {**rest, **{name: snapshot.get(name) for name in ("output", "error", "cause")}}
        case _:
            return {**rest, "snapshot": {**snapshot, "cursor": message["cursor"]}}


def behind(snapshot: Json, message: Json) -> bool:
    """Whether the snapshot's cursor lies before the message's: AWS's reads are eventually
    consistent. Cursors of different executions of one name aren't compared."""
    try:
        seen, told = Cursor.parse(str(snapshot)), Cursor.parse(str(message))
    except ServiceError:
        return False
    return seen.belongs_to(told.epoch) and seen.event_id < told.event_id


async def _events(requester: Requester, execution: str, after: str, until: str) -> list[Json]:
    """The events after one cursor up to another."""
    reader, found, failures = EventReader(requester, execution, after), list[Json](), 0
    while behind(reader.after, until):
        if events := (await reader.read())["events"]:
            found, failures = [*found, *events], 0
        else:
            failures += 1
            await requester.pause(failures, "The service's events are behind its stream")
    last = Cursor.parse(until).event_id
    return [event for event in found if event["id"] <= last]
