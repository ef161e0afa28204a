"""A worker's life: polling, its limits, trouble with polls, and the way out."""

import gc
import tracemalloc
from typing import Any

import pytest

from handrail.core.errors import NotFound, Throttled, UpstreamRefused
from handrail.worker import Worker
from handrail.worker.running import Limits, resolve
from tests.fakes import run_until_idle

from .fakes import ARN, FakeActivities
from .rig import Rig
from .work import LOST, Logs, Work, events


async def test_a_poll_is_made_for_each_activity_under_the_workers_name(rig: Rig) -> None:
    Work(rig)
    rig.worker.activity("print")(lambda input: None)
    async with rig.working(Limits(pollers=3)):
        assert (rig.activities.polling, rig.activities.workers) == (6, {"ada"})


async def test_no_more_handlers_run_than_there_are_slots(rig: Rig) -> None:
    work = Work(rig)
    async with rig.working(Limits(concurrency=3, pollers=5)):
        for number in range(5):
            rig.activities.add("review", f"t{number}")
        await run_until_idle()
        assert (work.begun, rig.activities.polling) == (3, 0)
        assert rig.activities.untaken("review") == 2
        work.go_on.set()
        await run_until_idle()
    assert len(rig.tasks.answers) == 5


async def test_the_limit_counts_all_activities_together(rig: Rig) -> None:
    work = Work(rig)
    printed: list[Any] = []
    rig.worker.activity("print")(_printing(printed))
    async with rig.working(Limits(concurrency=2)):
        rig.activities.add("review", "t1")
        rig.activities.add("review", "t2")
        await run_until_idle()
        assert (work.begun, rig.activities.polling) == (1, 1), "one slot polls for print"
        rig.activities.add("print", "p1", "a")
        await run_until_idle()
        assert (work.begun, printed) == (2, ["a"])
        work.go_on.set()
        await run_until_idle()
    assert set(rig.tasks.answers) == {"t1", "t2", "p1"}


def _printing(printed: list[Any]) -> Any:
    async def prints(input: Any) -> None:
        printed.append(input)

    return prints


async def test_with_one_slot_activities_take_turns(rig: Rig, logs: Logs) -> None:
    printed: list[Any] = []
    Work(rig)
    rig.worker.activity("print")(_printing(printed))
    async with rig.working(Limits(concurrency=1)):
        rig.activities.add("print", "p1", "a")
        await run_until_idle()
        assert printed == []
        rig.activities.answer_empty("review")
        await run_until_idle()
        assert printed == ["a"]
    assert "fewer slots than activities" in events(logs, "warning")[0]


async def test_a_thousand_tasks_are_each_done_once(rig: Rig) -> None:
    seen: list[Any] = []
    rig.worker.activity("review")(_printing(seen))
    async with rig.working(Limits(concurrency=7, pollers=3)):
        for number in range(1000):
            rig.activities.add("review", f"t{number}", number)
        while len(rig.tasks.answers) < 1000:
            await run_until_idle()
    assert sorted(seen) == [*range(1000)]


async def test_what_is_done_is_forgotten(rig: Rig, logs: Logs) -> None:
    @rig.worker.activity("review")
    async def review(input: Any) -> Any:
        return input

    async with rig.working(Limits(concurrency=4)):

        async def held_after(times: int) -> int:
            """Bytes in use after so many tasks of 10 kB."""
            for number in range(times):
                rig.activities.add("review", f"t{number}", "x" * 10_000)
                while f"t{number}" not in rig.tasks.answers:
                    await run_until_idle()
                rig.tasks.answers.clear()
                rig.tasks.port.calls.clear()
                logs.clear()
            gc.collect()
            return tracemalloc.get_traced_memory()[0]

        tracemalloc.start()
        try:
            before = await held_after(50)
            after = await held_after(300)
        finally:
            tracemalloc.stop()
    assert after - before < 500_000, "of 3 MB; others in this process may take some"


