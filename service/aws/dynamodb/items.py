"""Maps what is stored to the table's items and back.

    pk            sk                    what
    C#<id>        C                     a connection                        in the index: connection
    C#<id>        S#<subscription>      where one of its subscriptions is
    E#<execution> #watch                the execution's watch               in the index: watch
    E#<execution> <id>#<subscription>   one subscription to it
    T#<digest>    T                     a ticket
    N#…                                 what `outbox_items.py` keeps of news

Times are epoch milliseconds, but for `expires_at`, which is DynamoDB's time to live: epoch seconds,
and heeded late, so that whoever reads looks at it too. A subscription's `generation` is `keeping`
in items since before it had this name. What a newer version adds is passed over; an item that can't
be read counts as one that isn't there, and is logged by its key alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from handrail.aws.dynamodb.expressions import Item, Key
from handrail.core.access.principal_documents import principal_document, principal_in
from handrail.core.access.principals import Principal
from handrail.core.apigateway import GatewayConnection, GatewaySubscription, SubscriptionRequest
from handrail.core.errors import InvalidRequest
from handrail.core.models import Cursor, Json, from_ms, to_ms

Noun = TypeVar("Noun")
Member = TypeVar("Member")

CONNECTION, WATCH = "connection", "watch"
"""The kinds in the index."""

WATCH_SK = "#watch"
"""Sorts before every subscription: a connection's id is Base64, and begins with a letter, a digit,
+ or /."""

KEPT = timedelta(hours=3)
"""How long what nobody closed stays: API Gateway's two hours a connection, and one to spare.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html"""

log = structlog.get_logger(__name__)


def expiry(since: datetime, kept: timedelta = KEPT) -> int:
    """Computes the `expires_at` of what may go so long after `since`."""
    return to_ms(since + kept) // 1000 + 1


def expired(item: Item, now: datetime) -> bool:
    ends_at = item.get("expires_at")
    return not isinstance(ends_at, int) or ends_at * 1000 <= to_ms(now)


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


def read(parse: Callable[[Item], Noun], item: Item) -> Noun | None:
    """Parses an item; None where it is broken."""
    try:
        return parse(item)
    except (KeyError, TypeError, ValueError, OverflowError, InvalidRequest) as error:
        kind = str(item.get("pk", ""))[:1]
        sk = item.get("sk")
        log.warning("stored item unreadable", kind=kind, sk=sk, error=type(error).__name__)
        return None


def connection_item(connection: GatewayConnection) -> Item:
    return {
        "due_kind": CONNECTION,
        "due_at": to_ms(connection.due_at),
        "expires_at": expiry(connection.opened_at),
        "opened_at": to_ms(connection.opened_at),
        "principal": connection.principal and principal_document(connection.principal),
        "awaits_init": connection.awaits_init,
        "greeted": connection.greeted,
        "only": connection.only and asdict(connection.only),
        "subscriptions": connection.subscriptions,
        "full_at": connection.full_at and to_ms(connection.full_at),
    }


def connection_in(item: Item) -> GatewayConnection:
    principal, only = _optional(item, "principal", dict), _optional(item, "only", dict)
    full_at, request = _optional(item, "full_at", int), None
    if only is not None:
        request = _request_in(only, _member(only, "id", str), _member(only, "execution", str))
    return GatewayConnection(
        id=_member(item, "pk", str).removeprefix("C#"),
        opened_at=from_ms(_member(item, "opened_at", int)),
        due_at=from_ms(_member(item, "due_at", int)),
        principal=None if principal is None else principal_in(principal),
        awaits_init=_member(item, "awaits_init", bool),
        greeted=_member(item, "greeted", bool),
        only=request,
        subscriptions=_member(item, "subscriptions", int),
        full_at=None if full_at is None else from_ms(full_at),
    )


def listed_in(item: Item) -> tuple[str, str, str]:
    """Reads the id, execution and generation of one of a connection's subscriptions."""
    id = _member(item, "sk", str).removeprefix("S#")
    return id, _member(item, "execution", str), _member(item, "keeping", str)


def subscription_in(item: Item) -> GatewaySubscription:
    connection, _, id = _member(item, "sk", str).partition("#")
    execution = _member(item, "pk", str).removeprefix("E#")
    cursor = _optional(item, "cursor", str)
    return GatewaySubscription(
        connection=connection,
        request=_request_in(item, id, execution),
        cursor=None if cursor is None else Cursor.parse(cursor),
        completed_at=_optional(item, "completed_at", int),
        generation=_member(item, "keeping", str),
    )


def ticket_in(item: Item) -> tuple[Principal, datetime]:
    """Reads whose a ticket is, and until when it is good."""
    principal = principal_in(_member(item, "principal", dict))
    return principal, from_ms(_member(item, "ends_at", int))


def _request_in(item: Mapping[str, Json], id: str, execution: str) -> SubscriptionRequest:
    level, after = _member(item, "level", str), _optional(item, "after", str)
    return SubscriptionRequest(id, execution, level, after)


def _optional(item: Mapping[str, Json], name: str, type: type[Member]) -> Member | None:
    return None if item.get(name) is None else _member(item, name, type)


def _member(item: Mapping[str, Json], name: str, type: type[Member]) -> Member:
    """Raises KeyError, TypeError."""
    value = item[name]
    if not isinstance(value, type):
        raise TypeError(name)
    return value
