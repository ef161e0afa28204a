"""A distributed Map's items are counted when its Map Run has ended, and never wrongly."""

import asyncio
from typing import Any

import pytest

from handrail.core.errors import Throttled, Unavailable, UnsupportedByEndpoint, UpstreamRefused
from handrail.core.models import HistoryEvent
from handrail.usecases.live import Feed, Subscription
from handrail.usecases.live.map_run_counts import MOST_AT_ONCE, REFUSED_S, MapRunEnds
from tests.core.histories import History, Track, items_of, unknown_items
from tests.fakes import map_run, map_run_arn

from .stage import ID, Client, Stage

ARN = map_run_arn("each")


@pytest.fixture
async def stage() -> Any:
    stage = Stage()
    yield stage
    await stage.hub.close()


def begin(track: Track, arn: str = ARN, length: int = 3) -> Track:
    track.enter("Map", "Each").then("MapStateStarted", length=length)
    return track.then("MapRunStarted", mapRunArn=arn)


def heard(subscription: Subscription) -> list[dict[str, Any]]:
    """What is due now."""
    return Client().take_all(subscription)


async def items(stage: Stage) -> Any:
    async with stage.hub.watching(ID) as watcher:
        feed: Feed = watcher.require_feed()
        return feed.snapshot()["states"][0]["items"]


async def test_what_isnt_known_while_it_runs_is_null(stage: Stage) -> None:
    begin(stage.execution().main)
    assert await items(stage) == unknown_items(total=3)
    assert stage.map_runs.calls == []


async def test_a_length_of_nothing_may_be_one_not_known(stage: Stage) -> None:
    begin(stage.execution().main, length=0)
    assert await items(stage) == unknown_items(total=None)


@pytest.mark.parametrize("end", ["MapRunSucceeded", "MapRunFailed", "MapRunAborted"])
async def test_its_end_is_told_with_what_became_of_its_items(stage: Stage, end: str) -> None:
    track = begin(stage.execution().main)
    subscription = await stage.subscribed()
    heard(subscription)
    stage.map_runs.runs[ARN] = map_run(succeeded=3, failed=1, timedOut=2, aborted=1)
    track.then(end)
    await stage.nudged()
    counted = items_of(total=7, succeeded=3, failed=3, aborted=1)
    (state,) = heard(subscription)[-1]["states"]
    assert state["items"] == counted
    assert stage.map_runs.calls == ["describe"]


async def test_it_is_asked_once_however_often_the_history_is_read(stage: Stage) -> None:
    stage.map_runs.runs[ARN] = map_run(succeeded=3)
    begin(stage.execution().main).then("MapRunSucceeded")
    for _ in range(3):
        assert await items(stage) == items_of(total=3, succeeded=3)
        await stage.clock.advance(60)
    assert stage.map_runs.calls == ["describe"]


@pytest.mark.parametrize(
    "error",
    [Throttled("no"), Unavailable("no"), UnsupportedByEndpoint("no"), UpstreamRefused("no")],
    ids=lambda error: error.code,
)
async def test_what_aws_doesnt_say_is_null_and_the_rest_goes_on(
    stage: Stage, error: Exception
) -> None:
    stage.map_runs.fail("describe", error)
    track = begin(stage.execution().main).then("MapRunSucceeded").exit("Map", "Each")
    track.then("ExecutionSucceeded", output="1")
    async with stage.hub.watching(ID) as watcher:
        snapshot = watcher.require_feed().snapshot()
    assert snapshot["status"] == "SUCCEEDED"
    assert snapshot["states"][0]["items"] == unknown_items(total=3)


async def test_aws_is_left_alone_for_a_while_where_it_refused(stage: Stage) -> None:
    counts = stage.source.map_runs
    stage.map_runs.runs[ARN] = map_run(succeeded=3)
    stage.map_runs.fail("describe", UpstreamRefused("no"))
    assert await counts.now(ARN) is None
    assert await counts.now(ARN) is None
    assert stage.map_runs.calls == ["describe"]
    await stage.clock.advance(REFUSED_S)
    assert await counts.now(ARN) == items_of(total=3, succeeded=3)


async def test_a_map_run_that_aws_still_shows_as_running_is_asked_again_once(stage: Stage) -> None:
    stage.map_runs.runs[ARN] = map_run(ended=False, running=1, succeeded=2)
    track = begin(stage.execution().main)
    subscription = await stage.subscribed()
    heard(subscription)
    track.then("MapRunSucceeded")
    await stage.nudged()
    stage.map_runs.runs[ARN] = map_run(succeeded=3)
    await stage.clock.advance(0.5)
    assert heard(subscription)[-1]["states"][0]["items"] == items_of(total=3, succeeded=3)
    assert stage.map_runs.calls == ["describe", "describe"]


async def test_items_that_never_began_are_none_of_the_others(stage: Stage) -> None:
    stage.map_runs.runs[ARN] = map_run(pending=2, failed=1)
    begin(stage.execution().main).then("MapRunFailed", error="E")
    assert await items(stage) == items_of(total=3, failed=1)


