"""Stopping and redriving: what was applied is answered as applied."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable

import pytest

from handrail.core.errors import (
    ExecutionNotFound,
    ExecutionNotRedrivable,
    InvalidRequest,
    Throttled,
    UnsupportedByType,
)
from handrail.core.json_text import json_bytes
from handrail.core.machine_patterns import MachinePatterns
from handrail.core.models import Cursor, ExecutionId, HistoryEvent, Json, rfc3339, to_ms
from handrail.core.protocol.document_shapes import SnapshotDocument, SteeredDocument
from handrail.core.protocol.paths import PATHS
from handrail.usecases.lag import STREAM_S
from handrail.usecases.live import Hub
from handrail.usecases.steering import Steering, most_s
from tests.core.histories import History
from tests.fakes import BEGIN, run_until_idle

from .live.stage import ID, Client, Stage, arn_of, cursor, truth

ARN = arn_of(ID)
PATIENCE_S = most_s(None)
Steered = SnapshotDocument | SteeredDocument


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    yield stage
    await stage.hub.close()


def steering(stage: Stage, hub: Hub | None = None) -> Steering:
    return Steering(
        stage.catalogue,
        stage.executions,
        hub or stage.hub,
        stage.recent,
        stage.clock,
        addresses=PATHS,
    )


async def answered(stage: Stage, steered: Awaitable[Steered], *, within_s: float = 0) -> Steered:
    """What is answered once so much time has passed."""
    task = asyncio.ensure_future(steered)
    await stage.clock.advance(within_s)
    await run_until_idle()
    assert task.done()
    return await task


async def test_an_execution_of_a_machine_that_is_not_served_is_left_alone(stage: Stage) -> None:
    running(stage)
    stage.catalogue.served = MachinePatterns.parse("billing")
    for steered in (steering(stage).stop(ID, None, None), steering(stage).redrive(ID)):
        with pytest.raises(ExecutionNotFound):
            await answered(stage, steered)
    assert stage.executions.calls == []


def running(stage: Stage) -> History:
    history = stage.execution()
    history.main.enter("Task", "Charge")
    return history


def failed(stage: Stage) -> History:
    history = running(stage)
    history.main.then("ExecutionFailed", error="Broken", cause="It broke.")
    return history


def written(history: History, type_: str, **details: Json) -> None:
    """An event of the moment a test begins at."""
    id = len(history.events) + 1
    history.events.append(HistoryEvent(id, id - 1, type_, BEGIN, details))


def holds(document: Steered) -> dict[str, object]:
    """What a client then holds, in the shape of `truth`."""
    client = Client()
    client.replace(json.loads(json_bytes(document)))
    return client.holds


class TestStopping:
    async def test_a_stop_that_is_seen_is_answered_as_it_is_seen(self, stage: Stage) -> None:
        history = running(stage)
        history.main.then("ExecutionAborted", error="Enough")
        document = await answered(stage, steering(stage).stop(ID, "Enough", None))
        assert (document["status"], document["error"]) == ("ABORTED", "Enough")
        assert document["cursor"] == cursor(3)

    async def test_one_that_had_ended_stays_as_it_ended(self, stage: Stage) -> None:
        running(stage).main.then("ExecutionSucceeded")
        document = await answered(stage, steering(stage).stop(ID, None, None))
        assert (document["status"], document["cursor"]) == ("SUCCEEDED", cursor(3))

    async def test_a_stop_that_isn_t_seen_in_time_is_foreseen(self, stage: Stage) -> None:
        history = running(stage)
        steered = steering(stage).stop(ID, "Enough", "Why not.")
        document = await answered(stage, steered, within_s=PATIENCE_S)
        assert document["cursor"] == cursor(3)
        written(history, "ExecutionAborted", error="Enough", cause="Why not.")
        assert holds(document) == truth(history.events)
        assert document["states"][0]["status"] == "ABORTED"

    async def test_a_cursor_of_an_earlier_execution_of_the_name_counts_for_nothing(
        self, stage: Stage
    ) -> None:
        running(stage)
        steered = steering(stage).stop(ID, None, None, after=Cursor(1, 900))
        document = await answered(stage, steered, within_s=most_s(Cursor(1, 900)))
        assert document["cursor"] == cursor(3)

    async def test_what_is_foreseen_isn_t_known(self, stage: Stage) -> None:
        """Only the history says what happened."""
        running(stage)
        await answered(stage, steering(stage).stop(ID, None, None), within_s=PATIENCE_S)
        await stage.clock.advance(STREAM_S)
        async with stage.hub.watching(ID) as watcher:
            assert watcher.require_feed().snapshot()["status"] == "RUNNING"

    async def test_nothing_is_read_before_a_stop(self, stage: Stage) -> None:
        running(stage)
        stage.histories.hold()
        task = asyncio.create_task(steering(stage).stop(ID, None, None))
        await run_until_idle()
        assert stage.executions.count("stop") == 1
        stage.histories.release()
        await stage.clock.advance(PATIENCE_S)
        await task

    async def test_a_stop_is_answered_though_nothing_can_be_read(self, stage: Stage) -> None:
        running(stage)
        stage.histories.fail("read_page", *[Throttled("no")] * 99)
        document = await answered(
            stage,
            steering(stage).stop(ID, "Enough", None),
            within_s=PATIENCE_S,
        )
        assert (document["status"], document["error"]) == ("ABORTED", "Enough")
        assert document["stopped_at"] == rfc3339(BEGIN)
        assert (document["cursor"], document["started_at"]) == (None, None)

    async def test_where_it_was_just_started_its_start_is_known(self, stage: Stage) -> None:
        running(stage)
        await stage.recent.add(ExecutionId.parse(ID), BEGIN)
        stage.histories.fail("read_page", *[Throttled("no")] * 99)
        document = await answered(stage, steering(stage).stop(ID, None, None), within_s=PATIENCE_S)
        assert (document["cursor"], document["started_at"]) == (
            cursor(2, epoch=to_ms(BEGIN)),
            rfc3339(BEGIN),
        )

    async def test_what_was_known_is_answered_where_it_can_t_be_read_again(
        self, stage: Stage
    ) -> None:
        running(stage)
        await stage.subscribed()
        stage.histories.fail("read_page", *[Throttled("no")] * 99)
        document = await answered(stage, steering(stage).stop(ID, None, None), within_s=PATIENCE_S)
        assert (document["status"], document["cursor"]) == ("ABORTED", cursor(3))
        assert [state["state"] for state in document["states"]] == ["Charge"]

    async def test_a_stop_after_a_redrive_isn_t_answered_with_the_end_before(
        self, stage: Stage
    ) -> None:
        history = failed(stage)
        service = steering(stage)
        await answered(stage, service.redrive(ID))
        document = await answered(stage, service.stop(ID, None, None), within_s=PATIENCE_S)
        written(history, "ExecutionRedriven", redriveCount=1)
        written(history, "ExecutionAborted")
        assert document["cursor"] == cursor(5)
        assert holds(document)["execution"] == truth(history.events)["execution"]


class TestRedriving:
    async def test_a_redrive_is_answered_without_waiting_to_see_it(self, stage: Stage) -> None:
        history = failed(stage)
        document = await answered(stage, steering(stage).redrive(ID))
        assert (document["status"], document["redrive_count"]) == ("RUNNING", 1)
        assert [document[name] for name in ("stopped_at", "error", "cause", "output")] == [None] * 4
        assert document["cursor"] == cursor(4)
        written(history, "ExecutionRedriven", redriveCount=1)
        assert holds(document) == truth(history.events)

    async def test_each_redrive_counts(self, stage: Stage) -> None:
        history = failed(stage)
        history.main.then("ExecutionRedriven", redriveCount=1)
        history.main.then("ExecutionFailed", error="Broken")
        document = await answered(stage, steering(stage).redrive(ID))
        assert (document["redrive_count"], document["cursor"]) == (2, cursor(6))

    async def test_one_that_is_seen_by_then_is_answered_as_it_is_seen(self, stage: Stage) -> None:
        history = failed(stage)
        await stage.subscribed()
        stage.executions.hold()
        task = asyncio.create_task(steering(stage).redrive(ID))
        await run_until_idle()
        history.main.then("ExecutionRedriven", redriveCount=1)
        history.main.enter("Task", "Charge")
        await stage.nudged()
        stage.executions.release()
        document = await answered(stage, task)
        assert (document["status"], document["cursor"]) == ("RUNNING", cursor(5))

    async def test_where_not_even_the_end_is_seen_the_redrive_is_waited_for(
        self, stage: Stage
    ) -> None:
        history = running(stage)
        task = asyncio.create_task(steering(stage).redrive(ID))
        await run_until_idle()
        history.main.then("ExecutionFailed", error="Broken")
        history.main.then("ExecutionRedriven", redriveCount=1)
        document = await answered(stage, task, within_s=1)
        assert (document["redrive_count"], document["cursor"]) == (1, cursor(4))

    async def test_and_foreseen_behind_that_end(self, stage: Stage) -> None:
        running(stage)
        document = await answered(stage, steering(stage).redrive(ID), within_s=PATIENCE_S)
        assert (document["status"], document["redrive_count"]) == ("RUNNING", 1)
        assert document["cursor"] == cursor(4)

    async def test_a_redrive_after_one_that_isn_t_seen_yet_is_foreseen_behind_it(
        self, stage: Stage
    ) -> None:
        history, service = failed(stage), steering(stage)
        await answered(stage, service.redrive(ID))
        document = await answered(stage, service.redrive(ID), within_s=PATIENCE_S)
        assert (document["status"], document["redrive_count"]) == ("RUNNING", 2)
        written(history, "ExecutionRedriven", redriveCount=1)
        written(history, "ExecutionFailed")
        written(history, "ExecutionRedriven", redriveCount=2)
        assert document["cursor"] == cursor(len(history.events))

    async def test_what_can_t_be_read_is_redriven_all_the_same(self, stage: Stage) -> None:
        failed(stage)
        stage.histories.fail("read_page", *[Throttled("no")] * 99)
        document = await answered(stage, steering(stage).redrive(ID), within_s=PATIENCE_S)
        assert stage.executions.count("redrive") == 1
        assert (document["status"], document["redrive_count"]) == ("RUNNING", None)
        assert document["cursor"] is None

    async def test_what_aws_refuses_is_refused(self, stage: Stage) -> None:
        running(stage)
        stage.executions.fail("redrive", ExecutionNotRedrivable("no"))
        with pytest.raises(ExecutionNotRedrivable):
            await answered(stage, steering(stage).redrive(ID))


class TestAtAnotherReplica:
    """Which knows nothing of the redrive but the cursor that its answer had."""

    async def redriven(self, stage: Stage) -> tuple[History, Cursor, Steering]:
        history = failed(stage)
        document = await answered(stage, steering(stage).redrive(ID))
        assert document["cursor"] is not None
        return history, Cursor.parse(document["cursor"]), steering(stage, stage.another_hub())

    async def test_a_stop_isn_t_answered_with_the_end_before(self, stage: Stage) -> None:
        _, seen, there = await self.redriven(stage)
        stopping = there.stop(ID, "Enough", None, after=seen)
        document = await answered(stage, stopping, within_s=most_s(seen))
        assert (document["status"], document["error"]) == ("ABORTED", "Enough")
        assert (document["cursor"], document["redrive_count"]) == (cursor(5), None)
        await there.hub.close()

    async def test_a_stop_is_seen_once_reads_reach_it(self, stage: Stage) -> None:
        history, seen, there = await self.redriven(stage)
        stopping = asyncio.ensure_future(there.stop(ID, "Enough", None, after=seen))
        await stage.clock.advance(8)
        assert not stopping.done()
        history.main.then("ExecutionRedriven", redriveCount=1)
        history.main.then("ExecutionAborted", error="Enough")
        document = await answered(stage, stopping, within_s=2)
        assert (document["cursor"], document["redrive_count"]) == (cursor(5), 1)
        await there.hub.close()

    async def test_another_redrive_counts_on(self, stage: Stage) -> None:
        history, seen, there = await self.redriven(stage)
        redriving = asyncio.ensure_future(there.redrive(ID, after=seen))
        await stage.clock.advance(8)
        history.main.then("ExecutionRedriven", redriveCount=1)
        document = await answered(stage, redriving, within_s=5)
        assert (document["cursor"], document["redrive_count"]) == (cursor(6), 2)
        await there.hub.close()

    async def test_what_can_t_be_read_is_answered_behind_the_cursor(self, stage: Stage) -> None:
        _, seen, there = await self.redriven(stage)
        stage.histories.fail("read_page", *[Throttled("no")] * 999)
        document = await answered(stage, there.stop(ID, None, None, after=seen), within_s=60)
        assert (document["status"], document["cursor"]) == ("ABORTED", cursor(5))
        await there.hub.close()


async def test_a_redrive_after_a_stop_of_which_nothing_can_be_read_lies_behind_it(
    stage: Stage,
) -> None:
    running(stage)
    await stage.recent.add(ExecutionId.parse(ID), BEGIN)
    stage.histories.fail("read_page", *[Throttled("no")] * 999)
    service = steering(stage)
    stopped = await answered(stage, service.stop(ID, None, None), within_s=60)
    redriven = await answered(stage, service.redrive(ID), within_s=60)
    epoch = to_ms(BEGIN)
    assert (stopped["cursor"], redriven["cursor"]) == (cursor(2, epoch), cursor(3, epoch))


async def test_who_watches_reads_again_at_once(stage: Stage) -> None:
    failed(stage)
    await stage.clock.advance(3600)
    await stage.subscribed()
    for act in (
        steering(stage).stop(ID, None, None),
        steering(stage).redrive(ID),
    ):
        before = stage.read_count
        await answered(stage, act)
        await run_until_idle()
        assert stage.read_count > before


@pytest.mark.parametrize(
    ("id", "error"),
    [
        ("orders:none", ExecutionNotFound),
        ("nonsense", ExecutionNotFound),
        ("orders:one:run", UnsupportedByType),
        (ARN.replace("123456789012", "999999999999"), ExecutionNotFound),
    ],
)
async def test_only_what_exists_here_can_be_stopped_or_redriven(
    stage: Stage, id: str, error: type[Exception]
) -> None:
    running(stage)
    for act in (
        steering(stage).stop(id, None, None),
        steering(stage).redrive(id),
    ):
        with pytest.raises(error):
            await answered(stage, act)


async def test_a_full_arn_can_be_stopped(stage: Stage) -> None:
    running(stage).main.then("ExecutionSucceeded")
    await answered(stage, steering(stage).stop(ARN, "Enough", "why not"))
    assert stage.executions.log[0].arn == ARN
    assert stage.executions.log[0].given == {"error": "Enough", "cause": "why not"}


async def test_a_reason_that_is_too_long_isnt_sent(stage: Stage) -> None:
    running(stage)
    with pytest.raises(InvalidRequest):
        await steering(stage).stop(ID, "x" * 257, None)
    with pytest.raises(InvalidRequest):
        await steering(stage).stop(ID, None, "x" * 32_769)
    assert stage.executions.calls == []
