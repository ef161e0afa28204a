"""Lists that are followed: merged, read once for all, bounded, and honest about what is missing."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from handrail.core.errors import (
    StateMachineNotFound,
    TooManyWatches,
    Unavailable,
    UnsupportedByType,
    UpstreamRefused,
)
from handrail.core.models import ExecutionId, ExecutionStatus, MachineType
from handrail.core.read_queue import Urgency
from handrail.usecases.live import live_lists
from handrail.usecases.live.list_pages import PageKey
from tests.fakes import machine, run_until_idle

from .followers import ListClient, Lists

RUNNING = ExecutionStatus.RUNNING


@pytest.fixture
async def stage() -> AsyncIterator[Lists]:
    stage = Lists()
    for id in ("orders:1", "payments:1", "orders:2"):
        stage.add(id)
    yield stage
    await stage.close()
    assert not stage.lists.tasks


async def test_a_subscriber_is_told_the_list_as_it_stands(stage: Lists) -> None:
    client, subscription = ListClient(), await stage.followed()
    (message,) = client.take_all(subscription)
    assert (message["type"], message["id"], message["recovered"]) == ("subscribed", "l1", False)
    assert client.names == ["orders:2", "payments:1", "orders:1"]
    shown = message["list"]
    assert (shown["counts"]["total"], shown["counts"]["at_least"]) == (3, False)
    assert shown["as_of"] == "2026-01-01T00:00:00.000Z"
    assert [each["state_machine"] for each in shown["state_machines"]] == [
        "orders",
        "payments",
        "refunds",
    ]


async def test_a_start_that_a_nudge_tells_of_comes_as_an_update(stage: Lists) -> None:
    client, subscription = ListClient(), await stage.followed("orders")
    client.take_all(subscription)
    await stage.clock.advance(30)
    client.take_all(subscription)
    stage.add("orders:3")
    await stage.nudges.send(ExecutionId.parse("orders:3"))
    await stage.clock.advance(1.5)
    (message,) = client.take_all(subscription)
    assert [each["execution"] for each in message["list"]["executions"]] == ["orders:3"]
    assert message["list"]["counts"]["total"] == 3
    assert client.names == ["orders:3", "orders:2", "orders:1"]


async def test_what_nobody_told_of_is_seen_within_seconds(stage: Lists) -> None:
    client, subscription = ListClient(), await stage.followed("orders")
    await stage.clock.advance(30)
    client.take_all(subscription)
    stage.add("orders:3")
    stage.end("orders:1")
    await stage.clock.advance(5.1)
    client.take_all(subscription)
    assert client.statuses == {
        "orders:3": "RUNNING",
        "orders:2": "RUNNING",
        "orders:1": "SUCCEEDED",
    }


async def test_what_a_watcher_sees_shows_without_a_read(stage: Lists) -> None:
    history = stage.execution("orders:2")
    client, subscription = ListClient(), await stage.followed("orders", status=RUNNING)
    watching = await stage.subscribed("orders:2")
    await stage.clock.advance(0.5)
    client.take_all(subscription)
    history.main.then("ExecutionSucceeded", output="{}")
    watcher = stage.hub._pool.watchers[ExecutionId.parse("orders:2")]
    watcher.nudge()  # of this watcher alone: no list is read for it
    before = stage.lists_read
    await stage.clock.advance(0.4)
    (message,) = client.take_all(subscription)
    assert message["list"]["removed"] == ["orders:2"]
    assert client.names == ["orders:1"]
    assert stage.lists_read == before
    watching.close()


async def test_one_that_fits_the_filter_no_longer_is_removed(stage: Lists) -> None:
    client, subscription = ListClient(), await stage.followed(status=RUNNING)
    client.take_all(subscription)
    stage.end("payments:1", ExecutionStatus.FAILED)
    await stage.clock.advance(6)
    client.take_all(subscription)
    assert client.names == ["orders:2", "orders:1"]
    assert client.about["counts"]["by_status"] == {"RUNNING": 2}


async def test_only_the_newest_are_in_it_and_the_rest_is_counted(stage: Lists) -> None:
    client, subscription = ListClient(), await stage.followed(limit=2)
    client.take_all(subscription)
    assert client.names == ["orders:2", "payments:1"]
    assert client.about["counts"]["total"] == 3
    stage.add("refunds:1")
    await stage.clock.advance(6)
    (message,) = client.take_all(subscription)
    assert message["list"]["removed"] == ["payments:1"]
    assert client.names == ["refunds:1", "orders:2"]


async def test_where_nothing_changes_nothing_is_said_but_that_it_was_looked_at(
    stage: Lists,
) -> None:
    client, subscription = ListClient(), await stage.followed("orders")
    client.take_all(subscription)
    await stage.clock.advance(20)
    assert client.take_all(subscription) == []
    await stage.clock.advance(20)
    (message,) = client.take_all(subscription)
    assert (message["list"]["executions"], message["list"]["removed"]) == ([], [])
    assert message["list"]["as_of"] > "2026-01-01T00:00:30"


async def test_a_slow_client_is_told_what_is_missing_all_at_once(stage: Lists) -> None:
    client, subscription = ListClient(), await stage.followed("orders", limit=2)
    client.take_all(subscription)
    for number in (3, 4, 5):
        stage.add(f"orders:{number}")
        await stage.clock.advance(6)
    assert len(client.take_all(subscription)) == 1
    assert client.names == ["orders:5", "orders:4"]


async def test_one_list_is_read_for_all_who_follow_it(stage: Lists) -> None:
    clients = [(ListClient(), await stage.followed("orders")) for _ in range(5)]
    assert stage.lists_read == 1
    await stage.clock.advance(60)
    one = stage.lists_read
    for client, subscription in clients:
        client.take_all(subscription)
        assert client.names == ["orders:2", "orders:1"]
    for _, subscription in clients[1:]:
        subscription.close()
    await stage.clock.advance(60)
    assert stage.lists_read - one <= one


async def test_nobody_left_nothing_is_read(stage: Lists) -> None:
    subscriptions = [await stage.followed() for _ in range(2)]
    for subscription in subscriptions:
        subscription.close()
        subscription.close()
    await run_until_idle()
    assert not stage.lists.tasks
    before = stage.lists_read
    await stage.clock.advance(60)
    assert stage.lists_read == before


async def test_a_principal_s_list_has_what_it_may_read(stage: Lists) -> None:
    client, subscription = ListClient(), await stage.followed(may_read=lambda n: n == "payments")
    client.take_all(subscription)
    assert client.names == ["payments:1"]
    assert [each["state_machine"] for each in client.about["state_machines"]] == ["payments"]


async def test_a_principal_follows_so_many_lists_and_no_more() -> None:
    stage = Lists(principal_watches=1)
    first = await stage.followed("orders", principal="p")
    with pytest.raises(TooManyWatches):
        stage.follow("orders", principal="p")
    await stage.followed("orders", principal="q")
    first.close()
    await stage.followed("orders", principal="p")
    await stage.close()


async def test_express_machines_are_named_and_the_rest_listed(stage: Lists) -> None:
    stage.machines.machines["quick"] = machine("quick", MachineType.EXPRESS)
    client, subscription = ListClient(), await stage.followed()
    client.take_all(subscription)
    (unlisted,) = client.about["unlisted"]
    assert (unlisted["state_machine"], unlisted["code"]) == ("quick", "unsupported_by_type")
    assert not client.about["counts"]["at_least"]


@pytest.mark.parametrize(
    ("named", "error"), [("nothing", StateMachineNotFound), ("quick", UnsupportedByType)]
)
async def test_what_can_t_be_listed_at_all_is_a_failure(
    stage: Lists, named: str, error: type[Exception]
) -> None:
    stage.machines.machines["quick"] = machine("quick", MachineType.EXPRESS)
    subscription = await stage.followed(named)
    assert isinstance(subscription.failure, error)
    assert subscription.next_message() is None


async def test_a_version_or_an_alias_that_isn_t_there_is_a_failure(stage: Lists) -> None:
    """The catalogue doesn't know of it: AWS says so when it is listed."""
    stage.executions.fail("list_page", StateMachineNotFound("No such version."))
    subscription = await stage.followed("orders:9")
    assert subscription.next_message() is None
    assert isinstance(subscription.failure, StateMachineNotFound)


