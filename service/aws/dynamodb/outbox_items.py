"""Maps news that waits to the table's items and back.

    pk               sk                             what
    N#fleet          lease                          who sends
    N#fleet          watermark#<machine>            from when on executions aren't known yet
    N#followed#<0…f> <execution>                    how far one is treated
    N#<execution>    L#<subscription>               a lane (in the index: news-lane)
    N#<execution>    D#<subscription>#<event>#<ms>  a delivery that waits (news)
    N#<execution>    X#<subscription>#<event>#<ms>  a dead letter (news-dead)
    N#<execution>    K#<subscription>#<event>#<ms>  a key that is known

A lane says which delivery is its first, `head`, and when that is due; each write of it gives it
another `mark`, so that of two who change a lane one sees that it came second. Times are epoch
milliseconds, but for `expires_at`, DynamoDB's time to live: what waits has none.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from uuid import uuid4

from handrail.aws.dynamodb.expressions import Item, Key, Write
from handrail.aws.dynamodb.items import expiry
from handrail.core.models import ExecutionId, from_ms, to_ms
from handrail.core.news.deliveries import (
    DeadLetter,
    Delivery,
    DeliveryKey,
    DeliveryLane,
    message_id,
)
from handrail.core.news.letter_keys import event_id_of, execution_of
from handrail.core.news.news_outbox import Followed
from handrail.core.news.outbox_rules import LETTERS_KEPT, REMEMBERED, SAME_START

LANE, WAITING, DEAD = "news-lane", "news", "news-dead"
"""The kinds in the index: what waits by when it was put there, dead letters by when they were
given up."""

LEASE: Key = ("N#fleet", "lease")
SHARDS = "0123456789abcdef"
"""Of what is followed: each takes DynamoDB's 1,000 write units a second."""

THERE, ABSENT, UNCHANGED = "attribute_exists(#pk)", "attribute_not_exists(#pk)", "#mark = :was"


def watermark_key(machine: str) -> Key:
    return "N#fleet", f"watermark#{machine}"


def followed_pk(shard: str) -> str:
    return f"N#followed#{shard}"


def followed_key(execution: ExecutionId) -> Key:
    shard = sha256(str(execution).encode()).hexdigest()[0]
    return followed_pk(shard), str(execution)


def lane_key(lane: DeliveryLane) -> Key:
    return f"N#{lane.execution}", f"L#{lane.subscription}"


def subscription_in(sk: str) -> str:
    """Of a lane's key."""
    return sk.partition("#")[2]


def lane_of(key: DeliveryKey) -> DeliveryLane:
    return DeliveryLane(key.subscription, execution_of(key))


def deliveries_prefix(lane: DeliveryLane) -> str:
    return f"D#{lane.subscription}#"


def delivery_key(key: DeliveryKey) -> Key:
    return _key("D", key)


def letter_key(key: DeliveryKey) -> Key:
    return _key("X", key)


def known_key(key: DeliveryKey) -> Key:
    return _key("K", key)


def head_key(lane: Item) -> Key:
    return lane["pk"], lane["head"]


def head_due_at(delivery: Item) -> int:
    """When the first of a lane is due, in ms."""
    return int(delivery["next_at"])


def machine_in(pk: str) -> str:
    return ExecutionId.parse(pk.removeprefix("N#")).machine


def key_in(pk: str, sk: str) -> DeliveryKey:
    """Of a delivery or a letter, by the item's key."""
    _, subscription, event_id, ms = sk.split("#")
    execution = ExecutionId.parse(pk.removeprefix("N#"))
    return DeliveryKey(subscription, message_id(execution, int(event_id)), int(ms))


def followed_write(followed: Followed, now: datetime) -> Write:
    """Under the condition that `moves_on` states."""
    began = to_ms(followed.started_at)
    before, until = to_ms(followed.started_at - SAME_START), to_ms(followed.started_at + SAME_START)
    members = {
        "started_at": began,
        "position": followed.position,
        "ended": followed.ended,
        "expires_at": expiry(now, REMEMBERED) if followed.ended else None,
    }
    ahead, values = "#position < :position", {"before": before, "until": until}
    if followed.ended:
        ahead += " OR (#position = :position AND #ended = :no)"
        values["no"] = False
    newer = f"#started_at < :before OR (#started_at <= :until AND ({ahead}))"
    return Write.set(
        followed_key(followed.execution), members, when=f"{ABSENT} OR {newer}", **values
    )


def followed_in(item: Item) -> Followed:
    execution, began = ExecutionId.parse(item["sk"]), from_ms(item["started_at"])
    return Followed(execution, began, int(item["position"]), bool(item["ended"]))


def delivery_item(delivery: Delivery) -> Item:
    return {
        "due_kind": WAITING,
        "due_at": to_ms(delivery.created_at),
        "at": to_ms(delivery.at),
        "event_id": delivery.event_id,
        "kinds": list(delivery.kinds),
        "body": delivery.body,
        "created_at": to_ms(delivery.created_at),
        **retried(delivery),
    }


def retried(delivery: Delivery) -> Mapping[str, int | str | None]:
    """What an attempt changes."""
    times = {"next_at": to_ms(delivery.due_at), "attempts": delivery.attempts}
    return {**times, "problem": delivery.problem}


def delivery_in(item: Item) -> Delivery:
    return Delivery(
        subscription=item["sk"].split("#")[1],
        execution=ExecutionId.parse(item["pk"].removeprefix("N#")),
        event_id=int(item["event_id"]),
        at=from_ms(item["at"]),
        kinds=tuple(item["kinds"]),
        body=str(item["body"]),
        created_at=from_ms(item["created_at"]),
        due_at=from_ms(item["next_at"]),
        attempts=int(item["attempts"]),
        problem=item.get("problem"),
    )


def letter_item(letter: DeadLetter) -> Item:
    at = letter.given_up_at
    times = {"due_at": to_ms(at), "given_up_at": to_ms(at), "expires_at": expiry(at, LETTERS_KEPT)}
    return {**delivery_item(letter.delivery), "due_kind": DEAD, **times}


def letter_in(item: Item) -> DeadLetter:
    return DeadLetter(delivery_in(item), from_ms(item["given_up_at"]))


def lane_write(lane: DeliveryLane, known: Item | None, first: Delivery) -> Write:
    """A lane with one more delivery, as far as `known` is what the lane is."""
    key, head = lane_key(lane), delivery_key(first.key)[1]
    members = {"due_kind": LANE, "due_at": to_ms(first.due_at), "head": head, "mark": uuid4().hex}
    if known is None:
        return Write.put(key, members, when=ABSENT)
    if known["head"] < head:
        members |= {"due_at": known["due_at"], "head": known["head"]}
    return Write.set(key, members, when=UNCHANGED, was=known["mark"])


def lane_without(known: Item, rest: Item | None) -> Write:
    """A lane whose first delivery is now this one; it is gone where there is none."""
    key: Key = known["pk"], known["sk"]
    if rest is None:
        return Write.delete(key, when=UNCHANGED, was=known["mark"])
    members = {"head": rest["sk"], "due_at": head_due_at(rest), "mark": uuid4().hex}
    return Write.set(key, members, when=UNCHANGED, was=known["mark"])


def _key(kind: str, key: DeliveryKey) -> Key:
    event_id = event_id_of(key)
    return f"N#{execution_of(key)}", f"{kind}#{key.subscription}#{event_id:016d}#{key.at_ms}"
