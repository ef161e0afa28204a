"""Calls made when their turn has come."""

import asyncio
from functools import partial

import pytest

from handrail.core.errors import Throttled
from handrail.core.pacing import TokenBucket
from handrail.core.read_queue import IN_FLIGHT, ReadQueue, Urgency, Waiter
from handrail.usecases.live.read_budget import PacedCalls, TurnWithdrawn, read_budget
from tests.fakes import FakeClock, run_until_idle


class RemoteQuota(TokenBucket):
    """One that is asked over a network, which may take its time to answer."""

    def __init__(self, rate: float, burst: float) -> None:
        super().__init__(rate, burst)
        self.answering = asyncio.Event()

    async def claim(self, now: float, *, keep: float = 0.0) -> float:
        await self.answering.wait()
        return await super().claim(now, keep=keep)


class Line:
    """Calls of one operation, one a second, and who was called."""

    def __init__(
        self, *, rate: float = 1, burst: int = 1, quota: TokenBucket | None = None
    ) -> None:
        self.clock = FakeClock()
        self.queue = ReadQueue(quota or TokenBucket(rate, burst))
        self.calls = PacedCalls(self.queue, self.clock)
        self.called: list[str] = []
        self.waiters: dict[str, Waiter] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.going_on = asyncio.Event()
        self.going_on.set()

    async def used_up(self) -> None:
        async with self.calls.turn(Waiter(Urgency.REQUEST, 0.0)):
            pass

    async def stands(self, name: str, urgency: Urgency, deadline: float = 1000) -> None:
        """Somebody who waits in line from now on."""
        self.waiters[name] = Waiter(urgency, deadline)
        self.tasks[name] = asyncio.create_task(self._call(name))
        await run_until_idle()

    async def _call(self, name: str) -> None:
        async with self.calls.turn(self.waiters[name]):
            self.called.append(name)
            await self.going_on.wait()


@pytest.fixture
async def line() -> Line:
    """Its bucket is empty."""
    line = Line()
    await line.used_up()
    return line


async def test_calls_go_by_urgency_and_deadline_one_a_turn(line: Line) -> None:
    await line.stands("idle", Urgency.IDLE)
    await line.stands("late", Urgency.CHANGING, 2000)
    await line.stands("soon", Urgency.CHANGING, 1000)
    await line.stands("request", Urgency.REQUEST)
    told = []
    for _ in range(4):
        await line.clock.advance(1)
        told.append(line.called[-1])
    assert told == ["request", "soon", "late", "idle"]
    assert line.clock.waiting == 0


async def test_a_burst_is_called_without_waiting() -> None:
    line = Line(burst=10)
    for number in range(12):
        await line.stands(str(number), Urgency.REQUEST)
    assert len(line.called) == 10
    await line.clock.advance(2)
    assert len(line.called) == 12


async def test_who_stops_waiting_gives_the_turn_to_the_next(line: Line) -> None:
    await line.stands("first", Urgency.REQUEST)
    await line.stands("second", Urgency.IDLE)
    await line.clock.advance(0.5)
    line.tasks["first"].cancel()
    await line.clock.advance(0.5)
    assert line.called == ["second"]


async def test_who_is_withdrawn_gives_the_turn_to_the_next(line: Line) -> None:
    await line.stands("first", Urgency.REQUEST)
    await line.stands("second", Urgency.IDLE)
    line.calls.withdraw(line.waiters["first"])
    with pytest.raises(TurnWithdrawn):
        await line.tasks["first"]
    await line.clock.advance(1)
    assert line.called == ["second"]
    assert len(line.queue) == 0


