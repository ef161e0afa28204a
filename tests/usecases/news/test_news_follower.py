"""What is pushed of executions that nobody watches becomes news: each once, whoever leads."""

import pytest
from structlog.testing import capture_logs

from handrail.core.errors import Unavailable
from handrail.core.models import ExecutionId
from handrail.usecases.news import news_follower
from handrail.usecases.news.news_follower import MOST_FAILURES
from tests.fakes import run_until_idle

from .conftest import Lead
from .news_stage import NewsReplica, NewsStage, subscription


async def test_an_execution_that_is_pushed_from_its_beginning_is_told_of_without_a_read(
    lead: Lead,
) -> None:
    stage = NewsStage(subscription("started", "state:Pay.entered", "succeeded"))
    replica = await lead(stage)
    history = stage.begin()
    history.main.task("Pay")
    with stage.no_reads():
        await replica.push(history.events)
        assert await stage.told() == ["orders:one:1 started", "orders:one:2 state:Pay.entered"]
        stage.end(history, status="SUCCEEDED")
        await replica.push(history.events[-1:])
    assert await stage.told() == [f"orders:one:{len(history.events)} succeeded"]
    assert await stage.outbox.followed() == []


async def test_pushes_that_come_twice_or_late_tell_nothing_again(lead: Lead) -> None:
    stage = NewsStage()
    replica = await lead(stage)
    history = stage.begin()
    stage.end(history)
    await replica.push(history.events)
    assert await stage.told() == ["orders:one:2 failed"]
    await replica.push(history.events)
    await stage.clock.advance(30)
    assert await stage.told() == []
    assert stage.outbox.count("find") == 1


async def test_nobody_asks_the_outbox_for_what_nobody_wants(lead: Lead) -> None:
    stage = NewsStage(subscription("failed", machine="payments"))
    replica = await lead(stage)
    history = stage.begin()
    stage.end(history)
    await replica.push(history.events)
    assert stage.outbox.calls == ["followed"]
    assert replica.hub.watchers == 0


async def test_who_leads_next_goes_on_where_the_outbox_is(lead: Lead) -> None:
    stage = NewsStage(subscription("started", "state:Pay.entered", "failed"))
    first = await lead(stage)
    history = stage.begin()
    await first.push(history.events)
    assert await stage.told() == ["orders:one:1 started"]
    await first.die()
    history.main.enter("Task", "Pay")  # pushed to nobody
    second = await lead(stage)
    assert await stage.told() == ["orders:one:2 state:Pay.entered"]
    stage.end(history)
    await second.push(history.events[-1:])
    assert await stage.told() == ["orders:one:3 failed"]


async def test_what_was_pushed_before_this_process_led_is_not_lost(lead: Lead) -> None:
    stage = NewsStage(subscription("started"))
    replica = NewsReplica(stage)
    await stage.catalogue.list_all()
    history = stage.begin()
    await replica.push(history.events)
    stage.executions.executions.clear()  # no list shows it
    await replica.start()
    assert await stage.told() == ["orders:one:1 started"]
    await replica.die()


async def test_an_outbox_that_is_away_loses_nothing(lead: Lead) -> None:
    stage = NewsStage(subscription("started", "failed"))
    replica = await lead(stage)
    stage.outbox.fail("find", *[Unavailable("Away.")] * 3)
    stage.outbox.fail("put", *[Unavailable("Away.")] * 3)
    history = stage.begin()
    await replica.push(history.events)
    stage.end(history)
    await replica.push(history.events[-1:])
    assert await stage.told() == []
    await stage.clock.advance(60)
    assert await stage.told() == ["orders:one:1 started", "orders:one:2 failed"]


async def test_a_redrive_goes_on_behind_the_end_that_was_told(lead: Lead) -> None:
    stage = NewsStage(subscription("failed", "redriven", "succeeded"))
    replica = await lead(stage)
    history = stage.begin()
    stage.end(history)
    await replica.push(history.events)
    assert await stage.told() == ["orders:one:2 failed"]
    await stage.clock.advance(120)
    stage.redrive(history)
    await replica.push(history.events[-1:])
    assert await stage.told() == ["orders:one:3 redriven"]
    stage.end(history, status="SUCCEEDED")
    await replica.push(history.events[-1:])
    assert await stage.told() == ["orders:one:4 succeeded"]


async def test_a_redrive_is_told_by_who_leads_next_too(lead: Lead) -> None:
    stage = NewsStage(subscription("failed", "redriven"))
    first = await lead(stage)
    history = stage.begin()
    stage.end(history)
    await first.push(history.events)
    await stage.told()
    await first.die()
    await stage.clock.advance(600)
    second = await lead(stage)
    stage.redrive(history)
    await second.push(history.events[-1:])
    assert await stage.told() == ["orders:one:3 redriven"]


