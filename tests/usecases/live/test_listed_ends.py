"""Ends that a list of executions shows before their histories are read."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from handrail.core.errors import Throttled, UpstreamRefused
from handrail.core.models import ExecutionId, ExecutionStatus
from handrail.usecases.live import Level, Subscription
from handrail.usecases.live.listed_ends import FAILED_S, MANY
from tests.core.histories import History
from tests.fakes import BEGIN, machine, machine_arn, run_until_idle

from .stage import Client, Stage, arn_of, cursor

STARTED_AT = BEGIN + timedelta(milliseconds=100)


def id_of(number: int) -> str:
    return f"orders:{number}"


class Audience:
    """Executions of one machine, each with a client who looks at it. Their histories have been
    quiet for an hour, so that only a list can tell soon."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.histories: dict[str, History] = {}
        self.clients: dict[str, Client] = {}
        self.subscriptions: dict[str, Subscription] = {}

    async def come(self, count: int, level: Level = Level.STATES) -> "Audience":
        """One to each of so many executions."""
        for number in range(count):
            self.add(id_of(number))
        return await self.look(level)

    async def look(self, level: Level = Level.STATES) -> "Audience":
        """At all that were added."""
        await self.stage.clock.advance(3600)
        for id in self.histories:
            self.clients[id] = Client()
            self.subscriptions[id] = await self.stage.subscribed(id, level=level)
        await self.stage.clock.advance(1)
        self.drawn()
        return self

    def add(self, id: str) -> None:
        self.histories[id] = self.stage.execution(id)
        self.stage.executions.add(id, started_at=STARTED_AT)

    def drawn(self) -> dict[str, list[str]]:
        """The types of what each is told now."""
        told = {
            id: [message["type"] for message in self.clients[id].take_all(subscription)]
            for id, subscription in self.subscriptions.items()
        }
        return {id: types for id, types in told.items() if types}

    def list_shows(
        self, id: str, status: ExecutionStatus = ExecutionStatus.SUCCEEDED, redrives: int = 0
    ) -> None:
        executions = self.stage.executions.executions
        stopped_at = BEGIN + timedelta(hours=1) if status.terminal else None
        shown = replace(executions[arn_of(id)], status=status, redrive_count=redrives)
        executions[arn_of(id)] = replace(shown, stopped_at=stopped_at)

    def status(self, id: str) -> str:
        """As its client knows it."""
        self.drawn()
        return str(self.clients[id].execution["status"])

    @property
    def lists(self) -> int:
        return self.stage.executions.count("list_page")


@pytest.fixture
async def audience(stage: Stage) -> Audience:
    return await Audience(stage).come(MANY)


async def listed(audience: Audience) -> None:
    """Time for one listing, and none for a read that is due."""
    audience.stage.histories.hold()
    await audience.stage.clock.advance(5.5)


async def test_an_end_on_a_list_is_told_before_its_history_is_read(audience: Audience) -> None:
    audience.list_shows(id_of(2))
    await listed(audience)
    assert audience.drawn() == {id_of(2): ["update"]}
    assert audience.status(id_of(2)) == "SUCCEEDED"
    assert audience.clients[id_of(2)].execution["stopped_at"] == "2026-01-01T01:00:00.000Z"
    assert audience.clients[id_of(2)].tasks == []


async def test_what_lists_show_is_told_of_and_how_late_an_end_of_theirs_is(
    audience: Audience,
) -> None:
    audience.list_shows(id_of(2))
    await listed(audience)
    assert {str(id) for id in audience.stage.listed} == {id_of(number) for number in range(MANY)}
    [(source, lag_s)] = audience.stage.lags
    late = audience.stage.clock.now() - BEGIN - timedelta(hours=1)
    assert source == "list"
    assert 0 < lag_s <= late.total_seconds()
    await listed(audience)
    assert len(audience.stage.lags) == 1


async def test_complete_follows_with_the_output_once_the_history_is_read(
    audience: Audience,
) -> None:
    audience.list_shows(id_of(2))
    audience.histories[id_of(2)].main.then("ExecutionSucceeded", output='{"total": 7}')
    await listed(audience)
    audience.drawn()
    audience.stage.histories.release()
    await run_until_idle()
    assert audience.drawn() == {id_of(2): ["update", "complete"]}
    assert audience.clients[id_of(2)].messages[-1]["output"] == {"total": 7}