async def test_two_thousand_who_leave_at_once_use_up_nothing(line: Line) -> None:
    leaving = [Waiter(Urgency.FIRST_SNAPSHOT, 0.0) for _ in range(2000)]
    turns = [asyncio.create_task(line.calls.turn(waiter).__aenter__()) for waiter in leaving]
    await line.stands("staying", Urgency.IDLE)
    for waiter in leaving:
        line.calls.withdraw(waiter)
    outcomes = await asyncio.gather(*turns, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {TurnWithdrawn}
    await line.clock.advance(1)
    assert line.called == ["staying"]


async def test_who_is_wanted_again_at_once_keeps_its_place(line: Line) -> None:
    await line.stands("first", Urgency.IDLE)
    await line.stands("second", Urgency.IDLE)
    line.calls.withdraw(line.waiters["first"])
    line.waiters["first"].wanted = True
    await line.clock.advance(2)
    assert line.called == ["first", "second"]


async def test_who_is_withdrawn_between_two_turns_has_no_second_one() -> None:
    line = Line(burst=10)
    waiter = Waiter(Urgency.IDLE, 0.0)
    async with line.calls.turn(waiter):
        line.calls.withdraw(waiter)
    with pytest.raises(TurnWithdrawn):
        async with line.calls.turn(waiter):
            pytest.fail("it was called")


async def test_who_is_hastened_goes_before_the_others(line: Line) -> None:
    await line.stands("first", Urgency.CHANGING)
    await line.stands("second", Urgency.IDLE)
    line.calls.hasten(line.waiters["second"], Urgency.REQUEST, 0.0)
    await line.clock.advance(1)
    assert line.called == ["second"]


async def test_a_request_doesnt_wait_for_calls_of_watches_under_way() -> None:
    line = Line(rate=100, burst=100)
    line.queue.max_in_flight = 2
    line.going_on.clear()
    for name in ("one", "two", "three"):
        await line.stands(name, Urgency.CHANGING)
    await line.stands("request", Urgency.REQUEST)
    assert line.called == ["one", "two", "request"]
    line.going_on.set()
    await run_until_idle()
    assert line.called == ["one", "two", "request", "three"]
    assert line.queue.in_flight == 0


async def test_a_call_that_is_cancelled_is_under_way_no_longer() -> None:
    line = Line(burst=10)
    line.queue.max_in_flight = 1
    line.going_on.clear()
    await line.stands("one", Urgency.CHANGING)
    await line.stands("two", Urgency.CHANGING)
    line.tasks["one"].cancel()
    await run_until_idle()
    assert line.called == ["one", "two"]


async def test_a_throttled_answer_is_raised_and_slows_all_of_them_down() -> None:
    line = Line(rate=2, burst=100)
    with pytest.raises(Throttled):
        async with line.calls.turn(Waiter(Urgency.REQUEST, 0.0)):
            raise Throttled("slow down")
    assert line.calls.queue.watch_rate == pytest.approx(1, rel=0.02)
    await line.stands("next", Urgency.REQUEST)
    await line.clock.advance(0.9)
    assert line.called == []
    await line.clock.advance(0.2)
    assert line.called == ["next"]


async def test_calls_under_way_together_that_are_all_throttled_slow_down_once() -> None:
    line = Line(rate=2, burst=100)
    answered = asyncio.Event()

    async def throttled() -> None:
        await answered.wait()
        raise Throttled("slow down")

    calls = [asyncio.create_task(line.calls.call(throttled)) for _ in range(IN_FLIGHT)]
    await line.clock.advance(1)
    answered.set()
    await asyncio.gather(*calls, return_exceptions=True)
    assert line.calls.queue.watch_rate == 1


async def test_plain_calls_go_in_the_order_of_arrival(line: Line) -> None:
    called: list[int] = []

    async def read(number: int) -> int:
        called.append(number)
        return number

    tasks = []
    for number in range(3):
        tasks.append(asyncio.create_task(line.calls.call(partial(read, number))))
        await line.clock.advance(0.1)
    await line.clock.advance(3)
    assert await asyncio.gather(*tasks) == [0, 1, 2]
    assert called == [0, 1, 2]


async def test_calls_asked_for_and_not_granted_yet_count_as_under_way() -> None:
    quota = RemoteQuota(100, 100)
    line = Line(quota=quota)
    line.queue.max_in_flight = 2
    line.going_on.clear()
    for name, urgency in (
        ("one", Urgency.IDLE),
        ("two", Urgency.CHANGING),
        ("three", Urgency.ENDED),
    ):
        await line.stands(name, urgency)
    assert line.queue.in_flight == 2
    quota.answering.set()
    await run_until_idle()
    assert line.called == ["one", "two"]
    line.going_on.set()
    await run_until_idle()
    assert line.called == ["one", "two", "three"]
    assert line.queue.in_flight == 0


async def test_who_comes_while_another_asks_is_not_kept_waiting_by_a_refusal() -> None:
    quota = RemoteQuota(1, 1)
    line = Line(quota=quota)
    quota.take(0.0)
    await line.stands("first", Urgency.IDLE)
    await line.stands("request", Urgency.REQUEST)
    quota.answering.set()
    await run_until_idle()
    await line.clock.advance(2)
    assert line.called == ["request", "first"]


async def test_who_is_cancelled_while_asking_is_under_way_no_longer() -> None:
    quota = RemoteQuota(1, 10)
    line = Line(quota=quota)
    line.queue.max_in_flight = 1
    await line.stands("first", Urgency.IDLE)
    await line.stands("second", Urgency.IDLE)
    line.tasks["first"].cancel()
    quota.answering.set()
    await run_until_idle()
    assert line.called == ["second"]
    assert (line.queue.in_flight, len(line.queue)) == (0, 0)


async def test_every_operation_has_the_same_share_of_its_own_quota() -> None:
    budget = read_budget(FakeClock(), reads_per_s=20 / 4, burst=100)
    assert budget.histories.queue.watch_rate == 5
    assert budget.machines.queue.watch_rate == 5
    assert budget.execution_machines.queue.watch_rate == 0.25
    assert budget.lists.queue.watch_rate == 1.25
    assert budget.map_runs.queue.watch_rate == 0.25
    assert budget.executions.queue.watch_rate == 3.75
