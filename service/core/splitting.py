"""Messages too large for a transport as several that fit, in the protocol's own words. Pure.

States, tasks, events and payloads are spread over updates. Only the last message stands under the
cursor that the whole one leads to: the ones before stand where the client was, or, where they
replace what it holds, under a cursor that makes whoever is cut off there start over. A single value
that fits no message is left out and named in `omitted`, beside the links it can be had from.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pydantic_core import from_json

from .addresses import execution_path
from .messages import Message, json_bytes
from .models import ExecutionId, Json

START_OVER = "0:0"
"""A cursor of no execution: nobody's epoch is 0."""

PAYLOADS = ("error", "cause", "input", "output")
OUTCOME = ("status", "output", "error", "cause")

Document = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Piece:
    """What isn't divided any more: a value and where it belongs. Without a value only the names of
    what was left out there. `size` is in bytes as JSON, commas and quotes included."""

    member: str
    name: str | None
    value: Json
    omitted: tuple[str, ...] = ()
    bare: bool = False

    @property
    def late(self) -> bool:
        """Whether something was left out that may still change. Events don't, and stay in order."""
        return bool(self.omitted) and self.member != "events"

    @property
    def size(self) -> int:
        names = sum(len(json_bytes(name)) + 1 for name in self.omitted)
        if self.bare:
            return names
        key = len(json_bytes(self.name)) + 1 if self.name is not None else 0
        return names + key + len(json_bytes(self.value)) + 1


def split(message: Message, limit: int, *, id: ExecutionId, since: str) -> list[Message]:
    """The message in parts of at most `limit` bytes each; itself where it fits.

    `since` is the cursor of the message before it. Applied in order the parts make what the whole
    one makes, but for what `omitted` names. The limit must leave room for what is never divided:
    ids, cursors, links and a state without its error, 8 KB at the very most.
    """
    if len(message.text) <= limit:
        return [message]
    document = from_json(message.text)
    links = _links(id)
    match document["type"]:
        case "subscribed" | "reset":
            parts = _snapshot_parts(document, limit, links)
        case "update":
            parts = _update_parts(document, limit, links, since=since)
        case "complete":
            parts = [_outcome(document, limit, links)]
        case _:
            return [message]
    return [Message(json_bytes(part), part["cursor"]) for part in parts]


def _update_parts(document: Document, limit: int, links: Document, *, since: str) -> list[Document]:
    def empty(cursor: str) -> Document:
        return _update(document["id"], cursor)

    room = limit - _overhead(empty(max(document["cursor"], since, key=len)), links)
    loads = _packed(_pieces(document, document["execution"], room), room)
    parts = [_filled(empty(since), load, links) for load in loads]
    return [*parts[:-1], {**parts[-1], "cursor": document["cursor"]}]


def _snapshot_parts(document: Document, limit: int, links: Document) -> list[Document]:
    """Several replace what the client holds, also where it could go on from what it says to know: a
    client that holds nothing after all would keep the first part for the whole."""
    snapshot = document["snapshot"]
    fields = {name: snapshot[name] for name in PAYLOADS if snapshot[name] is not None}
    blank = {**snapshot, **dict.fromkeys(fields), "states": [], "tasks": []}
    over = {"recovered": False} if "recovered" in document else {}
    first = {**document, **over, "snapshot": {**blank, "cursor": START_OVER}, "cursor": START_OVER}
    ends = {**first, "snapshot": {**blank, "cursor": document["cursor"]}, **_at(document)}
    following = _update(document["id"], document["cursor"])
    room = limit - _overhead(following, links)
    loads = _packed(_pieces(snapshot, fields, room), room, first=limit - _overhead(ends, links))
    filled = _filled(first, loads[0], links, into="snapshot")
    if len(loads) == 1:
        whole = {**filled["snapshot"], **_at(document)}
        said = {name: document[name] for name in over}
        return [{**filled, **said, "snapshot": whole, **_at(document)}]
    updates = [_filled(_update(document["id"], START_OVER), load, links) for load in loads[1:]]
    return [filled, *updates[:-1], {**updates[-1], **_at(document)}]


def _outcome(document: Document, limit: int, links: Document) -> Document:
    """How it ended stays one message: the largest values go, which an update or the snapshot before
    brought as far as they fit."""
    left, omitted = dict(document), list[str]()
    for name in sorted(OUTCOME[1:], key=lambda name: -len(json_bytes(document[name]))):
        if len(json_bytes(_naming(left, omitted, links))) <= limit:
            break
        del left[name]
        omitted.append(f"execution.{name}")
    return _naming(left, omitted, links)


