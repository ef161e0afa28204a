"""Ends of executions, each counted once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from handrail.core.models import Execution, ExecutionId, ExecutionStatus, HistoryEvent
from handrail.core.pushes import PushedEvent
from handrail.usecases.live import execution_ends
from handrail.usecases.live.execution_ends import LATE_S, ExecutionEnds
from tests.core.histories import History
from tests.fakes import ACCOUNT, BEGIN, FakeClock, run_until_idle
from tests.usecases.end_claims import Claims
from tests.usecases.metering import NotedMeter

from .pushing import pushed, status

SUCCEEDED, FAILED = ExecutionStatus.SUCCEEDED, ExecutionStatus.FAILED
ID = ExecutionId("orders", "order-1")
Counted = tuple[str, str, float | None]


class Setting:
    def __init__(self) -> None:
        self.clock, self.meter = FakeClock(), NotedMeter()
        self.ends = ExecutionEnds(self.meter, self.clock)

    def replica(self, claims: Claims) -> tuple[ExecutionEnds, list[Counted]]:
        counter = NotedMeter()
        return ExecutionEnds(counter, self.clock, claims), counter.ends

    def ended(
        self, id: ExecutionId = ID, *, took_s: float = 5.0, ago_s: float = 0.0, redrives: int = 0
    ) -> Execution:
        stopped_at = self.clock.now() - timedelta(seconds=ago_s)
        began_at = stopped_at - timedelta(seconds=took_s)
        arn = ACCOUNT.execution_arn(id)
        return Execution(id, arn, SUCCEEDED, began_at, stopped_at, redrive_count=redrives)


@pytest.fixture
def setting() -> Setting:
    return Setting()


def test_an_end_is_counted_with_how_long_it_took(setting: Setting) -> None:
    setting.ends.seen(setting.ended(took_s=12.5))
    assert setting.meter.ends == [("orders", "SUCCEEDED", 12.5)]


def test_it_is_counted_once_however_often_it_is_seen(setting: Setting) -> None:
    for _ in range(3):
        setting.ends.seen(setting.ended())
        setting.ends.pushed(status(SUCCEEDED, str(ID)))
    assert len(setting.meter.ends) == 1


def test_what_runs_or_waits_for_a_redrive_has_not_ended(setting: Setting) -> None:
    for running in (ExecutionStatus.RUNNING, ExecutionStatus.PENDING_REDRIVE):
        setting.ends.seen(replace(setting.ended(), status=running))
    assert setting.meter.ends == []


def test_a_redriven_execution_ends_again(setting: Setting) -> None:
    setting.ends.seen(replace(setting.ended(), status=FAILED))
    setting.ends.seen(setting.ended(redrives=1))
    assert [counted[1] for counted in setting.meter.ends] == ["FAILED", "SUCCEEDED"]


async def test_ends_from_before_this_process_don_t_count(setting: Setting) -> None:
    """Nor do they later, when a list shows them again."""
    await setting.clock.advance(10)
    setting.ends.seen(setting.ended(ago_s=11))
    setting.ends.seen(setting.ended(ExecutionId("orders", "order-2"), ago_s=9))
    assert len(setting.meter.ends) == 1


async def test_an_end_that_becomes_known_late_doesn_t_count(setting: Setting) -> None:
    await setting.clock.advance(2 * LATE_S)
    setting.ends.seen(setting.ended(ago_s=LATE_S + 1))
    setting.ends.seen(setting.ended(ExecutionId("orders", "order-2"), ago_s=LATE_S - 1))
    assert len(setting.meter.ends) == 1


async def test_it_remembers_no_more_than_may_count_again(setting: Setting) -> None:
    old = setting.ended()
    setting.ends.seen(old)
    await setting.clock.advance(LATE_S + 1)
    setting.ends.seen(setting.ended(ExecutionId("orders", "order-2")))
    assert len(setting.ends._known) == 1
    setting.ends.seen(old)
    assert len(setting.meter.ends) == 2


async def test_what_it_had_to_forget_counts_no_second_time(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution_ends, "MOST_KNOWN", 3)
    ended = []
    for number in range(10):
        await setting.clock.advance(1)
        ended.append(setting.ended(ExecutionId("orders", f"order-{number}")))
        setting.ends.seen(ended[-1])
    for each in ended:
        setting.ends.seen(each)
    assert len(setting.ends._known) == 3
    assert len(setting.meter.ends) == 10


def test_children_of_map_runs_are_left_out(setting: Setting) -> None:
    setting.ends.seen(setting.ended(ExecutionId("orders", "child", label="Each")))
    assert setting.meter.ends == []


def events() -> Iterator[HistoryEvent]:
    track = History().main.visit("Pass", "Look").then("ExecutionSucceeded", output="{}")
    yield from track.history.events


def test_what_is_pushed_counts_though_nobody_watches(setting: Setting) -> None:
    ended = 0.0
    for event in events():
        setting.ends.pushed(pushed(event, str(ID)))
        ended = (event.at - BEGIN).total_seconds()
    [(machine, status, duration_s)] = setting.meter.ends
    assert (machine, status) == ("orders", "SUCCEEDED")
    assert duration_s is not None
    assert 0 < duration_s <= ended


def test_of_an_end_alone_it_isn_t_known_how_long_it_took(setting: Setting) -> None:
    *_, last = events()
    setting.ends.pushed(PushedEvent(ID, ACCOUNT, last, False, 0))
    assert setting.meter.ends == [("orders", "SUCCEEDED", None)]


async def test_with_a_bus_one_replica_counts_it(setting: Setting) -> None:
    claims = Claims()
    one, by_one = setting.replica(claims)
    other, by_other = setting.replica(claims)
    for number in range(200):
        ended = setting.ended(ExecutionId("orders", f"order-{number}"))
        one.seen(ended)
        other.seen(ended)
    for ends in (one, other):
        await ends.close()
    assert len(by_one) + len(by_other) == 200


async def test_while_the_bus_is_away_each_counts_its_own(setting: Setting) -> None:
    ends, counted = setting.replica(Claims(away=True))
    ends.seen(setting.ended())
    await run_until_idle()
    assert len(counted) == 1


async def test_an_end_is_claimed_after_others_were(setting: Setting) -> None:
    ends, counted = setting.replica(Claims())
    for number in range(3):
        ends.seen(setting.ended(ExecutionId("orders", f"order-{number}")))
        await run_until_idle()
    assert len(counted) == 3


async def test_what_a_bus_that_hangs_doesn_t_answer_is_counted_in_the_end(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution_ends, "CLOSING_S", 0.01)
    ends, counted = setting.replica(Claims(hangs=True))
    ends.seen(setting.ended())
    await run_until_idle()
    assert counted == []
    await ends.close()
    assert len(counted) == 1


async def test_a_bus_that_is_too_slow_holds_up_no_more_than_so_many(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution_ends, "MOST_WAITING", 2)
    monkeypatch.setattr(execution_ends, "CLOSING_S", 0.01)
    ends, counted = setting.replica(Claims(hangs=True))
    for number in range(5):
        ends.seen(setting.ended(ExecutionId("orders", f"order-{number}")))
    assert len(counted) == 3
    await ends.close()
    assert len(counted) == 5
