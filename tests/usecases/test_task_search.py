"""What waits for somebody, searched for in executions that run, behind all other reads."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from handrail.core.errors import InvalidRequest, StateMachineNotFound, Unavailable
from handrail.core.history.outcomes import Outcome, Settlement, TaskKey
from handrail.core.listing import WaitingListing
from handrail.core.models import ExecutionId, ExecutionStatus, MachineType
from handrail.usecases.in_memory import InMemorySettlements
from handrail.usecases.task_search import AGAIN_S, GOOD_S, MOST_AGAIN, TaskSearch, WaitingRequest
from tests.core.histories import Track
from tests.fakes import BEGIN, machine, map_run_arn, run_until_idle
from tests.usecases.live.stage import EPOCH, Stage, arn_of


class Search:
    """A stage whose executions wait, and who searches it."""

    def __init__(self, **options: Any) -> None:
        self.stage = Stage(linger_s=0, **options)
        self.settled = InMemorySettlements()
        stage = self.stage
        self.tasks = TaskSearch(stage.hub, stage.pages, stage.catalogue, self.settled, stage.clock)

    def waits(self, id: str, state: str = "Approve") -> Track:
        """An execution whose task waits for a callback."""
        main = self.stage.execution(id).main.enter("Task", state)
        sqs = {"resourceType": "sqs", "resource": "sendMessage.waitForTaskToken"}
        return main.then("TaskScheduled", **sqs).then("TaskSubmitted", **sqs)

    async def search(
        self,
        *machines: str,
        wait_s: float = 2.0,
        may_list: Callable[[str], bool] = lambda _: True,
        may_read: Callable[[ExecutionId], bool] = lambda _: True,
        **wanted: Any,
    ) -> WaitingListing:
        request = WaitingRequest(may_list, may_read, machines, **wanted)
        searching = asyncio.ensure_future(self.tasks.search(request, patience_s=wait_s))
        await run_until_idle()
        if not searching.done():
            await self.stage.clock.advance(wait_s)
        return await searching


def ids(found: WaitingListing) -> list[str]:
    return [str(each.execution) for each in found.tasks]


@pytest.fixture
async def search() -> AsyncIterator[Search]:
    search = Search()
    yield search
    await search.stage.pages.close()
    await search.stage.hub.close()


async def test_tasks_of_executions_that_nobody_watches_are_found(search: Search) -> None:
    search.waits("orders:one")
    search.waits("orders:two", "Confirm").then("TaskSucceeded").exit("Task", "Confirm")
    search.stage.execution("orders:three").main.enter("Wait", "Pause")
    found = await search.search()
    assert ids(found) == ["orders:one"]
    (waiting,) = found.tasks
    assert (waiting.task.state, waiting.task.event_id) == ("Approve", 3)
    assert (found.total, found.complete, found.as_of, waiting.as_of) == (1, True, BEGIN, BEGIN)
    (machine,) = found.machines
    assert (machine.name, machine.running, machine.read) == ("orders", 3, 3)


async def test_the_newest_come_first_and_the_rest_is_counted(search: Search) -> None:
    for name in ("a", "b"):
        search.waits(f"orders:{name}")
    later = search.stage.execution("orders:c").main.visit("Pass", "First").enter("Task", "Approve")
    later.then("TaskScheduled", resourceType="sqs", resource="sendMessage.waitForTaskToken")
    found = await search.search(limit=2)
    assert (ids(found)[0], len(found.tasks), found.total) == ("orders:c", 2, 3)


async def test_what_is_watched_is_told_without_a_read(search: Search) -> None:
    search.waits("orders:one")
    await search.stage.subscribed("orders:one")
    with search.stage.no_reads():
        found = await search.search(wait_s=0)
    assert ids(found) == ["orders:one"]
    assert found.complete is False, "nothing was listed yet"
    assert [(each.running, each.as_of) for each in found.machines] == [(None, None)]


async def test_a_search_is_cut_off_and_the_next_goes_on() -> None:
    search = Search(reads_per_s=1, burst=3)
    for number in range(8):
        search.waits(f"orders:{number}")
    first = await search.search(wait_s=1)
    assert first.complete is False
    assert 0 < first.total < 8
    assert first.machines[0].running == 8
    assert first.machines[0].read == first.total
    found = first
    for _ in range(8):
        found = await search.search(wait_s=1)
    assert (found.total, found.complete) == (8, True)
    await search.stage.hub.close()


async def test_a_person_s_request_goes_before_a_search() -> None:
    search = Search(reads_per_s=1, burst=1)
    search.stage.machines.machines["refunds"] = machine("refunds")
    search.stage.execution("refunds:one")
    for number in range(8):
        search.waits(f"orders:{number}")
    wanted = WaitingRequest(lambda _: True, lambda _: True, ["orders"])
    searching = asyncio.ensure_future(search.tasks.search(wanted, patience_s=30))
    await search.stage.clock.advance(3)

    async def show() -> None:
        async with search.stage.hub.watching("refunds:one"):
            return

    before, shown = search.stage.read_count, asyncio.ensure_future(show())
    while not shown.done():
        await search.stage.clock.advance(0.5)
    turns = [read.arn for read in search.stage.histories.reads[before:]]
    assert turns.index(arn_of("refunds:one")) <= 1, "the next turn, or the one after a fair one"
    searching.cancel()
    await search.stage.hub.close()


async def test_what_was_read_is_read_again_after_a_while_only(search: Search) -> None:
    search.waits("orders:one")
    await search.stage.clock.advance(100)  # it isn't young
    await search.search()
    with search.stage.no_reads():
        assert (await search.search()).complete
    await search.stage.clock.advance(AGAIN_S)
    before = search.stage.read_count
    await search.search()
    assert search.stage.read_count == before + 1


async def test_what_was_read_takes_few_reads_of_each_search(search: Search) -> None:
    """Many may wait for days: what looks at them again mustn't use up what AWS allows."""
    for number in range(3 * MOST_AGAIN):
        search.waits(f"orders:{number}")
    while not (await search.search()).complete:
        continue
    await search.stage.clock.advance(100)
    before = search.stage.read_count
    found = await search.search(wait_s=0.5)
    assert 0 < search.stage.read_count - before <= 2 * MOST_AGAIN, "while it lists, and after"
    assert (found.total, found.complete) == (3 * MOST_AGAIN, True)
    assert found.as_of == BEGIN, "of the oldest"


