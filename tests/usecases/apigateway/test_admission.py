"""Whose socket it is, where callers must say."""

import json
from datetime import timedelta

import pytest

from handrail.core.access.principals import ANYBODY, Credential, Principal
from handrail.core.apigateway import GatewayConnection
from handrail.core.errors import (
    CredentialExpired,
    ExecutionNotFound,
    Forbidden,
    InvalidRequest,
    Unauthenticated,
)

from .stage import ID, READER, GatewayStage, arn_of, key


def init(token: str) -> str:
    return f'{{"type": "init", "token": "{token}"}}'


async def test_a_key_in_the_handshake_is_enough(guarded: GatewayStage) -> None:
    guarded.execution()
    socket = await guarded.watching(credential=key("reader"))
    assert socket.kinds == ["ready", "subscribed"]
    principal = guarded.connections.open_now["c1"].principal
    assert principal is not None
    assert principal.name == "reader"


async def test_a_ticket_is_good_for_one_handshake(guarded: GatewayStage) -> None:
    ticket = await guarded.tickets.issue(READER)
    await guarded.connect(credential=Credential(ticket=ticket.text))
    with pytest.raises(Unauthenticated):
        await guarded.connect("c2", credential=Credential(ticket=ticket.text))
    assert list(guarded.connections.open_now) == ["c1"]


def token_of(stage: GatewayStage, *, seconds: float = 60) -> str:
    """One that reads the one execution, for so long."""
    ends_at = stage.in_s(seconds)
    return stage.narrowed.issue(Principal("shop", READER.grants, (), ends_at, (ID,)))


@pytest.mark.parametrize("by", ["query", "bearer", "init"])
async def test_a_token_for_one_execution_opens_nothing_else(guarded: GatewayStage, by: str) -> None:
    guarded.execution()
    token = token_of(guarded)
    shown = {"query": Credential(token=token), "bearer": Credential(bearer=token)}
    await guarded.connect(credential=shown.get(by, Credential()))
    if by == "init":
        await guarded.says(init(token))
    await guarded.greet()
    for id, execution in (("s1", "orders:two"), ("s2", f"{ID}x"), ("s3", arn_of("orders:two"))):
        await guarded.says(json.dumps({"type": "subscribe", "id": id, "execution": execution}))
        assert guarded.socket().said[-1]["code"] == "execution_not_found"
    assert guarded.live.read_count == 0
    await guarded.says(json.dumps({"type": "subscribe", "id": "s4", "execution": ID}))
    assert guarded.socket().kinds[-1] == "subscribed"
    for number, execution in enumerate(("orders:two", "other:one")):
        with pytest.raises(ExecutionNotFound):
            await guarded.connect(
                f"d{number}", credential=Credential(token=token), execution=execution
            )


async def test_a_socket_ends_with_its_token(guarded: GatewayStage) -> None:
    guarded.execution()
    token = token_of(guarded, seconds=60)
    socket = await guarded.opened(credential=Credential(token=token), execution=ID)
    assert guarded.connections.open_now["c1"].due_at == guarded.in_s(60)
    await guarded.clock.advance(60)
    await guarded.says('{"type": "ping"}')
    assert socket.closed_with == 4002
    with pytest.raises(CredentialExpired):
        await guarded.connect("c2", credential=Credential(token=token))


async def test_where_nobody_is_asked_a_token_limits_its_socket_all_the_same(
    stage: GatewayStage,
) -> None:
    shown = Credential(token=token_of(stage))
    socket = await stage.opened(credential=shown)
    await stage.says('{"type": "subscribe", "id": "s1", "execution": "orders:two"}')
    assert socket.said[-1]["code"] == "execution_not_found"
    await stage.opened("c2", credential=Credential(token="somebody.else.s"))
    assert stage.socket("c2").kinds == ["ready"]