async def test_a_streak_of_failed_polls_is_told_once_and_backs_off(rig: Rig, logs: Logs) -> None:
    work, rig.jitter = Work(rig), 1
    rig.activities.fail("poll", LOST, Throttled("slow", retry_after_s=5), LOST)
    work.go_on.set()
    rig.activities.add("review", "t1")
    async with rig.working():
        assert rig.activities.count("poll") == 1
        await rig.clock.advance(1)
        assert rig.activities.count("poll") == 2
        await rig.clock.advance(6)
        assert rig.activities.count("poll") == 2, "AWS asked for five seconds more"
        await rig.clock.advance(1)
        assert rig.activities.count("poll") == 3
        await rig.clock.advance(4)
        assert list(rig.tasks.answers) == ["t1"]
    assert events(logs, "warning") == ["polls fail"]
    assert "polls are answered again" in events(logs, "info")


async def test_while_one_activity_s_polls_fail_another_gets_its_slots(rig: Rig) -> None:
    printed: list[Any] = []
    Work(rig)
    rig.worker.activity("print")(_printing(printed))
    rig.activities.fail("poll", UpstreamRefused("no"))
    async with rig.working(Limits(concurrency=1)):
        rig.activities.add("print", "p1", "a")
        await run_until_idle()
        assert printed == ["a"]


async def test_refused_polls_are_loud_and_far_between(rig: Rig, logs: Logs) -> None:
    Work(rig)
    rig.activities.fail("poll", *[UpstreamRefused("no")] * 3)
    async with rig.working():
        await rig.clock.advance(14)
        assert rig.activities.count("poll") == 1
        await rig.clock.advance(31)
        assert rig.activities.polling == 1
    assert len(events(logs, "error")) == 3


async def test_an_endpoint_that_answers_empty_at_once_is_not_asked_in_a_loop(rig: Rig) -> None:
    Work(rig)
    for _ in range(50):
        rig.activities.answer_empty("review")
    async with rig.working():
        await rig.clock.advance(10)
        assert rig.activities.count("poll") == 11


async def test_an_activity_that_vanishes_ends_the_worker_after_what_it_holds(rig: Rig) -> None:
    work = Work(rig)
    async with rig.working(Limits(concurrency=2), ends=NotFound) as working:
        rig.activities.add("review", "t1")
        await run_until_idle()
        rig.activities.names.remove("review")
        rig.activities.answer_empty("review")
        await rig.clock.advance(2)
        assert (work.begun, working.done()) == (1, False)
        work.go_on.set()
        await run_until_idle()
        assert str(working.exception()) == "Activity review: There is no such activity."
        assert list(rig.tasks.answers) == ["t1"]


class TestResolving:
    async def test_names_become_arns_by_one_listing(self) -> None:
        activities = FakeActivities("a", "b", "c")
        served = await resolve(_serving("a", "b"), activities, create=False)
        assert {arn: each.activity for arn, each in served.items()} == {
            ARN + "a": "a",
            ARN + "b": "b",
        }
        assert activities.calls == ["list_all"]

    async def test_an_arn_is_taken_as_it_is(self) -> None:
        activities = FakeActivities()
        served = await resolve(_serving(ARN + "a"), activities, create=False)
        assert (list(served), activities.calls) == ([ARN + "a"], [])

    async def test_what_is_missing_is_named(self) -> None:
        with pytest.raises(NotFound, match=r"no activity b, c in this account.*--create"):
            await resolve(_serving("c", "a", "b"), FakeActivities("a"), create=False)

    async def test_what_is_missing_is_created_where_that_is_asked(self) -> None:
        activities = FakeActivities("a")
        served = await resolve(_serving("a", "b"), activities, create=True)
        assert list(served) == [ARN + "a", ARN + "b"]
        assert activities.count("create") == 1


def _serving(*names: str) -> Any:
    worker = Worker()
    for name in names:
        worker.activity(name)(lambda input: None)
    return worker.registrations("test")


@pytest.mark.parametrize(
    ("concurrency", "pollers", "polls"), [(10, 1, 2), (10, 3, 6), (4, 3, 4), (2, 3, 2), (3, 3, 2)]
)
async def test_an_idle_activity_leaves_the_others_as_many_slots(
    rig: Rig, concurrency: int, pollers: int, polls: int
) -> None:
    Work(rig)
    rig.worker.activity("print")(lambda input: None)
    async with rig.working(Limits(concurrency=concurrency, pollers=pollers)):
        assert rig.activities.polling == polls
