"""What a push or a list tells of an execution, and whether that is more than is known."""

from dataclasses import replace
from datetime import timedelta

import pytest

from handrail.core.models import ExecutionId, ExecutionStatus
from handrail.core.news.news_outbox import Followed
from handrail.usecases.news.sightings import Sighting
from tests.core.histories import History
from tests.fakes import BEGIN, FakeClock, FakeExecutions
from tests.usecases.live.pushing import pushed, status

ID = ExecutionId.parse("orders:one")
LATER = BEGIN + timedelta(minutes=1)


def test_a_pushed_event_tells_its_number_and_the_first_when_it_all_began() -> None:
    history = History()
    history.main.enter("Task", "Pay")
    first, second = (Sighting.pushed(pushed(event)) for event in history.events)
    assert (first.event_id, first.started_at) == (1, history.events[0].at)
    assert (second.event_id, second.started_at) == (2, None)


def test_those_of_one_execution_together_tell_the_earliest_and_the_newest() -> None:
    history = History()
    history.main.enter("Task", "Pay")
    first, second = (Sighting.pushed(pushed(event)) for event in history.events)
    for merged in (first.merged(second), second.merged(first)):
        assert (merged.at, merged.event_id, merged.started_at) == (first.at, 2, first.started_at)


def test_a_status_change_tells_of_an_end_and_of_a_redrive() -> None:
    ended = Sighting.pushed(status(ExecutionStatus.FAILED))
    again = Sighting.pushed(status(ExecutionStatus.RUNNING, redrives=1))
    assert (ended.ended, ended.reopened) == (True, False)
    assert (again.ended, again.reopened) == (False, True)


def test_a_listed_execution_is_news_from_then_on() -> None:
    execution = FakeExecutions(FakeClock()).add("orders:one", started_at=BEGIN)
    sighting = Sighting.listed(execution, since=LATER)
    assert (sighting.at, sighting.started_at, sighting.ended) == (LATER, BEGIN, False)
    assert Sighting.listed(replace(execution, redrive_count=1), since=LATER).reopened


@pytest.mark.parametrize(
    ("sighting", "news"),
    [
        (Sighting(ID, LATER, 7), False),
        (Sighting(ID, LATER, 8), True),
        (Sighting(ID, BEGIN, 1, BEGIN), False),
        (Sighting(ID, LATER, 1, LATER), True),
        (Sighting(ID, LATER, None, BEGIN, ended=True), False),
        (Sighting(ID, LATER, None, BEGIN, reopened=True), True),
    ],
    ids=["known", "next", "first", "another", "ended", "redriven"],
)
def test_of_an_execution_that_ended_only_what_came_later_is_news(
    sighting: Sighting, news: bool
) -> None:
    assert sighting.news_after(Followed(ID, BEGIN, 7, ended=True)) is news


def test_a_name_begins_anew_with_a_later_start_alone() -> None:
    later = Sighting(ID, LATER, 1, LATER)
    assert later.begins_after(BEGIN)
    assert not later.begins_after(None)
    assert not Sighting(ID, BEGIN, 1, BEGIN).begins_after(LATER)
    assert not Sighting(ID, LATER, 9).begins_after(BEGIN)
