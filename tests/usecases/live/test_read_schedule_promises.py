"""How soon a change is promised to be seen, and what one principal may take of it."""

import asyncio
from typing import Any

import pytest

from handrail.core.errors import (
    ExecutionNotFound,
    Overloaded,
    Throttled,
    TooManyWatches,
    Unavailable,
)
from handrail.core.models import ExecutionId
from handrail.usecases.live import Hub, HubObservers, Level, LiveLimits, Subscription
from tests.fakes import run_until_idle

from .stage import ID, Client, Stage, arn_of, told


def id_of(number: int) -> str:
    return f"orders:{number}"


async def looked_at(stage: Stage, count: int, first: int = 0) -> list[Subscription]:
    subscriptions = []
    for number in range(first, first + count):
        stage.execution(id_of(number))
        subscriptions.append(stage.subscribe(id_of(number)))
    await run_until_idle()
    return subscriptions


def promised(client: Client) -> Any:
    """What it was told last."""
    for message in reversed(client.messages):
        shown = message.get("snapshot") or message.get("execution", {})
        if "stale_after_s" in shown:
            return shown["stale_after_s"]
    pytest.fail("nothing was said of it")


# What is promised


async def test_a_snapshot_says_within_how_many_seconds_a_change_is_seen(stage: Stage) -> None:
    stage.execution()
    client = Client()
    client.take_all(await stage.subscribed())
    assert promised(client) == 2


async def test_what_is_quiet_is_promised_less(stage: Stage) -> None:
    stage.execution()
    await stage.clock.advance(3600)
    client = Client()
    client.take_all(await stage.subscribed())
    assert promised(client) == 15


async def test_no_less_is_promised_than_the_budget_takes_for_all() -> None:
    stage = Stage(reads_per_s=1, burst=100)
    await looked_at(stage, 60)
    stage.execution(id_of(60))
    client = Client()
    client.take_all(await stage.subscribed(id_of(60)))
    assert promised(client) == 70
    await stage.hub.close()


async def test_a_promise_that_gets_worse_is_told(stage: Stage) -> None:
    stage.execution()
    subscription, client = await stage.subscribed(), Client()
    client.take_all(subscription)
    await stage.clock.advance(30)
    updates = client.take_all(subscription)
    assert [update["type"] for update in updates] == ["update"]
    assert promised(client) == 15


async def test_a_promise_that_gets_much_better_is_told_with_the_change(stage: Stage) -> None:
    history = stage.execution()
    await stage.clock.advance(3600)
    subscription, client = await stage.subscribed(), Client()
    client.take_all(subscription)
    history.main.enter("Task", "Charge")
    await stage.nudged()
    client.take_all(subscription)
    assert promised(client) == 2


async def test_a_promise_that_gets_a_little_better_isnt_news() -> None:
    stage = Stage(reads_per_s=1, burst=200)
    subscriptions = await looked_at(stage, 40)
    await stage.clock.advance(300)
    client = Client()
    client.take_all(subscriptions[0])
    before = promised(client)
    for subscription in subscriptions[30:]:
        subscription.close()
    await stage.clock.advance(300)
    assert client.take_all(subscriptions[0]) == []
    assert promised(client) == before
    await stage.hub.close()


async def test_where_nothing_is_promised_nothing_is_said() -> None:
    stage = Stage(promises=False)
    stage.execution()
    subscription, client = await stage.subscribed(), Client()
    client.take_all(subscription)
    await stage.clock.advance(60)
    assert promised(client) is None
    assert client.take_all(subscription) == []
    await stage.hub.close()


# A fresh replica, and whoever leaves


async def test_executions_watched_at_once_are_shown_at_one_read_each() -> None:
    """One call an execution and no other, the burst at once and the rest at the rate."""
    stage = Stage(reads_per_s=10, burst=50, max_watchers=200)
    for number in range(200):
        stage.execution(id_of(number))
    await stage.clock.advance(3600)
    subscriptions = [stage.subscribe(id_of(number)) for number in range(200)]
    await run_until_idle()
    assert sum(told(subscription) != [] for subscription in subscriptions) >= 40
    await stage.clock.advance((200 - 50) / 10 + 1)
    assert {read.arn for read in stage.histories.reads} == {arn_of(id_of(n)) for n in range(200)}
    assert len(stage.histories.reads) < 210
    await stage.hub.close()


