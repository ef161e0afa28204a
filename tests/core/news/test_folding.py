"""What of a history is news: written ones, recorded ones, and executions drawn at random."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.core.history.facts import OUTCOMES, HistoryGap
from handrail.core.models import ExecutionId, ExecutionStatus, HistoryEvent
from handrail.core.news.folding import NewsFolding
from handrail.core.news.news import News
from tests.core.generated import Simulation, draw_plans
from tests.core.histories import History, Recording, recordings, split

ID = ExecutionId("orders", "7f3c")


def told(history: History, *, position: int = 0) -> list[News]:
    return NewsFolding(ID, position=position).fold(history.events)


def kinds(history: History) -> dict[int, tuple[str, ...]]:
    return {news.event_id: news.kinds for news in told(history)}


def test_an_execution_s_beginning_and_end_are_news_with_its_payloads() -> None:
    history = History('{"order": 7}')
    history.main.then("ExecutionSucceeded", output='{"ok": true}')
    begun, ended = told(history)
    assert (begun.event_id, begun.kinds, begun.status) == (1, ("started",), ExecutionStatus.RUNNING)
    assert (ended.event_id, ended.kinds, ended.status) == (2, ("succeeded",), "SUCCEEDED")
    assert (ended.execution, ended.started_at) == (ID, history.events[0].at)
    assert (ended.at, ended.input, ended.output) == (
        history.events[1].at,
        '{"order": 7}',
        '{"ok": true}',
    )


def test_what_was_truncated_is_left_out() -> None:
    history = History()
    history.main.then("ExecutionSucceeded", output='{"ok', outputDetails={"truncated": True})
    assert told(history)[-1].output is None


def test_a_task_that_waits_is_news_by_the_event_that_scheduled_it() -> None:
    history = History()
    ask = history.main.enter("Task", "Ask").schedule("sendMessage.waitForTaskToken")
    ask.then("TaskSucceeded").exit("Task", "Ask")
    pack = history.main.enter("Task", "Pack")
    pack.then("ActivityScheduled", resource="arn:aws:states:r:1:activity:pack")
    history.main.fork().enter("Wait", "Pause")
    waiting = [news for news in told(history) if "waiting" in news.kinds]
    assert [(news.event_id, news.task, news.kinds[1:]) for news in waiting] == [
        (3, "Ask", ("state:Ask.waiting",)),
        (8, "Pack", ("state:Pack.waiting",)),
    ]


def test_a_retried_task_waits_again() -> None:
    history = History()
    wait = "sendMessage.waitForTaskToken"
    history.main.enter("Task", "Ask").schedule(wait).fails().schedule(wait)
    assert kinds(history)[6] == ("waiting", "state:Ask.retried", "state:Ask.waiting")


def test_a_failure_that_is_retried_and_then_caught_is_no_failure() -> None:
    history = History()
    pay = history.main.enter("Task", "Pay").schedule().fails("One").schedule().fails("Two")
    pay.exit("Task", "Pay").visit("Pass", "Refund").then("ExecutionSucceeded")
    found = Counter(kind for news in told(history) for kind in news.kinds)
    assert found == Counter(
        [
            "started",
            "state:Pay.entered",
            "state:Pay.retried",
            "state:Pay.caught",
            "state:Refund.entered",
            "state:Refund.succeeded",
            "succeeded",
        ]
    )
    errors = {each.kind: each.error for news in told(history) for each in news.failures}
    assert errors == {"state:Pay.retried": "One", "state:Pay.caught": "Two"}


def test_a_failure_that_nobody_takes_is_told_with_the_execution_s() -> None:
    history = History()
    pay = history.main.enter("Task", "Pay").schedule().fails("Boom", "it broke")
    pay.then("ExecutionFailed", error="Boom", cause="it broke")
    last = told(history)[-1]
    assert last.kinds == ("failed", "state:Pay.failed")
    assert (last.error, last.cause) == ("Boom", "it broke")
    assert [(each.error, each.cause) for each in last.failures] == [("Boom", "it broke")]


def test_a_state_that_timed_out_has_failed_too() -> None:
    history = History()
    ask = history.main.enter("Task", "Ask").schedule("sendMessage.waitForTaskToken")
    ask.then("TaskTimedOut", error="States.Timeout").then("ExecutionFailed", error="States.Timeout")
    assert told(history)[-1].kinds == ("failed", "state:Ask.failed", "state:Ask.timed_out")


@pytest.mark.parametrize("caught", [True, False])
def test_a_parallel_has_failed_only_when_no_catch_took_it(caught: bool) -> None:
    history = History()
    both = history.main.enter("Parallel", "Both").then("ParallelStateStarted")
    both.enter("Task", "Pay").schedule().fails().then("ParallelStateFailed")
    if caught:
        history.main.last = both.last
        history.main.exit("Parallel", "Both").then("ExecutionSucceeded")
    else:
        both.then("ExecutionFailed", error="Boom")
    found = kinds(history)
    assert found[8] == ("state:Pay.failed",)
    assert found[9] == (("state:Both.caught",) if caught else ("failed", "state:Both.failed"))


def test_the_inner_states_that_failed_with_the_execution_come_first() -> None:
    history = History()
    outer = history.main.enter("Map", "Outer").then("MapStateStarted", length=1)
    item = outer.then("MapIterationStarted", name="Outer", index=0).enter("Parallel", "Inner")
    item.then("ParallelStateStarted").enter("Task", "Pay").schedule().fails()
    item.then("ParallelStateFailed").then("MapIterationFailed", name="Outer", index=0)
    item.then("MapStateFailed").then("ExecutionFailed")
    assert [kind for _, found in kinds(history).items() for kind in found if "failed" in kind] == [
        "state:Pay.failed",
        "state:Inner.failed",
        "failed",
        "state:Outer.failed",
    ]


def test_a_redrive_is_news_and_so_is_what_fails_again() -> None:
    history = History()
    pay = history.main.enter("Task", "Pay").schedule().fails().then("ExecutionFailed")
    pay.then("ExecutionRedriven", redriveCount=1).schedule().fails().then("ExecutionFailed")
    found = [(n.kinds, n.status, n.redrive_count) for n in told(history)]
    assert found[-3:] == [
        (("failed", "state:Pay.failed"), "FAILED", 0),
        (("redriven",), "RUNNING", 1),
        (("failed", "state:Pay.failed"), "FAILED", 1),
    ]


def test_what_is_known_is_told_to_nobody_again() -> None:
    history = History()
    history.main.task("Pay").task("Ship").then("ExecutionSucceeded")
    assert told(history, position=6) == [news for news in told(history) if news.event_id > 6]
    assert told(history, position=100) == []


def test_a_hole_is_refused_before_anything_changes() -> None:
    history = History()
    history.main.task("Pay").then("ExecutionSucceeded")
    folding = NewsFolding(ID)
    with pytest.raises(HistoryGap):
        folding.fold([*history.events[:2], history.events[3]])
    assert folding.cursor == 0
    assert folding.fold(history.events) == told(history)


@st.composite
def histories(draw: st.DrawFn) -> list[HistoryEvent]:
    random = Random(draw(st.integers(0, 2**32)))  # noqa: S311 - no secret
    return Simulation(
        random, draw_plans(random), draw(st.sampled_from([20, 60, 300]))
    ).history.events


@settings(max_examples=25)
@given(histories(), st.randoms(use_true_random=False), st.data())
def test_however_it_is_split_repeated_or_resumed_the_news_is_the_same(
    events: list[HistoryEvent], random: Random, data: st.DataObject
) -> None:
    assert_same_however_split(events, random, data.draw(st.integers(0, len(events))))


def assert_same_however_split(events: list[HistoryEvent], random: Random, position: int) -> None:
    whole, pieces, found = NewsFolding(ID).fold(events), NewsFolding(ID), list[News]()
    for page in split(events, *(random.randint(0, len(events)) for _ in range(5))):
        given = [*events[max(0, pieces.cursor - 3) : pieces.cursor], *page, *page]
        random.shuffle(given)
        found += pieces.fold(given)
    assert found == whole
    resumed = NewsFolding(ID, position=position).fold(events)
    assert resumed == [news for news in whole if news.event_id > position]
    assert len({news.event_id for news in whole}) == len(whole)


WAITS = ("sendMessage.waitForTaskToken", "publish.waitForTaskToken")


def read_by_hand(events: tuple[HistoryEvent, ...]) -> Counter[str]:
    """What the types of events alone tell."""
    found = Counter({"started": 1})
    found.update(OUTCOMES[event.type].value.lower() for event in events if event.type in OUTCOMES)
    for event in events:
        if event.type.endswith("StateEntered"):
            found[f"state:{event.details['name']}.entered"] += 1
        waits = str(event.details.get("resource")).endswith(".waitForTaskToken")
        if event.type == "ActivityScheduled" or (event.type == "TaskScheduled" and waits):
            found["waiting"] += 1
    return found


@pytest.mark.parametrize("recording", recordings())
def test_a_recorded_history_s_news_is_what_a_hand_reading_gives(recording: Recording) -> None:
    whole = NewsFolding(ID).fold(recording.events)
    found = Counter(kind for news in whole for kind in news.kinds)
    by_hand = read_by_hand(recording.events)
    assert {kind: found[kind] for kind in by_hand} == by_hand
    assert found.keys() & {"started", "waiting", *(o.value.lower() for o in OUTCOMES.values())} == {
        kind for kind in by_hand if not kind.startswith("state:")
    }
    assert whole[-1].kinds[0] == recording.status.lower()
    assert_same_however_split(list(recording.events), Random(1), len(recording.events) // 2)  # noqa: S311


BY_HAND = {
    "activity-task": "started waiting succeeded ActivityTask.entered ActivityTask.waiting"
    " ActivityTask.succeeded",
    "heartbeat-timeout": "started waiting failed SendMessageWithWait.entered"
    " SendMessageWithWait.waiting SendMessageWithWait.failed SendMessageWithWait.timed_out",
    "stop-execution": "started aborted State_1.entered",
    "map-state-retry": "started failed StartState.entered StartState.succeeded MapState.entered"
    + " HandleItemFail.entered HandleItemFail.failed" * 3
    + " MapState.retried" * 2
    + " MapState.failed",
    "map-catch-error-map-catch-error-output-with-retry": "started failed ProcessItems.entered"
    " ProcessItem.entered ProcessItem.retried ProcessItem.caught Fallback.entered Fallback.failed"
    " ProcessItems.failed",
    "sqs-failure-in-wait-for-task-tok-no-error-field-sqs-parallel": "started waiting succeeded"
    " ParallelJob.entered SendMessageWithWait.entered SendMessageWithWait.waiting"
    " SendMessageWithWait.failed ParallelJob.caught CaughtStatesALL.entered"
    " CaughtStatesALL.succeeded",
}
"""Read from the recordings, event by event."""


@pytest.mark.parametrize("recording", [r for r in recordings() if r.id in {*BY_HAND, "none"}])
def test_some_recorded_histories_were_read_whole(recording: Recording) -> None:
    words = BY_HAND[recording.name].split()
    expected = Counter(f"state:{word}" if "." in word else word for word in words)
    news = NewsFolding(ID).fold(recording.events)
    assert Counter(kind for each in news for kind in each.kinds) == expected
