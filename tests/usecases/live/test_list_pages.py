"""Pages of lists: read once for all who ask, no older than what is known, and with what is known
better than AWS's lists show."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from handrail.core.errors import Unavailable
from handrail.core.models import Execution, ExecutionId, ExecutionStatus
from handrail.core.read_queue import Urgency
from handrail.usecases.in_memory import InMemoryNudges
from handrail.usecases.live import list_pages
from handrail.usecases.live.list_pages import ListedPage, ListPages, PageKey
from handrail.usecases.live.read_budget import read_budget
from tests.fakes import BEGIN, FakeClock, FakeExecutions, machine_arn, run_until_idle

KEY = PageKey(machine_arn("orders"))
RUNNING, SUCCEEDED = ExecutionStatus.RUNNING, ExecutionStatus.SUCCEEDED


class Desk:
    def __init__(self, *, reads_per_s: float = 1000, burst: float = 10_000) -> None:
        self.clock = FakeClock()
        self.aws = FakeExecutions(self.clock)
        self.nudges = InMemoryNudges()
        self.budget = read_budget(self.clock, reads_per_s=reads_per_s, burst=burst)
        self.pages = ListPages(self.aws, self.budget.lists, self.clock, self.nudges)

    async def page(self, key: PageKey = KEY) -> ListedPage:
        return await self.pages.page(key, Urgency.REQUEST, self.clock.monotonic())

    async def names(self, status: ExecutionStatus | None = None) -> list[str]:
        page = await self.page(replace(KEY, status=status))
        return [each.id.name for each in page.executions]

    def add(self, name: str, *, at_s: float = 0.0) -> Execution:
        return self.aws.add(f"orders:{name}", started_at=BEGIN + timedelta(seconds=at_s))

    @property
    def calls(self) -> int:
        return self.aws.count("list_page")


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    yield desk
    await desk.pages.close()


async def test_one_call_answers_all_who_ask_within_a_second(desk: Desk) -> None:
    desk.add("one")
    desk.aws.hold()
    asked = [asyncio.create_task(desk.names()) for _ in range(3)]
    await run_until_idle()
    desk.aws.release()
    assert await asyncio.gather(*asked) == [["one"]] * 3
    await desk.clock.advance(0.9)
    await desk.names()
    assert desk.calls == 1
    await desk.clock.advance(0.2)
    await desk.names()
    assert desk.calls == 2


async def test_a_whole_list_answers_for_each_status(desk: Desk) -> None:
    desk.add("one")
    desk.add("two")
    desk.aws.end("orders:one")
    await desk.names()
    assert (await desk.names(RUNNING), await desk.names(SUCCEEDED)) == (["two"], ["one"])
    assert desk.calls == 1


async def test_part_of_a_list_doesnt_answer_for_a_status(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_pages, "PAGE", 2)
    for name in ("one", "two", "three"):
        desk.add(name)
    await desk.names()
    desk.aws.end("orders:three")
    desk.aws.end("orders:two")
    assert await desk.names(RUNNING) == ["one"]


async def test_a_nudge_makes_the_list_old_even_one_under_way(desk: Desk) -> None:
    desk.add("one")
    await desk.names()
    desk.add("two")
    await desk.nudges.send(ExecutionId.parse("orders:two"))
    desk.aws.hold()
    asked = asyncio.create_task(desk.names())
    await desk.clock.advance(0.1)
    desk.add("three")
    await desk.nudges.send(ExecutionId.parse("orders:three"))
    later = asyncio.create_task(desk.names())
    await run_until_idle()
    desk.aws.release()
    await asked
    assert await later == ["three", "two", "one"]
    assert desk.calls == 3


async def test_more_changes_than_are_kept_make_no_list_young_and_none_old_for_ever(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_pages, "CHANGED_MACHINES", 2)
    others = [ExecutionId(f"other{number}", "one") for number in range(3)]
    desk.add("one")
    for _ in range(3):
        await desk.nudges.send(ExecutionId("orders", "one"))
    await desk.names()
    desk.aws.hold()
    await desk.clock.advance(2)
    asked = asyncio.create_task(desk.names())
    await run_until_idle()
    for other in others:
        await desk.nudges.send(other)
    desk.aws.release()
    assert await asyncio.wait_for(asked, 1) == ["one"]
    calls = desk.calls
    await desk.nudges.send(ExecutionId("orders", "one"))
    await desk.names()
    assert desk.calls == calls + 1


async def test_a_start_is_shown_before_aws_s_lists_do(desk: Desk) -> None:
    desk.add("old", at_s=-60)
    started = desk.add("new")
    del desk.aws.executions[started.arn]
    await desk.pages.announce(started)
    assert await desk.names() == ["new", "old"]
    assert (await desk.page()).executions[0] == replace(started, input=None)
    assert await desk.names(RUNNING) == ["old"]  # it may be over by now
    await desk.clock.advance(21)
    assert await desk.names() == ["old"]


async def test_a_note_costs_no_look_at_every_execution(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[Execution] = []

    def newest(listed: Execution, known: Execution) -> Execution:
        compared.append(listed)
        return known

    listed = [desk.add(f"n{number}") for number in range(50)]
    await desk.names()
    monkeypatch.setattr(list_pages, "newest", newest)
    desk.pages.note(listed[7])
    await desk.names()
    assert compared == [listed[7]]


async def test_an_end_that_was_seen_is_shown_before_aws_s_lists_do(desk: Desk) -> None:
    one = desk.add("one")
    ended = replace(one, status=SUCCEEDED, stopped_at=BEGIN + timedelta(seconds=5))
    desk.pages.note(ended)
    (shown,) = (await desk.page()).executions
    assert (shown.status, shown.stopped_at) == (SUCCEEDED, ended.stopped_at)
    assert await desk.names(RUNNING) == []
    desk.pages.note(one)  # a read that lags
    assert await desk.names(RUNNING) == []


async def test_a_redrive_is_newer_than_the_end_before_it(desk: Desk) -> None:
    one = desk.add("one")
    desk.aws.end("orders:one", ExecutionStatus.FAILED)
    desk.pages.note(replace(one, redrive_count=1))
    for _ in range(2):
        assert await desk.names(ExecutionStatus.FAILED) == []
        (shown,) = (await desk.page()).executions
        assert (shown.status, shown.redrive_count) == (RUNNING, 1)
        desk.pages.note(replace(one, status=ExecutionStatus.FAILED))


async def test_what_one_list_shows_the_others_don_t_take_back(desk: Desk) -> None:
    one = desk.add("one")
    desk.pages.note(replace(one, status=ExecutionStatus.ABORTED))
    desk.aws.executions[one.arn] = replace(one, redrive_count=1)
    assert await desk.names() == ["one"]
    desk.aws.executions[one.arn] = replace(one, status=ExecutionStatus.ABORTED)  # it lags
    await desk.clock.advance(2)
    assert await desk.names(ExecutionStatus.ABORTED) == []


async def test_an_execution_of_a_name_used_before_is_another_one(desk: Desk) -> None:
    one = desk.add("one", at_s=3600)
    desk.pages.note(replace(one, started_at=BEGIN, status=SUCCEEDED))
    assert await desk.names(RUNNING) == ["one"]


async def test_a_note_older_than_all_that_was_read_waits_for_its_page(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_pages, "PAGE", 1)
    desk.add("older")
    desk.add("newer", at_s=60)
    note = desk.add("oldest", at_s=-60)
    del desk.aws.executions[note.arn]
    desk.pages.note(note)
    assert await desk.names() == ["newer"]


async def test_an_alias_s_list_takes_no_execution_it_didnt_list(desk: Desk) -> None:
    key = PageKey(f"{KEY.machine_arn}:live")
    assert (key.reference, key.machine) == ("orders:live", "orders")
    desk.pages.note(desk.add("one"))
    assert (await desk.page(key)).executions == ()


async def test_who_leaves_gives_the_turn_back_and_others_stay(desk: Desk) -> None:
    desk.add("one")
    desk.aws.hold()
    leaving, staying = (asyncio.create_task(desk.names()) for _ in range(2))
    await run_until_idle()
    leaving.cancel()
    await run_until_idle()
    desk.aws.release()
    assert await staying == ["one"]
    desk.aws.hold()
    await desk.clock.advance(2)
    alone = asyncio.create_task(desk.names())
    await run_until_idle()
    alone.cancel()
    await run_until_idle()
    assert desk.budget.lists.queue.in_flight == 0
    desk.aws.release()
    assert await desk.names() == ["one"]


async def test_a_failure_is_everybody_s_who_waited_and_nothing_is_kept_of_it(desk: Desk) -> None:
    desk.aws.fail("list_page", Unavailable("AWS is away"))
    asked = [asyncio.create_task(desk.names()) for _ in range(2)]
    for task in asked:
        with pytest.raises(Unavailable):
            await task
    assert await desk.names() == []


async def test_no_more_is_kept_than_fits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_pages, "MOST_KEPT", 3)
    desk.add("one")
    for name in ("a", "b", "orders"):
        await desk.page(PageKey(machine_arn(name)))
    assert desk.pages.known(KEY) is not None
    assert desk.pages.known(PageKey(machine_arn("a"))) is None


async def test_requests_go_before_what_waited_for_a_turn() -> None:
    desk = Desk(reads_per_s=4, burst=2)  # one call at once, then one a second
    await desk.page(PageKey(machine_arn("first")))
    idle = asyncio.create_task(desk.pages.page(PageKey(machine_arn("idle")), Urgency.IDLE, 0.0))
    await run_until_idle()
    asked = asyncio.create_task(desk.names())
    await desk.clock.advance(1.5)
    assert (asked.done(), idle.done()) == (True, False)
    await desk.clock.advance(1.5)
    assert idle.done()
    await desk.pages.close()
