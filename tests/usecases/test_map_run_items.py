"""The child executions of a distributed Map's Map Runs, page by page."""

import pytest

from handrail.core.errors import (
    InvalidRequest,
    Unavailable,
    UnsupportedByEndpoint,
    UnsupportedByType,
)
from handrail.core.history.item_log import MapVisit, RecordedRun
from handrail.core.models import ExecutionStatus
from handrail.usecases.live.map_run_counts import MapRunCounts
from handrail.usecases.live.read_budget import read_budget
from handrail.usecases.map_run_items import (
    MOST_COUNTED,
    MOST_LISTS,
    UNLISTED,
    ChildPage,
    ChildPosition,
    MapRunItems,
)
from tests.core.histories import items_of
from tests.fakes import FakeClock, FakeMapRuns, map_run, map_run_arn


class Shelf:
    """Map Runs of one Map, begun by the events 30, 20 and 10."""

    def __init__(self, runs: int = 3) -> None:
        self.map_runs = FakeMapRuns()
        clock = FakeClock()
        budget = read_budget(clock, reads_per_s=1000, burst=10_000)
        counted = MapRunCounts(self.map_runs, budget.map_runs, clock)
        self.items = MapRunItems(counted, budget.lists)
        self.runs = [
            RecordedRun(MapVisit(10 * n - 2, ()), 10 * n, map_run_arn("each", f"run-{n}"))
            for n in range(runs, 0, -1)
        ]

    def fill(self, *counts: int, status: ExecutionStatus = ExecutionStatus.SUCCEEDED) -> None:
        for run, count in zip(self.runs, counts, strict=True):
            for number in range(count):
                self.map_runs.add_child(run.arn, f"child-{run.started}-{number}", status)

    async def page(
        self, at: ChildPosition | None = None, status: ExecutionStatus | None = None
    ) -> ChildPage:
        return await self.items.page(self.runs, at, status, most=4, due_at=lambda: 0.0)


def names(page: ChildPage) -> list[str]:
    return [child.id.name.removeprefix("child-") for _, child in page.children]


async def test_children_come_newest_first_with_their_map_run() -> None:
    shelf = Shelf(1)
    shelf.fill(2)
    page = await shelf.page()
    assert (names(page), page.next) == (["10-1", "10-0"], None)
    assert str(page.children[0][1].id) == "orders/each:child-10-1"
    assert page.children[0][0] is shelf.runs[0]


async def test_pages_go_on_where_the_last_ended_from_run_to_run() -> None:
    shelf = Shelf()
    shelf.fill(5, 0, 2)
    first = await shelf.page()
    assert (names(first), first.next) == (["30-4", "30-3", "30-2", "30-1"], ChildPosition(30, "4"))
    second = await shelf.page(first.next)
    assert (names(second), second.next) == (["30-0", "10-1", "10-0"], None)


async def test_a_page_that_is_just_full_goes_on_in_the_next_run() -> None:
    shelf = Shelf(2)
    shelf.fill(4, 1)
    first = await shelf.page()
    assert (len(first.children), first.next) == (4, ChildPosition(10))
    second = await shelf.page(first.next)
    assert (names(second), second.next) == (["10-0"], None)


async def test_they_can_be_asked_for_by_status() -> None:
    shelf = Shelf(1)
    shelf.fill(1)
    shelf.fill(1, status=ExecutionStatus.FAILED)
    page = await shelf.page(status=ExecutionStatus.FAILED)
    assert [child.status for _, child in page.children] == ["FAILED"]


async def test_many_runs_without_any_such_child_take_several_pages_and_few_calls() -> None:
    shelf = Shelf(10)
    page = await shelf.page()
    assert (page.children, shelf.map_runs.count("list_children")) == ((), MOST_LISTS)
    assert page.next == ChildPosition(10 * (10 - MOST_LISTS))


@pytest.mark.parametrize("at", [ChildPosition(15), ChildPosition(99), ChildPosition(30, "x")])
async def test_a_position_that_isnt_there_is_refused_as_the_page(at: ChildPosition) -> None:
    shelf = Shelf()
    shelf.fill(1, 1, 1)
    with pytest.raises(InvalidRequest) as raised:
        await shelf.page(at)
    assert [error.path for error in raised.value.errors] == ["page"]


async def test_an_endpoint_that_lists_no_children_is_said_to() -> None:
    shelf = Shelf(1)
    shelf.map_runs.fail("list_children", UnsupportedByEndpoint("no"))
    with pytest.raises(UnsupportedByEndpoint) as raised:
        await shelf.page()
    assert raised.value.detail == UNLISTED


@pytest.mark.parametrize("error", [UnsupportedByType("no"), Unavailable("no")])
async def test_other_failures_are_what_they_are(error: Exception) -> None:
    shelf = Shelf(1)
    shelf.map_runs.fail("list_children", error)
    with pytest.raises(type(error)):
        await shelf.page()


async def test_the_counts_of_all_runs_are_summed_up_as_they_stand() -> None:
    shelf = Shelf(2)
    shelf.map_runs.runs[shelf.runs[0].arn] = map_run(ended=False, running=2, pending=3)
    shelf.map_runs.runs[shelf.runs[1].arn] = map_run(succeeded=4)
    counts = await shelf.items.counts(shelf.runs)
    assert counts == items_of(total=9, running=2, succeeded=4)


async def test_where_one_isnt_known_the_sum_isnt() -> None:
    shelf = Shelf(2)
    shelf.map_runs.runs[shelf.runs[0].arn] = map_run(succeeded=4)
    assert await shelf.items.counts(shelf.runs) is None


async def test_many_runs_are_not_counted() -> None:
    shelf = Shelf(MOST_COUNTED + 1)
    assert await shelf.items.counts(shelf.runs) is None
    assert shelf.map_runs.calls == []
