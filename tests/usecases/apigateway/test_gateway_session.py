"""A session goes on where the one before it stopped; a socket that is ended is told why first."""

from dataclasses import replace
from datetime import timedelta
from math import inf

import pytest

from handrail.core.apigateway import GatewayConnection, GatewayPorts
from handrail.core.errors import Unavailable
from handrail.core.protocol.close_codes import CloseCode
from handrail.core.protocol.session import CloseSocket, Phase
from handrail.usecases.apigateway.gateway_session import end_socket, session_of
from handrail.usecases.apigateway.limits import GatewayLimits
from tests.fakes import BEGIN
from tests.usecases.apigateway.stage import GatewayStage

OPEN = GatewayConnection("c1", BEGIN, BEGIN + timedelta(hours=1), greeted=True)
END = CloseSocket(CloseCode.NORMAL)


def ports(stage: GatewayStage) -> GatewayPorts:
    return GatewayPorts(stage.connections, stage.watches, stage.posts, stage.nudges)


def test_a_session_is_as_the_table_keeps_it() -> None:
    session = session_of(OPEN, GatewayLimits(), BEGIN)
    assert (session.phase, session.greeted, session.full_at) == (Phase.OPEN, True, -inf)
    waiting = replace(OPEN, awaits_init=True, full_at=BEGIN)
    session = session_of(waiting, GatewayLimits(), BEGIN, auth=True)
    assert (session.phase, session.auth) == (Phase.AWAITING_INIT, True)
    assert session.init_by == OPEN.due_at.timestamp()
    assert session.full_at == BEGIN.timestamp()


async def test_a_socket_is_told_why_then_cut_then_forgotten(stage: GatewayStage) -> None:
    socket = await stage.opened()
    await end_socket(ports(stage), "c1", END)
    assert socket.closed_with == 1000
    assert stage.connections.open_now == {}


async def test_one_that_is_gone_already_is_forgotten(stage: GatewayStage) -> None:
    await stage.opened()
    stage.posts.gone.add("c1")
    await end_socket(ports(stage), "c1", END)
    assert stage.connections.open_now == {}


async def test_one_that_cant_be_told_is_still_known(stage: GatewayStage) -> None:
    socket = await stage.opened()
    stage.posts.troubles["c1"] = [Unavailable("gone")]
    with pytest.raises(Unavailable):
        await end_socket(ports(stage), "c1", END)
    assert not socket.cut
    assert "c1" in stage.connections.open_now
