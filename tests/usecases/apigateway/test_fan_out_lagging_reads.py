"""Sockets that API Gateway holds, with reads that show every write so many seconds late: who has a
cursor is told the same as without, only later."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from handrail.core.apigateway import Nudge
from handrail.core.errors import ExecutionNotFound
from handrail.core.models import Page
from tests.core.histories import History
from tests.fakes import FakeHistories
from tests.gateway_fakes import Socket

from .stage import ID, GatewayStage, arn_of, cursor, holds, whole

pytestmark = pytest.mark.lag
LAGS = pytest.mark.parametrize("lag_s", [0.0, 0.3, 2.0, 8.0])
LAST_S = 60
ROUND_S = 1.0


class LateHistories:
    """In front of histories: shows an event so many seconds after it was written."""

    def __init__(self, stage: GatewayStage, lag_s: float) -> None:
        self.lag_s = lag_s
        self._stage = stage
        self._read = stage.live.histories.read_page
        self._written_at: dict[int, float] = {}
        stage.live.histories.read_page = self.read_page  # type: ignore[method-assign]

    def written(self) -> None:
        """What is new was written now."""
        for event in self._histories.events.get(arn_of(ID), ()):
            self._written_at.setdefault(event.id, self._stage.clock.monotonic())

    @property
    def _histories(self) -> FakeHistories:
        return self._stage.live.histories

    async def read_page(self, execution_arn: str, **asked: Any) -> Page[Any]:
        until = self._stage.clock.monotonic() - self.lag_s
        late = {id for id, at in self._written_at.items() if at > until}
        self._histories.missing = late
        if late and len(late) == len(self._histories.events[execution_arn]):
            raise ExecutionNotFound("There is no such execution.")
        return await self._read(execution_arn, **asked)


@pytest.fixture
async def stage() -> AsyncIterator[GatewayStage]:
    stage = GatewayStage()
    yield stage
    await stage.close()


async def goes_on(stage: GatewayStage, work: Any) -> Any:
    """The result of an invocation; then what it put into the queue comes, as late as it is told
    to, and what falls due with time."""
    task, done = stage.begun(work), 0
    for _ in range(LAST_S):
        await stage.clock.advance(ROUND_S)
        for nudge in stage.nudges.nudged[done:]:
            delay_s, done = stage.nudges.delays[done], done + 1
            stage.begun(_later(stage, nudge, delay_s))
    await stage.clock.advance(LAST_S)
    return await task


async def _later(stage: GatewayStage, nudge: Nudge, delay_s: float) -> None:
    await stage.clock.sleep(delay_s)
    await stage.colder().fan_out.deliver(nudge, deadline=stage.deadline)


def ended_well(socket: Socket, history: History) -> None:
    assert not [message for message in socket.said if message["type"] == "error"]
    assert holds(socket) == whole(history.events)


@LAGS
async def test_what_was_started_a_moment_ago_is_followed(stage: GatewayStage, lag_s: float) -> None:
    late, history = LateHistories(stage, lag_s), stage.execution()
    late.written()
    socket = await goes_on(stage, stage.watching(after=cursor(0)))
    ended_well(socket, history)


@LAGS
async def test_so_it_is_by_its_arn(stage: GatewayStage, lag_s: float) -> None:
    late, history = LateHistories(stage, lag_s), stage.execution()
    late.written()
    socket = await goes_on(stage, stage.opened())
    asked = f'{{"type": "subscribe", "id": "s", "execution": "{arn_of(ID)}", "after": "%s"}}'
    await goes_on(stage, stage.says(asked % cursor(0)))
    ended_well(socket, history)


@LAGS
async def test_what_was_redriven_a_moment_ago_runs_again(stage: GatewayStage, lag_s: float) -> None:
    late, history = LateHistories(stage, lag_s), stage.execution()
    history.main.then("ExecutionFailed", error="Boom")
    await stage.clock.advance(3600)
    history.main.then("ExecutionRedriven", redriveCount=1)
    late.written()
    late._written_at |= {1: 0.0, 2: 0.0}
    socket = await goes_on(stage, stage.watching(after=cursor(3)))
    assert (socket.kinds, socket.cut) == (["ready", "subscribed"], False)
    assert socket.said[1]["snapshot"]["status"] == "RUNNING"


@LAGS
async def test_a_redrive_shows_to_who_stayed(stage: GatewayStage, lag_s: float) -> None:
    """EventBridge tells of it before it is read."""
    late, history = LateHistories(stage, lag_s), stage.execution()
    history.main.then("ExecutionFailed", error="Boom")
    socket = await stage.opened()
    await stage.says(f'{{"type": "subscribe", "id": "s", "execution": "{ID}"}}')
    late._written_at |= {1: 0.0, 2: 0.0}
    history.main.then("ExecutionRedriven", redriveCount=1)
    late.written()
    nudge = Nudge(ID, redrives=1)
    await goes_on(stage, stage.sockets.fan_out.deliver(nudge, deadline=stage.deadline))
    ended_well(socket, history)
    assert socket.kinds == ["ready", "subscribed", "complete", "update"]
