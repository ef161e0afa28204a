"""Lists across state machines: merged, bounded, and honest about what is missing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from handrail.core.errors import (
    InvalidRequest,
    Overloaded,
    StateMachineNotFound,
    Unavailable,
    UnsupportedByType,
    UpstreamRefused,
)
from handrail.core.listing import ExecutionListing
from handrail.core.models import ExecutionStatus, MachineType
from handrail.core.shares import RateShares
from handrail.usecases import execution_lists
from handrail.usecases.catalogue import Catalogue
from handrail.usecases.execution_lists import ExecutionLists, ListRequest
from handrail.usecases.in_memory import InMemoryNudges
from handrail.usecases.live import list_pages
from handrail.usecases.live.list_pages import ListPages
from handrail.usecases.live.read_budget import read_budget
from tests.fakes import BEGIN, FakeClock, FakeExecutions, FakeStateMachines, machine

MACHINES = ("a", "b", "c")


class Desk:
    def __init__(self, *, reads_per_s: float = 1000, burst: float = 10_000) -> None:
        self.clock = FakeClock()
        self.aws = FakeExecutions(self.clock)
        self.machines = FakeStateMachines(*map(machine, MACHINES))
        self.machines.machines["quick"] = machine("quick", MachineType.EXPRESS)
        budget = read_budget(self.clock, reads_per_s=reads_per_s, burst=burst)
        self.pages = ListPages(self.aws, budget.lists, self.clock, InMemoryNudges())
        catalogue = Catalogue(self.machines, self.clock)
        shares = RateShares(2.0, 20.0)
        self.lists = ExecutionLists(catalogue, self.pages, self.clock, shares)

    def add(self, id: str, at_s: float) -> None:
        """In the order of their starts."""
        self.aws.add(id, started_at=BEGIN + timedelta(seconds=at_s))

    async def listing(
        self,
        *machines: str,
        may_read: Callable[[str], bool] = lambda _: True,
        patience_s: float = 6.0,
        **wanted: Any,
    ) -> ExecutionListing:
        request = ListRequest(may_read, machines, **wanted)
        return await self.lists.list_page(request, patience_s=patience_s)

    async def all_pages(self, *machines: str, **wanted: Any) -> list[list[str]]:
        pages, page = list[list[str]](), None
        while True:
            listing = await self.listing(*machines, page=page, **wanted)
            pages.append(names(listing))
            if (page := listing.next_page) is None:
                return pages


def names(listing: ExecutionListing) -> list[str]:
    return [str(each.id) for each in listing.executions]


def left_out(listing: ExecutionListing) -> dict[str, str]:
    return {each.reference: each.error.code for each in listing.unlisted}


def totals(listing: ExecutionListing) -> dict[str, tuple[int, bool]]:
    return {
        each.reference: (each.counts.total, each.counts.at_least)
        for each in listing.machines
        if each.counts is not None
    }


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    for at_s, id in enumerate(("a:1", "b:1", "a:2", "c:1", "b:2", "a:3")):
        desk.add(id, at_s)
    yield desk
    await desk.pages.close()


NEWEST_FIRST = ["a:3", "b:2", "c:1", "a:2", "b:1", "a:1"]


async def test_without_a_name_all_machines_are_listed_newest_first(desk: Desk) -> None:
    listing = await desk.listing()
    assert names(listing) == NEWEST_FIRST
    assert left_out(listing) == {"quick": "unsupported_by_type"}
    assert totals(listing) == {"a": (3, False), "b": (2, False), "c": (1, False)}
    assert listing.counts is not None
    assert (listing.counts.total, listing.counts.at_least) == (6, False)
    assert listing.as_of == BEGIN


async def test_several_names_are_listed_each_once(desk: Desk) -> None:
    listing = await desk.listing("a", "c", "a")
    assert names(listing) == ["a:3", "c:1", "a:2", "a:1"]
    assert (await desk.listing("a", "quick")).executions
    assert left_out(await desk.listing("a", "quick")) == {"quick": "unsupported_by_type"}


@pytest.mark.parametrize("limit", [1, 2, 4, 6])
async def test_pages_go_on_where_the_one_before_ended(desk: Desk, limit: int) -> None:
    pages = await desk.all_pages(limit=limit)
    assert [id for page in pages for id in page] == NEWEST_FIRST
    assert all(len(page) == limit for page in pages[:-1])


@pytest.mark.parametrize("size", [1, 2])
async def test_pages_go_on_past_aws_s_own(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(list_pages, "PAGE", size)
    for limit in (1, 4, 9):
        pages = await desk.all_pages(limit=limit)
        assert [id for page in pages for id in page] == NEWEST_FIRST


async def test_where_the_list_is_longer_than_was_read_counts_say_at_least(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_pages, "PAGE", 2)
    listing = await desk.listing()
    assert totals(listing) == {"a": (2, True), "b": (2, False), "c": (1, False)}
    assert listing.counts is not None
    assert (listing.counts.total, listing.counts.at_least) == (5, True)


async def test_only_the_first_page_is_counted(desk: Desk) -> None:
    first = await desk.listing(limit=2)
    second = await desk.listing(limit=2, page=first.next_page)
    assert first.counts is not None
    assert (second.counts, totals(second)) == (None, {})


async def test_a_status_is_all_that_is_listed_and_counted(desk: Desk) -> None:
    desk.aws.end("b:1", ExecutionStatus.FAILED)
    listing = await desk.listing(status=ExecutionStatus.FAILED)
    assert names(listing) == ["b:1"]
    assert listing.counts is not None
    assert listing.counts.by_status == {ExecutionStatus.FAILED: 1}


async def test_what_starts_between_two_pages_doesnt_move_them(desk: Desk) -> None:
    first = await desk.listing(limit=3)
    desk.add("c:2", 60)
    await desk.clock.advance(2)
    second = await desk.listing(limit=9, page=first.next_page)
    assert names(first) + names(second) == NEWEST_FIRST


async def test_nothing_is_listed_that_may_not_be_read(desk: Desk) -> None:
    listing = await desk.listing(may_read=lambda name: name == "b")
    assert names(listing) == ["b:2", "b:1"]
    assert [each.reference for each in listing.machines] == ["b"]
    assert listing.unlisted == []


async def test_somebody_else_s_page_token_shows_no_more_than_one_may_read(desk: Desk) -> None:
    page = (await desk.listing(limit=1)).next_page
    assert names(await desk.listing(may_read=lambda name: name == "b", page=page)) == ["b:2", "b:1"]


async def test_a_page_of_another_list_is_refused(desk: Desk) -> None:
    page = (await desk.listing(limit=1)).next_page
    for machines, status in (
        (("a",), None),
        ((), ExecutionStatus.RUNNING),
    ):
        with pytest.raises(InvalidRequest) as refused:
            await desk.listing(*machines, status=status, page=page)
        assert [error.path for error in refused.value.errors] == ["page"]


async def test_what_can_t_be_listed_alone_is_refused(desk: Desk) -> None:
    with pytest.raises(UnsupportedByType):
        await desk.listing("quick")
    with pytest.raises(StateMachineNotFound):
        await desk.listing("nothing")
    with pytest.raises(StateMachineNotFound):
        await desk.listing("a", "nothing")


async def test_one_machine_s_failure_is_named_and_the_rest_listed(desk: Desk) -> None:
    desk.aws.fail("list_page", UpstreamRefused("no right to"))
    listing = await desk.listing()
    assert names(listing) == ["b:2", "c:1", "b:1"]
    assert left_out(listing) == {"a": "upstream_refused", "quick": "unsupported_by_type"}
    assert listing.counts is not None
    assert listing.counts.at_least


async def test_a_machine_left_out_at_first_stays_out_and_is_named(desk: Desk) -> None:
    desk.aws.fail("list_page", Unavailable("AWS is away"))
    first = await desk.listing(limit=2)
    second = await desk.listing(limit=2, page=first.next_page)
    assert names(first) + names(second) == ["b:2", "c:1", "b:1"]
    assert left_out(second)["a"] == "overloaded"
    assert second.next_page is None


async def test_where_all_fail_the_failure_is_the_answer(desk: Desk) -> None:
    desk.aws.fail("list_page", *(Unavailable("AWS is away") for _ in MACHINES))
    with pytest.raises(Unavailable):
        await desk.listing()
    desk.aws.fail("list_page", UpstreamRefused("no right to"))
    with pytest.raises(UpstreamRefused):
        await desk.listing("a")


async def test_an_account_of_express_machines_alone_has_an_empty_list() -> None:
    desk = Desk()
    for name in MACHINES:
        del desk.machines.machines[name]
    listing = await desk.listing()
    assert (names(listing), listing.next_page) == ([], None)
    assert left_out(listing) == {"quick": "unsupported_by_type"}
    assert listing.as_of == BEGIN


async def test_more_machines_than_one_list_takes_are_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution_lists, "MOST_MACHINES", 2)
    listing = await desk.listing()
    assert names(listing) == ["a:3", "b:2", "a:2", "b:1", "a:1"]
    assert left_out(listing)["c"] == "invalid_request"
    assert names(await desk.listing("c")) == ["c:1"]


async def patient(desk: Desk, *machines: str) -> ExecutionListing:
    """Answered once its patience is over."""
    task = asyncio.create_task(desk.listing(*machines))
    await desk.clock.advance(6)
    return await task


async def test_what_gets_no_turn_in_time_is_named_and_comes_later() -> None:
    desk = Desk(reads_per_s=0.4, burst=4)  # two lists at once, then one in ten seconds
    for at_s, id in enumerate(("a:1", "b:1", "c:1")):
        desk.add(id, at_s)
    first = await patient(desk)
    assert names(first) == ["b:1", "a:1"]
    assert left_out(first)["c"] == "overloaded"
    await desk.clock.advance(10)
    second = await patient(desk)
    assert names(second) == ["c:1", "b:1", "a:1"]
    assert "c" not in left_out(second)
    ages = {each.reference: each.as_of for each in second.machines}
    assert ages["b"] < ages["a"] or ages["b"] < ages["c"]
    assert second.as_of == min(ages.values())
    await desk.pages.close()


async def test_alone_and_without_a_turn_in_time_it_is_retryable() -> None:
    desk = Desk(reads_per_s=0.4, burst=2)
    await desk.listing("a")
    with pytest.raises(Overloaded):
        await patient(desk, "b")
    await desk.pages.close()


async def test_a_failure_further_down_ends_the_page_early(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_pages, "PAGE", 2)
    await desk.listing(limit=1)
    desk.aws.fail("list_page", Unavailable("AWS is away"))
    cut = await desk.listing(limit=9)
    assert names(cut) == NEWEST_FIRST[: len(cut.executions)]
    assert 0 < len(cut.executions) < 6
    rest = await desk.listing(limit=9, page=cut.next_page)
    assert names(cut) + names(rest) == NEWEST_FIRST


async def test_one_answer_makes_so_many_further_calls_and_moves_on_all_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_pages, "PAGE", 1)
    monkeypatch.setattr(execution_lists, "MOST_FURTHER_CALLS", 1)
    pages = await desk.all_pages(limit=9)
    assert [id for page in pages for id in page] == NEWEST_FIRST


async def test_aws_s_refusal_of_a_token_is_told_of_ours(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_pages, "PAGE", 1)
    page = (await desk.listing("a", limit=2)).next_page
    await desk.clock.advance(5)
    desk.aws.fail("list_page", InvalidRequest("Invalid Token"))
    with pytest.raises(InvalidRequest) as refused:
        await desk.listing("a", limit=2, page=page)
    assert [error.path for error in refused.value.errors] == ["page"]


async def test_a_caller_s_many_reads_come_after_others(desk: Desk) -> None:
    """By when they are due: whoever asked for much lately is due later."""
    assert desk.lists.shares.due_at("greedy", 0.0) == 0.0
    for _ in range(10):
        await desk.listing(payer="greedy")
    assert desk.lists.shares.due_at("greedy", 0.0) > 0.0
    assert desk.lists.shares.due_at("other", 0.0) == 0.0


async def test_a_list_says_when_it_was_read(desk: Desk) -> None:
    await desk.clock.advance(3)
    listing = await desk.listing("a")
    assert listing.as_of == BEGIN + timedelta(seconds=3)
