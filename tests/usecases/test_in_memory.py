"""What every implementation of the ports to shared state must do. Each port's tests run once an
implementation: those of `tests/shared_ports.py`."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from handrail.auth.tickets import LIFETIME_S, TicketStore
from handrail.core.access.principals import ANYBODY, Principal
from handrail.core.history.outcomes import Outcome, Settlement, TaskKey
from handrail.core.models import ExecutionId
from handrail.core.ports import (
    AppliedSettlements,
    CallQuota,
    Checkpoint,
    Checkpoints,
    NudgeChannel,
    RecentStart,
    RecentStarts,
    WebhookIds,
)
from handrail.usecases.in_memory import (
    SHARDS,
    SIGNATURE_GOOD_FOR_S,
    START_BELIEVED_S,
    InMemoryCheckpoints,
    InMemorySettlements,
    InMemoryStarts,
    InMemoryWebhookIds,
)
from handrail.usecases.lag import STREAM_S
from tests.fakes import BEGIN, FakeClock, run_until_idle
from tests.shared_ports import Shared


def id_of(number: int) -> ExecutionId:
    return ExecutionId("orders", str(number))


def about(seconds: float) -> Any:
    """A server's time goes on meanwhile."""
    return pytest.approx(seconds, abs=0.5)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


class OfShared:
    """The time of what is shared."""

    @pytest.fixture
    def clock(self, shared: Shared) -> FakeClock:
        return shared.clock


class TestRecentStarts(OfShared):
    @pytest.fixture
    def starts(self, shared: Shared) -> RecentStarts:
        return shared.ports.recent

    async def test_a_start_is_found_with_its_age(
        self, starts: RecentStarts, clock: FakeClock
    ) -> None:
        assert await starts.add(id_of(1), BEGIN, fingerprint=b"x") is None
        assert await starts.find(id_of(1)) == RecentStart(BEGIN, about(0.0), b"x")
        await clock.advance(STREAM_S)
        assert await starts.find(id_of(1)) == RecentStart(BEGIN, about(STREAM_S), b"x")

    async def test_what_was_never_started_is_unknown(self, starts: RecentStarts) -> None:
        await starts.add(id_of(1), BEGIN)
        assert await starts.find(id_of(2)) is None

    async def test_it_is_forgotten_before_its_name_can_be_used_again(
        self, starts: RecentStarts, shared: Shared
    ) -> None:
        clock = shared.clock
        await starts.add(id_of(1), BEGIN)
        assert shared.starts_believed_s <= START_BELIEVED_S
        await clock.advance(shared.starts_believed_s - 1)
        assert (found := await starts.find(id_of(1))) is not None
        assert found.started_at == BEGIN
        await clock.advance(1)
        assert await starts.find(id_of(1)) is None
        assert await starts.add(id_of(1), BEGIN) is None

    async def test_a_newer_one_takes_its_place(self, starts: RecentStarts) -> None:
        await starts.add(id_of(1), BEGIN, fingerprint=b"x")
        later = BEGIN + timedelta(seconds=1)
        assert await starts.add(id_of(1), later) == RecentStart(BEGIN, about(0.0), b"x")
        assert await starts.find(id_of(1)) == RecentStart(later, about(0.0))

    async def test_of_all_who_add_it_at_once_one_is_the_first(self, starts: RecentStarts) -> None:
        before = await asyncio.gather(*[starts.add(id_of(1), BEGIN) for _ in range(9)])
        assert before.count(None) == 1


async def test_of_starts_in_memory_the_newest_are_kept(clock: FakeClock) -> None:
    starts = InMemoryStarts(clock, most=2)
    for number in (1, 2, 1, 3):
        await starts.add(id_of(number), BEGIN + timedelta(seconds=number))
    found = [await starts.find(id_of(number)) for number in (1, 2, 3)]
    assert [start and (start.started_at - BEGIN).seconds for start in found] == [1, None, 3]


class TestAppliedSettlements:
    TASK = TaskKey(id_of(1), 1000, 7)
    OTHERS = (
        TASK._replace(event_id=8),
        TASK._replace(epoch=2000),
        TASK._replace(execution=id_of(2)),
    )
    TAKEN = Settlement(7, "Ask", Outcome.SUCCESS, BEGIN, b"x")
    LATER = Settlement(7, "Ask", Outcome.TIMED_OUT, BEGIN, b"y")

    @pytest.fixture
    def applied(self, shared: Shared) -> AppliedSettlements:
        return shared.ports.settlements

    async def test_the_first_stands(self, applied: AppliedSettlements) -> None:
        assert await applied.find(self.TASK) is None
        assert await applied.add_if_absent(self.TASK, self.TAKEN) is None
        assert await applied.add_if_absent(self.TASK, self.LATER) == self.TAKEN
        assert await applied.find(self.TASK) == self.TAKEN

    async def test_another_task_is_another_matter(self, applied: AppliedSettlements) -> None:
        await applied.add_if_absent(self.TASK, self.TAKEN)
        assert [await applied.find(other) for other in self.OTHERS] == [None] * 3

    async def test_of_all_who_add_one_at_once_one_is_the_first(
        self, applied: AppliedSettlements
    ) -> None:
        before = await asyncio.gather(
            *[applied.add_if_absent(self.TASK, self.TAKEN) for _ in range(9)]
        )
        assert before.count(None) == 1


async def test_of_settlements_in_memory_the_newest_are_kept() -> None:
    applied, tasks = InMemorySettlements(most=2), [TaskKey(id_of(1), 0, id) for id in range(3)]
    for task in tasks:
        await applied.add_if_absent(task, TestAppliedSettlements.TAKEN)
    assert [await applied.find(task) is not None for task in tasks] == [False, True, True]


