"""Values too large for a socket's transport: a message leaves them out and names them in `omitted`,
and they are fetched over REST before anybody sees the message."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from urllib.parse import quote

from service.core.errors import ServiceError
from service.core.models import Cursor, Json

from .requesting import Requester
from .retrying import Backoff
from .view import Message

_TO_CATCH_UP = Backoff()


async def whole(requester: Requester, execution: str, message: Message) -> Message:
    """The message with all its values; one that has them comes back as it is. `execution` comes
    quoted. Raises RequestRefused and ServiceUnreachable."""
    paths = message.get("omitted")
    if not isinstance(paths, list) or not paths:
        return message
    snapshot = await _caught_up(requester, execution, message.get("cursor"))
    ids = sorted({event_id for path in paths if (event_id := _event_id(path)) is not None})
    events = {event_id: await _event(requester, execution, event_id, message) for event_id in ids}
    return filled(message, snapshot, events)


def filled(message: Message, snapshot: Mapping[str, Json], events: Mapping[int, Json]) -> Message:
    """The message with what it omitted taken from a snapshot at least as new, and from events by
    id. What neither has stays named in `omitted`."""
    result = deepcopy(message)
    paths = [str(path) for path in result.pop("omitted")]
    left = [path for path in paths if not _fill(result, path, snapshot, events)]
    return {**result, "omitted": left} if left else result


def behind(snapshot: Json, message: Json) -> bool:
    """Whether the snapshot's cursor lies before the message's: AWS's reads are eventually
    consistent. Cursors of different executions of one name aren't compared."""
    try:
        seen, told = Cursor.parse(str(snapshot)), Cursor.parse(str(message))
    except ServiceError:
        return False
    return seen.belongs_to(told.epoch) and seen.event_id < told.event_id


async def _caught_up(requester: Requester, execution: str, cursor: Json) -> Mapping[str, Json]:
    after = f"?after={quote(str(cursor), safe='')}" if cursor is not None else ""
    failures = 0
    while True:
        snapshot = await requester.call("GET", f"executions/{execution}{after}")
        if not behind(snapshot.get("cursor"), cursor):
            return snapshot
        failures += 1
        why = "The service's snapshot is behind its stream"
        await requester.pause.after(failures, _TO_CATCH_UP, why)


async def _event(requester: Requester, execution: str, event_id: int, message: Message) -> Json:
    epoch = str(message.get("cursor")).partition(":")[0]
    path = f"executions/{execution}/events?after={epoch}:{event_id - 1}&limit=1"
    events: list[Json] = (await requester.call("GET", path)).get("events") or []
    return next((event for event in events if event.get("id") == event_id), None)


def _event_id(path: Json) -> int | None:
    head, _, rest = str(path).partition(".")
    number = rest.partition(".")[0]
    return int(number) if head == "events" and number.isdecimal() else None


def _fill(
    message: Message, path: str, snapshot: Mapping[str, Json], events: Mapping[int, Json]
) -> bool:
    """Fill in one value; False where there is none to be had."""
    holder = message.get("snapshot") or message
    match path.split("."):
        case ["execution", name] if name in snapshot:
            fields = holder["execution"] if message["type"] == "update" else holder
            fields[name] = snapshot[name]
            return True
        case ["tasks"] if "tasks" in snapshot:
            holder["tasks"] = snapshot["tasks"]
            return True
        case ["states", *rest]:
            return _fill_state(holder.get("states") or (), ".".join(rest), snapshot)
        case ["events", number, *_]:
            return _fill_event(message.get("events") or [], number, events)
    return False


def _fill_state(states: Iterable[Message], path: str, snapshot: Mapping[str, Json]) -> bool:
    """A member of one state. Its name may hold dots, so it is looked for and not cut off."""
    known = {state["state"]: state for state in snapshot.get("states") or ()}
    for state in sorted(states, key=lambda state: -len(state["state"])):
        name = state["state"]
        member = path.removeprefix(f"{name}.").partition(".")[0]
        if path.startswith(f"{name}.") and member in known.get(name, ()):
            state[member] = known[name][member]
            return True
    return False


def _fill_event(shown: list[Json], number: str, events: Mapping[int, Json]) -> bool:
    for index, event in enumerate(shown):
        if str(event.get("id")) == number and events.get(event["id"]) is not None:
            shown[index] = events[event["id"]]
            return True
    return False
