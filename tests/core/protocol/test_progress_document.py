"""What documents say of an execution's progress."""

from datetime import datetime, timedelta

import pytest

from handrail.core.definition.expected_path import expected_paths
from handrail.core.forecast import Forecast
from handrail.core.history.projection import Projection
from handrail.core.protocol.progress_document import at_its_end, noticeable, progress_document
from handrail.core.protocol.progress_shapes import ProgressDocument
from tests.core.definitions import machine, task
from tests.core.histories import History

PATHS = expected_paths(machine({"A": task(Next="B"), "B": task()}))
FORECAST = Forecast(PATHS, typical_s=60.0)


def begun_at(history: History) -> datetime:
    return history.events[0].at


def drawn(
    history: History, *, after_s: float = 20, forecast: Forecast = FORECAST, express: bool = False
) -> ProgressDocument:
    now = begun_at(history) + timedelta(seconds=after_s)
    document = progress_document(history.fold(), forecast, express=express, now=now)
    assert document is not None
    return document


@pytest.fixture
def history() -> History:
    history = History()
    history.main.task("A")
    return history


def test_one_that_runs(history: History) -> None:
    assert drawn(history) == {
        "fraction": 0.5,
        "remaining_s": 40.0,
        "typical_s": 60.0,
        "overdue": False,
        "transitions": 1,
        "usd": 0.000025,
        "at_least": False,
        "events": 6,
        "events_left": 24_994,
        "warning": None,
    }


def test_nothing_is_said_before_the_first_event() -> None:
    now = begun_at(History())
    assert progress_document(Projection(), FORECAST, express=False, now=now) is None


def test_what_isn_t_known_is_null(history: History) -> None:
    document = drawn(history, forecast=Forecast())
    assert (document["fraction"], document["remaining_s"]) == (None, None)
    assert not document["overdue"]


def test_one_that_takes_longer_than_most_is_overdue(history: History) -> None:
    document = drawn(history, after_s=61)
    assert (document["remaining_s"], document["overdue"]) == (None, True)


def test_one_that_has_ended_takes_no_longer(history: History) -> None:
    history.main.enter("Task", "B").then("ExecutionFailed", error="Boom")
    document = drawn(history, after_s=9000)
    assert (document["fraction"], document["remaining_s"], document["overdue"]) == (1.0, 0.0, False)
    assert document["transitions"] == 2


def test_of_a_redriven_one_nobody_knows_how_long_it_takes(history: History) -> None:
    history.main.enter("Task", "B").schedule().fails().then("ExecutionFailed", error="Boom")
    history.main.then("ExecutionRedriven", redriveCount=1)
    document = drawn(history, after_s=9000)
    assert (document["fraction"], document["remaining_s"], document["overdue"]) == (
        0.5,
        None,
        False,
    )


def test_an_express_execution_costs_its_request_and_its_time(history: History) -> None:
    history.main.then("ExecutionSucceeded")  # 0.6 s after its start
    document = drawn(history, express=True)
    assert document["usd"] == round(1e-6 + 0.6 / 16 * 0.06 / 3600, 9)
    assert (document["transitions"], document["events_left"]) == (None, None)
    assert document["at_least"]


def test_a_distributed_map_cost_more_than_is_counted() -> None:
    history = History()
    history.main.enter("Map", "Each").then("MapRunStarted", mapRunArn="arn")
    assert drawn(history)["at_least"]


def test_it_warns_at_four_fifths_of_the_events() -> None:
    history = History()
    while len(history.events) < 19_999:
        history.main.visit("Pass", "A")
    before = drawn(history)
    assert (before["events_left"], before["warning"]) == (5_001, None)
    history.main.enter("Pass", "A")
    warned = drawn(history)
    assert warned["events_left"] == 5_000
    assert warned["warning"] is not None
    assert warned["warning"].startswith("20,000 of the 25,000 events")
    assert noticeable(before, warned)
    assert drawn(history, express=True)["warning"] is None
    history.main.then("ExecutionSucceeded")
    assert drawn(history)["warning"] is None


def test_an_end_that_is_known_before_its_events_is_one(history: History) -> None:
    ended = at_its_end(drawn(history, after_s=61))
    assert (ended["fraction"], ended["remaining_s"], ended["overdue"]) == (1.0, 0.0, False)
    assert ended["events"] == 6


def test_only_so_much_is_news_by_itself(history: History) -> None:
    before = drawn(history)
    assert not noticeable(before, drawn(history, after_s=21))
    assert noticeable(None, before)
    assert not noticeable(None, None)
    assert noticeable(before, drawn(history, after_s=61))
    assert noticeable(before, drawn(history, forecast=Forecast(None, 60.0)))
    assert not noticeable(before, {**before, "fraction": 0.509})
    assert noticeable(before, {**before, "fraction": 0.51})


@pytest.mark.parametrize(("events", "more"), [(6, 10), (500, 50), (2_500, 250), (20_000, 250)])
def test_a_tenth_more_events_are_news(history: History, events: int, more: int) -> None:
    before = drawn(history)
    before["events"] = events
    assert not noticeable(before, {**before, "events": events + more - 1})
    assert noticeable(before, {**before, "events": events + more})