@pytest.mark.parametrize(
    ("name", "execution", "error"),
    [
        ("nobody", None, Unauthenticated),
        ("starter", None, Forbidden),
        ("starter", ID, Forbidden),
        ("other", ID, ExecutionNotFound),
    ],
)
async def test_a_handshake_that_may_not_is_refused(
    guarded: GatewayStage, name: str, execution: str | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await guarded.connect(credential=key(name), execution=execution)
    assert guarded.connections.open_now == {}


async def test_what_may_not_be_watched_is_refused_without_a_look(guarded: GatewayStage) -> None:
    guarded.execution()
    socket = await guarded.opened(credential=key("other"))
    await guarded.says(f'{{"type": "subscribe", "id": "s1", "execution": "{arn_of(ID)}"}}')
    assert socket.said[-1]["code"] == "execution_not_found"
    assert guarded.live.read_count == 0
    assert guarded.watches.calls == []


async def test_who_shows_nothing_is_asked_by_an_init(guarded: GatewayStage) -> None:
    guarded.execution()
    await guarded.connect(execution=ID)
    assert guarded.nudges.to_greet == [("c1", 5)]
    await guarded.says(init("reader"))
    assert guarded.socket().kinds == ["ready", "subscribed"]
    connection = guarded.connections.open_now["c1"]
    assert not connection.awaits_init
    assert connection.due_at == guarded.in_s(3600)


async def test_no_init_in_time_ends_the_socket(guarded: GatewayStage) -> None:
    await guarded.connect()
    await guarded.clock.advance(2)
    await guarded.greet()
    assert guarded.nudges.to_greet == [("c1", 5), ("c1", 3)]
    await guarded.clock.advance(3)
    await guarded.greet()
    assert guarded.socket().closed_with == 4408


async def test_an_init_in_time_is_not_reminded_of(guarded: GatewayStage) -> None:
    await guarded.connect()
    await guarded.says(init("reader"))
    await guarded.clock.advance(5)
    await guarded.greet()
    assert guarded.socket().kinds == ["ready"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ('{"type": "ping"}', 4401),
        ('{"type": "subscribe", "id": "s", "execution": "orders:one"}', 4401),
        (init("nobody"), 4401),
        (init("starter"), 4403),
        ("hello", 4400),
    ],
)
async def test_a_first_message_that_says_nothing_good_ends_the_socket(
    guarded: GatewayStage, said: str, code: int
) -> None:
    guarded.execution()
    await guarded.connect()
    await guarded.says(said)
    assert guarded.socket().closed_with == code
    assert guarded.socket().kinds == ["closing"]
    assert guarded.live.read_count == 0


async def test_an_init_that_may_not_watch_the_only_execution_is_told_so(
    guarded: GatewayStage,
) -> None:
    await guarded.connect(execution=ID)
    await guarded.says(init("other"))
    socket = guarded.socket()
    assert socket.kinds == ["ready", "error", "closing"]
    assert socket.said[1]["id"] == "0"
    assert socket.closed_with == 4404


async def test_two_inits_at_once_identify_the_socket_once(guarded: GatewayStage) -> None:
    await guarded.connect()
    due_at = guarded.in_s(60)
    assert await guarded.connections.identified("c1", ANYBODY, due_at)
    assert not await guarded.connections.identified("c1", ANYBODY, due_at)
    await guarded.says(init("reader"))
    assert guarded.socket().kinds == ["ready"]


async def test_a_stranger_cant_have_an_account_looked_up(guarded: GatewayStage) -> None:
    with pytest.raises(InvalidRequest):
        await guarded.connect(execution=arn_of(ID))
    assert guarded.live.read_count == 0


async def test_a_socket_whose_credential_is_over_is_ended_when_it_speaks(
    guarded: GatewayStage,
) -> None:
    socket = await guarded.opened(credential=key("reader"))
    await guarded.clock.advance(3600)
    await guarded.says('{"type": "ping"}')
    assert socket.closed_with == 4002


async def test_a_credential_that_was_over_before_the_greeting_gets_no_ready(
    guarded: GatewayStage,
) -> None:
    await guarded.connect(credential=key("reader"))
    await guarded.clock.advance(3600)
    await guarded.greet()
    assert guarded.socket().kinds == ["closing"]
    assert guarded.socket().closed_with == 4002


async def test_sockets_dont_end_together() -> None:
    stage = GatewayStage(random=iter([0.0, 0.5, 0.999]).__next__)
    for id in ("early", "middle", "late"):
        await stage.connect(id)
    ends = [connection.due_at for connection in stage.connections.open_now.values()]
    assert ends[0] > ends[1] > ends[2]
    assert ends[0] <= stage.in_s(6600)
    assert ends[2] >= stage.in_s(6000)
    await stage.close()


async def test_a_socket_from_when_nobody_was_asked_may_subscribe_to_nothing(
    guarded: GatewayStage,
) -> None:
    guarded.execution()
    now = guarded.clock.now()
    await guarded.connections.open(GatewayConnection("c1", now, now + timedelta(hours=1)))
    await guarded.says(json.dumps({"type": "subscribe", "id": "s1", "execution": ID}))
    assert guarded.socket().said[-1]["code"] == "unauthenticated"
    assert guarded.connections.kept == {}