async def test_a_name_that_is_used_again_is_another_execution(lead: Lead) -> None:
    stage = NewsStage(subscription("started", "succeeded"))
    replica = await lead(stage)
    history = stage.begin()
    stage.end(history, status="SUCCEEDED")
    await replica.push(history.events)
    assert await stage.told() == ["orders:one:1 started", "orders:one:2 succeeded"]
    await stage.clock.advance(2)
    again = stage.begin()
    stage.end(again, status="SUCCEEDED")
    await replica.push(again.events)
    await stage.clock.advance(5)
    assert await stage.told() == ["orders:one:1 started", "orders:one:2 succeeded"]


async def test_too_many_to_follow_are_told_late_and_said_once(
    lead: Lead, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = NewsStage(subscription("state:Pay.entered", "failed"), most=1)
    replica = await lead(stage)
    histories = {f"orders:{n}": stage.begin(f"orders:{n}") for n in range(3)}
    for id, history in histories.items():
        await replica.push(history.events, id)
    for id, history in histories.items():
        history.main.enter("Task", "Pay")
        await replica.push(history.events[-1:], id)
    assert await stage.told() == ["orders:0:2 state:Pay.entered"]
    assert capsys.readouterr().out.count("too many executions to follow") == 1
    stage.end(histories["orders:0"], "orders:0")
    await replica.push(histories["orders:0"].events[-1:], "orders:0")
    assert set(await stage.told()) == {"orders:0:3 failed", "orders:1:2 state:Pay.entered"}
    stage.end(histories["orders:2"], "orders:2")
    await stage.clock.advance(301)  # a list shows it
    assert await stage.told() == ["orders:2:2 state:Pay.entered", "orders:2:3 failed"]


async def test_what_aws_no_longer_has_is_given_up_once_it_can_t_be_young(lead: Lead) -> None:
    stage = NewsStage(subscription("state:Pay.entered"))
    replica = await lead(stage)
    history = stage.begin()
    await replica.push(history.events)
    await replica.die()
    stage.histories.events.clear()
    stage.executions.executions.clear()
    await lead(stage)
    await stage.clock.advance(400)
    assert len(await stage.outbox.followed()) == 1
    await stage.clock.advance(400)
    assert await stage.outbox.followed() == []


async def test_what_nobody_asks_for_in_a_day_is_followed_no_longer(
    lead: Lead, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert news_follower.UNASKED_S == 86_400
    monkeypatch.setattr(news_follower, "UNASKED_S", 60.0)  # a day of looks takes half a minute
    stage = NewsStage(subscription("started"))
    replica = await lead(stage)
    await replica.push(stage.begin().events)
    await replica.die()
    stage.subscribers.replace([])
    await lead(stage)
    id = ExecutionId.parse("orders:one")
    (followed,) = await stage.outbox.followed()
    assert followed.execution == id
    await stage.clock.advance(60)
    assert await stage.outbox.followed() == []
    found = await stage.outbox.find(id)
    assert found is not None
    assert found.ended


async def test_a_leader_of_another_configuration_loses_nothing_that_others_asked_for(
    lead: Lead,
) -> None:
    """As while a fleet is deployed anew, and the end comes while an old process leads."""
    asked = subscription("failed")
    stage = NewsStage(asked, push=False)
    new = await lead(stage)
    history = stage.begin()
    await stage.clock.advance(300)  # behind the watermark: lists show it no more
    await new.die()
    stage.subscribers.replace([])
    old = await lead(stage)
    stage.end(history)
    await stage.clock.advance(300)
    await old.die()
    stage.subscribers.replace([asked])
    await lead(stage)
    await stage.clock.advance(10)
    assert await stage.told() == ["orders:one:2 failed"]


async def test_what_fails_for_a_reason_that_nobody_foresaw_is_tried_again(lead: Lead) -> None:
    stage = NewsStage(subscription("started", "failed"))
    replica = await lead(stage)
    stage.outbox.fail("put", *[ZeroDivisionError()] * 3)
    history = stage.begin()
    stage.end(history)
    with capture_logs() as logs:
        await replica.push(history.events)
        await stage.clock.advance(60)
    assert [each["event"] for each in logs].count("news not made") == 3
    assert await stage.told() == ["orders:one:1 started", "orders:one:2 failed"]


async def test_what_fails_so_again_and_again_is_left_until_a_list_shows_it(lead: Lead) -> None:
    stage = NewsStage(subscription("started"))
    replica = await lead(stage)
    stage.outbox.fail("put", *[ZeroDivisionError()] * MOST_FAILURES)
    tracked = list[int]()
    with capture_logs():
        await replica.push(stage.begin().events)
        for _ in range(70):
            await stage.clock.advance(10)
            tracked.append(len([*replica.follower.tracked]))
    assert 0 in tracked
    assert await stage.told() == ["orders:one:1 started"]


async def test_its_watchers_go_with_the_lead(lead: Lead) -> None:
    stage = NewsStage(subscription("failed"), linger_s=0.0)
    replica = await lead(stage)
    await replica.push(stage.begin().events)
    assert replica.hub.watchers == 1
    assert replica._task is not None
    replica._task.cancel()
    await run_until_idle()
    assert replica.hub.watchers == 0
