"""What the table's items look like, one to a noun, and how they are read back.

    pk            sk                    what
    C#<id>        C                     a connection                        in the index: connection
    C#<id>        S#<subscription>      where one of its subscriptions is
    E#<execution> #watch                the execution's watch               in the index: watch
    E#<execution> <id>#<subscription>   one subscription to it
    T#<digest>    T                     a ticket

Times are epoch milliseconds, but for `expires_at`, which is DynamoDB's time to live: epoch seconds,
and heeded late, so that whoever reads looks at it too. What a newer version adds is passed over; an
item that can't be read counts as one that isn't there, and is logged by its key alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from service.aws.expressions import Key
from service.aws.values import Item
from service.core.errors import InvalidRequest
from service.core.models import Cursor, Json, from_ms, to_ms
from service.core.principals import Principal, grants_in
from service.core.stored import StoredConnection, StoredSubscription, Wanted

Noun = TypeVar("Noun")
Member = TypeVar("Member")

CONNECTION = "connection"
WATCH = "watch"
"""Both are kinds in the index."""

WATCH_SK = "#watch"
"""Sorts before every subscription: a connection's id is Base64, and begins with a letter, a digit,
+ or /."""

KEPT = timedelta(hours=3)
"""How long what nobody closed stays: API Gateway's two hours a connection, and one to spare.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html"""

ms, moment = to_ms, from_ms

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Listed:
    """What a connection knows of one of its subscriptions: where it is."""

    id: str
    execution: str
    keeping: str


@dataclass(frozen=True, slots=True)
class KeptTicket:
    """Whose a ticket is, and until when it is good."""

    principal: Principal
    ends_at: datetime


def expiry(since: datetime, kept: timedelta = KEPT) -> int:
    """`expires_at` of what may go so long after `since`."""
    return ms(since + kept) // 1000 + 1


def expired(item: Item, now: datetime) -> bool:
    ends_at = item.get("expires_at")
    return not isinstance(ends_at, int) or ends_at * 1000 <= ms(now)


def connection_key(id: str) -> Key:
    return f"C#{id}", "C"


def index_key(connection: str, subscription: str) -> Key:
    return f"C#{connection}", f"S#{subscription}"


def subscription_key(execution: str, connection: str, subscription: str) -> Key:
    return f"E#{execution}", f"{connection}#{subscription}"


def watch_key(execution: str) -> Key:
    return f"E#{execution}", WATCH_SK


def ticket_key(digest: bytes) -> Key:
    return f"T#{digest.hex()}", "T"


def named(key: Key) -> str:
    """Whose item it is: what stands behind the letter of `pk`."""
    return key[0][2:]


def read(parse: Callable[[Item], Noun], item: Item) -> Noun | None:
    """None where it is broken."""
    try:
        return parse(item)
    except (KeyError, TypeError, ValueError, OverflowError, InvalidRequest) as error:
        kind = str(item.get("pk", ""))[:1]
        log.warning("item broken", kind=kind, sk=item.get("sk"), error=type(error).__name__)
        return None


def connection_item(connection: StoredConnection) -> Item:
    return {
        "due_kind": CONNECTION,
        "due_at": ms(connection.due_at),
        "expires_at": expiry(connection.opened_at),
        "opened_at": ms(connection.opened_at),
        "principal": connection.principal and principal_item(connection.principal),
        "awaits_init": connection.awaits_init,
        "greeted": connection.greeted,
        "only": connection.only and _wanted_item(connection.only),
        "subscriptions": connection.subscriptions,
        "full_at": connection.full_at and ms(connection.full_at),
    }


def connection_in(item: Item) -> StoredConnection:
    principal, only = _optional(item, "principal", dict), _optional(item, "only", dict)
    full_at = _optional(item, "full_at", int)
    return StoredConnection(
        id=_member(item, "pk", str).removeprefix("C#"),
        opened_at=moment(_member(item, "opened_at", int)),
        due_at=moment(_member(item, "due_at", int)),
        principal=None if principal is None else principal_in(principal),
        awaits_init=_member(item, "awaits_init", bool),
        greeted=_member(item, "greeted", bool),
        only=None if only is None else _wanted_in(only),
        subscriptions=_member(item, "subscriptions", int),
        full_at=None if full_at is None else moment(full_at),
    )


def listed_item(wanted: Wanted, *, keeping: str, expires_at: int) -> Item:
    return {"execution": wanted.execution, "keeping": keeping, "expires_at": expires_at}


def listed_in(item: Item) -> Listed:
    id = _member(item, "sk", str).removeprefix("S#")
    return Listed(id, _member(item, "execution", str), _member(item, "keeping", str))


def subscription_item(wanted: Wanted, *, keeping: str, expires_at: int) -> Item:
    return {
        "level": wanted.level,
        "after": wanted.after,
        "keeping": keeping,
        "expires_at": expires_at,
    }


def subscription_in(item: Item) -> StoredSubscription:
    connection, _, id = _member(item, "sk", str).partition("#")
    execution = _member(item, "pk", str).removeprefix("E#")
    cursor = _optional(item, "cursor", str)
    return StoredSubscription(
        connection=connection,
        wanted=Wanted(id, execution, _member(item, "level", str), _optional(item, "after", str)),
        cursor=None if cursor is None else Cursor.parse(cursor),
        completed_at=_optional(item, "completed_at", int),
        keeping=_member(item, "keeping", str),
    )


def ticket_in(item: Item) -> KeptTicket:
    ends_at = moment(_member(item, "ends_at", int))
    return KeptTicket(principal_in(_member(item, "principal", dict)), ends_at)


def principal_item(principal: Principal) -> Item:
    """Who it is and what it may: never the credential that showed it."""
    ends_at = principal.expires_at
    return {
        "name": principal.name,
        "grants": [str(grant) for grant in principal.grants],
        "machines": principal.machines,
        "expires_at": None if ends_at is None else ends_at.isoformat(),
    }


def principal_in(item: Mapping[str, Json]) -> Principal:
    """A grant of a scope that isn't known here grants nothing."""
    ends_at = _optional(item, "expires_at", str)
    return Principal(
        _member(item, "name", str),
        grants_in(_texts(item, "grants")),
        tuple(_texts(item, "machines")),
        None if ends_at is None else datetime.fromisoformat(ends_at),
    )


def _wanted_item(wanted: Wanted) -> Item:
    return {
        "id": wanted.id,
        "execution": wanted.execution,
        "level": wanted.level,
        "after": wanted.after,
    }


def _wanted_in(item: Mapping[str, Json]) -> Wanted:
    id, execution = _member(item, "id", str), _member(item, "execution", str)
    return Wanted(id, execution, _member(item, "level", str), _optional(item, "after", str))


def _texts(item: Mapping[str, Json], name: str) -> list[str]:
    texts: list[str] = _member(item, name, list)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError(name)
    return texts


def _optional(item: Mapping[str, Json], name: str, type: type[Member]) -> Member | None:
    """Raises TypeError."""
    return _member(item, name, type) if name in item else None


def _member(item: Mapping[str, Json], name: str, type: type[Member]) -> Member:
    """Raises KeyError, TypeError."""
    value = item[name]
    if not isinstance(value, type):
        raise TypeError(name)
    return value
