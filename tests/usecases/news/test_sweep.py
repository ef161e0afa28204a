"""What nobody was told of began or ended all the same: lists show it. No news is lost, and none is
told twice."""

import random

from handrail.core.errors import Unavailable
from tests.fakes import machine

from .conftest import Lead
from .news_stage import NewsStage, subscription

HOURS = 6 * 3600.0


async def test_without_a_push_ends_are_told_within_seconds(lead: Lead) -> None:
    stage = NewsStage(subscription("succeeded", "failed"), push=False)
    await lead(stage)
    history = stage.begin()
    await stage.clock.advance(12)
    assert len(await stage.outbox.followed()) == 1
    assert stage.read_count == 0
    stage.end(history)
    await stage.clock.advance(6)
    assert await stage.told() == ["orders:one:2 failed"]
    assert stage.read_count == 1
    await stage.clock.advance(600)
    assert (await stage.told(), stage.read_count) == ([], 1)


async def test_without_a_push_a_start_is_told_when_it_is_listed(lead: Lead) -> None:
    stage = NewsStage(subscription("started"), push=False)
    await lead(stage)
    stage.begin()
    await stage.clock.advance(6)
    assert await stage.told() == ["orders:one:1 started"]


async def test_without_a_push_an_execution_that_outlives_everything_is_told_at_its_end(
    lead: Lead,
) -> None:
    stage = NewsStage(subscription("failed"), push=False)
    await lead(stage)
    history = stage.begin("orders:long")
    await stage.clock.advance(6)
    for number in range(3):
        short = stage.begin(f"orders:{number}")
        await stage.clock.advance(130)
        stage.end(short, f"orders:{number}", "SUCCEEDED")
    stage.end(history, "orders:long")
    await stage.clock.advance(6)
    assert await stage.told() == ["orders:long:2 failed"]


async def test_what_ended_before_a_state_machine_was_first_seen_is_no_news(lead: Lead) -> None:
    stage = NewsStage(subscription("failed", "state:Pay.entered", "state:Ship.entered"))
    ended = stage.begin("orders:ended", ago_s=100)
    stage.end(ended, "orders:ended")
    running = stage.begin("orders:running", ago_s=90)
    running.main.enter("Task", "Pay")
    await stage.clock.advance(10)
    replica = await lead(stage)
    await stage.clock.advance(1)
    assert await stage.told() == []
    running.main.enter("Task", "Ship")
    stage.end(running, "orders:running")
    await stage.clock.advance(10)
    await replica.die()
    await lead(stage)  # and who leads next tells no more of what was before
    assert await stage.told() == ["orders:running:4 failed"]


async def test_a_push_that_never_came_is_made_up_for(lead: Lead) -> None:
    stage = NewsStage()
    replica = await lead(stage)
    seen, unseen = stage.begin("orders:seen"), stage.begin("orders:unseen")
    await replica.push(seen.events, "orders:seen")
    stage.end(seen, "orders:seen")
    stage.end(unseen, "orders:unseen", "SUCCEEDED")
    await stage.clock.advance(301)
    assert set(await stage.told()) == {"orders:seen:2 failed", "orders:unseen:2 succeeded"}


async def test_all_replicas_down_for_hours_lose_nothing(lead: Lead) -> None:
    """Executions that ran, began, ended and were redriven meanwhile."""
    stage = NewsStage(subscription("started", "state:Pay.entered", "failed", "redriven"))
    replica = await lead(stage)
    histories = {f"orders:{n}": stage.begin(f"orders:{n}") for n in range(6)}
    for id, history in histories.items():
        await replica.push(history.events, id)
    stage.end(histories["orders:5"], "orders:5")
    await replica.push(histories["orders:5"].events[-1:], "orders:5")
    before = await stage.told()
    await replica.die()
    for n in range(3):
        histories[f"orders:{n}"].main.enter("Task", "Pay")
        await stage.clock.advance(HOURS / 3)
        stage.end(histories[f"orders:{n}"], f"orders:{n}")
        late = histories[f"orders:late-{n}"] = stage.begin(f"orders:late-{n}")
        late.main.enter("Task", "Pay")
        stage.end(late, f"orders:late-{n}")
    stage.redrive(histories["orders:5"], "orders:5")
    stage.end(histories["orders:5"], "orders:5")
    await lead(stage)
    await stage.clock.advance(30)
    told = before + await stage.told()
    await stage.clock.advance(700)
    assert await stage.told() == []
    wanted = [f"orders:{n}:1 started" for n in range(6)]
    wanted += [f"orders:{n}:2 state:Pay.entered" for n in range(3)]
    wanted += [f"orders:{n}:3 failed" for n in range(3)]
    wanted += [f"orders:late-{n}:1 started" for n in range(3)]
    wanted += [f"orders:late-{n}:2 state:Pay.entered" for n in range(3)]
    wanted += [f"orders:late-{n}:3 failed" for n in range(3)]
    wanted += ["orders:5:2 failed", "orders:5:3 redriven", "orders:5:4 failed"]
    assert sorted(told) == sorted(wanted)


async def test_leaders_that_die_at_any_moment_lose_nothing(lead: Lead) -> None:
    """Seeded: pushes are lost and doubled, the outbox fails, leaders die; lists make up for it."""
    chance = random.Random(15)  # noqa: S311 the same course each time
    stage = NewsStage(subscription("started", "state:Pay.entered", "failed"), most=4)
    replica = await lead(stage)
    ids = [f"orders:{n}" for n in range(12)]
    histories = {}
    for id in ids:
        histories[id] = stage.begin(id)
        histories[id].main.enter("Task", "Pay")
        stage.end(histories[id], id)
        for event in histories[id].events:
            if chance.random() < 0.7:
                await replica.push([event] * chance.choice((1, 2)), id)
            if chance.random() < 0.2:
                stage.outbox.fail("put", Unavailable("Away."))
            if chance.random() < 0.3:
                await replica.die()
                replica = await lead(stage)
        await stage.clock.advance(chance.choice((0.5, 40)))
    await stage.clock.advance(700)
    told = await stage.told()
    assert sorted(told) == sorted(
        f"{id}:{n} {kind}"
        for id in ids
        for n, kind in ((1, "started"), (2, "state:Pay.entered"), (3, "failed"))
    )
    for id in ids:
        assert [each for each in told if each.startswith(f"{id}:")] == [
            f"{id}:1 started",
            f"{id}:2 state:Pay.entered",
            f"{id}:3 failed",
        ]


async def test_lists_that_fail_are_asked_again(lead: Lead) -> None:
    stage = NewsStage(push=False)
    await lead(stage)
    stage.executions.fail("list_page", *[Unavailable("Throttled.")] * 3)
    stage.end(stage.begin())
    await stage.clock.advance(30)
    assert await stage.told() == ["orders:one:2 failed"]


async def test_only_state_machines_that_somebody_asks_for_are_listed(lead: Lead) -> None:
    stage = NewsStage(subscription("failed", machine="pay*"), push=False)
    stage.machines.machines["payments"] = machine("payments")
    await lead(stage)
    await stage.clock.advance(20)
    assert {call.arn.rpartition(":")[2] for call in stage.executions.log} == {"payments"}


async def test_a_clock_that_is_minutes_ahead_of_aws_loses_nothing(lead: Lead) -> None:
    stage = NewsStage(subscription("started", "failed"), push=False)
    await lead(stage)
    await stage.clock.advance(420)
    history = stage.begin(ago_s=290)  # by AWS's clock
    stage.end(history)
    await stage.clock.advance(10)
    assert await stage.told() == ["orders:one:1 started", "orders:one:2 failed"]