async def test_those_who_leave_before_their_turn_cost_no_read() -> None:
    stage = Stage(reads_per_s=1, burst=10)
    subscriptions = [stage.subscribe(f"orders:made-up-{number}") for number in range(90)]
    await run_until_idle()
    before = stage.read_count
    for subscription in subscriptions:
        subscription.close()
    stage.execution()
    subscription = stage.subscribe()
    await stage.clock.advance(2)
    assert told(subscription) == ["subscribed"]
    assert {read.arn for read in stage.histories.reads[before:]} == {arn_of(ID)}
    await stage.clock.advance(3)
    assert stage.hub.watchers == 1
    await stage.hub.close()


async def test_one_who_leaves_between_two_pages_has_the_others_left_unread() -> None:
    stage = Stage(reads_per_s=1, burst=1)
    history = stage.execution()
    for _ in range(2500):
        history.main.visit("Pass", "Loop")
    subscription = await stage.subscribed()
    await stage.clock.advance(2)
    subscription.close()
    with stage.no_reads():
        await stage.clock.advance(30)
    await stage.hub.close()


async def test_one_who_comes_back_between_two_pages_has_them_read_on() -> None:
    stage = Stage(reads_per_s=1, burst=1)
    history = stage.execution()
    for _ in range(1400):
        history.main.visit("Pass", "Loop")
    (await stage.subscribed()).close()
    subscription = await stage.subscribed()
    await stage.clock.advance(2.5)
    assert told(subscription) == ["subscribed"]
    assert [read.token is None for read in stage.histories.reads[:3]] == [True, False, False]
    await stage.hub.close()


# Requests


async def test_a_request_goes_before_all_watches() -> None:
    stage = Stage(reads_per_s=1, burst=10)
    await looked_at(stage, 75)
    stage.execution()

    async def shown() -> int:
        async with stage.hub.watching(ID) as watcher:
            return watcher.require_feed().position

    asking = asyncio.create_task(shown())
    await stage.clock.advance(2)
    assert asking.done()
    assert await asking == 1
    await stage.hub.close()


async def test_a_request_hastens_the_pages_of_a_read_that_is_under_way() -> None:
    stage = Stage(reads_per_s=1, burst=1)
    history = stage.execution()
    await stage.subscribed()
    for _ in range(1900):
        history.main.visit("Pass", "Loop")
    await stage.clock.advance(1.2)  # its first page is read
    await looked_at(stage, 60)

    async def shown() -> int:
        async with stage.hub.watching(ID) as watcher:
            return watcher.require_feed().position

    asking = asyncio.create_task(shown())
    await stage.clock.advance(9)
    assert asking.done()
    assert await asking == 3801
    await stage.hub.close()


async def test_a_request_that_was_given_up_hastens_nothing() -> None:
    stage = Stage(reads_per_s=1, burst=1)
    await looked_at(stage, 3)
    stage.execution()
    subscription = stage.subscribe(ID)
    await run_until_idle()
    async with stage.hub.watching(id_of(0), fresh=False) as watcher:
        asking = asyncio.create_task(watcher.fresh())
        await run_until_idle()
        asking.cancel()
        await run_until_idle()
        assert not watcher.requests._waiting
    subscription.close()
    await stage.hub.close()


async def test_a_request_that_would_wait_too_long_is_refused_at_once() -> None:
    stage = Stage(reads_per_s=0.1, burst=1, patience_s=5)
    stage.execution()
    await stage.subscribed()
    stage.execution("orders:two")
    with pytest.raises(Overloaded) as refused:
        async with stage.hub.watching("orders:two"):
            pytest.fail("it was read")
    assert refused.value.retry_after_s == pytest.approx(10)
    await stage.hub.close()


async def test_what_is_watched_is_shown_as_it_is_known_where_a_read_would_take_long() -> None:
    stage = Stage(reads_per_s=0.1, burst=1)
    stage.execution()
    await stage.subscribed()
    await stage.hub.nudge(ExecutionId.parse(ID))
    async with stage.hub.watching(ID) as watcher:
        assert watcher.require_feed().position == 1
    await stage.hub.close()


