"""The judge of the chaos finds what clients must not be told."""

import json
from typing import Any

import pytest

from benchmarks.chaos.judge import ClientView, Truth
from benchmarks.processes.account import Account, Execution
from handrail.core.history.events import parse_event
from handrail.core.models import ExecutionId
from handrail.core.protocol.client_messages import Level
from handrail.core.task_tokens.redaction import Redactor
from handrail.usecases.live.event_log import EventLog
from handrail.usecases.live.feed import Feed

STARTED_AT = 1_795_336_005.31
EPOCH = round(STARTED_AT * 1000)
Message = dict[str, Any]


@pytest.fixture
def execution() -> Execution:
    account = Account()
    account.add(["one"], "steps:3:6", STARTED_AT, 0)
    return account.executions[0]


@pytest.fixture
def truth(execution: Execution) -> Truth:
    ids = range(1, execution.visible(STARTED_AT + 10) + 1)
    return Truth.of(execution, [json.loads(each) for each in execution.written(ids, whole=True)])


@pytest.fixture
def told(execution: Execution) -> list[Message]:
    """What a socket at level events is told of it, five events an update."""
    feed = Feed(ExecutionId("steps", "one"), EPOCH, EventLog(2**20))
    ids = range(1, execution.visible(STARTED_AT + 10) + 1)
    redactor = Redactor([execution.token])
    events = [
        redactor.event(parse_event(json.loads(each))) for each in execution.written(ids, whole=True)
    ]
    messages = [feed.subscribed("s", position=0, recovered=True)]
    for first in range(0, len(events), 5):
        feed.fold(events[first : first + 5])
        _, update = feed.update("s", Level.EVENTS, first)
        assert update is not None
        messages.append(update)
    messages.append(feed.complete("s"))
    return [json.loads(message.text) for message in messages]


def judged(truth: Truth, told: list[Message]) -> list[str]:
    view = ClientView()
    view.since(STARTED_AT)
    for message in told:
        view.hear(message, events=True)
    return view.judged(truth, events=True)


def test_what_is_so_is_right(truth: Truth, told: list[Message]) -> None:
    assert judged(truth, told) == []


def test_what_comes_twice_is_wrong(truth: Truth, told: list[Message]) -> None:
    assert "event 6 came behind 10" in judged(truth, [*told[:3], told[2], *told[3:]])


def test_a_hole_is_wrong(truth: Truth, told: list[Message]) -> None:
    assert "event 11 came behind 5" in judged(truth, [*told[:2], *told[3:]])


def test_going_back_is_wrong(truth: Truth, told: list[Message]) -> None:
    backwards = [*told[:3], {**told[0], "recovered": True}, *told[3:]]
    assert any("went back" in each for each in judged(truth, backwards))


def test_starting_over_is_wrong(truth: Truth, told: list[Message]) -> None:
    assert any("not recovered" in each for each in judged(truth, [{**told[0], "recovered": False}]))


def test_another_state_is_wrong(truth: Truth, told: list[Message]) -> None:
    told[2]["states"][0]["status"] = "FAILED"
    assert any("a wrong state at 10" in each for each in judged(truth, told))


def test_a_change_that_is_left_out_is_wrong(truth: Truth, told: list[Message]) -> None:
    told[3]["states"] = []
    assert any("a wrong state at 15" in each for each in judged(truth, told))


def test_an_end_that_never_comes_is_wrong(truth: Truth, told: list[Message]) -> None:
    assert any("no end" in each for each in judged(truth, told[:-1]))
    told[-1]["status"] = "FAILED"
    assert "another end: FAILED" in judged(truth, told)


def test_a_snapshot_of_the_end_shows_all_of_it(truth: Truth, told: list[Message]) -> None:
    assert truth.cursor == told[-1]["cursor"]
    assert truth.shown_otherwise(json.loads(truth.views[-1])) is None
    assert truth.shown_otherwise(told[0]["snapshot"]) is not None
    assert truth.shown_otherwise(json.loads(truth.views[-2])) is not None