async def test_beside_others_it_is_named(stage: Lists) -> None:
    stage.executions.fail("list_page", StateMachineNotFound("It has no version or alias 9."))
    client, subscription = ListClient(), await stage.followed("orders:9", "payments")
    client.take_all(subscription)
    assert client.names == ["payments:1"]
    (unlisted,) = client.about["unlisted"]
    assert (unlisted["state_machine"], unlisted["code"]) == ("orders:9", "state_machine_not_found")


async def test_one_deleted_under_its_list_is_told_of_once(stage: Lists) -> None:
    client, subscription = ListClient(), await stage.followed("orders", "payments")
    client.take_all(subscription)
    del stage.machines.machines["payments"]
    for _ in range(30):
        await stage.clock.advance(10)
        client.take_all(subscription)
    errors = [each["code"] for each in client.messages if each["type"] == "error"]
    assert errors == ["state_machine_not_found"]


async def test_a_catalogue_out_of_reach_is_told_and_asked_again(stage: Lists) -> None:
    stage.machines.fail("list_all", Unavailable("AWS is away"))
    client, subscription = ListClient(), await stage.followed()
    (message,) = client.take_all(subscription)
    assert (message["type"], message["code"], message["retryable"]) == (
        "error",
        "unavailable",
        True,
    )
    await stage.clock.advance(6)
    client.take_all(subscription)
    assert client.names == ["orders:2", "payments:1", "orders:1"]