async def test_one_that_stays_running_is_not_believed(stage: Stage) -> None:
    stage.map_runs.runs[ARN] = map_run(ended=False, running=1, succeeded=2)
    begin(stage.execution().main).then("MapRunSucceeded")
    asking = asyncio.ensure_future(items(stage))
    await stage.clock.advance(2)
    assert await asking == unknown_items(total=3)


async def test_an_answer_that_is_long_in_coming_isnt_waited_for(stage: Stage) -> None:
    stage.map_runs.runs[ARN] = map_run(succeeded=3)
    begin(stage.execution().main).then("MapRunSucceeded")
    stage.map_runs.hold()
    asking = asyncio.ensure_future(items(stage))
    await stage.clock.advance(1.1)
    assert await asking == unknown_items(total=3)
    stage.map_runs.release()


async def test_without_a_turn_nothing_is_asked_and_nothing_waits() -> None:
    stage = Stage(reads_per_s=20, burst=400)
    stage.map_runs.runs[ARN] = map_run(succeeded=3)
    for _ in range(200):
        assert await stage.source.map_runs.now(ARN) is not None
    before = stage.clock.monotonic()
    assert await stage.source.map_runs.now(ARN) is None
    assert stage.clock.monotonic() == before
    await stage.hub.close()


async def test_a_redrive_makes_the_counts_unknown_until_the_map_run_has_ended(stage: Stage) -> None:
    stage.map_runs.runs[ARN] = map_run(succeeded=2, failed=1)
    track = begin(stage.execution().main).then("MapRunFailed", error="E")
    track.then("MapStateFailed").then("ExecutionFailed", error="E")
    subscription = await stage.subscribed()
    assert heard(subscription)[0]["snapshot"]["states"][0]["items"] == items_of(
        total=3, succeeded=2, failed=1
    )
    track.then("ExecutionRedriven", redriveCount=1).then("MapRunRedriven", mapRunArn=ARN)
    await stage.nudged()
    assert heard(subscription)[-1]["states"][0]["items"] == unknown_items(total=3)
    stage.map_runs.runs[ARN] = map_run(succeeded=3)
    track.then("MapRunSucceeded")
    await stage.nudged()
    assert heard(subscription)[-1]["states"][0]["items"] == items_of(total=3, succeeded=3)


async def test_of_more_map_runs_than_are_asked_about_the_sum_is_unknown(stage: Stage) -> None:
    track = stage.execution().main
    for number in range(MOST_AT_ONCE + 1):
        arn = map_run_arn("each", f"run-{number}")
        stage.map_runs.runs[arn] = map_run(succeeded=3)
        begin(track, arn).then("MapRunSucceeded").exit("Map", "Each")
    assert await items(stage) == unknown_items(total=3 * (MOST_AT_ONCE + 1))
    assert len(stage.map_runs.calls) == MOST_AT_ONCE


async def test_several_visits_are_summed_up(stage: Stage) -> None:
    track = stage.execution().main
    for number in range(2):
        arn = map_run_arn("each", f"run-{number}")
        stage.map_runs.runs[arn] = map_run(succeeded=3, failed=number)
        begin(track, arn, length=3 + number).then("MapRunSucceeded").exit("Map", "Each")
    assert await items(stage) == items_of(total=7, succeeded=6, failed=1)


def ends(*events: tuple[str, int, str | None]) -> dict[int, str]:
    history = History()
    for type_, previous, arn in events:
        history.write(type_, previous, {"mapRunArn": arn} if arn else {})
    return MapRunEnds().among(history.events)


def test_an_end_points_at_the_beginning_that_names_the_map_run() -> None:
    assert ends(
        ("MapRunStarted", 1, "a"),
        ("MapRunStarted", 1, "b"),
        ("MapRunSucceeded", 3, None),
        ("MapRunFailed", 2, None),
    ) == {4: "b", 5: "a"}


def test_an_end_that_points_elsewhere_is_nobody_s() -> None:
    assert ends(("MapRunStarted", 1, "a"), ("MapRunSucceeded", 1, None)) == {}


def test_of_a_map_run_that_was_redriven_the_last_end_counts() -> None:
    assert ends(
        ("MapRunStarted", 1, "a"),
        ("MapRunFailed", 2, None),
        ("MapRunRedriven", 3, "a"),
        ("MapRunSucceeded", 4, None),
    ) == {5: "a"}


async def test_a_first_read_of_many_pages_asks_about_a_few_in_all(stage: Stage) -> None:
    track = stage.execution().main
    for number in range(3 * MOST_AT_ONCE):
        begin(track, map_run_arn("each", f"run-{number}")).then("MapRunSucceeded")
        track.exit("Map", "Each")
        for _ in range(60):
            track.visit("Pass", "Between")
    async with stage.hub.watching(ID):
        pass
    assert len(stage.histories.reads) > 2
    assert len(stage.map_runs.calls) <= MOST_AT_ONCE


def test_an_end_may_come_by_a_later_read() -> None:
    history, found = History(), MapRunEnds()
    history.write("MapRunStarted", 1, {"mapRunArn": "a"})
    assert found.among(history.events) == {}
    history.write("MapRunSucceeded", 2, {})
    later: list[HistoryEvent] = history.events[2:]
    assert found.among(later) == {3: "a"}