class TestWebhookIds(OfShared):
    @pytest.fixture
    def ids(self, shared: Shared) -> WebhookIds:
        return shared.ports.webhook_ids

    async def test_an_id_belongs_to_the_address_it_came_to_first(self, ids: WebhookIds) -> None:
        assert await ids.bind("a", "/one")
        assert not await ids.bind("a", "/two")
        assert await ids.bind("a", "/one")
        assert await ids.bind("b", "/two")

    async def test_as_long_as_its_signature_is_good(
        self, ids: WebhookIds, clock: FakeClock
    ) -> None:
        await ids.bind("a", "/one")
        await clock.advance(SIGNATURE_GOOD_FOR_S - 1)
        assert not await ids.bind("a", "/two")
        await clock.advance(1)
        assert await ids.bind("a", "/two")

    async def test_of_all_who_send_it_at_once_one_is_the_first(self, ids: WebhookIds) -> None:
        sent = [f"/{number}" for number in range(9)]
        bound = await asyncio.gather(*[ids.bind("a", address) for address in sent])
        assert bound.count(True) == 1


async def test_of_webhook_ids_in_memory_the_newest_are_kept(clock: FakeClock) -> None:
    ids = InMemoryWebhookIds(clock, most=2)
    for id in "abc":
        await ids.bind(id, "/one")
    assert not await ids.bind("c", "/two")
    assert await ids.bind("a", "/two")


class TestNudgeChannel:
    @pytest.fixture
    def channel(self, shared: Shared) -> NudgeChannel:
        return shared.ports.nudges

    async def test_a_nudge_comes_to_all_who_listen(self, channel: NudgeChannel) -> None:
        heard: list[ExecutionId] = []
        channel.listen(heard.append)
        channel.listen(heard.append)
        await channel.send(id_of(1))
        assert heard == [id_of(1)] * 2

    async def test_and_to_nobody_where_nobody_does(self, channel: NudgeChannel) -> None:
        await channel.send(id_of(1))


class TestCallQuota:
    @pytest.fixture
    def quota(self, shared: Shared) -> CallQuota:
        """A call in five seconds, four at once."""
        return shared.ports.quota("GetExecutionHistory", 0.2, 4.0)

    async def test_a_burst_may_be_made_at_once_and_then_so_many_a_second(
        self, quota: CallQuota, shared: Shared
    ) -> None:
        assert [await quota.claim(0.0) for _ in range(4)] == [0] * 4
        assert await quota.claim(0.0) == about(5.0)
        assert quota.wait_s(0.0) == about(5.0)
        await shared.clock.advance(5.0)
        assert [await quota.claim(5.0) == 0 for _ in range(2)] == [True, False]

    async def test_what_is_to_be_left_to_others_is(self, quota: CallQuota) -> None:
        assert [await quota.claim(0.0, keep=2) == 0 for _ in range(3)] == [True, True, False]
        assert quota.wait_s(0.0) == 0

    async def test_who_all_claim_at_once_get_no_more_than_there_is(self, quota: CallQuota) -> None:
        waits_s = await asyncio.gather(*[quota.claim(0.0) for _ in range(9)])
        assert waits_s.count(0) == 4

    async def test_a_throttled_answer_slows_down(self, quota: CallQuota) -> None:
        quota.throttled(0.0, asked_at=0.0)
        assert quota.rate_now < quota.rate
        while await quota.claim(0.0) <= 1 / quota.rate:  # it is being told
            await run_until_idle()


class TestTicketStore(OfShared):
    WHO = Principal("who", ())

    @pytest.fixture
    def store(self, shared: Shared) -> TicketStore:
        return shared.ports.tickets

    async def test_a_ticket_is_taken_once_of_all_who_ask(
        self, store: TicketStore, clock: FakeClock
    ) -> None:
        await store.keep(b"x", self.WHO, clock.now() + timedelta(seconds=LIFETIME_S))
        taken = await asyncio.gather(*[store.take(b"x") for _ in range(9)])
        assert [who for who in taken if who is not None] == [self.WHO]

    async def test_not_after_its_time(self, store: TicketStore, clock: FakeClock) -> None:
        await store.keep(b"x", ANYBODY, clock.now() + timedelta(seconds=LIFETIME_S))
        await clock.advance(LIFETIME_S)
        assert await store.take(b"x") is None

    async def test_a_made_up_one_is_nobodys(self, store: TicketStore) -> None:
        assert await store.take(b"x") is None


class TestCheckpoints(OfShared):
    @pytest.fixture
    def checkpoints(self, shared: Shared) -> Checkpoints:
        return shared.ports.checkpoints("events")

    async def test_the_latest_is_found_with_its_age(
        self, checkpoints: Checkpoints, clock: FakeClock
    ) -> None:
        await checkpoints.put("shard-1", "17")
        await checkpoints.put("shard-1", "18")
        await clock.advance(60)
        assert await checkpoints.find("shard-1") == Checkpoint("18", about(60.0))

    async def test_a_shard_that_was_never_read_has_none(self, checkpoints: Checkpoints) -> None:
        await checkpoints.put("shard-1", "17")
        assert await checkpoints.find("shard-2") is None


async def test_checkpoints_of_the_latest_shards_are_kept(clock: FakeClock) -> None:
    checkpoints = InMemoryCheckpoints(clock)
    for number in range(SHARDS + 1):
        await checkpoints.put(f"shard-{number}", "1")
    assert await checkpoints.find("shard-0") is None
    assert await checkpoints.find("shard-1") is not None