def _pieces(source: Document, fields: Document, room: int) -> list[Piece]:
    """What `source` is made of, each fit for a message."""
    return [
        *(_field(name, value, room) for name, value in fields.items()),
        *(_state(state, room) for state in source.get("states", ())),
        *_tasks(source, room),
        *(_event(event, room) for event in source.get("events", ())),
    ]


def _field(name: str, value: Json, room: int) -> Piece:
    piece = Piece("execution", name, value)
    return piece if piece.size <= room else _bare("execution", f"execution.{name}")


def _tasks(source: Document, room: int) -> Iterator[Piece]:
    """All pending tasks are one value: each list of them replaces the one before."""
    if (tasks := source.get("tasks")) is not None:
        piece = Piece("tasks", None, tasks)
        yield piece if piece.size <= room else _bare("tasks", "tasks")


def _state(state: Document, room: int) -> Piece:
    name = f"states.{state['state']}.last_error"
    error = state["last_error"] or {}
    return _first_fitting(
        room,
        lambda: Piece("states", None, state),
        lambda: Piece(
            "states", None, {**state, "last_error": {**error, "cause": None}}, (f"{name}.cause",)
        ),
        lambda: Piece("states", None, {**state, "last_error": None}, (name,)),
    )


def _event(event: Document, room: int) -> Piece:
    """Its largest details go, one by one."""
    piece, name = Piece("events", None, event), f"events.{event['id']}"
    key = next((key for key, value in event.items() if isinstance(value, dict)), None)
    details = event[key] if key is not None else {}
    for largest in sorted(details, key=lambda member: -len(json_bytes(details[member]))):
        if piece.size <= room:
            break
        kept = {**piece.value, key: {**piece.value[key], largest: None}}
        piece = replace(piece, value=kept, omitted=(*piece.omitted, f"{name}.{key}.{largest}"))
    return piece


def _first_fitting(room: int, *ways: Callable[[], Piece]) -> Piece:
    """The first that fits, else the last."""
    piece = ways[0]()
    for way in ways[1:]:
        if piece.size <= room:
            break
        piece = way()
    return piece


def _packed(pieces: list[Piece], room: int, *, first: int | None = None) -> list[list[Piece]]:
    """The pieces in order, in loads of at most `room` bytes, or `first` for the first. What was
    left out is looked up by its message's cursor: it goes last, where that is the newest."""
    kept = [piece for piece in pieces if not piece.late]
    late = [piece for piece in pieces if piece.late]
    loads: list[list[Piece]] = [[]]
    left = room if first is None else first
    for together in [*([piece] for piece in kept), late]:
        if sum(piece.size for piece in together) > left:
            loads.append([])
            left = room
        for piece in together:
            if piece.size > left:
                loads.append([])
                left = room
            loads[-1].append(piece)
            left -= piece.size
    return loads


def _filled(
    empty: Document, load: list[Piece], links: Document, *, into: str | None = None
) -> Document:
    """The message with its load: in itself, or in its snapshot."""
    filled = dict(empty)
    target = filled if into is None else dict(empty[into])
    fields = {piece.name: piece.value for piece in load if piece.name and not piece.bare}
    if into is None:
        target["execution"] = fields
    else:
        target |= fields
        filled[into] = target
    for piece in load:
        if piece.member == "tasks" and not piece.bare:
            target["tasks"] = piece.value
        elif piece.member in {"states", "events"}:
            target[piece.member] = [*target.get(piece.member, ()), piece.value]
    return _naming(filled, [name for piece in load for name in piece.omitted], links)


def _naming(document: Document, omitted: list[str], links: Document) -> Document:
    return {**document, "omitted": omitted, "links": links} if omitted else document


def _overhead(empty: Document, links: Document) -> int:
    """What a message needs besides its load, with all that may be in it."""
    lists = {"states": [], "tasks": [], "events": [], "omitted": [], "links": links}
    return len(json_bytes({**empty, **lists}))


def _update(id: str, cursor: str) -> Document:
    return {"type": "update", "id": id, "execution": {}, "cursor": cursor}


def _at(document: Document) -> Document:
    return {"cursor": document["cursor"]}


def _bare(member: str, name: str) -> Piece:
    return Piece(member, None, None, (name,), bare=True)


def _links(id: ExecutionId) -> Document:
    base = execution_path(id)
    return {"self": base, "events": f"{base}/events", "tasks": f"{base}/tasks"}
