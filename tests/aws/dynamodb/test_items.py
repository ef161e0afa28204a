"""Items of the table: read as they were written, and passed over where they can't be read."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from handrail.aws.dynamodb.expressions import plain, typed
from handrail.aws.dynamodb.items import (
    KEPT,
    connection_in,
    connection_item,
    connection_key,
    expired,
    expiry,
    listed_in,
    read,
    subscription_in,
)
from handrail.core.apigateway import GatewayConnection, SubscriptionRequest
from tests.aws.sockets import ID, SOCKET, WHO
from tests.fakes import BEGIN


@pytest.mark.parametrize(
    "connection",
    [
        SOCKET,
        replace(SOCKET, principal=WHO, greeted=True, full_at=BEGIN),
        replace(SOCKET, awaits_init=True, only=SubscriptionRequest("0", "a:b", "events", "17:4")),
    ],
)
def test_a_connection_is_read_as_it_was_written(connection: GatewayConnection) -> None:
    pk, sk = connection_key(ID)
    item = {"pk": pk, "sk": sk, "later": "unknown", **connection_item(connection)}
    assert connection_in(plain(typed(item))) == connection


def test_a_listed_subscription_says_where_it_is() -> None:
    item = {"pk": f"C#{ID}", "sk": "S#s1", "execution": "order:1", "keeping": "g"}
    assert listed_in(item) == ("s1", "order:1", "g")


def test_an_item_is_over_once_its_time_is_past_or_unknown() -> None:
    item = {"expires_at": expiry(BEGIN)}
    assert not expired(item, BEGIN + KEPT)
    assert expired(item, BEGIN + KEPT + timedelta(seconds=2))
    assert expired({}, BEGIN)
    assert expired({"expires_at": "soon"}, BEGIN)


@pytest.mark.parametrize("strange", [{"B": b"x"}, {"SS": ["x"]}, {"N": "1.5"}, {"NS": ["1"]}])
@pytest.mark.parametrize("member", ["level", "after", "cursor", "completed_at", "keeping"])
def test_a_type_that_isnt_written_here_breaks_its_item_alone(
    strange: dict[str, Any], member: str
) -> None:
    item = typed({"pk": "E#order:1", "sk": "c#s", "level": "states", "keeping": "1"})
    assert read(subscription_in, plain(item)) is not None
    with capture_logs() as lines:
        assert read(subscription_in, plain({**item, member: strange})) is None
    assert [line["event"] for line in lines] == ["stored item unreadable"]
