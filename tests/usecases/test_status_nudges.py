"""A status change has what it is about read, and says nothing by itself. Time stands still, so that
no other read is due."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from handrail.core.access.events_keys import EventsKeys
from handrail.core.errors import TooManyStatusChanges, Unavailable
from handrail.core.machine_patterns import MachinePatterns
from handrail.core.models import ExecutionStatus
from handrail.core.pushes import PushedStatus
from handrail.usecases.status_nudges import BURST, StatusNudges, Taken
from tests.core.histories import Track
from tests.fakes import ACCOUNT, run_until_idle

from .end_claims import Claims
from .live.pushing import status
from .live.stage import Client, Stage

ENDED = status(ExecutionStatus.SUCCEEDED)
ELSEWHERE = [
    replace(ENDED, account=replace(ACCOUNT, region="eu-central-1")),
    replace(ENDED, account=replace(ACCOUNT, account_id="210987654321")),
    status(ExecutionStatus.SUCCEEDED, "unserved:one"),
    status(ExecutionStatus.SUCCEEDED, "orders:one:uuid"),
    None,
]


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    yield stage
    await stage.hub.close()


def changes(stage: Stage, claims: Claims | None = None) -> tuple[StatusNudges, Counter[str]]:
    counted = Counter[str]()
    stage.catalogue.served = MachinePatterns(("orders",))

    def count(outcome: str) -> None:
        counted[outcome] += 1

    return StatusNudges(
        EventsKeys(), stage.catalogue, stage.hub, stage.clock, claims, count
    ), counted


async def test_what_changed_is_read_at_once_and_shown_as_the_history_has_it(stage: Stage) -> None:
    taking, counted = changes(stage)
    history, client = stage.execution(), Client()
    client.take_all(subscription := await stage.subscribed())
    Track(history, 1).enter("Task", "Charge")
    with stage.no_reads():
        await run_until_idle()
    assert await taking.take("one", ENDED) is Taken.NUDGED
    await run_until_idle()
    (update,) = client.take_all(subscription)
    assert update["type"] == "update"
    assert client.states["Charge"]["status"] == "RUNNING"
    assert client.execution["status"] == "RUNNING"  # whatever the event said
    assert counted == {"nudged": 1}


async def test_the_same_event_again_has_nothing_read(stage: Stage) -> None:
    taking, counted = changes(stage)
    stage.execution()
    await stage.subscribed()
    await taking.take("one", ENDED)
    await run_until_idle()
    with stage.no_reads():
        assert await taking.take("one", ENDED) is Taken.REPEATED
        await run_until_idle()
    assert counted == {"nudged": 1, "repeated": 1}


async def test_another_replica_knows_of_it_and_a_bus_that_is_away_costs_a_read(
    stage: Stage,
) -> None:
    claims = Claims()
    first, second = changes(stage, claims)[0], changes(stage, claims)[0]
    assert await first.take("one", ENDED) is Taken.NUDGED
    assert await second.take("one", ENDED) is Taken.REPEATED
    claims.away = True
    assert await second.take("two", ENDED) is Taken.NUDGED
    assert await first.take("two", ENDED) is Taken.NUDGED
    assert await first.take("two", ENDED) is Taken.REPEATED


async def test_one_that_is_cut_off_is_taken_when_it_comes_again(stage: Stage) -> None:
    """EventBridge waits for five seconds."""
    claims = Claims(hangs=True)
    taking, _ = changes(stage, claims)
    cut_off = asyncio.create_task(taking.take("one", ENDED))
    await run_until_idle()
    cut_off.cancel()
    await asyncio.gather(cut_off, return_exceptions=True)
    claims.hangs = False
    assert await taking.take("one", ENDED) is Taken.NUDGED


@pytest.mark.parametrize("change", ELSEWHERE)
async def test_what_is_about_nothing_here_is_ignored(
    stage: Stage, change: PushedStatus | None
) -> None:
    taking, counted = changes(stage)
    stage.execution()
    await stage.subscribed()
    with stage.no_reads():
        assert await taking.take("one", change) is Taken.IGNORED
        await run_until_idle()
    assert counted == {"ignored": 1}


async def test_while_aws_is_away_the_sender_is_told_to_come_again(stage: Stage) -> None:
    taking, counted = changes(stage)
    stage.machines.fail("list_all", Unavailable("AWS is out of reach."))
    with pytest.raises(Unavailable):
        await taking.take("one", ENDED)
    assert await taking.take("one", ENDED) is Taken.NUDGED
    assert counted == {"nudged": 1}


async def test_more_than_eventbridge_sends_is_refused_for_a_moment(stage: Stage) -> None:
    taking, _ = changes(stage)
    for number in range(int(BURST)):
        await taking.take(str(number), None)
    with pytest.raises(TooManyStatusChanges) as refused:
        await taking.take("one", ENDED)
    assert refused.value.retry_after_s
    await stage.clock.advance(refused.value.retry_after_s)
    assert await taking.take("one", ENDED) is Taken.NUDGED
