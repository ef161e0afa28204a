"""What was pushed is told without a read, where this instance knows all that came before."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from handrail.core.apigateway import Nudge
from handrail.core.errors import Unavailable
from handrail.core.models import ExecutionId, HistoryEvent
from handrail.core.pushes import PushedEvent
from handrail.usecases.apigateway.gateway_sockets import GatewaySockets
from tests.core.histories import History
from tests.core.made_up_tokens import aws_token
from tests.fakes import ACCOUNT
from tests.gateway_fakes import Socket

from .stage import ID, GatewayStage, cursor, holds, whole


class PushedStage(GatewayStage):
    """One execution that a socket watches, and what is pushed of it."""

    history: History
    watched: Socket
    pushed_to: int

    async def begin(self) -> None:
        self.history = self.execution()
        self.watched = await self.watching()
        self.pushed_to = len(self.history.events)

    def pushes(self, after: int | None = None) -> list[PushedEvent]:
        """Of all events behind this one, or that weren't pushed yet."""
        after = self.pushed_to if after is None else after
        self.pushed_to = len(self.history.events)
        return [pushed(event) for event in self.history.events[after:]]

    async def push(
        self, pushes: Sequence[PushedEvent], *, sockets: GatewaySockets | None = None
    ) -> int:
        """How many reads it took to tell these."""
        before = self.live.read_count
        newest = max(push.event.id for push in pushes)
        nudge = Nudge(ID, newest, ended=pushes[-1].event.type == "ExecutionSucceeded")
        fan_out = (sockets or self.sockets).fan_out
        await fan_out.deliver(nudge, deadline=self.deadline, pushes=pushes)
        return self.live.read_count - before


def pushed(event: HistoryEvent) -> PushedEvent:
    return PushedEvent(ExecutionId.parse(ID), ACCOUNT, event, False, 0)


@pytest.fixture
async def stage() -> AsyncIterator[PushedStage]:
    stage = PushedStage()
    await stage.begin()
    yield stage
    await stage.close()


async def test_the_events_that_come_next_are_told_without_a_read(stage: PushedStage) -> None:
    for _ in range(3):
        stage.history.main.visit("Pass", "Loop")
        assert await stage.push(list(reversed(stage.pushes()))) == 0
    stage.history.main.then("ExecutionSucceeded", output='{"done": true}')
    assert await stage.push(stage.pushes()) == 0
    assert stage.watched.kinds == ["ready", "subscribed", *["update"] * 4, "complete", "closing"]
    assert holds(stage.watched) == whole(stage.history.events)


async def test_events_that_came_before_are_told_nobody_twice(stage: PushedStage) -> None:
    stage.history.main.visit("Pass", "Loop")
    pushes = stage.pushes()
    await stage.push(pushes)
    assert await stage.push(pushes) == 0
    assert await stage.push(pushes[:1]) == 0
    assert stage.watched.kinds == ["ready", "subscribed", "update"]


async def test_behind_a_hole_the_history_is_read(stage: PushedStage) -> None:
    stage.history.main.visit("Pass", "Loop")
    assert await stage.push(stage.pushes()[1:]) == 1
    assert holds(stage.watched) == whole(stage.history.events)


async def test_a_payload_that_is_missing_is_read(stage: PushedStage) -> None:
    stage.history.main.visit("Pass", "Loop")
    pushes = [replace(push, truncated=True) for push in stage.pushes()]
    assert await stage.push(pushes) == 1
    assert holds(stage.watched) == whole(stage.history.events)


async def test_another_account_s_events_are_not_folded(stage: PushedStage) -> None:
    stage.history.main.visit("Pass", "Loop")
    other = replace(ACCOUNT, account_id="210987654321")
    strange = [
        replace(push, account=other, event=replace(push.event, type="ExecutionFailed", details={}))
        for push in stage.pushes()
    ]
    assert await stage.push(strange) == 1
    assert holds(stage.watched) == whole(stage.history.events)


async def test_an_instance_that_knows_nothing_reads(stage: PushedStage) -> None:
    stage.history.main.visit("Pass", "Loop")
    assert await stage.push(stage.pushes(), sockets=stage.colder()) >= 1
    assert holds(stage.watched) == whole(stage.history.events)


async def test_what_follows_an_end_is_read(stage: PushedStage) -> None:
    stage.history.main.then("ExecutionFailed", error="Boom")
    await stage.push(stage.pushes())
    stage.history.main.then("ExecutionRedriven")
    assert await stage.push(stage.pushes()) == 1


async def test_who_was_told_more_by_another_instance_is_told_nothing_older(
    stage: PushedStage,
) -> None:
    stage.history.main.visit("Pass", "First")
    late = stage.pushes()
    stage.history.main.visit("Pass", "Second")
    assert await stage.push(stage.pushes(), sockets=stage.colder()) >= 1
    told = list(stage.watched.kinds)
    assert await stage.push(late) == 0
    assert stage.watched.kinds == told
    stage.history.main.visit("Pass", "Third")
    assert await stage.push(stage.pushes()) == 1
    assert holds(stage.watched) == whole(stage.history.events)


async def test_who_has_seen_more_than_was_pushed_is_read_for_at_once(stage: PushedStage) -> None:
    stage.history.main.visit("Pass", "Loop")
    pushes = stage.pushes()
    seen = len(stage.history.events)
    stage.live.histories.missing |= {push.event.id for push in pushes}
    ahead = await stage.opened("c2", execution=ID, after=cursor(seen))
    assert ahead.kinds == ["ready"]
    stage.live.histories.missing.clear()
    assert await stage.push(pushes[:1]) == 1
    assert ahead.kinds == ["ready", "subscribed"]


async def test_a_push_that_can_t_be_folded_is_read(stage: PushedStage) -> None:
    """The definition says where a token stands; where it can't be had, nothing is shown."""
    token = aws_token(400)
    stage.history.main.enter("Task", "Ask")
    stage.history.main.then(
        "TaskScheduled",
        resourceType="sqs",
        resource="sendMessage.waitForTaskToken",
        parameters=f'{{"MessageBody": {{"token": "{token}"}}}}',
    )
    stage.live.machines.fail("describe_for_execution", Unavailable("gone"))
    assert await stage.push(stage.pushes()) >= 1
    assert all(token not in text for text in stage.watched.texts)
    assert stage.watched.kinds[-1] == "update"
    assert stage.live.machines.count("describe_for_execution") >= 2
