"""What the queue carries of our own, as JSON texts: nudges, and reminders to look after a new
connection. Written and read here alone, so that sender and reader can't drift apart.

    {"type": "nudge", "execution": "order:7f3c", "event_id": 12, "ended": false, "again": 0}
    {"type": "greet", "connection": "L0SM9cOFvHcCIhw="}

A member that isn't known is passed over: while one version is being replaced by the next, each
reads what the other sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic_core import from_json, to_json

from .models import Json
from .stored import Nudge


@dataclass(frozen=True, slots=True)
class Greet:
    """Look after this new connection."""

    connection: str


def nudge_text(nudge: Nudge) -> str:
    """The message that says to read an execution again."""
    return _text(
        {
            "type": "nudge",
            "execution": nudge.execution,
            "event_id": nudge.event_id,
            "ended": nudge.ended,
            "again": nudge.again,
        }
    )


def greet_text(connection: str) -> str:
    """The message that says to look after a new connection."""
    return _text({"type": "greet", "connection": connection})


def parse_reminder(body: str) -> Nudge | Greet:
    """Read a message of ours. Raises ValueError, which doesn't repeat the text."""
    try:
        message = from_json(body)
    except ValueError:
        raise ValueError("A reminder is JSON.") from None
    if not isinstance(message, dict):
        raise ValueError("A reminder is a JSON object.")
    match message.get("type"):
        case "nudge":
            return _nudge(message)
        case "greet":
            return Greet(_name(message, "connection"))
        case _:
            raise ValueError("A reminder's type is nudge or greet.")


def _nudge(message: Mapping[str, Json]) -> Nudge:
    event_id, ended = message.get("event_id"), message.get("ended", False)
    again = message.get("again", 0)
    if event_id is not None and (type(event_id) is not int or event_id < 1):
        raise ValueError("A nudge's event_id is a positive integer or null.")
    if type(ended) is not bool:
        raise ValueError("A nudge's ended is true or false.")
    if type(again) is not int or again < 0:
        raise ValueError("A nudge's again is a count.")
    return Nudge(_name(message, "execution"), event_id, ended, again)


def _name(message: Mapping[str, Json], member: str) -> str:
    value = message.get(member)
    if not isinstance(value, str) or not value:
        raise ValueError(f"A reminder's {member} is a text.")
    return value


def _text(message: Mapping[str, Json]) -> str:
    return to_json(message).decode()