async def test_what_is_old_isn_t_called_complete_and_is_forgotten_in_the_end(
    search: Search,
) -> None:
    search.waits("orders:one")
    assert (await search.search()).complete
    await search.stage.clock.advance(GOOD_S)
    found = await search.search(wait_s=0)
    assert (ids(found), found.complete, found.as_of) == (["orders:one"], False, BEGIN)
    await search.stage.clock.advance(600)
    assert ids(await search.search(wait_s=0)) == []


async def test_what_ended_by_a_newer_list_waits_no_more(search: Search) -> None:
    search.waits("orders:one")
    await search.search()
    search.stage.executions.end("orders:one", ExecutionStatus.ABORTED)
    await search.stage.clock.advance(AGAIN_S)
    found = await search.search()
    assert (ids(found), found.complete) == ([], True)


async def test_what_this_service_settled_waits_no_more_though_reads_lag(search: Search) -> None:
    """A nudge alone takes nothing away: another branch may have gone on."""
    search.waits("orders:one")
    await search.search()
    id = ExecutionId.parse("orders:one")
    await search.stage.clock.advance(1)
    await search.stage.hub.nudge(id)
    assert ids(await search.search(wait_s=0)) == ["orders:one"]
    settled = Settlement(3, "Approve", Outcome.SUCCESS, BEGIN, b"")
    await search.settled.add_if_absent(TaskKey(id, EPOCH, 3), settled)
    assert ids(await search.search()) == []


async def test_only_what_may_be_read_is_told(search: Search) -> None:
    search.stage.machines.machines["refunds"] = machine("refunds")
    search.waits("orders:one")
    search.waits("orders:two")
    search.waits("refunds:one")
    found = await search.search(
        may_list=lambda name: name == "orders",
        may_read=lambda id: str(id) != "orders:two" and id.machine == "orders",
    )
    assert (ids(found), found.total) == (["orders:one"], 1)
    assert [each.name for each in found.machines] == ["orders"]
    assert (await search.search(partial=True)).complete is False


async def test_state_machines_may_be_named_but_no_versions(search: Search) -> None:
    search.stage.machines.machines["refunds"] = machine("refunds")
    search.stage.machines.machines["quick"] = machine("quick", MachineType.EXPRESS)
    search.waits("orders:one")
    search.waits("refunds:one")
    assert ids(await search.search("refunds", "quick")) == ["refunds:one"]
    with pytest.raises(InvalidRequest):
        await search.search("orders:live")
    with pytest.raises(StateMachineNotFound):
        await search.search("nothing")


async def test_a_list_that_fails_is_named(search: Search) -> None:
    search.waits("orders:one")
    await search.stage.subscribed("orders:one")
    search.stage.executions.fail("list_page", Unavailable("AWS can't be reached."))
    found = await search.search()
    assert (ids(found), found.complete) == (["orders:one"], False)
    assert [(each.reference, each.error.code) for each in found.unlisted] == [
        ("orders", "unavailable")
    ]
    assert (await search.search()).unlisted == []


async def test_what_aws_keeps_no_more_doesn_t_hold_it_up(search: Search) -> None:
    search.waits("orders:one")
    search.stage.executions.add("orders:gone")
    found = await search.search()
    assert (ids(found), found.complete) == (["orders:one"], True)


async def test_the_children_of_a_map_run_may_wait_unseen(search: Search) -> None:
    main = search.stage.execution("orders:one").main.enter("Map", "Ship")
    main.then("MapStateStarted", length=0).then("MapRunStarted", mapRunArn=map_run_arn("Ship"))
    found = await search.search()
    assert (found.total, found.complete) == (0, False)
    assert found.machines[0].read == 1
