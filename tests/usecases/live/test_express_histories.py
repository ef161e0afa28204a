"""Express executions, of which there is nothing but what was pushed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from handrail.core.errors import ExecutionNotFound, UnsupportedByType
from handrail.core.models import ExecutionId, MachineType
from handrail.usecases.live import Level, express_histories
from handrail.usecases.live.event_log import OVERHEAD_BYTES
from handrail.usecases.live.express_histories import (
    MISSING_S,
    NOT_PUSHED,
    ExpressHistories,
)
from tests.core.histories import History
from tests.fakes import ACCOUNT, FakeClock, machine, run_until_idle

from .pushing import push, pushed, without_data
from .stage import Client, Stage, arn_of, cursor, decoded, truth

QUICK = "quick:one:run-1"


@pytest.fixture
async def pushing() -> AsyncIterator[Stage]:
    stage = Stage()
    stage.machines.machines["quick"] = machine("quick", MachineType.EXPRESS)
    await stage.catalogue.account()
    stage.hub.push_state(True, 0.0)
    yield stage
    await stage.hub.close()


def whole() -> History:
    history = History()
    history.main.visit("Pass", "Look")
    history.main.then("ExecutionSucceeded", output='"done"')
    return history


async def test_without_pushes_there_is_nothing_to_look_for(stage: Stage) -> None:
    with pytest.raises(UnsupportedByType):
        async with stage.hub.watching(QUICK):
            pass


async def test_one_that_was_pushed_is_shown(pushing: Stage) -> None:
    history = whole()
    await push(pushing, history.events, QUICK)
    async with pushing.hub.watching(QUICK) as watcher:
        feed = watcher.require_feed()
        found = await watcher.history.events(0, limit=100)
        assert found == history.events
    client = Client()
    client.replace({**feed.snapshot(), "output": "done", "input": {}})
    assert client.holds == truth(history.events, QUICK)
    assert pushing.histories.reads == []


async def test_it_is_followed_to_its_end(pushing: Stage) -> None:
    history = whole()
    await push(pushing, history.events[:1], QUICK)
    options: dict[str, Any] = {"level": Level.EVENTS, "after": cursor(0)}
    subscription, client = await pushing.subscribed(QUICK, **options), Client()
    for event in history.events[1:]:
        await push(pushing, [event], QUICK)
        client.take_all(subscription)
    assert client.events == [1, 2, 3, 4]
    assert client.messages[-1]["output"] == "done"


async def test_one_that_nothing_was_pushed_of_is_missing_and_why(pushing: Stage) -> None:
    with pytest.raises(ExecutionNotFound, match="logs of its state machine must be pushed"):
        async with pushing.hub.watching(QUICK):
            pass


async def test_one_that_just_started_is_waited_for(pushing: Stage) -> None:
    history = whole()
    await pushing.recent.add(ExecutionId.parse(QUICK), history.events[0].at)
    subscription, client = await pushing.subscribed(QUICK), Client()
    assert subscription.next_message() is None
    await push(pushing, history.events, QUICK)
    client.take_all(subscription)
    assert client.messages[-1]["type"] == "complete"


async def test_an_event_that_never_came_is_passed_over(pushing: Stage) -> None:
    history = whole()
    await push(pushing, [history.events[0], *history.events[2:]], QUICK)
    options: dict[str, Any] = {"level": Level.EVENTS, "after": cursor(0)}
    subscription, client = await pushing.subscribed(QUICK, **options), Client()
    client.take_all(subscription)
    assert client.events == [1]
    await pushing.clock.advance(MISSING_S + 2.5)
    client.take_all(subscription)
    told = [event for message in client.messages for event in message.get("events", ())]
    assert [event["type"] for event in told][1] == NOT_PUSHED
    assert client.messages[-1]["output"] == "done"


async def test_a_payload_that_was_left_out_says_so(pushing: Stage) -> None:
    for event in whole().events:
        pushing.hub.pushed(without_data(event, QUICK))
    subscription = await pushing.subscribed(QUICK)
    message = subscription.next_message()
    assert message is not None
    snapshot = decoded(message)["snapshot"]
    assert (snapshot["input"], snapshot["input_truncated"]) == (None, True)
    assert (snapshot["output"], snapshot["output_truncated"]) == (None, True)


async def test_those_of_other_accounts_are_dropped(pushing: Stage) -> None:
    other = replace(ACCOUNT, account_id="999999999999")
    pushing.hub.pushed(pushed(whole().events[0], QUICK, account=other))
    await run_until_idle()
    assert pushing.source.express is not None
    assert not pushing.source.express.shows("quick")


def add(histories: ExpressHistories, id: str) -> None:
    histories.add(pushed(whole().events[0], id))


async def test_each_is_kept_for_so_long_after_the_last_of_it() -> None:
    clock = FakeClock()
    histories = ExpressHistories(clock, kept_s=60)
    add(histories, QUICK)
    await clock.advance(50)
    assert (await histories.read_page(arn_of(QUICK), limit=10)).items
    await clock.advance(59)
    assert (await histories.read_page(arn_of(QUICK), limit=10)).items
    await clock.advance(60)
    with pytest.raises(ExecutionNotFound):
        await histories.read_page(arn_of(QUICK), limit=10)


async def test_where_they_are_too_many_the_oldest_goes_first() -> None:
    histories = ExpressHistories(FakeClock(), most=2)
    for run in range(3):
        add(histories, f"quick:one:{run}")
    assert (await histories.read_page(arn_of("quick:one:2"), limit=10)).items
    with pytest.raises(ExecutionNotFound):
        await histories.read_page(arn_of("quick:one:0"), limit=10)


async def test_what_is_passed_over_takes_room_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(express_histories, "MOST_BYTES", 2000 * OVERHEAD_BYTES)
    clock = FakeClock()
    histories = ExpressHistories(clock)
    for run in range(2):
        late = replace(whole().events[0], id=1500)
        histories.add(pushed(late, f"quick:one:{run}"))
    await clock.advance(MISSING_S)
    for run in range(2):
        assert (await histories.read_page(arn_of(f"quick:one:{run}"), limit=10)).items
    with pytest.raises(ExecutionNotFound):
        await histories.read_page(arn_of("quick:one:0"), limit=10)


def test_where_only_errors_are_logged_others_arent_said_to_be_shown() -> None:
    histories, history = ExpressHistories(FakeClock()), History()
    history.main.then("ExecutionFailed", error="Boom", cause="it broke")
    histories.add(pushed(history.events[1], QUICK))
    assert not histories.shows("quick")
    histories.add(pushed(history.events[0], QUICK))
    assert histories.shows("quick")


async def test_pages_go_either_way() -> None:
    histories = ExpressHistories(FakeClock())
    for event in whole().events:
        histories.add(pushed(event, QUICK))
    for newest_first, ids in ((False, [1, 2, 3, 4]), (True, [4, 3, 2, 1])):
        found, token = [], None
        while True:
            page = await histories.read_page(
                arn_of(QUICK), limit=3, newest_first=newest_first, token=token
            )
            found += [event.id for event in page.items]
            if (token := page.next_token) is None:
                break
        assert found == ids