async def test_where_the_account_isnt_known_a_request_is_told_so_and_watches_try_again(
    stage: Stage,
) -> None:
    """Before anything of the execution can be asked for."""
    stage.machines.fail("list_all", *[Throttled("slow down")] * 3)
    stage.execution()
    subscription = stage.subscribe()
    with pytest.raises(Unavailable):
        async with stage.hub.watching(ID):
            pytest.fail("it was read")
    before = stage.machines.count("list_all")
    await run_until_idle()
    assert stage.machines.count("list_all") == before
    await stage.clock.advance(10)
    assert told(subscription)[-1] == "subscribed"


# Principals


async def test_a_principal_watches_as_many_as_it_may_and_gets_them_back() -> None:
    stage = Stage(principal_watches=2)

    def watch(principal: str, number: int) -> Subscription:
        stage.execution(id_of(number))
        return stage.hub.subscribe(
            id_of(number),
            id="s1",
            after=None,
            level=Level.STATES,
            wake=lambda: None,
            principal=principal,
        )

    first, _ = watch("alice", 1), watch("alice", 2)
    with pytest.raises(TooManyWatches) as refused:
        watch("alice", 3)
    assert refused.value.retryable
    assert stage.hub.watchers == 2
    watch("bob", 3)
    first.close()
    first.close()
    watch("alice", 4)
    with pytest.raises(TooManyWatches):
        watch("alice", 5)
    await stage.hub.close()


async def test_what_couldnt_be_watched_is_in_nobodys_share() -> None:
    stage = Stage(principal_watches=1, max_watchers=1)
    stage.execution()
    held = stage.hub.watching(ID)
    await held.__aenter__()
    for id, error in (("orders:two", Unavailable), ("nonsense", ExecutionNotFound)):
        with pytest.raises(error):
            stage.hub.subscribe(
                id, id="s1", after=None, level=Level.STATES, wake=lambda: None, principal="alice"
            )
    stage.hub.subscribe(
        ID, id="s1", after=None, level=Level.STATES, wake=lambda: None, principal="alice"
    )
    await held.__aexit__(None, None, None)
    await stage.hub.close()


async def test_one_who_asks_for_many_at_once_isnt_before_somebody_elses_few() -> None:
    stage = Stage(reads_per_s=1, burst=1, principal_reads_per_s=0.1)

    def watch(principal: str, name: str) -> Subscription:
        stage.execution(f"orders:{name}")
        return stage.hub.subscribe(
            f"orders:{name}",
            id="s1",
            after=None,
            level=Level.STATES,
            wake=lambda: None,
            principal=principal,
        )

    for number in range(30):
        watch("alice", f"alice-{number}")
    few = watch("bob", "bob")
    await stage.clock.advance(5)
    assert told(few) == ["subscribed"]
    await stage.hub.close()


# What was begun in vain


async def test_a_first_read_that_fails_in_the_middle_keeps_nothing_in_memory(
    stage: Stage,
) -> None:
    history = stage.execution()
    for _ in range(1400):
        history.main.visit("Pass", "Loop")
    stage.histories.refused_tokens = 4
    subscription = await stage.subscribed()
    assert told(subscription) == ["unavailable"]
    assert stage.hub._context.memory.bytes == 0
    await stage.clock.advance(5)
    assert told(subscription) == ["subscribed"]
    async with stage.hub.watching(ID) as watcher:
        assert stage.hub._context.memory.bytes == watcher.require_feed().log.bytes
    subscription.close()
    await stage.clock.advance(4)
    assert stage.hub._context.memory.bytes == 0


# What is measured


async def test_what_was_seen_late_is_measured_by_the_read_before(stage: Stage) -> None:
    """Not by AWS's dates, which another clock made."""
    lags: list[tuple[str, float]] = []
    observers = HubObservers(lag_seen=lambda *seen: lags.append(seen))
    hub = Hub(stage.source, LiveLimits(), stage.clock, random=lambda: 0.5, observers=observers)
    history = stage.execution()
    subscription = hub.subscribe(ID, id="s", after=None, level=Level.STATES, wake=lambda: None)
    await stage.clock.advance(60)
    assert lags == []
    history.main.enter("Task", "Charge")
    await stage.clock.advance(10)
    [(source, lag_s)] = lags
    assert source == "read"
    assert lag_s == pytest.approx(10)
    assert hub.promised_s == 2
    subscription.close()
    assert hub.promised_s == 0
    await hub.close()
