"""What every implementation of the ports to shared state must do. Each port's tests run once an
implementation: a new one is one more entry of its list."""

import asyncio
from datetime import timedelta

import pytest

from handrail.auth.tickets import LIFETIME_S, InMemoryTickets, TicketStore
from handrail.core.access.principals import ANYBODY, Principal
from handrail.core.history.outcomes import Outcome, Settlement, TaskKey
from handrail.core.models import ExecutionId
from handrail.core.pacing import TokenBucket
from handrail.core.ports import (
    AppliedSettlements,
    CallQuota,
    NudgeChannel,
    RecentStart,
    RecentStarts,
    WebhookIds,
)
from handrail.usecases.in_memory import (
    SIGNATURE_GOOD_FOR_S,
    START_BELIEVED_S,
    InMemoryNudges,
    InMemorySettlements,
    InMemoryStarts,
    InMemoryWebhookIds,
)
from handrail.usecases.lag import STREAM_S
from tests.fakes import BEGIN, FakeClock


def id_of(number: int) -> ExecutionId:
    return ExecutionId("orders", str(number))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


class TestRecentStarts:
    @pytest.fixture(params=[InMemoryStarts])
    def starts(self, request: pytest.FixtureRequest, clock: FakeClock) -> RecentStarts:
        made: RecentStarts = request.param(clock)
        return made

    async def test_a_start_is_found_with_its_age(
        self, starts: RecentStarts, clock: FakeClock
    ) -> None:
        assert await starts.add(id_of(1), BEGIN, fingerprint=b"x") is None
        assert await starts.find(id_of(1)) == RecentStart(BEGIN, 0.0, b"x")
        await clock.advance(STREAM_S)
        assert await starts.find(id_of(1)) == RecentStart(BEGIN, STREAM_S, b"x")

    async def test_what_was_never_started_is_unknown(self, starts: RecentStarts) -> None:
        await starts.add(id_of(1), BEGIN)
        assert await starts.find(id_of(2)) is None

    async def test_it_is_forgotten_before_its_name_can_be_used_again(
        self, starts: RecentStarts, clock: FakeClock
    ) -> None:
        await starts.add(id_of(1), BEGIN)
        await clock.advance(START_BELIEVED_S - 1)
        assert (found := await starts.find(id_of(1))) is not None
        assert found.started_at == BEGIN
        await clock.advance(1)
        assert await starts.find(id_of(1)) is None
        assert await starts.add(id_of(1), BEGIN) is None

    async def test_a_newer_one_takes_its_place(self, starts: RecentStarts) -> None:
        await starts.add(id_of(1), BEGIN, fingerprint=b"x")
        later = BEGIN + timedelta(seconds=1)
        assert await starts.add(id_of(1), later) == RecentStart(BEGIN, 0.0, b"x")
        assert await starts.find(id_of(1)) == RecentStart(later, 0.0)

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

    @pytest.fixture(params=[InMemorySettlements])
    def applied(self, request: pytest.FixtureRequest) -> AppliedSettlements:
        made: AppliedSettlements = request.param()
        return made

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


class TestWebhookIds:
    @pytest.fixture(params=[InMemoryWebhookIds])
    def ids(self, request: pytest.FixtureRequest, clock: FakeClock) -> WebhookIds:
        made: WebhookIds = request.param(clock)
        return made

    async def test_an_id_belongs_to_the_address_it_came_to_first(self, ids: WebhookIds) -> None:
        assert await ids.address_of("a", "/one") == "/one"
        assert await ids.address_of("a", "/two") == "/one"
        assert await ids.address_of("b", "/two") == "/two"

    async def test_as_long_as_its_signature_is_good(
        self, ids: WebhookIds, clock: FakeClock
    ) -> None:
        await ids.address_of("a", "/one")
        await clock.advance(SIGNATURE_GOOD_FOR_S - 1)
        assert await ids.address_of("a", "/two") == "/one"
        await clock.advance(1)
        assert await ids.address_of("a", "/two") == "/two"

    async def test_of_all_who_send_it_at_once_one_is_the_first(self, ids: WebhookIds) -> None:
        sent = [f"/{number}" for number in range(9)]
        first = await asyncio.gather(*[ids.address_of("a", address) for address in sent])
        assert len(set(first)) == 1


async def test_of_webhook_ids_in_memory_the_newest_are_kept(clock: FakeClock) -> None:
    ids = InMemoryWebhookIds(clock, most=2)
    for id in "abc":
        await ids.address_of(id, "/one")
    assert await ids.address_of("c", "/two") == "/one"
    assert await ids.address_of("a", "/two") == "/two"


class TestNudgeChannel:
    @pytest.fixture(params=[InMemoryNudges])
    def channel(self, request: pytest.FixtureRequest) -> NudgeChannel:
        made: NudgeChannel = request.param()
        return made

    async def test_a_nudge_comes_to_all_who_listen(self, channel: NudgeChannel) -> None:
        heard: list[ExecutionId] = []
        channel.listen(heard.append)
        channel.listen(heard.append)
        await channel.send(id_of(1))
        assert heard == [id_of(1)] * 2

    async def test_and_to_nobody_where_nobody_does(self, channel: NudgeChannel) -> None:
        await channel.send(id_of(1))


class TestCallQuota:
    @pytest.fixture(params=[TokenBucket])
    def quota(self, request: pytest.FixtureRequest) -> CallQuota:
        """Two calls a second, four at once."""
        made: CallQuota = request.param(2.0, 4.0)
        return made

    async def test_a_burst_may_be_made_at_once_and_then_so_many_a_second(
        self, quota: CallQuota
    ) -> None:
        assert [await quota.claim(0.0) for _ in range(4)] == [0] * 4
        assert await quota.claim(0.0) == quota.wait_s(0.0) == pytest.approx(0.5)
        assert [await quota.claim(0.5) == 0 for _ in range(2)] == [True, False]

    async def test_what_is_to_be_left_to_others_is(self, quota: CallQuota) -> None:
        assert [await quota.claim(0.0, keep=2) == 0 for _ in range(3)] == [True, True, False]
        assert quota.wait_s(0.0) == 0

    async def test_who_all_claim_at_once_get_no_more_than_there_is(self, quota: CallQuota) -> None:
        waits_s = await asyncio.gather(*[quota.claim(0.0) for _ in range(9)])
        assert waits_s.count(0) == 4

    async def test_a_throttled_answer_slows_down(self, quota: CallQuota) -> None:
        quota.throttled(0.0, asked_at=0.0)
        assert quota.rate_now < quota.rate
        assert await quota.claim(0.0) > 1 / quota.rate


class TestTicketStore:
    WHO = Principal("who", ())

    @pytest.fixture(params=[InMemoryTickets])
    def store(self, request: pytest.FixtureRequest, clock: FakeClock) -> TicketStore:
        made: TicketStore = request.param(clock)
        return made

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