@pytest.mark.parametrize("level", list(Level))
async def test_every_level_is_told(stage: Stage, level: Level) -> None:
    audience = await Audience(stage).come(MANY, level)
    audience.list_shows(id_of(0), ExecutionStatus.ABORTED)
    await listed(audience)
    assert audience.status(id_of(0)) == "ABORTED"


async def test_who_comes_after_it_was_shown_sees_it_in_the_snapshot(audience: Audience) -> None:
    audience.list_shows(id_of(2))
    await listed(audience)
    late, client = await audience.stage.subscribed(id_of(2)), Client()
    client.take_all(late)
    assert client.execution["status"] == "SUCCEEDED"
    assert [message["type"] for message in client.messages] == ["subscribed"]


async def test_what_has_ended_is_read_at_once(audience: Audience) -> None:
    audience.list_shows(id_of(2))
    before = audience.stage.read_count
    await listed(audience)
    assert [read.arn for read in audience.stage.histories.reads[before:]].count(
        arn_of(id_of(2))
    ) == 1


@pytest.mark.parametrize("waiting", [True, False])
async def test_the_history_of_an_end_is_read_before_other_changes(waiting: bool) -> None:
    """Whether or not a read of it waits already."""
    stage = Stage(reads_per_s=1, burst=30)
    audience = await Audience(stage).come(20)
    stage.histories.fail("read_page", Throttled("slow down"))
    await stage.nudged(id_of(0))
    stage.histories.reads.clear()
    for id in audience.subscriptions:
        if waiting or id != id_of(15):
            await stage.hub.nudge(ExecutionId.parse(id))
    audience.list_shows(id_of(15))
    await stage.clock.advance(12)
    read = [read.arn for read in stage.histories.reads]
    assert arn_of(id_of(15)) in read
    assert len(read) < 15
    await stage.hub.close()


async def test_an_older_row_says_nothing_of_what_was_redriven(stage: Stage) -> None:
    audience = Audience(stage)
    for number in range(MANY):
        audience.add(id_of(number))
    audience.histories[id_of(1)].main.then("ExecutionFailed", error="Boom")
    audience.histories[id_of(1)].main.then("ExecutionRedriven", redriveCount=1)
    await audience.look()
    audience.list_shows(id_of(1), ExecutionStatus.FAILED, redrives=0)
    await listed(audience)
    assert audience.drawn() == {}
    assert audience.status(id_of(1)) == "RUNNING"


async def test_an_end_that_a_redrive_took_back_is_taken_back(audience: Audience) -> None:
    audience.list_shows(id_of(1), ExecutionStatus.FAILED)
    await listed(audience)
    audience.drawn()
    audience.list_shows(id_of(1), ExecutionStatus.RUNNING, redrives=1)
    await audience.stage.clock.advance(5.5)
    assert audience.drawn() == {id_of(1): ["update"]}
    assert audience.status(id_of(1)) == "RUNNING"


async def test_an_execution_of_another_time_with_the_same_name_is_another(
    audience: Audience,
) -> None:
    audience.stage.executions.add(id_of(1), started_at=BEGIN - timedelta(days=100))
    audience.list_shows(id_of(1))
    await listed(audience)
    assert audience.drawn() == {}


async def test_few_watches_are_listed_for_nobody(stage: Stage) -> None:
    audience = await Audience(stage).come(MANY - 1)
    await stage.clock.advance(60)
    assert audience.lists == 0


async def test_few_of_each_of_many_machines_are_not_listed(stage: Stage) -> None:
    for number in range(3 * MANY):
        id = f"machine{number}:one"
        stage.machines.machines[f"machine{number}"] = machine(f"machine{number}")
        stage.execution(id)
        await stage.subscribed(id)
    await stage.clock.advance(60)
    assert stage.executions.count("list_page") == 0


async def test_nothing_is_listed_once_everybody_has_gone(audience: Audience) -> None:
    for subscription in audience.subscriptions.values():
        subscription.close()
    await audience.stage.clock.advance(10)
    before = audience.lists
    await audience.stage.clock.advance(60)
    assert audience.lists == before


async def test_listing_begins_again_when_many_come_again(audience: Audience) -> None:
    for subscription in audience.subscriptions.values():
        subscription.close()
    await audience.stage.clock.advance(60)
    again = [await audience.stage.subscribed(id) for id in audience.subscriptions]
    before = audience.lists
    await audience.stage.clock.advance(10)
    assert len(again) == MANY
    assert audience.lists > before