async def test_a_list_that_fails_is_named_and_comes_back(stage: Lists) -> None:
    stage.executions.fail("list_page", UpstreamRefused("no right to"))
    client, subscription = ListClient(), await stage.followed()
    client.take_all(subscription)
    assert client.names == ["payments:1"]
    assert [each["code"] for each in client.about["unlisted"]] == ["upstream_refused"]
    assert client.about["counts"]["at_least"]
    await stage.clock.advance(6)
    client.take_all(subscription)
    assert client.about["unlisted"] == []
    assert client.names == ["orders:2", "payments:1", "orders:1"]


async def test_during_an_outage_the_list_stays_and_says_how_old_it_is(stage: Lists) -> None:
    client, subscription = ListClient(), await stage.followed("orders")
    client.take_all(subscription)
    stage.executions.fail("list_page", *(Unavailable("AWS is away") for _ in range(100)))
    await stage.clock.advance(60)
    client.take_all(subscription)
    assert client.names == ["orders:2", "orders:1"]
    assert [each["code"] for each in client.about["unlisted"]] == ["unavailable"]
    assert client.messages[-1]["list"]["as_of"] == "2026-01-01T00:00:00.000Z"


async def test_what_has_no_turn_in_time_is_named_and_comes_later() -> None:
    stage = Lists(reads_per_s=0.4, burst=4)  # two lists at once, then one in ten seconds
    for id in ("orders:1", "payments:1", "refunds:1"):
        stage.add(id)
    client, subscription = ListClient(), await stage.followed()
    assert client.take_all(subscription) == []
    await stage.clock.advance(3.1)
    client.take_all(subscription)
    (unlisted,) = client.about["unlisted"]
    assert (unlisted["code"], unlisted["retryable"]) == ("overloaded", True)
    await stage.clock.advance(25)
    client.take_all(subscription)
    assert client.names == ["refunds:1", "payments:1", "orders:1"]
    await stage.close()


async def test_a_new_state_machine_joins_the_list_of_all(stage: Lists) -> None:
    client, subscription = ListClient(), await stage.followed()
    client.take_all(subscription)
    stage.machines.machines["new"] = machine("new")
    del stage.machines.machines["payments"]
    stage.add("new:1")
    await stage.clock.advance(121)
    client.take_all(subscription)
    assert client.names == ["new:1", "orders:2", "orders:1"]


async def test_more_machines_than_one_list_takes_are_named(
    stage: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_lists, "MOST_MACHINES", 2)
    client, subscription = ListClient(), await stage.followed()
    client.take_all(subscription)
    assert [each["state_machine"] for each in client.about["unlisted"]] == ["refunds"]


async def test_people_s_requests_go_before_what_is_followed() -> None:
    stage = Lists(reads_per_s=4, burst=2)  # one list at once, then one a second
    stage.add("orders:1")
    for name in ("orders", "payments", "refunds"):
        await stage.followed(name)
    now, key = stage.clock.monotonic(), PageKey(machine("other").arn)
    asked = asyncio.create_task(stage.pages.page(key, Urgency.REQUEST, now))
    await stage.clock.advance(1.1)
    assert asked.done()
    await stage.close()


async def test_who_follows_many_lists_waits_behind_who_follows_few() -> None:
    stage = Lists(reads_per_s=4, burst=2)  # one list at once, then one a second
    for number in range(20):
        stage.machines.machines[f"many-{number}"] = machine(f"many-{number}")
    stage.add("orders:1")
    await stage.followed(principal="greedy", may_read=lambda name: name.startswith("many"))
    client, modest = ListClient(), await stage.followed("orders", principal="modest")
    await stage.clock.advance(2.5)
    client.take_all(modest)
    assert client.names == ["orders:1"]
    await stage.close()
    assert not stage.lists._parts