async def test_a_machine_where_nothing_moves_is_listed_more_rarely(audience: Audience) -> None:
    await audience.stage.clock.advance(30)
    before = audience.lists
    await audience.stage.clock.advance(60)
    assert 10 <= audience.lists - before <= 12
    audience.histories[id_of(0)].main.enter("Pass", "A")
    await audience.stage.nudged(id_of(0))
    before = audience.lists
    await audience.stage.clock.advance(9)
    assert audience.lists - before > 8


async def test_where_listing_is_refused_it_is_tried_again_later(audience: Audience) -> None:
    await audience.stage.clock.advance(10)
    audience.stage.executions.fail("list_page", UpstreamRefused("no right to"))
    before = audience.lists
    await audience.stage.clock.advance(5.5)
    assert audience.lists == before + 1
    await audience.stage.clock.advance(FAILED_S - 6)
    assert audience.lists == before + 1
    audience.list_shows(id_of(0))
    await audience.stage.clock.advance(7)
    assert audience.status(id_of(0)) == "SUCCEEDED"


async def test_a_list_is_read_down_to_the_oldest_that_is_watched(stage: Stage) -> None:
    """At first as deep as it was the last time, then with the largest pages."""
    audience = await Audience(stage).come(MANY)
    for number in range(1500):
        stage.executions.add(f"orders:newer{number}", started_at=BEGIN + timedelta(hours=1))
    audience.list_shows(id_of(0))
    await listed(audience)
    assert audience.drawn() == {}
    await listed(audience)
    assert audience.drawn() == {id_of(0): ["update"]}
    pages = [(call.given["limit"], call.given["token"]) for call in stage.executions.log[-2:]]
    assert pages == [("1000", None), ("1000", "1000")]


async def test_it_isnt_read_beyond_the_start_of_all_that_are_watched(stage: Stage) -> None:
    for number in range(5000):
        stage.executions.add(f"orders:older{number}", started_at=BEGIN - timedelta(hours=1))
    audience = await Audience(stage).come(MANY)
    for number in range(MANY):
        del stage.executions.executions[arn_of(id_of(number))]
    before = audience.lists
    await listed(audience)
    assert audience.lists - before == 1


async def test_of_several_machines_each_is_listed(stage: Stage) -> None:
    stage.machines.machines["bills"] = machine("bills")
    for number in range(MANY):
        for id in (id_of(number), f"bills:{number}"):
            stage.execution(id)
            await stage.subscribed(id)
    await stage.clock.advance(2)
    listed = {call.arn for call in stage.executions.log if call.operation == "list_page"}
    assert listed == {machine_arn("orders"), machine_arn("bills")}


async def ended_unread(stage: Stage) -> Audience:
    """Many are watched, none of them was read yet, and a list shows that one has ended."""
    audience = Audience(stage)
    for number in range(MANY):
        audience.add(id_of(number))
    stage.histories.hold()
    await audience.look()
    audience.list_shows(id_of(2))
    await stage.clock.advance(6)
    return audience


async def test_an_end_is_told_before_anything_was_read_of_an_execution(stage: Stage) -> None:
    """As long as its first read waits for its turn; nothing is known of its states yet."""
    audience = await ended_unread(stage)
    assert audience.drawn() == {id_of(2): ["subscribed"]}
    client = audience.clients[id_of(2)]
    assert (client.execution["status"], client.cursor) == ("SUCCEEDED", cursor(0))
    assert (client.states, client.tasks) == ({}, [])
    audience.histories[id_of(2)].main.visit("Pass", "A").then("ExecutionSucceeded", output="7")
    stage.histories.release()
    await stage.clock.advance(1)
    assert audience.drawn()[id_of(2)] == ["update", "complete"]
    assert list(client.states) == ["A"]
    assert client.messages[-1]["output"] == 7


async def test_nobody_is_answered_with_an_end_alone_who_asks_for_a_snapshot(stage: Stage) -> None:
    await ended_unread(stage)
    asking = asyncio.create_task(stage.hub.watching(id_of(2)).__aenter__())
    await stage.clock.advance(1)
    assert not asking.done()
    stage.histories.release()
    await run_until_idle()
    assert (await asking).require_feed().position == 1
